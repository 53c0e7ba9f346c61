/** Programs write numbered lines as fast as they can, while everybody else is killed: no line is lost or doubled. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { fixture } from '../helpers/paths';
import { type Scratch, scratch } from '../helpers/scratch';
import { type Supervised, supervise } from '../helpers/supervise';

const LINES = 200_000;
const WRITERS = ['a', 'b', 'c', 'd'];

/** Each ends with an exit status of its own once it has written its last line. */
const programs = (at: Scratch) =>
  WRITERS.map(
    (name, number) => `[program:${name}]
command=${fixture('last_words')} ${LINES} ${number + 3}
startsecs=0
autorestart=false
exitcodes=0
stdout_logfile=${at.file(`${name}.log`)}
stdout_logfile_maxbytes=0`,
  ).join('\n');

/** Where the numbers in a log stop being 1, 2, 3 …; -1: nowhere. */
function firstGap(file: string): number {
  const lines = fs.readFileSync(file, 'latin1').split('\n');
  expect(lines.pop()).toBe('');
  const wrong = lines.findIndex((line, at) => Number(line) !== at + 1);
  return wrong === -1 && lines.length === LINES ? -1 : wrong === -1 ? lines.length : wrong;
}

function commonPrefix(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}

async function untilAllWrite(at: Scratch): Promise<void> {
  await eventually('all write', () =>
    WRITERS.every((name) => (fs.statSync(at.file(`${name}.log`), { throwIfNoEntry: false })?.size ?? 0) > 0),
  );
}

async function expectAllDone(supervised: Supervised): Promise<void> {
  for (const [number, name] of WRITERS.entries())
    expect(await supervised.reaches(name, 'EXITED', 50_000)).toMatchObject({
      exitStatus: number + 3,
      restarts: 0,
    });
}

describe('no line is lost or doubled, and each exit status is known', () => {
  it('when the supervisor is killed again and again', async () => {
    const at = scratch();
    const supervised = await supervise(at, programs(at));
    await untilAllWrite(at);
    for (let kill = 0; kill < 5; kill++) {
      await supervised.until('a', 'is known', () => true);
      process.kill(supervised.supervisor as number, 'SIGKILL');
    }
    await expectAllDone(supervised);
    for (const name of WRITERS)
      await eventually(`the last line of ${name}`, () =>
        fs.readFileSync(at.file(`${name}.log`), 'latin1').endsWith(`\n${LINES}\n`),
      );
    for (const name of WRITERS) expect(firstGap(at.file(`${name}.log`))).toBe(-1);
  });

  it('when it hands over', async () => {
    const at = scratch();
    const supervised = await supervise(at, programs(at));
    await untilAllWrite(at);
    for (let times = 0; times < 3; times++) {
      const before = supervised.supervisor;
      await supervised.ask('handover');
      await eventually('another one', () => supervised.supervisor !== before);
      await supervised.until('a', 'is known', () => true);
    }
    await expectAllDone(supervised);
    await supervised.shutdown();
    for (const name of WRITERS) expect(firstGap(at.file(`${name}.log`))).toBe(-1);
  });

  it('at an orderly shutdown what was written is in the logs', async () => {
    const at = scratch();
    const supervised = await supervise(at, programs(at));
    await untilAllWrite(at);
    await supervised.shutdown();
    for (const name of WRITERS) {
      const lines = fs.readFileSync(at.file(`${name}.log`), 'latin1').split('\n');
      lines.pop();
      expect(lines.findIndex((line, number) => Number(line) !== number + 1)).toBe(-1);
    }
  });
});

it('a killed logger loses at most what it had read and not yet written', async () => {
  const at = scratch();
  const supervised = await supervise(at, programs(at));
  await untilAllWrite(at);
  const before = supervised.logger as number;
  process.kill(before, 'SIGKILL');
  await eventually('another logger', () => (supervised.logger ?? before) !== before);
  await expectAllDone(supervised);
  await supervised.shutdown();
  const written = Array.from({ length: LINES }, (_, number) => `${number + 1}\n`).join('');
  for (const name of WRITERS) {
    const text = fs.readFileSync(at.file(`${name}.log`), 'latin1');
    // One stretch is missing at most, which may begin and end within a line.
    const kept = commonPrefix(text, written);
    expect(written.endsWith(text.slice(kept))).toBe(true);
    expect(text.endsWith(`\n${LINES}\n`)).toBe(true);
  }
});
