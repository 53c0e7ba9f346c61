/** Rotation as supervisord's: after the write that reaches the limit, `.1` the newest; and that of others. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import {
  type ChannelOptions,
  firstDifference,
  holdFifo,
  type Logger,
  numbered,
  startLogger,
  whole,
  writeLines,
} from '../helpers/logger';
import { type Scratch, scratch } from '../helpers/scratch';

const read = (file: string) => fs.readFileSync(file, 'latin1');
const names = (at: Scratch) =>
  fs
    .readdirSync(at.directory)
    .filter((name) => name.startsWith('a.log'))
    .sort();

async function prepare(options: ChannelOptions) {
  const at = scratch();
  const fifo = holdFifo(at, 'a');
  const logger = await startLogger(at);
  await logger.open('a', options);
  const log = options.log ?? at.file('a.log');
  const put = (text: string) => {
    fs.writeSync(fifo, text);
    return logger.flush('a');
  };
  return { at, fifo, logger, log, put };
}

const inode = (file: string) => fs.statSync(file).ino;
const rotated = (logger: Logger) => logger.hear(/^rotated a /);

describe('rotation by size', () => {
  it('loses, doubles and reorders nothing over 50 backups, and cuts at line ends', async () => {
    const count = 400_000;
    const { fifo, log, logger } = await prepare({ bytes: 50_000, backups: 1000 });
    expect(await writeLines(fifo, 0, count)).toBe(0);
    await logger.flush('a');
    expect(fs.existsSync(`${log}.50`)).toBe(true);
    expect(firstDifference(whole(log), numbered(0, count))).toBeUndefined();
    for (let number = 1; fs.existsSync(`${log}.${number}`); number++) {
      const text = read(`${log}.${number}`);
      expect(text.endsWith('\n')).toBe(true);
      expect(text.length).toBeGreaterThanOrEqual(50_000);
      expect(text.length).toBeLessThan(50_010);
    }
  });

  it('keeps as many backups as told, and says which file is new', async () => {
    const { at, log, logger, put } = await prepare({ bytes: 10, backups: 2 });
    for (const text of ['one one one\n', 'two two two\n', 'three three\n']) {
      const before = inode(log);
      await put(text);
      expect(await rotated(logger)).toBe(`rotated a ${before}`);
      expect(inode(`${log}.1`)).toBe(before);
    }
    expect(names(at)).toEqual(['a.log', 'a.log.1', 'a.log.2']);
    expect([read(log), read(`${log}.1`), read(`${log}.2`)]).toEqual(['', 'three three\n', 'two two two\n']);
  });

  it('without backups truncates', async () => {
    const { at, log, put } = await prepare({ bytes: 10, backups: 0 });
    const before = inode(log);
    await put('one one one\n');
    await put('two\n');
    expect(read(log)).toBe('two\n');
    expect(inode(log)).toBe(before);
    expect(names(at)).toEqual(['a.log']);
  });

  it('waits for the end of a line', async () => {
    const { log, put } = await prepare({ bytes: 20 });
    await put('ten bytes\n');
    await put('a part ');
    await put('of it');
    expect(fs.existsSync(`${log}.1`)).toBe(false);
    await put(' all\nnext\n');
    expect(read(`${log}.1`)).toBe('ten bytes\na part of it all\n');
    expect(read(log)).toBe('next\n');
  });

  it('cuts a line that is longer than a whole log may be', async () => {
    const { log, put } = await prepare({ bytes: 20 });
    for (let times = 0; times < 10; times++) await put('0123456789');
    expect(whole(log)).toBe('0123456789'.repeat(10));
    expect(read(`${log}.1`)).toHaveLength(20);
  });

  it('cuts before a piece of a line when the file ends with a whole one', async () => {
    const { log, put } = await prepare({ bytes: 20 });
    await put('ten bytes\n');
    await put('no end yet..');
    await put(' end\n');
    expect(read(`${log}.1`)).toBe('ten bytes\n');
    expect(read(log)).toBe('no end yet.. end\n');
  });

  it('moves compressed backups like the others', async () => {
    const { at, log, logger, put } = await prepare({ bytes: 10, backups: 3 });
    await put('one one one\n');
    const [, , first] = (await rotated(logger)).split(' ');
    at.write('a.tmp', 'compressed');
    await logger.ask(`compressed a 1 ${at.file('a.tmp')}`, 'failed a 2');
    await put('two two two\n');
    await rotated(logger);
    await logger.ask(`compressed a ${first} ${at.file('a.tmp')}`, 'replaced a');
    expect(names(at)).toEqual(['a.log', 'a.log.1', 'a.log.2.gz']);
    await put('three three\n');
    expect(names(at)).toEqual(['a.log', 'a.log.1', 'a.log.2', 'a.log.3.gz']);
    expect(read(`${log}.3.gz`)).toBe('compressed');
    await put('four four four\n');
    expect(names(at)).toEqual(['a.log', 'a.log.1', 'a.log.2', 'a.log.3']);
    expect(read(`${log}.3`)).toBe('two two two\n');
  });

  it('goes on with a log that is too long already by rotating it first', async () => {
    const at = scratch();
    const fifo = holdFifo(at, 'a');
    const log = at.write('a.log', 'too long for what is configured now\n');
    const logger = await startLogger(at);
    await logger.open('a', { bytes: 10 });
    fs.writeSync(fifo, 'new\n');
    await logger.flush('a');
    expect([read(log), read(`${log}.1`)]).toEqual(['new\n', 'too long for what is configured now\n']);
  });

  it('gives the new log the mode of the old one', async () => {
    const { log, put } = await prepare({ bytes: 10 });
    fs.chmodSync(log, 0o600);
    await put('one one one\n');
    expect(fs.statSync(log).mode & 0o777).toBe(0o600);
  });
});

describe('rotation by age', () => {
  it('comes with a write, when the log is old enough', async () => {
    const { log, fifo, logger } = await prepare({ interval: 1 });
    let lines = 0;
    await eventually('a rotation', () => {
      fs.writeSync(fifo, `${lines++}\n`);
      return fs.existsSync(`${log}.1`);
    });
    await logger.flush('a');
    await rotated(logger);
    expect(whole(log)).toBe(numbered(0, lines));
    expect(read(`${log}.1`)).toMatch(/\n$/);
  });

  it('does not come for one that is not, nor again after a restart', async () => {
    const { at, log, fifo, logger, put } = await prepare({ interval: 3600 });
    await put('one\n');
    process.kill(logger.pid, 'SIGTERM');
    expect(await logger.ended).toBe(0);
    const again = await startLogger(at);
    await again.open('a', { interval: 3600 });
    fs.writeSync(fifo, 'two\n');
    await again.flush('a');
    expect(read(log)).toBe('one\ntwo\n');
  });
});

describe('when told', () => {
  it('rotates now', async () => {
    const { log, logger, put } = await prepare({});
    await put('one\n');
    const before = inode(log);
    await logger.ask('rotate a', `rotated a ${before}`);
    await logger.ask('rotate a', 'rotated a 0');
    await put('two\n');
    expect([read(log), read(`${log}.1`)]).toEqual(['two\n', 'one\n']);
  });

  it('clears the log and its backups', async () => {
    const { at, log, logger, put } = await prepare({ bytes: 10, backups: 3 });
    for (let times = 0; times < 4; times++) await put('one one one\n');
    fs.renameSync(`${log}.2`, `${log}.2.gz`);
    at.write('a.log.4', 'of a time with more backups');
    await put('rest\n');
    await logger.ask('clear a', 'cleared a');
    expect(names(at)).toEqual(['a.log']);
    expect(read(log)).toBe('');
    await put('new\n');
    expect(read(log)).toBe('new\n');
  });
});

describe('rotation by others', () => {
  it('copytruncate: goes on at the end, and counts anew', async () => {
    const { log, put } = await prepare({ bytes: 30 });
    await put('twenty-five bytes or so.\n');
    fs.copyFileSync(log, `${log}.copy`);
    fs.truncateSync(log);
    await put('twenty-six bytes or so ..\n');
    expect(fs.existsSync(`${log}.1`)).toBe(false);
    expect(read(log)).toBe('twenty-six bytes or so ..\n');
    await put('over\n');
    expect(read(`${log}.1`)).toBe('twenty-six bytes or so ..\nover\n');
  });

  it('rename, then reopen', async () => {
    const { log, logger, put } = await prepare({});
    await put('one\n');
    fs.renameSync(log, `${log}.1`);
    await put('two\n');
    expect(fs.existsSync(log)).toBe(false);
    await logger.ask('reopen', 'reopened');
    await put('three\n');
    expect([read(log), read(`${log}.1`)]).toEqual(['three\n', 'one\ntwo\n']);
  });

  it('rename without reopen: it does not rotate what is not there', async () => {
    const { log, put } = await prepare({ bytes: 10, backups: 3 });
    await put('one\n');
    fs.renameSync(log, `${log}.moved`);
    await put('two two two\n');
    await put('three\n');
    expect(read(`${log}.moved`)).toBe('one\ntwo two two\n');
    expect(read(log)).toBe('three\n');
    expect(fs.existsSync(`${log}.1`)).toBe(false);
  });

  it('both at full rate lose nothing', async () => {
    const { fifo, log, logger } = await prepare({});
    const count = 300_000;
    const written = writeLines(fifo, 0, count);
    for (let number = 20; number > 0; number--) {
      fs.renameSync(log, `${log}.${number}`);
      await logger.ask('reopen', 'reopened');
    }
    expect(await written).toBe(0);
    await logger.flush('a');
    expect(firstDifference(whole(log), numbered(0, count))).toBeUndefined();
  });
});

describe('what is no regular file', () => {
  it('is not rotated', async () => {
    const { at, logger, put } = await prepare({ log: '/dev/null', bytes: 10 });
    await put('one one one one\n');
    await logger.ask('rotate a', 'failed a 22');
    await logger.ask('clear a', 'failed a 22');
    expect(fs.statSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(names(at)).toEqual([]);
  });
});
