/** One thread for each file system, whatever the paths say, and a fair one. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { holdFifo, startLogger, writeLines } from '../helpers/logger';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { mayMount, smallDisk } from '../helpers/small_disk';

const read = (file: string) => fs.readFileSync(file, 'latin1');

describe.skipIf(!mayMount)(
  'a log behind a symbolic link to another file system (needs CAP_SYS_ADMIN)',
  () => {
    it('shares the writer of the same file, and is drained when dropped', async () => {
      const at = scratch();
      const disk = smallDisk(at, 'size=4m');
      fs.symlinkSync(disk, at.file('link'));
      const fifos = ['a', 'b'].map((id) => holdFifo(at, id));
      const logger = await startLogger(at);
      const log = path.join(disk, 'log');
      await logger.open('a', { log: at.file('link/log') });
      await logger.open('b', { log });
      const open = [...procfs.descriptors(logger.pid).values()].filter((file) => file === log);
      expect(open).toHaveLength(1);
      for (const fifo of fifos) fs.writeSync(fifo, 'line\n');
      await logger.ask('drop a', 'dropped a');
      await logger.ask('drop b', 'dropped b');
      expect(read(log)).toBe('line\nline\n');
      await eventually(
        'the end of the threads',
        () => fs.readdirSync(`/proc/${logger.pid}/task`).length === 1,
      );
    });

    it('goes over to it when the link comes later', async () => {
      const at = scratch();
      const disk = smallDisk(at, 'size=4m');
      fs.mkdirSync(at.file('logs'));
      const fifo = holdFifo(at, 'a');
      const logger = await startLogger(at);
      await logger.open('a', { log: at.file('logs/log') });
      fs.writeSync(fifo, 'before\n');
      await logger.flush('a');
      fs.renameSync(at.file('logs'), at.file('old'));
      fs.symlinkSync(disk, at.file('logs'));
      await logger.ask('reopen', 'reopened');
      fs.writeSync(fifo, 'after\n');
      await eventually('the line', () => fs.existsSync(`${disk}/log`) && read(`${disk}/log`) === 'after\n');
      expect(read(at.file('old/log'))).toBe('before\n');
    });
  },
);

it('one that floods does not keep the others waiting', async () => {
  const at = scratch();
  const flood = holdFifo(at, 'flood');
  const quiet = Array.from({ length: 20 }, (_, number) => `q${number}`);
  const fifos = quiet.map((id) => holdFifo(at, id));
  const logger = await startLogger(at);
  await logger.open('flood', { bytes: 1_000_000, backups: 1 });
  for (const id of quiet) await logger.open(id);
  void writeLines(flood, 0, 1_000_000_000);
  await eventually('the flood', () => fs.existsSync(at.file('flood.log.1')));
  for (let round = 0; round < 10; round++) {
    for (const fifo of fifos) fs.writeSync(fifo, 'line\n');
    for (const id of quiet) expect(await logger.flush(id)).toBe((round + 1) * 5);
  }
});

it('changes of everything at any moment, with programs that write, lose nothing', async () => {
  const at = scratch();
  const ids = ['a', 'b', 'c'];
  const fifos = ids.map((id) => holdFifo(at, id));
  const logger = await startLogger(at);
  const count = 2_000_000;
  const written = Promise.all(fifos.map((fifo, number) => writeLines(fifo, 0, count, `${ids[number]}`)));
  for (let round = 0; round < 40; round++) {
    const log = (id: string) => at.file(`${id}.log${(round >> 2) % 3}`);
    const lines = ids.map((id) =>
      logger.line(id, { log: log(id), bytes: 100_000 + (round % 2), backups: 1000 }),
    );
    if (round % 5 === 4) logger.say('begin', ...lines.slice(1), 'end');
    logger.say('begin', ...lines, 'end', 'rotate b', 'reopen');
    await logger.hear('reopened');
  }
  expect(await written).toEqual([0, 0, 0]);
  let wanted = 0;
  for (let number = 0; number < count; number++) wanted += `a${number}\n`.length;
  for (const id of ids) {
    await logger.flush(id);
    const files = fs.readdirSync(at.directory).filter((name) => name.startsWith(`${id}.log`));
    expect(files.reduce((sum, name) => sum + fs.statSync(at.file(name)).size, 0)).toBe(wanted);
  }
});
