/**
 * A directory that stands for / to the examples and to docs/MIGRATION.md: the paths that they name are moved into
 * it, and what they start is found there.
 */
import fs from 'node:fs';
import path from 'node:path';
import { eventually } from './eventually';
import { fixture, ROOT, TDAEMON } from './paths';
import * as procfs from './procfs';
import { type Scratch, scratch } from './scratch';
import { type Ran, run } from './tdaemon';

const FOLDERS = ['etc/default', 'etc/init.d', 'run', 'srv/blog', 'usr/local/bin', 'usr/sbin', 'var/log'];
const MOVED = /(?<![\w./-])\/(?=(?:etc\/default|run|srv|usr\/local\/bin|usr\/sbin|var\/log)\b)/g;

export interface ExampleRoot extends Scratch {
  /** Text with the paths of the examples moved into this root. */
  moved(text: string): string;
  /** Moves an example into the root and returns its new path. */
  install(example: string, to: string): string;
  /** With the root's commands first on PATH. */
  environment: NodeJS.ProcessEnv;
  /** As a shell would, with the root's commands first on PATH. */
  shell(line: string, more?: NodeJS.ProcessEnv): Promise<Ran>;
  /** Pids of all that run a file of this root. */
  running(program: string): number[];
  /** Those of its usr/sbin/blogdemon. */
  blogdemons(): number[];
  /** The one blogdemon, once it is ready to be signalled. */
  blogdemon(): Promise<number>;
  /** What a pidfile names. */
  pidIn(file: string): number;
}

function isReady(pid: number): boolean {
  // blogdemon catches them just before it says that it is ready.
  const [hup, usr1] = [0x001n, 0x200n];
  const caught = BigInt(`0x${procfs.status(pid, 'SigCgt') ?? 0}`);
  return (caught & hup) !== 0n && (caught & usr1) !== 0n;
}

function running(program: string): number[] {
  return fs
    .readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return Number.isInteger(pid) && fs.readlinkSync(`/proc/${pid}/exe`).startsWith(program);
      } catch {
        return false;
      }
    })
    .filter(procfs.isAlive);
}

/** @param parent where it is made; default: the temporary directory */
export function exampleRoot(parent?: string): ExampleRoot {
  const at = scratch(parent);
  for (const folder of FOLDERS) fs.mkdirSync(at.file(folder), { recursive: true });
  // A copy: the same file in two tests would be the same program to whoever looks at /proc/PID/exe.
  fs.copyFileSync(fixture('blogdemon'), at.file('usr/sbin/blogdemon'));
  fs.symlinkSync(TDAEMON, at.file('usr/local/bin/tdaemon'));
  fs.symlinkSync(process.execPath, at.file('usr/local/bin/node'));
  const moved = (text: string) => text.replace(MOVED, `${at.directory}/`);
  const blogdemons = () => running(at.file('usr/sbin/blogdemon'));
  const folders = [at.file('usr/local/bin'), at.file('usr/sbin'), process.env.PATH, '/usr/sbin', '/sbin'];
  const environment = { ...process.env, PATH: folders.join(':') };
  return {
    ...at,
    moved,
    install(example, to) {
      const source = path.join(ROOT, 'examples', example);
      fs.mkdirSync(path.dirname(at.file(to)), { recursive: true });
      at.write(to, moved(fs.readFileSync(source, 'utf8')));
      fs.chmodSync(at.file(to), fs.statSync(source).mode & 0o777);
      return at.file(to);
    },
    environment,
    shell: (line, more = {}) =>
      run('/bin/sh', ['-c', line], { cwd: at.file('srv'), env: { ...environment, ...more } }),
    running: (program) => running(at.file(program)),
    blogdemons,
    blogdemon: () =>
      eventually('one blogdemon, ready', () => {
        const [pid, ...more] = blogdemons();
        return pid !== undefined && more.length === 0 && isReady(pid) && pid;
      }),
    pidIn: (file) => Number(fs.readFileSync(at.file(file), 'utf8')),
  };
}
