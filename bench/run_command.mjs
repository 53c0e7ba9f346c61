// Runs one program to its end; whatever fails, fails the benchmark: a figure of a failed start means nothing.
import { execFile, spawn } from 'node:child_process';

const TIMEOUT_MS = 120_000;

/** @returns {Promise<string>} its standard output */
export function runCommand(program, args, env = process.env) {
  return new Promise((resolve, reject) => {
    execFile(program, args, { env, timeout: TIMEOUT_MS, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} ${args.join(' ')}: ${error.message}\n${stdout}${stderr}`));
      else resolve(stdout);
    });
  });
}

/** For tools whose daemons keep the output they were given: nobody reads it, so nobody waits for its end. */
export function runSilently(program, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: 'ignore', timeout: TIMEOUT_MS });
    child.on('error', reject);
    child.on('exit', (status, signal) => {
      if (status === 0) resolve();
      else reject(new Error(`${program} ${args.join(' ')}: ended with ${signal ?? `status ${status}`}`));
    });
  });
}
