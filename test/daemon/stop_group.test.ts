/** --group: the daemon and all that is left of its process group, and nobody else. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  expectNotRunning,
  expectRefused,
  expectUntouched,
  SILENT,
  settled,
  startDaemon,
} from '../helpers/daemons';
import { eventually } from '../helpers/eventually';
import * as procfs from '../helpers/procfs';
import { endLater, type Scratch, scratch } from '../helpers/scratch';
import { shell, tdaemon } from '../helpers/tdaemon';

function membersOf(group: number): number[] {
  return fs
    .readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && procfs.stat(pid)?.group === group && procfs.isAlive(pid));
}

/** A daemon with two children and two grandchildren, all of which have settled. */
async function startFamily(at: Scratch, child: string) {
  const started = await startDaemon(at, ['sh', '-c', `(${child}) & (${child}) & exec sleep 1000`]);
  const group = procfs.stat(started.pid)?.group as number;
  await eventually('five sleepers', () => {
    const members = membersOf(group);
    return members.filter((pid) => procfs.stat(pid)?.name === 'sleep').length === 5;
  });
  for (const pid of membersOf(group)) endLater(pid);
  return { ...started, group };
}

const FORKS = 'sleep 1000 & exec sleep 1000';

describe('stop --group', () => {
  it('leaves none of a daemon that has forked children', async () => {
    const { pidfile, group } = await startFamily(scratch(), FORKS);
    expect(await tdaemon(['stop', '--group', '-p', pidfile])).toEqual(SILENT);
    expect(membersOf(group)).toEqual([]);
    expect(fs.existsSync(pidfile)).toBe(false);
  });

  it('goes on until those are gone who outlive the daemon', async () => {
    const { pid, pidfile, group } = await startFamily(scratch(), `trap "" TERM; ${FORKS}`);
    expect(await tdaemon(['stop', '--group', '-p', pidfile, '--retry', 'TERM/0.5/KILL/20'])).toEqual(SILENT);
    expect(procfs.isAlive(pid)).toBe(false);
    expect(membersOf(group)).toEqual([]);
  });

  it('says 124 while one is left', async () => {
    const { pid, pidfile, group } = await startFamily(scratch(), `trap "" TERM; ${FORKS}`);
    expectRefused(await tdaemon(['stop', '-g', '-p', pidfile, '--retry', 'TERM/0.3']), 124, 'still running');
    expect(procfs.isAlive(pid)).toBe(false);
    expect(membersOf(group)).toHaveLength(4);
  });

  it('is not the default: children are left to the daemon', async () => {
    const { pidfile, group } = await startFamily(scratch(), FORKS);
    expect(await tdaemon(['stop', '-p', pidfile])).toEqual(SILENT);
    expect(membersOf(group)).toHaveLength(4);
  });

  it('leaves a child that has a session of its own', async () => {
    const at = scratch();
    const { pidfile } = await startDaemon(at, [
      'sh',
      '-c',
      `setsid sh -c 'echo $$ > "$0"; exec sleep 1000' "$0" & exec sleep 1000`,
      at.file('apart'),
    ]);
    const apart = await eventually('the child', () => {
      return fs.existsSync(at.file('apart')) && Number(fs.readFileSync(at.file('apart'), 'latin1'));
    });
    await settled(apart);
    expect(await tdaemon(['stop', '-g', '-p', pidfile])).toEqual(SILENT);
    expectUntouched(apart);
  });

  it("refuses the caller's own group", async () => {
    const at = scratch();
    // Without job control the child is in the shell's group, and so is tdaemon.
    const ran = await shell(
      'sleep 1000 & echo $! > "$F"; "$TDAEMON" stop --group -p "$F"; echo $? $(kill -0 $! && echo alive); kill -9 $!',
      { env: { F: at.file('pid') }, detached: true },
    );
    expect(ran.stdout).toBe('125 alive\n');
    expect(ran.stderr).toMatch(/^tdaemon: process group \d+ .*caller's own\n/);
  });

  it('signal and reload reach the whole group as well', async () => {
    const at = scratch();
    const line = `trap 'echo $0 >> "$1"' USR1 HUP; : > "$1.$0"; while :; do sleep 0.02; done`;
    const both = `sh -c "$1" child "$0" & exec sh -c "$1" parent "$0"`;
    const { pidfile } = await startDaemon(at, ['sh', '-c', both, at.file('got'), line]);
    for (const name of ['child', 'parent'])
      await eventually(`${name} listens`, () => fs.existsSync(at.file(`got.${name}`)));
    const got = () =>
      fs.existsSync(at.file('got')) ? fs.readFileSync(at.file('got'), 'utf8').split('\n') : [];
    expect(await tdaemon(['reload', '-g', '-p', pidfile])).toEqual(SILENT);
    await eventually('both got HUP', () => got().includes('child') && got().includes('parent'));
    fs.rmSync(at.file('got'));
    expect(await tdaemon(['signal', '-g', '-p', pidfile, 'USR1'])).toEqual(SILENT);
    await eventually('both got USR1', () => got().includes('child') && got().includes('parent'));
  });

  it('of a daemon that has ended touches nobody, though its children live', async () => {
    const { pid, pidfile, group } = await startFamily(scratch(), FORKS);
    process.kill(pid, 'SIGKILL');
    await eventually('its end', () => !procfs.isAlive(pid));
    expectNotRunning(await tdaemon(['stop', '-g', '-p', pidfile]));
    expect(membersOf(group)).toHaveLength(4);
  });
});
