/** A disk that hangs, and one that is full, below a whole supervisor: said in the main log; everything else lives. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { freezableDisk, noFrozenDisk } from '../helpers/frozen_disk';
import { because } from '../helpers/needs';
import { fixture } from '../helpers/paths';
import { scratch } from '../helpers/scratch';
import { fill, mayMount, smallDisk } from '../helpers/small_disk';
import { supervise } from '../helpers/supervise';

const why = noFrozenDisk();
const LINES = 50_000;

const writer = (log: string) =>
  `[program:writer]\ncommand=${fixture('last_words')} ${LINES} 0\nstartsecs=0\nautorestart=false\nautostart=false\nstdout_logfile=${log}\nstdout_logfile_maxbytes=0`;
const OTHER = '[program:other]\ncommand=sleep 1000\nstartsecs=0\nrestart_delay_max=0';

it.skipIf(why)(`a disk that hangs stalls only the logs on it${because(why)}`, async () => {
  const at = scratch();
  const disk = freezableDisk(at);
  const log = path.join(disk.directory, 'log');
  const supervised = await supervise(at, `${writer(log)}\n${OTHER}`);
  await eventually('its log is there', () => fs.existsSync(log));
  disk.freeze();
  await supervised.ask('start', 'writer');
  await eventually('it is said', () => supervised.mainLog.includes('its disk hangs'));
  let { pid } = await supervised.reaches('other', 'RUNNING');
  for (let kills = 0; kills < 3; kills++) {
    process.kill(pid, 'SIGKILL');
    const former = pid;
    pid = (
      await supervised.until(
        'other',
        'runs again',
        (shown) => shown.state === 'RUNNING' && shown.pid !== former,
      )
    ).pid;
  }
  disk.thaw();
  expect(await supervised.reaches('writer', 'EXITED')).toMatchObject({ exitStatus: 0, restarts: 0 });
  await eventually('nothing is lost', () => fs.readFileSync(log, 'latin1').split('\n').length === LINES + 1);
  expect(supervised.mainLog).toContain('is written again');
});

it.skipIf(!mayMount)(
  `a full disk makes its writer wait${mayMount ? '' : ' (needs CAP_SYS_ADMIN)'}`,
  async () => {
    const at = scratch();
    const disk = smallDisk(at, 'size=1m');
    const log = path.join(disk, 'log');
    const supervised = await supervise(at, `${writer(log)}\n${OTHER}`);
    await eventually('its log is there', () => fs.existsSync(log));
    const filler = path.join(disk, fill(disk));
    await supervised.ask('start', 'writer');
    await eventually('it is said', () => /cannot write the log of writer:writer/.test(supervised.mainLog));
    expect((await supervised.reaches('other', 'RUNNING')).restarts).toBe(0);
    fs.rmSync(filler);
    expect(await supervised.reaches('writer', 'EXITED')).toMatchObject({ exitStatus: 0, restarts: 0 });
    await eventually(
      'nothing is lost',
      () => fs.readFileSync(log, 'latin1').split('\n').length === LINES + 1,
    );
  },
);
