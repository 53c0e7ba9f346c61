/** In which respects two daemons can be the same: the words of the third column of docs/MIGRATION.md. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { eventually } from './eventually';
import type { ExampleRoot } from './example_root';
import * as procfs from './procfs';

/** They tell of the shell, or are set anew by design; daemonize adds IFS. */
const OWN_VARIABLES = /^(?:PWD|OLDPWD|SHLVL|_|HOME|USER|LOGNAME|SHELL|IFS)=/;

/** Lines of each log file. */
function logs(at: ExampleRoot): Record<string, string[]> {
  const names = fs.readdirSync(at.file('var/log')).sort();
  const linesOf = (name: string) =>
    fs
      .readFileSync(at.file(`var/log/${name}`), 'utf8')
      .split('\n')
      .sort();
  return Object.fromEntries(names.map((name) => [name, linesOf(name)]));
}

/** Everything is said without the name of the root. */
export const RESPECTS: Record<string, (at: ExampleRoot, pid: number) => unknown> = {
  pidfile: (at, pid) => (at.pidIn('run/blog.pid') === pid ? 'names it' : 'names something else'),
  'argv[0]': (at, pid) => String(procfs.commandLine(pid)[0]).replace(at.directory, ''),
  arguments: (_, pid) => procfs.commandLine(pid).slice(1).map(String),
  directory: (at, pid) => procfs.link(pid, 'cwd').replace(at.directory, ''),
  user: (_, pid) => ['Uid', 'Gid', 'Groups'].map((field) => procfs.status(pid, field)),
  umask: (_, pid) => procfs.status(pid, 'Umask'),
  nice: (_, pid) => procfs.stat(pid)?.nice,
  scheduling: (_, pid) => [
    procfs.stat(pid)?.policy,
    procfs.stat(pid)?.realTimePriority,
    execFileSync('ionice', ['-p', String(pid)], { encoding: 'utf8' }),
  ],
  output: (at, pid) => [1, 2].map((fd) => procfs.descriptors(pid).get(fd)?.replace(at.directory, '')),
  // Two pipes have no common order: lines are sorted.
  log: (at, pid) => {
    const expected = procfs.descriptors(pid).get(2) === '/dev/null' ? ['ready'] : ['ready', 'warning'];
    return eventually('what it says is in its log', () => {
      const all = logs(at);
      return expected.every((line) => Object.values(all).some((lines) => lines.includes(line))) && all;
    });
  },
  session: (_, pid) => {
    const stat = procfs.stat(pid);
    return { own: stat?.session !== procfs.stat(process.pid)?.session, terminal: stat?.tty };
  },
  environment(at, pid) {
    const entries = procfs.environment(pid).map((entry) => String(entry).replaceAll(at.directory, ''));
    // daemon(1) puts a variable in twice.
    return [...new Set(entries)].filter((entry) => !OWN_VARIABLES.test(entry)).sort();
  },
};
