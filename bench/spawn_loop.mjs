// Builds posix_spawn_loop.c and times commands with it: a C program adds less of its own than Node would.
import path from 'node:path';
import { runCommand } from './run_command.mjs';

let program;

export async function buildSpawnLoop(directory) {
  program = path.join(directory, 'posix_spawn_loop');
  const source = path.join(import.meta.dirname, 'posix_spawn_loop.c');
  await runCommand(process.env.CC || 'cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', program, source]);
}

async function milliseconds(args, env) {
  return Number(await runCommand(program, args, env)) / 1e6;
}

/** From posix_spawn up to the end of the command, milliseconds of `count` starts together. */
export function timeToEnd(command, { count = 1, env } = {}) {
  return milliseconds(['--wait', String(count), ...command], env);
}

/** From posix_spawn up to exec, milliseconds of `count` starts together. */
export function timeToExec(command, { count = 1, env } = {}) {
  return milliseconds([String(count), ...command], env);
}
