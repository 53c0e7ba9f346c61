/** Eight callers start, stop and restart one daemon as fast as they can, and somebody watches. */
import fs from 'node:fs';
import { expect, it } from 'vitest';
import { oneOf, size, TIMEOUT, tell } from '../helpers/chaos';
import { eventually } from '../helpers/eventually';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { tdaemon } from '../helpers/tdaemon';

const CALLERS = 8;
const LENGTH_MS = size(6_000, 60_000);

interface Act {
  name: string;
  words(at: Scratch): string[];
  statuses: number[];
  /** A daemon that another's stop meets before its exec. */
  interruptible?: true;
}

const daemon = (at: Scratch) => ['--env', `TEST_DIRECTORY=${at.directory}`, '--', 'sleep', '1000'];

/** As often as they stand here. */
const ACTS: Act[] = [
  { name: 'start', words: daemon, statuses: [0, 1], interruptible: true },
  { name: 'start', words: daemon, statuses: [0, 1], interruptible: true },
  { name: 'restart', words: (at) => ['restart', ...daemon(at)], statuses: [0, 1], interruptible: true },
  { name: 'stop', words: () => ['stop'], statuses: [0, 1] },
  { name: 'stop with KILL', words: () => ['stop', '--retry', 'KILL/5'], statuses: [0, 1] },
  { name: 'signal', words: () => ['signal', 'TERM'], statuses: [0, 1] },
  { name: 'status', words: () => ['status', '--quiet'], statuses: [0, 1, 3] },
];

const INTERRUPTED = /^tdaemon: the daemon was killed before it could execute \(signal (9|15)\)\n$/;

async function call(at: Scratch, act: Act): Promise<string> {
  const [command = '', ...more] = act.words(at);
  const isStart = command.startsWith('-');
  const pidfile = ['-p', at.file('pid')];
  const ran = await tdaemon(isStart ? [...pidfile, command, ...more] : [command, ...pidfile, ...more]);
  const status = ran.status ?? -1;
  const isInterrupted = act.interruptible && status === 125 && INTERRUPTED.test(ran.stderr);
  if (!isInterrupted && !act.statuses.includes(status))
    throw new Error(`${act.name}: ${status} ${ran.stderr}`);
  return `${act.name} ${status}`;
}

function readPidfile(at: Scratch): string {
  try {
    return fs.readFileSync(at.file('pid'), 'latin1');
  } catch {
    return '';
  }
}

const isDaemon = (pid: number) => procfs.isAlive(pid) && procfs.stat(pid)?.name === 'sleep';

/** One daemon at most; and while it lives the pidfile is whole and names it. Each is looked at between two looks at the other. */
function violations(at: Scratch): string[] {
  const found = procfs.mentioning(at.directory).filter(isDaemon);
  const wrong: string[] = [];
  for (const pid of found) {
    const others = found.filter((other) => other !== pid && isDaemon(other));
    const content = readPidfile(at);
    if (!isDaemon(pid)) continue;
    if (others.length > 0) wrong.push(`${pid} and ${others} at the same time`);
    if (content !== `${pid}\n`) wrong.push(`${pid} lives, and the pidfile is '${content}'`);
  }
  const content = readPidfile(at);
  if (!/^([1-9]\d*\n)?$/.test(content)) wrong.push(`the pidfile is '${content}'`);
  return wrong;
}

it(
  'eight callers at once: never two daemons, never a live one without its pidfile, and at the end nothing',
  TIMEOUT,
  async () => {
    const at = scratch();
    const seen: Record<string, number> = {};
    const end = Date.now() + LENGTH_MS;
    const callers = Array.from({ length: CALLERS }, async () => {
      while (Date.now() < end) {
        const outcome = await call(at, oneOf(ACTS));
        seen[outcome] = (seen[outcome] ?? 0) + 1;
      }
    });
    const wrong: string[] = [];
    let looks = 0;
    await eventually(
      'the end of the storm',
      () => {
        wrong.push(...violations(at));
        looks++;
        return Date.now() >= end;
      },
      LENGTH_MS * 2,
    );
    await Promise.all(callers);
    expect(wrong).toEqual([]);
    tell('storm', { looks, ...Object.fromEntries(Object.entries(seen).sort()) });
    expect([0, 1]).toContain((await tdaemon(['stop', '-p', at.file('pid')])).status);
    pidfiles.expectNothingLeft(at);
  },
);
