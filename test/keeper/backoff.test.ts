/** When what has ended is started again. What the keeper waits for is seen in how it sets its timers. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { readyKeeper, startKeeper } from '../helpers/keeper';
import { because, missing } from '../helpers/needs';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';

const cannot = missing('strace');

function traced(at: Scratch): { by: string[]; waits(): number[] } {
  const file = at.file('trace');
  const timer = /timerfd_settime\(.*it_value=\{tv_sec=(\d+), tv_nsec=(\d+)\}/g;
  return {
    by: ['strace', '-qq', '-o', file, '-e', 'trace=timerfd_settime'],
    /** Milliseconds, in order. */
    waits: () =>
      [...fs.readFileSync(file, 'latin1').matchAll(timer)].map(
        ([, seconds, nanoseconds]) => Number(seconds) * 1000 + Number(nanoseconds) / 1e6,
      ),
  };
}

describe.skipIf(cannot)(`a supervisor that ends again and again${because(cannot)}`, () => {
  it('is started at once, then after longer and longer waits; readiness makes them short again', async () => {
    const at = scratch();
    const { by, waits } = traced(at);
    const { keeper, first } = await readyKeeper(at, { by });
    first.kill();
    const second = await keeper.supervisor(1);
    expect(waits()).toEqual([]);
    second.kill();
    (await keeper.supervisor(2)).kill();
    (await keeper.supervisor(3)).kill();
    const fifth = await keeper.supervisor(4);
    expect(waits()).toEqual([100, 200, 400]);
    fifth.say('ready');
    await fifth.settled();
    fifth.kill();
    const sixth = await keeper.supervisor(5);
    expect(waits()).toEqual([100, 200, 400]);
    sixth.kill();
    await keeper.supervisor(6);
    expect(waits()).toEqual([100, 200, 400, 100]);
  });

  it('waits up to 10 s; who wants it to end need not wait', async () => {
    const at = scratch();
    const { by, waits } = traced(at);
    at.write('trace', '');
    const script = `[ -e "$1" ] && exit 1; : > "$1"; echo ready >&3; exit 1`;
    const supervisor = () => ['/bin/sh', '-c', script, 'sh', at.file('was ready')];
    const keeper = await startKeeper(at, { by, supervisor });
    const expected = [100, 200, 400, 800, 1600, 3200, 6400, 10_000];
    await eventually('the longest wait', () => waits().length === expected.length);
    expect(waits()).toEqual(expected);
    const [pid] = procfs.childrenOf(keeper.pid);
    process.kill(pid as number, 'SIGTERM');
    await eventually('the next one', () => waits().length === expected.length + 2);
    expect(waits()).toEqual([...expected, 0, 10_000]);
  });
});

describe.skipIf(cannot)(`a logger that ends again and again${because(cannot)}`, () => {
  it('is started again likewise, and the supervisor is told each time', async () => {
    const at = scratch();
    const { by, waits } = traced(at);
    const { keeper, first } = await readyKeeper(at, { by });
    const { ino } = fs.statSync(`${keeper.run}/logger`);
    for (let times = 1; times <= 3; times++) {
      const pids = first.told('logger ').map((line) => Number(line.split(' ')[1]));
      process.kill(pids.at(-1) as number, 'SIGKILL');
      await eventually('another', () => first.told('logger ').length === times + 1);
    }
    expect(waits()).toEqual([100, 200]);
    const words = first.told().map((line) => line.replace(/ \d{2,}$/, ''));
    expect(words.slice(-6)).toEqual(Array(3).fill(['logger-ended 9', 'logger']).flat());
    // The same socket: who was connecting to it meanwhile has only waited.
    expect(fs.statSync(`${keeper.run}/logger`).ino).toBe(ino);
  });
});
