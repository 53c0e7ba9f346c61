/** Runs a command under strace -f and gives back the calls that it saw. */

import type { SpawnOptions } from 'node:child_process';
import fs from 'node:fs';
import { TDAEMON } from './paths';
import { type Ran, run } from './tdaemon';

export interface Call {
  pid: number;
  name: string;
  /** The arguments as strace prints them. */
  text: string;
  /** The result as strace prints it: `0`, `-1 EPERM (Operation not permitted)`, `?`. */
  result: string;
}

/** Joins `<unfinished ...>` and `<... resumed>` lines. */
export function parseCalls(log: string): Call[] {
  const calls: Call[] = [];
  const unfinished = new Map<number, string>();
  for (const line of log.split('\n')) {
    const start = /^(\d+)\s+(.*)$/.exec(line);
    if (!start) continue;
    const pid = Number(start[1]);
    let text = start[2] as string;
    if (text.endsWith('<unfinished ...>')) {
      unfinished.set(pid, text.slice(0, -'<unfinished ...>'.length));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    if (resumed) text = (unfinished.get(pid) ?? '') + resumed[1];
    const call = /^(\w+)\((.*)\)\s+= (.*)$/.exec(text);
    if (call)
      calls.push({ pid, name: call[1] as string, text: call[2] as string, result: call[3] as string });
  }
  return calls;
}

/**
 * @param log where strace writes
 * @param stracing options of strace, such as `-e inject=…`
 */
export async function straceTdaemon(
  log: string,
  stracing: readonly string[],
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Ran & { calls: Call[] }> {
  const ran = await run('strace', ['-f', '-qq', '-o', log, ...stracing, TDAEMON, ...args], options);
  return { ...ran, calls: parseCalls(fs.readFileSync(log, 'latin1')) };
}
