/**
 * Whether logind ends this login's processes with it (KillUserProcesses=yes, logind.conf(5)): the cgroup of the
 * session cannot be left by setsid(2), so a daemon started here would not outlive the login.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DROP_INS = [
  '/usr/lib/systemd/logind.conf.d',
  '/run/systemd/logind.conf.d',
  '/etc/systemd/logind.conf.d',
];

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.conf'))
      .sort();
  } catch {
    return [];
  }
}

export function sessionScopeWarning(): string | undefined {
  const scope = /\/(session-[^/\n]+\.scope)/.exec(read('/proc/self/cgroup'))?.[1];
  if (!scope) return undefined;
  const files = [
    '/etc/systemd/logind.conf',
    ...DROP_INS.flatMap((folder) => list(folder).map((name) => join(folder, name))),
  ];
  let kills = false;
  for (const file of files)
    for (const [, value] of read(file).matchAll(/^\s*KillUserProcesses\s*=\s*(\S+)/gm))
      kills = /^(yes|true|on|1)$/i.test(value ?? '');
  if (!kills) return undefined;
  return `logind ends all processes of ${scope} at logout (KillUserProcesses=yes): 'loginctl enable-linger' keeps the daemon`;
}
