/** Starts a daemon under strace that stays attached to it: for faults that a start must survive. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { TDAEMON } from './paths';
import type { Scratch } from './scratch';
import { mark, SLEEPER, type Told } from './start';
import { type Call, parseCalls } from './strace';

export interface Traced extends Told {
  /** Ends the daemon, and with it strace. */
  finish(): Promise<Call[]>;
}

export async function straceDaemon(
  at: Scratch,
  stracing: readonly string[],
  options: readonly string[],
  command: readonly string[] = SLEEPER,
): Promise<Traced> {
  const log = at.file('strace.log');
  const words = [
    '-f',
    '-qq',
    '-o',
    log,
    ...stracing,
    TDAEMON,
    '--json',
    ...mark(at),
    ...options,
    '--',
    ...command,
  ];
  const tracer = spawn('strace', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => tracer.on('close', resolve));
  const line = await new Promise<string>((resolve, reject) => {
    tracer.stdout.setEncoding('utf8').once('data', resolve);
    tracer.on('close', () => reject(new Error('tdaemon said nothing')));
  });
  const report = JSON.parse(line) as Told;
  return {
    ...report,
    async finish() {
      if (report.ok) process.kill(report.pid, 'SIGKILL');
      await ended;
      return parseCalls(fs.readFileSync(log, 'latin1'));
    },
  };
}
