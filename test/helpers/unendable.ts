/** Processes that do not end when they are told to: test/fixtures/unendable.c. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { startDaemon } from './daemons';
import { eventually } from './eventually';
import { fixture } from './paths';
import { stat } from './procfs';
import { endLater, type Scratch } from './scratch';

const UNENDABLE = fixture('unendable');

/** From now on a process cannot end, until the holder is let go. */
export async function holdBack(pid: number): Promise<{ letGo(): void }> {
  const holder = spawn(UNENDABLE, ['hold', String(pid)], { stdio: ['ignore', 'pipe', 'inherit'] });
  endLater(holder.pid as number);
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve());
    holder.once('exit', () => reject(new Error(`cannot hold ${pid} back`)));
  });
  return { letGo: () => void holder.kill('SIGKILL') };
}

/** A daemon in state D, until KILL comes. */
export async function startUninterruptible(at: Scratch, name?: string) {
  const report = at.file('stopped-child');
  const started = await startDaemon(at, [UNENDABLE, 'vfork', report], [], name);
  const child = await eventually('a stopped child', () => {
    const pid = fs.existsSync(report) ? Number(fs.readFileSync(report, 'latin1')) : 0;
    return pid > 0 && stat(pid)?.state === 'T' && pid;
  });
  endLater(child);
  await eventually('an uninterruptible sleep', () => stat(started.pid)?.state === 'D');
  return started;
}

/** A daemon whose first thread has ended: proc(5) calls it a zombie, and it lives. */
export async function startLeaderless(at: Scratch) {
  const started = await startDaemon(at, [UNENDABLE, 'leader']);
  await eventually('the end of the first thread', () => stat(started.pid)?.state === 'Z');
  return started;
}
