/** Logs that cannot be written: said once, tried again every second, nothing lost, the others go on. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { firstDifference, holdFifo, numbered, startLogger, whole, writeLines } from '../helpers/logger';
import { isRoot, NOBODY } from '../helpers/privileges';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { fill, mayMount, smallDisk } from '../helpers/small_disk';

const read = (file: string) => fs.readFileSync(file, 'latin1');
const { ENOENT, EACCES, EISDIR, ENOSPC, EPIPE, ENXIO, EFBIG } = {
  ENOENT: 2,
  ENXIO: 6,
  EACCES: 13,
  EISDIR: 21,
  EFBIG: 27,
  ENOSPC: 28,
  EPIPE: 32,
};

describe.skipIf(!mayMount)('a full disk (needs CAP_SYS_ADMIN)', () => {
  it('makes the program wait, and loses nothing', async () => {
    const at = scratch();
    const disk = smallDisk(at, 'size=256k');
    const fifo = holdFifo(at, 'a');
    const other = holdFifo(at, 'b');
    const logger = await startLogger(at);
    const log = path.join(disk, 'log');
    await logger.open('a', { log });
    await logger.open('b');
    const count = 300_000;
    const written = writeLines(fifo, 0, count);
    void written.then(() => logger.say('flush a'));
    let text = '';
    // A full disk again and again: what somebody moves away makes room.
    while ((await logger.hear(/^(trouble|flushed) a /)) === `trouble a ${ENOSPC}`) {
      fs.writeSync(other, 'not held up\n');
      await logger.flush('b');
      text += read(log);
      fs.truncateSync(log);
      await logger.hear('fine a');
    }
    expect(await written).toBe(0);
    expect(text.length).toBeGreaterThan(0);
    expect(firstDifference(text + read(log), numbered(0, count))).toBeUndefined();
  });

  it('that has no room for the next log: the backup is whole, what follows waits', async () => {
    const at = scratch();
    const disk = smallDisk(at, 'nr_inodes=3');
    const fifo = holdFifo(at, 'a');
    const logger = await startLogger(at);
    const log = path.join(disk, 'log');
    await logger.open('a', { log, bytes: 10 });
    fs.writeFileSync(path.join(disk, 'filler'), '');
    fs.writeSync(fifo, 'one one one\ntwo\n');
    await logger.hear(`trouble a ${ENOSPC}`);
    expect(read(`${log}.1`)).toBe('one one one\n');
    fs.rmSync(path.join(disk, 'filler'));
    await logger.hear('fine a');
    expect(read(log)).toBe('two\n');
  });

  it('is told to a supervisor that comes later, and does not keep the logger from ending', async () => {
    const at = scratch();
    const disk = smallDisk(at, 'size=64k');
    fill(disk);
    const fifo = holdFifo(at, 'a');
    const logger = await startLogger(at);
    await logger.open('a', { log: path.join(disk, 'log') });
    fs.writeSync(fifo, 'does not fit\n');
    await logger.hear(`trouble a ${ENOSPC}`);
    const later = await logger.connect();
    later.say(logger.line('a', { log: path.join(disk, 'log') }));
    await later.hear('ok a');
    await later.hear(`trouble a ${ENOSPC}`);
    process.kill(logger.pid, 'SIGTERM');
    expect(await logger.ended).toBe(1);
  });

  it('does not keep a channel from getting another log', async () => {
    const at = scratch();
    const disk = smallDisk(at, 'size=64k');
    const filler = fill(disk);
    const fifo = holdFifo(at, 'a');
    const logger = await startLogger(at);
    const log = path.join(disk, 'log');
    await logger.open('a', { log });
    fs.writeSync(fifo, 'for the old one\n');
    await logger.hear(`trouble a ${ENOSPC}`);
    await logger.open('a', { log: at.file('new') });
    fs.writeSync(fifo, 'for the new one\n');
    await logger.flush('a');
    expect(read(at.file('new'))).toBe('for the new one\n');
    fs.rmSync(path.join(disk, filler));
    process.kill(logger.pid, 'SIGTERM');
    expect(await logger.ended).toBe(0);
    expect(read(log)).toBe('for the old one\n');
  });
});

it('a limit of file size is an error like others', async () => {
  const at = scratch();
  const fifo = holdFifo(at, 'a');
  const logger = await startLogger(at, { under: ['prlimit', '--fsize=10'] });
  await logger.open('a');
  fs.writeSync(fifo, 'more than ten bytes\n');
  await logger.hear(`trouble a ${EFBIG}`);
  fs.truncateSync(at.file('a.log'));
  await logger.hear('fine a');
  expect(read(at.file('a.log'))).toBe('ten bytes\n');
});

describe('a log that cannot be opened', () => {
  it('in a missing directory: failed, and opened when there is one', async () => {
    const at = scratch();
    const fifo = holdFifo(at, 'a');
    const logger = await startLogger(at);
    const log = at.file('missing/log');
    await logger.ask(logger.line('a', { log }), `failed a ${ENOENT}`);
    fs.writeSync(fifo, 'kept\n');
    await logger.ask('flush a', `failed a ${ENOENT}`);
    fs.mkdirSync(at.file('missing'));
    await logger.hear('ok a');
    await logger.flush('a');
    expect(read(log)).toBe('kept\n');
  });

  it('with no FIFO yet: failed, and opened when there is one', async () => {
    const at = scratch();
    const logger = await startLogger(at);
    await logger.ask(logger.line('a'), `failed a ${ENOENT}`);
    fs.writeSync(holdFifo(at, 'a'), 'kept\n');
    await logger.hear('ok a');
    await logger.flush('a');
    expect(read(at.file('a.log'))).toBe('kept\n');
  });

  it('that is a directory: failed', async () => {
    const at = scratch();
    holdFifo(at, 'a');
    fs.mkdirSync(at.file('a.log'));
    const logger = await startLogger(at);
    await logger.ask(logger.line('a'), `failed a ${EISDIR}`);
    await logger.ask(logger.line('a', { log: `${at.file('a.log')}/` }), `failed a ${EISDIR}`);
  });

  it.skipIf(!isRoot)('without permission: failed (needs root: runs it as nobody)', async () => {
    const at = scratch();
    fs.chmodSync(at.directory, 0o777);
    holdFifo(at, 'a');
    fs.chmodSync(at.file('a.fifo'), 0o666);
    fs.mkdirSync(at.file('private'), 0o700);
    const logger = await startLogger(at, { uid: NOBODY });
    await logger.ask(logger.line('a', { log: at.file('private/log') }), `failed a ${EACCES}`);
    fs.chmodSync(at.file('private'), 0o777);
    await logger.hear('ok a');
    expect(fs.statSync(at.file('private/log')).uid).toBe(NOBODY);
  });

  it('does not keep the logger from ending, nor from dropping it', async () => {
    const at = scratch();
    holdFifo(at, 'a');
    holdFifo(at, 'b');
    const logger = await startLogger(at);
    await logger.ask(logger.line('a', { log: at.file('missing/log') }), `failed a ${ENOENT}`);
    await logger.ask('drop a', 'dropped a');
    await logger.ask(logger.line('b', { log: at.file('missing/log') }), `failed b ${ENOENT}`);
    process.kill(logger.pid, 'SIGTERM');
    expect(await logger.ended).toBe(0);
  });
});

it('a log that is a FIFO without a reader does not hang: failed, and trouble when the reader goes', async () => {
  const at = scratch();
  const fifo = holdFifo(at, 'a');
  execFileSync('mkfifo', [at.file('log')]);
  const logger = await startLogger(at);
  await logger.ask(logger.line('a', { log: at.file('log') }), `failed a ${ENXIO}`);
  let reader = fs.openSync(at.file('log'), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  await logger.hear('ok a');
  fs.closeSync(reader);
  fs.writeSync(fifo, 'kept\n');
  await logger.hear(`trouble a ${EPIPE}`);
  reader = fs.openSync(at.file('log'), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  await logger.hear('fine a');
  const bytes = Buffer.alloc(100);
  expect(bytes.toString('latin1', 0, fs.readSync(reader, bytes))).toBe('kept\n');
  fs.closeSync(reader);
});

it('a rotation that fails is said, the log goes on, and is rotated when it can be', async () => {
  const at = scratch();
  const fifo = holdFifo(at, 'a');
  fs.mkdirSync(at.file('a.log.1'));
  const logger = await startLogger(at);
  await logger.open('a', { bytes: 10, backups: 1 });
  fs.writeSync(fifo, 'one one one\n');
  await logger.hear(`trouble a ${EISDIR}`);
  fs.writeSync(fifo, 'two\n');
  await logger.flush('a');
  expect(read(at.file('a.log'))).toBe('one one one\ntwo\n');
  fs.rmdirSync(at.file('a.log.1'));
  let lines = 0;
  while (!logger.heard.includes('fine a')) {
    fs.writeSync(fifo, `${lines++}\n`);
    await logger.flush('a');
  }
  expect(whole(at.file('a.log'))).toBe(`one one one\ntwo\n${numbered(0, lines)}`);
  expect(procfs.isAlive(logger.pid)).toBe(true);
});
