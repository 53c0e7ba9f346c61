/** A disk that hangs holds up only the logs on it, and is said. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { freezableDisk, noFrozenDisk } from '../helpers/frozen_disk';
import { firstDifference, holdFifo, numbered, startLogger, writeLines } from '../helpers/logger';
import { because, missing } from '../helpers/needs';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';

const read = (file: string) => fs.readFileSync(file, 'latin1');

describe('a file system that is frozen', () => {
  const why = noFrozenDisk();
  it.skipIf(why)(`is said, holds up no other, and goes on with nothing lost${because(why)}`, async () => {
    const at = scratch();
    const disk = freezableDisk(at);
    const log = path.join(disk.directory, 'log');
    const [fifo, other] = [holdFifo(at, 'a'), holdFifo(at, 'b')];
    const logger = await startLogger(at);
    await logger.open('a', { log });
    await logger.open('b');
    disk.freeze();
    const count = 100_000;
    const written = writeLines(fifo, 0, count);
    expect(await logger.hear(/^stalled a /)).toMatch(/^stalled a [5-9]|\d\d+$/);
    fs.writeSync(other, 'not held up\n');
    expect(await logger.flush('b')).toBe(12);
    // A channel that is still to be opened there waits too, and so does its end; a new one elsewhere does not.
    holdFifo(at, 'c');
    holdFifo(at, 'd');
    logger.say(logger.line('c', { log: path.join(disk.directory, 'other') }), 'drop c');
    await logger.open('d');
    await logger.ask('drop d', 'dropped d');
    expect(logger.heard).not.toContain('ok c');
    disk.thaw();
    await logger.hear('fine a');
    await logger.hear('dropped c');
    expect(await written).toBe(0);
    await logger.flush('a');
    expect(firstDifference(read(log), numbered(0, count))).toBeUndefined();
  });

  it.skipIf(why)(`does not keep the logger from ending${because(why)}`, async () => {
    const at = scratch();
    const disk = freezableDisk(at);
    const [fifo, other] = [holdFifo(at, 'a'), holdFifo(at, 'b')];
    const logger = await startLogger(at);
    await logger.open('a', { log: path.join(disk.directory, 'log') });
    await logger.open('b');
    disk.freeze();
    fs.writeSync(fifo, 'hangs\n');
    fs.writeSync(other, 'last words\n');
    process.kill(logger.pid, 'SIGTERM');
    await logger.hear('dropped b');
    // All but the thread that is inside the kernel has ended.
    await eventually('the end of the main thread', () => procfs.stat(logger.pid)?.state === 'Z');
    disk.thaw();
    expect(await logger.ended).toBe(1);
    expect(read(at.file('b.log'))).toBe('last words\n');
  });
});

const noStrace = missing('strace');
it.skipIf(noStrace)(`a write that takes long is said, and that it is over${because(noStrace)}`, async () => {
  const at = scratch();
  const fifo = holdFifo(at, 'a');
  const log = at.file('a.log');
  const slow = ['-e', 'trace=write', '-e', 'inject=write:delay_enter=7000000:when=1'];
  const logger = await startLogger(at, {
    under: ['strace', '-f', '-qq', '-o', '/dev/null', '-P', log, ...slow],
  });
  await logger.open('a');
  fs.writeSync(fifo, 'slowly\n');
  await logger.hear(/^stalled a \d+$/);
  await logger.hear('fine a');
  fs.writeSync(fifo, 'quickly\n');
  expect(await logger.flush('a')).toBe(15);
  expect(read(log)).toBe('slowly\nquickly\n');
  expect(logger.heard).toEqual([]);
});
