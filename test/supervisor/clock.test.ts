/** The wall clock jumps, by more than a year: nothing that a supervisor waits for comes earlier, later, or never. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { native } from '../../src/native';
import { TICKS } from '../../src/process/identity';
import { rpc } from '../helpers/control';
import { eventually } from '../helpers/eventually';
import { buildLinked } from '../helpers/linked_program';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { type Supervised, supervise } from '../helpers/supervise';

const YEAR = 365 * 86_400;

/** A supervisor whose wall clock can be set. */
async function superviseShifted(
  at: Scratch,
  programs: string,
): Promise<{ supervised: Supervised; shift(seconds: number): void }> {
  const library = buildLinked(at, 'clock_shift', '-shared', '-fPIC', '-ldl');
  const shift = (seconds: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    // In place: it is mapped.
    fs.writeFileSync(at.file('shift'), bytes, { flag: fs.existsSync(at.file('shift')) ? 'r+' : 'w' });
  };
  shift(0);
  const within = ['env', `LD_PRELOAD=${library}`, `CLOCK_SHIFT=${at.file('shift')}`];
  const supervised = await supervise(
    at,
    `[unix_http_server]\nfile=${at.file('s.sock')}\n${programs}`,
    '',
    within,
  );
  return { supervised, shift };
}

/** Seconds by the kernel's own clock. */
function age({ startTime }: { startTime: number }): number {
  return native.secondsSinceBoot() - startTime / TICKS;
}

describe.each([
  ['forward', YEAR],
  ['backward', -YEAR],
])('a wall clock that jumps %s', (_, seconds) => {
  it('changes neither starts, restarts, stops, nor what is told of them', async () => {
    const at = scratch();
    const { supervised, shift } = await superviseShifted(
      at,
      `[program:slow]
command=sleep 1000
startsecs=2
[program:short]
command=sh -c 'echo >>${at.file('lives')}'
startsecs=0
autorestart=true
[program:stubborn]
command=sh -c 'trap "" TERM; echo >${at.file('deaf')}; while :; do sleep 0.1; done'
startsecs=0
stopwaitsecs=2`,
    );
    await eventually('that TERM is ignored', () => fs.existsSync(at.file('deaf')));
    const starting = await supervised.of('slow');
    expect(starting.state).toBe('STARTING');

    shift(seconds);
    // What reaches the log shows that the supervisor sees another year.
    const year = new Date(Date.now() + seconds * 1000).getUTCFullYear();
    await supervised.ask('signal', 'slow', '0');
    const stopped = supervised.ask('stop', 'stubborn');
    const asked = native.secondsSinceBoot();
    await stopped;
    expect(native.secondsSinceBoot() - asked).toBeGreaterThanOrEqual(2 - 0.02);
    expect(supervised.mainLog).toContain(`${year}-`);

    const slow = await supervised.reaches('slow', 'RUNNING');
    expect(slow.pid).toBe(starting.pid);
    expect(age(slow)).toBeGreaterThanOrEqual(2 - 0.02);

    // After each short life it waits longer, and not for a year.
    const lives = () => fs.statSync(at.file('lives')).size;
    const before = lives();
    await eventually('another life', () => lives() > before);

    process.kill(slow.pid, 'SIGKILL');
    const again = await supervised.until(
      'slow',
      'runs again',
      ({ pid, state }) => state === 'RUNNING' && pid !== slow.pid,
    );
    expect(again.restarts).toBe(1);
    shift(0);
    const { description } = await rpc<{ description: string }>(
      { socketPath: at.file('s.sock') },
      'getProcessInfo',
      'slow',
    );
    expect(description).toMatch(new RegExp(`^pid ${again.pid}, uptime 0:0\\d:\\d\\d$`));
    expect(procfs.isAlive(again.pid)).toBe(true);
  });
});
