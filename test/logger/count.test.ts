/** How many bytes the logger has read: asked for, told for each channel, whatever their disks do. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { freezableDisk, noFrozenDisk } from '../helpers/frozen_disk';
import { holdFifo, type Logger, startLogger, writeLines } from '../helpers/logger';
import { because } from '../helpers/needs';
import { scratch } from '../helpers/scratch';

async function counts(logger: Logger): Promise<Record<string, number>> {
  const before = logger.heard.length;
  await logger.ask('count', 'counted');
  const lines = logger.heard.splice(before).map((line) => line.split(' '));
  return Object.fromEntries(lines.map(([word, id, number]) => [`${word} ${id}`, Number(number)]));
}

describe('count', () => {
  it('is what has been read, not what has been written, and goes on when the log is another', async () => {
    const at = scratch();
    const [fifo, other] = [holdFifo(at, 'a'), holdFifo(at, 'b')];
    const logger = await startLogger(at);
    expect(await counts(logger)).toEqual({});
    await logger.open('a', { flags: 't' });
    await logger.open('b', { bytes: 10, backups: 1 });
    fs.writeSync(fifo, 'one\ntwo\n');
    fs.writeSync(other, '12345\n'.repeat(5));
    await logger.flush('a');
    await logger.flush('b');
    expect(await counts(logger)).toEqual({ 'taken a': 8, 'taken b': 30 });
    await logger.open('a', { flags: 't' });
    await logger.open('b', { log: at.file('else.log') });
    fs.writeSync(fifo, 'three\n');
    fs.writeSync(other, '12345\n');
    await logger.flush('a');
    await logger.flush('b');
    expect(fs.readFileSync(at.file('else.log'), 'latin1')).toBe('12345\n');
    expect(await counts(logger)).toEqual({ 'taken a': 14, 'taken b': 36 });
    await logger.ask('drop a', 'dropped a');
    expect(await counts(logger)).toEqual({ 'taken b': 36 });
  });

  const why = noFrozenDisk();
  it.skipIf(why)(`waits for no disk${because(why)}`, async () => {
    const at = scratch();
    const disk = freezableDisk(at);
    const fifo = holdFifo(at, 'a');
    const logger = await startLogger(at);
    await logger.open('a', { log: path.join(disk.directory, 'log') });
    disk.freeze();
    const written = writeLines(fifo, 0, 100_000);
    await logger.hear(/^stalled a /);
    expect((await counts(logger))['taken a']).toBeGreaterThan(0);
    disk.thaw();
    expect(await written).toBe(0);
    const size = await logger.flush('a');
    expect((await counts(logger))['taken a']).toBe(size);
  });
});
