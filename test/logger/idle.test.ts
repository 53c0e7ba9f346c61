/** What the logger costs when there is much to hold and nothing to do. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { holdFifo, type Logger, startLogger } from '../helpers/logger';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';

/** Of all threads: how often each has gone to sleep of its own accord. */
function switches(pid: number): string {
  return fs
    .readdirSync(`/proc/${pid}/task`)
    .map((task) => {
      const text = fs.readFileSync(`/proc/${pid}/task/${task}/status`, 'latin1');
      return `${task}:${/^voluntary_ctxt_switches:\t(\d+)/m.exec(text)?.[1]}`;
    })
    .join(' ');
}

const threads = (logger: Logger) => fs.readdirSync(`/proc/${logger.pid}/task`).length;
const kilobytes = (logger: Logger) => Number.parseInt(procfs.status(logger.pid, 'RssAnon') ?? '', 10);

describe('a logger with nothing to do', () => {
  it('sleeps: no thread wakes up', async () => {
    const at = scratch();
    const fifos = ['a', 'b'].map((id) => holdFifo(at, id));
    const logger = await startLogger(at);
    await logger.open('a', { bytes: 1000, interval: 3600 });
    await logger.open('b', { log: '', flags: 't' });
    for (const fifo of fifos) fs.writeSync(fifo, 'busy once\n');
    await logger.flush('a');
    // Buffers go back after a second, and after five the main thread has seen that no disk hangs.
    let before = '';
    let since = Date.now();
    await eventually('seven seconds of sleep', () => {
      const now = switches(logger.pid);
      if (now !== before) since = Date.now();
      before = now;
      return Date.now() - since > 7000;
    });
  });

  it('has a thread for each file system with logs, and only while there are some', async () => {
    const at = scratch();
    for (const id of ['a', 'b', 'c', 'd']) holdFifo(at, id);
    const logger = await startLogger(at);
    expect(threads(logger)).toBe(1);
    await logger.open('a');
    await logger.open('b');
    expect(threads(logger)).toBe(2);
    await logger.open('c', { log: '' });
    expect(threads(logger)).toBe(3);
    logger.say('begin', 'end');
    for (const id of ['a', 'b', 'c']) await logger.hear(`dropped ${id}`);
    await eventually('the end of the threads', () => threads(logger) === 1);
    const open = [...procfs.descriptors(logger.pid).values()];
    expect(open.filter((name) => name.startsWith(at.directory))).toEqual([]);
  });
});

describe('2,000 channels', () => {
  it('cost little memory, and are all served', async () => {
    const at = scratch();
    const count = 2000;
    const ids = Array.from({ length: count }, (_, number) => `p:${number}.1`);
    execFileSync(
      'mkfifo',
      ids.map((id) => at.file(`${id}.fifo`)),
    );
    const logger = await startLogger(at, { under: ['prlimit', '--nofile=5000'] });
    const empty = kilobytes(logger);
    logger.say('begin', ...ids.map((id) => logger.line(id, { bytes: 50_000_000 })), 'end');
    await logger.hear(`ok p:${count - 1}.1`);
    for (const id of ids) fs.writeFileSync(at.file(`${id}.fifo`), `I am ${id}\n`);
    await eventually('all lines', () => fs.statSync(at.file(`p:${count - 1}.1.log`)).size > 0);
    for (const id of ids) await logger.flush(id);
    for (const id of ids) expect(fs.readFileSync(at.file(`${id}.log`), 'latin1')).toBe(`I am ${id}\n`);
    await eventually('the buffers’ return', () => kilobytes(logger) < empty + 1500);
    expect(empty).toBeLessThan(1000);
    expect(threads(logger)).toBe(2);
  });
});
