/** What tests of the pidfile have in common: starting into a scratch directory, and comparing what is left. */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { expect, onTestFinished } from 'vitest';
import { eventually } from './eventually';
import { fixture } from './paths';
import { isAlive, mentioning, stat } from './procfs';
import { endLater, type Scratch } from './scratch';
import { type Ran, tdaemon } from './tdaemon';

/** The daemon carries the directory in its environment, so that the scratch directory finds and ends it. */
export function start(
  at: Scratch,
  options: readonly string[],
  command: readonly string[] = ['sleep', '1000'],
): Promise<Ran> {
  return tdaemon([...options, '--env', `TEST_DIRECTORY=${at.directory}`, '--', ...command]);
}

export const SILENT_SUCCESS: Ran = { status: 0, signal: null, stdout: '', stderr: '' };

export async function startWith(at: Scratch, pidfile: string, ...more: string[]): Promise<number> {
  expect(await start(at, ['--pidfile', pidfile, ...more])).toEqual(SILENT_SUCCESS);
  return readPid(pidfile);
}

export function readPid(pidfile: string): number {
  const text = fs.readFileSync(pidfile, 'latin1');
  expect(text).toMatch(/^[1-9]\d*\n$/);
  return Number(text);
}

/** One line, status 125, the reason named. */
export function expectRefused(ran: Ran, ...reasons: (string | RegExp)[]): void {
  expect(ran).toMatchObject({ status: 125, signal: null, stdout: '' });
  expect(ran.stderr).toMatch(/^tdaemon: [^\n]+\n$/);
  for (const reason of reasons) expect(ran.stderr).toMatch(reason);
}

/** Whatever a careless program could have changed about a file, as one comparable value. */
export function fingerprint(file: string): unknown {
  const { ino, mode, uid, gid, nlink, size, mtimeNs } = fs.lstatSync(file, { bigint: true });
  const type = Number(mode) & fs.constants.S_IFMT;
  const content =
    type === fs.constants.S_IFREG
      ? fs.readFileSync(file).toString('base64')
      : type === fs.constants.S_IFLNK
        ? fs.readlinkSync(file)
        : type === fs.constants.S_IFDIR
          ? fs.readdirSync(file)
          : undefined;
  return { ino, mode, uid, gid, nlink, size, mtimeNs, content };
}

/** No daemon, no pidfile, no temporary file: only what the test itself had put there. */
export function expectNothingLeft(at: Scratch, files: readonly string[] = []): void {
  expect(mentioning(at.directory)).toEqual([]);
  expect(fs.readdirSync(at.directory).sort()).toEqual([...files].sort());
}

/** A live process that has nothing to do with the test's daemons. */
export function stranger(): number {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  if (child.pid === undefined) throw new Error('cannot start sleep');
  return endLater(child.pid);
}

/** The pid of no process: it has ended and been waited for. */
export function deadPid(): number {
  return Number(execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }));
}

/** A child of a parent that never waits for it. */
export async function zombiePid(): Promise<number> {
  const parent = spawn('sh', ['-c', 'sh -c "echo \\$\\$" & exec sleep 1000'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  endLater(parent.pid as number);
  const pid = await new Promise<number>((resolve) =>
    parent.stdout.once('data', (text) => resolve(Number(text))),
  );
  await eventually('a zombie', () => stat(pid)?.state === 'Z');
  return pid;
}

export interface LockHolder {
  pid: number;
  release(): Promise<void>;
}

/** Another process that holds a lock on a file. */
export async function lockElsewhere(
  file: string,
  access: 'read' | 'write',
  kind: 'posix' | 'ofd' = 'posix',
): Promise<LockHolder> {
  const child = spawn(fixture('file_lock'), [kind, access, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = endLater(child.pid as number);
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', () => reject(new Error(`no lock on ${file}`)));
  });
  return {
    pid,
    async release() {
      child.kill('SIGKILL');
      await eventually('the end of the lock holder', () => !isAlive(pid));
    },
  };
}

export function getAttribute(file: string, name = 'user.tdaemon'): string {
  return execFileSync(fixture('file_attribute'), ['get', file, name], { encoding: 'utf8', stdio: 'pipe' });
}

export function setAttribute(file: string, value: string, name = 'user.tdaemon'): void {
  execFileSync(fixture('file_attribute'), ['set', file, name, value]);
}

export function identityOf(pid: number): string {
  return `${fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${stat(pid)?.startTime}`;
}

/** Sets the time of last change: wall clocks jump, files of other tools are old. */
export function setAge(file: string, seconds: number): void {
  const then = Date.now() / 1000 - seconds;
  fs.utimesSync(file, then, then);
}

/** Ends a process and waits until the kernel says so. */
export async function kill(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await eventually(`the end of ${pid}`, () => !isAlive(pid));
}

export function atEnd(undo: () => void): void {
  onTestFinished(undo);
}
