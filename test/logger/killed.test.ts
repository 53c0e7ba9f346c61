/** What is left of the lines when the logger is killed, and when it is ended. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { firstDifference, holdFifo, numbered, startLogger, whole, writeLines } from '../helpers/logger';
import { scratch } from '../helpers/scratch';

/** As much as it reads at once: what a killed logger may have had in hand. */
const BUFFER = 256 * 1024;

describe('kill -9 at any moment', () => {
  it('loses at most a buffer each time, doubles and reorders nothing', async () => {
    const at = scratch();
    const fifo = holdFifo(at, 'a');
    const log = at.file('a.log');
    const count = 3_000_000;
    const written = writeLines(fifo, 0, count);
    const kills = 5;
    for (let times = 0; times < kills; times++) {
      const doomed = await startLogger(at);
      await doomed.open('a', { bytes: 300_000, backups: 1000 });
      await eventually('a rotation', () => fs.existsSync(`${log}.${times * 3 + 2}`));
      process.kill(doomed.pid, 'SIGKILL');
      await doomed.ended;
    }
    const last = await startLogger(at);
    await last.open('a', { bytes: 300_000, backups: 1000 });
    expect(await written).toBe(0);
    await last.flush('a');
    const text = whole(log);
    // Lines broken where something is missing are no numbers in order; all others are.
    let before = -1;
    let broken = 0;
    let missing = 0;
    for (const line of text.slice(0, -1).split('\n')) {
      const number = Number(line);
      if (!/^\d+$/.test(line) || number <= before || number >= count) {
        broken++;
        continue;
      }
      missing += number - before - 1;
      before = number;
    }
    expect(broken).toBeLessThanOrEqual(kills);
    expect(numbered(0, count).length - text.length).toBeLessThanOrEqual(kills * BUFFER);
    expect(missing).toBeLessThanOrEqual(kills * BUFFER);
  });
});

describe('SIGTERM', () => {
  it('drains all FIFOs, and ends with 0', async () => {
    const at = scratch();
    const ids = Array.from({ length: 50 }, (_, number) => `p:${number}.1`);
    const fifos = ids.map((id) => holdFifo(at, id));
    const logger = await startLogger(at);
    for (const id of ids) await logger.open(id);
    process.kill(logger.pid, 'SIGSTOP');
    for (const fifo of fifos) fs.writeSync(fifo, numbered(0, 5000));
    process.kill(logger.pid, 'SIGTERM');
    process.kill(logger.pid, 'SIGCONT');
    expect(await logger.ended).toBe(0);
    for (const id of ids)
      expect(
        firstDifference(fs.readFileSync(at.file(`${id}.log`), 'latin1'), numbered(0, 5000)),
      ).toBeUndefined();
  });

  it('ends although somebody goes on writing', async () => {
    const at = scratch();
    const fifo = holdFifo(at, 'a');
    const logger = await startLogger(at);
    await logger.open('a');
    void writeLines(fifo, 0, 1_000_000_000);
    await eventually('some lines', () => fs.statSync(at.file('a.log')).size > 100_000);
    process.kill(logger.pid, 'SIGTERM');
    expect(await logger.ended).toBe(0);
  });

  it('with nothing to do ends at once', async () => {
    const logger = await startLogger(scratch());
    process.kill(logger.pid, 'SIGTERM');
    expect(await logger.ended).toBe(0);
  });

  it.each(['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGTSTP'] as const)(
    '%s is not for the logger',
    async (signal) => {
      const at = scratch();
      const fifo = holdFifo(at, 'a');
      const logger = await startLogger(at);
      await logger.open('a');
      process.kill(logger.pid, signal);
      fs.writeSync(fifo, 'still here\n');
      expect(await logger.flush('a')).toBe(11);
    },
  );
});
