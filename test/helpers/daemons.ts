/** Daemons to be stopped, strangers to be spared, and pidfiles of every kind. */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { expect } from 'vitest';
import { eventually } from './eventually';
import { isAlive, stat } from './procfs';
import { endLater, type Scratch } from './scratch';
import { type Ran, tdaemon } from './tdaemon';

export const isRoot = process.getuid?.() === 0;
export const NOBODY = 65534;
export const SILENT: Ran = { status: 0, signal: null, stdout: '', stderr: '' };

/** Users whose processes no other test starts: matching by user must not meet a neighbour. */
export function lonelyUser(): number {
  return 700_000_000 + process.pid;
}

/** TERM does nothing to it. Its name becomes `sleep` only when that is so: see settled. */
export const STUBBORN = ['sh', '-c', 'trap "" TERM; exec sleep 1000'] as const;

export interface Started {
  pid: number;
  pidfile: string;
}

/** A daemon that must start. The directory in its environment lets scratch() end it. */
export async function startDaemon(
  at: Scratch,
  command: readonly string[] = ['sleep', '1000'],
  options: readonly string[] = [],
  name = 'pid',
): Promise<Started> {
  const pidfile = at.file(name);
  const mark = `TEST_DIRECTORY=${at.directory}`;
  expect(await tdaemon(['--pidfile', pidfile, '--env', mark, ...options, '--', ...command])).toEqual(SILENT);
  return { pid: readPid(pidfile), pidfile };
}

/** A shell has done what its line says when it has become `sleep`. */
export async function settled(pid: number): Promise<number> {
  await eventually(`${pid} sleeps`, () => stat(pid)?.name === 'sleep');
  return pid;
}

export async function startStubborn(at: Scratch, options: readonly string[] = [], name?: string) {
  const started = await startDaemon(at, STUBBORN, options, name);
  await settled(started.pid);
  return started;
}

export function readPid(pidfile: string): number {
  const text = fs.readFileSync(pidfile, 'latin1');
  expect(text).toMatch(/^[1-9]\d*\n$/);
  return Number(text);
}

/** A live process that has nothing to do with any daemon. */
export function stranger(uid?: number): number {
  const child = spawn('sleep', ['1000'], {
    stdio: 'ignore',
    detached: true,
    ...(uid !== undefined && { uid, gid: uid }),
  });
  return endLater(child.pid as number);
}

/** The pid of no process. */
export function deadPid(): number {
  return Number(execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }));
}

export const BOOT_ID = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

export function setIdentity(pidfile: string, bootId: string, startTime: number): void {
  const value = `${bootId} ${startTime}`;
  execFileSync('setfattr', ['-n', 'user.tdaemon', '-v', value, pidfile]);
}

/** As an administrator or somebody else's program leaves it: no lock, no identity. */
export function writePidfile(at: Scratch, content: string | number, name = 'pid'): string {
  return at.write(name, typeof content === 'number' ? `${content}\n` : content);
}

/** One line that names the reason; nothing on stdout. */
export function expectRefused(ran: Ran, status: number, ...reasons: (string | RegExp)[]): void {
  expect(ran).toMatchObject({ status, signal: null, stdout: '' });
  expect(ran.stderr).toMatch(/^tdaemon: [^\n]+\n$/);
  for (const reason of reasons) expect(ran.stderr).toMatch(reason);
}

export function expectNotRunning(ran: Ran): void {
  expectRefused(ran, 1, 'not running');
}

/** It is alive, and has not been stopped. */
export function expectUntouched(pid: number): void {
  expect(isAlive(pid)).toBe(true);
  expect(stat(pid)?.state).not.toBe('T');
}

export function hasProgram(name: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/local/sbin'];
  return folders.some((folder) => fs.existsSync(`${folder}/${name}`));
}
