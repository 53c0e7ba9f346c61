/** The warning before logind ends a daemon at logout: the files are laid over the real ones in a mount namespace. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HOLD } from '../helpers/hold';
import { type Scratch, scratch } from '../helpers/scratch';
import { shell } from '../helpers/tdaemon';

const canMount = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

const WARNING =
  "tdaemon: warning: logind ends all processes of session-7.scope at logout (KillUserProcesses=yes): 'loginctl enable-linger' keeps the daemon\n";

/** @param files below /etc/systemd, by name */
async function startIn(at: Scratch, cgroup: string, files: Record<string, string>, options = '') {
  at.write('cgroup', cgroup);
  for (const [name, content] of Object.entries(files)) {
    const file = at.file(`systemd/${name}`);
    fs.mkdirSync(file.replace(/\/[^/]*$/, ''), { recursive: true });
    fs.writeFileSync(file, content);
  }
  fs.mkdirSync(at.file('systemd'), { recursive: true });
  const inside = [
    'mkdir -p /etc/systemd',
    `mount --bind ${at.file('systemd')} /etc/systemd`,
    `mount --bind ${at.file('cgroup')} /proc/$$/cgroup`,
    `exec "$TDAEMON" ${options} -- ${HOLD} ${at.directory}`,
  ].join(' && ');
  return shell(`exec unshare -m sh -c '${inside}'`);
}

const SESSION = '0::/user.slice/user-0.slice/session-7.scope\n';
const YES = '[Login]\nKillUserProcesses=yes\n';

describe.skipIf(!canMount)('in the scope of a login (needs root and a mount namespace)', () => {
  it.each([
    ['yes', { 'logind.conf': YES }],
    ['Yes, spelled with spaces', { 'logind.conf': '[Login]\n  KillUserProcesses = Yes\n' }],
    ['in a drop-in', { 'logind.conf': '', 'logind.conf.d/10-kill.conf': YES }],
    [
      'the last word counts',
      { 'logind.conf': '[Login]\nKillUserProcesses=no\n', 'logind.conf.d/z.conf': YES },
    ],
  ])('warns where logind ends it: %s', async (_, files) => {
    const ran = await startIn(scratch(), SESSION, files);
    expect(ran).toEqual({ status: 0, signal: null, stdout: '', stderr: WARNING });
  });

  it.each([
    ['no', { 'logind.conf': '[Login]\nKillUserProcesses=no\n' }],
    ['the default', { 'logind.conf': '[Login]\n#KillUserProcesses=yes\n' }],
    ['no file', {}],
    ['a drop-in says no', { 'logind.conf': YES, 'logind.conf.d/a.conf': 'KillUserProcesses=0\n' }],
    ['not a drop-in', { 'logind.conf.d/a.conf.bak': YES }],
  ])('does not where it does not: %s', async (_, files) => {
    expect(await startIn(scratch(), SESSION, files)).toMatchObject({ status: 0, stderr: '' });
  });

  it('does not in a service, and not with --quiet', async () => {
    const service = '0::/system.slice/cron.service\n';
    expect(await startIn(scratch(), service, { 'logind.conf': YES })).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(await startIn(scratch(), SESSION, { 'logind.conf': YES }, '-q')).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
});
