/** Runs the real command, as a shell would. */
import { type SpawnOptions, spawn } from 'node:child_process';
import { TDAEMON } from './paths';

export interface Ran {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** One that has begun, to be signalled or talked to meanwhile. */
export function begin(program: string, args: readonly string[], options: SpawnOptions = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    // 'close' comes when every holder of the pipes is gone: that a daemon holds none is part of the contract.
    child.on('close', (status, signal) => resolve({ status, signal, ...output }));
  });
  return { child, output, ended };
}

export function run(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<Ran> {
  return begin(program, args, options).ended;
}

export function tdaemon(args: readonly string[], options: SpawnOptions = {}): Promise<Ran> {
  return run(TDAEMON, args, options);
}

/** A command line for sh, with $TDAEMON set: for what only a shell can do, such as closing descriptors. */
export function shell(script: string, options: SpawnOptions = {}): Promise<Ran> {
  return run('/bin/sh', ['-c', script], { ...options, env: { ...process.env, ...options.env, TDAEMON } });
}
