/** The logger moves what is in FIFOs to files, as it is told, and goes on when nobody speaks to it. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { firstDifference, holdFifo, numbered, startLogger, writeLines } from '../helpers/logger';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';

const read = (file: string) => fs.readFileSync(file, 'latin1');

describe('a channel', () => {
  it('takes what is written to the FIFO to the log', async () => {
    const at = scratch();
    const fifo = holdFifo(at, 'a:a.1');
    const logger = await startLogger(at);
    await logger.open('a:a.1');
    fs.writeSync(fifo, 'one\ntwo');
    expect(await logger.flush('a:a.1')).toBe(7);
    fs.writeSync(fifo, '\nthree\n');
    expect(await logger.flush('a:a.1')).toBe(14);
    expect(read(at.file('a:a.1.log'))).toBe('one\ntwo\nthree\n');
  });

  it('appends to what is there', async () => {
    const at = scratch();
    const fifo = holdFifo(at, 'a');
    const log = at.write('a.log', 'before\n');
    const logger = await startLogger(at);
    await logger.open('a');
    fs.writeSync(fifo, 'after\n');
    await logger.flush('a');
    fs.appendFileSync(log, 'somebody else\n');
    fs.writeSync(fifo, 'again\n');
    await logger.flush('a');
    expect(read(log)).toBe('before\nafter\nsomebody else\nagain\n');
  });

  it('has what was written before the logger ran, and a name with any bytes', async () => {
    const at = scratch();
    fs.writeSync(holdFifo(at, 'a'), 'early\n');
    const log = at.file('space % and ü.log');
    const logger = await startLogger(at);
    await logger.open('a', { log });
    await logger.flush('a');
    expect(read(log)).toBe('early\n');
    expect(fs.statSync(log).mode & 0o777).toBe(0o644 & ~process.umask());
  });

  it('goes on when the connection has ended', async () => {
    const at = scratch();
    const fifo = holdFifo(at, 'a');
    const logger = await startLogger(at);
    await logger.open('a');
    logger.socket.destroy();
    fs.writeSync(fifo, 'alone\n');
    await eventually('the line', () => read(at.file('a.log')) === 'alone\n');
  });

  it('is thrown away where there is no log', async () => {
    const at = scratch();
    const fifo = holdFifo(at, 'a');
    const logger = await startLogger(at);
    await logger.open('a', { log: '' });
    expect(await writeLines(fifo, 0, 100_000)).toBe(0);
    expect(await logger.flush('a')).toBe(0);
  });

  it.each([
    ['file', '@1'],
    ['pipe', '@1'],
  ])('goes to the logger’s own output, a %s', async (kind, log) => {
    const at = scratch();
    const fifo = holdFifo(at, 'a');
    const target = kind === 'file' ? fs.openSync(at.file('output'), 'a+') : holdFifo(at, 'output');
    const logger = await startLogger(at, { stdout: target });
    await logger.open('a', { log });
    fs.writeSync(fifo, 'outside\n');
    await logger.flush('a');
    const bytes = Buffer.alloc(100);
    const size = fs.readSync(target, bytes, 0, 100, kind === 'file' ? 0 : null);
    expect(bytes.toString('latin1', 0, size)).toBe('outside\n');
    if (kind === 'file') fs.closeSync(target);
  });

  it('waits for the reader of a pipe, and loses nothing', async () => {
    const at = scratch();
    const fifo = holdFifo(at, 'a');
    const output = holdFifo(at, 'output');
    const other = holdFifo(at, 'b');
    const logger = await startLogger(at);
    await logger.open('a', { log: at.file('output.fifo') });
    await logger.open('b');
    const written = writeLines(fifo, 0, 100_000);
    fs.writeSync(other, 'not held up\n');
    expect(await logger.flush('b')).toBe(12);
    let text = '';
    const bytes = Buffer.alloc(65536);
    while (!text.endsWith('\n99999\n')) text += bytes.toString('latin1', 0, fs.readSync(output, bytes));
    expect(await written).toBe(0);
    expect(firstDifference(text, numbered(0, 100_000))).toBeUndefined();
  });

  it('that two have with the same log is written by one', async () => {
    const at = scratch();
    const [one, two] = [holdFifo(at, 'a'), holdFifo(at, 'b')];
    const logger = await startLogger(at);
    const log = at.file('both.log');
    await logger.open('a', { log, bytes: 20 });
    await logger.open('b', { log, bytes: 20 });
    const open = [...procfs.descriptors(logger.pid).values()].filter((file) => file === log);
    expect(open).toHaveLength(1);
    fs.writeSync(one, 'one of a\n');
    await logger.flush('a');
    fs.writeSync(two, 'one of b, which is full\n');
    await logger.flush('b');
    await logger.hear(/^rotated /);
    fs.writeSync(one, 'two of a\n');
    await logger.flush('a');
    expect(read(log)).toBe('two of a\n');
    expect(read(`${log}.1`)).toBe('one of a\none of b, which is full\n');
  });
});

describe('the list of channels', () => {
  it('begin … end drops the others, drained', async () => {
    const at = scratch();
    const fifos = ['a', 'b'].map((id) => holdFifo(at, id));
    const logger = await startLogger(at);
    await logger.open('a');
    await logger.open('b');
    for (const fifo of fifos) fs.writeSync(fifo, 'last\n');
    logger.say('begin', logger.line('b'), 'end');
    await logger.hear('dropped a');
    await logger.hear('ok b');
    expect(read(at.file('a.log'))).toBe('last\n');
    const open = [...procfs.descriptors(logger.pid).values()];
    expect(open).not.toContain(at.file('a.fifo'));
    expect(open).toContain(at.file('b.fifo'));
  });

  it('a channel with other words is replaced, one with the same is not', async () => {
    const at = scratch();
    const fifo = holdFifo(at, 'a');
    const logger = await startLogger(at);
    await logger.open('a');
    fs.renameSync(at.file('a.log'), at.file('moved'));
    await logger.open('a');
    fs.writeSync(fifo, 'as before\n');
    await logger.flush('a');
    expect(read(at.file('moved'))).toBe('as before\n');
    await logger.open('a', { log: at.file('other') });
    fs.writeSync(fifo, 'elsewhere\n');
    await logger.flush('a');
    expect(read(at.file('other'))).toBe('elsewhere\n');
  });

  it('many changes at once end with the last', async () => {
    const at = scratch();
    const fifo = holdFifo(at, 'a');
    const logger = await startLogger(at);
    const lines = Array.from({ length: 50 }, (_, number) =>
      logger.line('a', { log: at.file(`log${number}`) }),
    );
    logger.say(...lines, 'drop a', logger.line('a', { log: at.file('last') }));
    await logger.hear('dropped a');
    // Asked of the last one, whichever is there yet.
    await logger.flush('a');
    fs.writeSync(fifo, 'x\n');
    await logger.flush('a');
    expect(read(at.file('last'))).toBe('x\n');
  });

  it('what it does not know, it says, and goes on', async () => {
    const at = scratch();
    holdFifo(at, 'a');
    const logger = await startLogger(at);
    await logger.ask('frobnicate 1 2', 'unknown frobnicate');
    await logger.ask('channel a', 'unknown channel');
    await logger.ask('two  spaces', 'unknown %');
    await logger.ask('x'.repeat(40_000), 'unknown %');
    await logger.ask('drop nobody', 'dropped nobody');
    await logger.ask('flush nobody', 'failed nobody 2');
    await logger.ask('reopen', 'reopened');
    for (const bad of ['a relative log 0 0 - 0', 'a /f log 0 0 - 0', 'a /f /l -1 0 - 0', 'a /f /l 0 0 z 0'])
      await logger.ask(`channel ${bad}`, /^(failed a 22|unknown channel)$/);
    await logger.open('a');
  });
});
