/** The library's call that waits: what it gives, what it throws, and that it leaves nothing in its caller. */

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startDaemon } from '../helpers/daemons';
import { eventually } from '../helpers/eventually';
import { library } from '../helpers/library';
import { isAlive, mentioning } from '../helpers/procfs';
import { endLater, type Scratch, scratch } from '../helpers/scratch';

const { daemonize, restart, TdaemonError } = library;
const marked = (at: Scratch, script: string) => ({
  command: 'sh',
  args: ['-c', script],
  env: { TDAEMON_TEST: at.directory },
});
const descriptors = () => readdirSync('/proc/self/fd').length;

describe('daemonize with ready', () => {
  it('gives the lines that were waited for', async () => {
    const at = scratch();
    const script = "echo one; printf 'two\\377\\n'; exec sleep 1000";
    const ready = ['line:^one', 'line:two'];
    const daemon = await daemonize({ ...marked(at, script), stdout: at.file('log'), ready });
    expect(daemon.isRunning()).toBe(true);
    expect(daemon.readyLines).toEqual(['one', Buffer.from('two\xff', 'latin1')]);
  });

  it('has no lines where none was waited for, and no list where nothing was', async () => {
    const at = scratch();
    expect((await daemonize({ ...marked(at, 'exec sleep 1000'), ready: 'alive:1ms' })).readyLines).toEqual(
      [],
    );
    expect((await daemonize(marked(at, 'exec sleep 1000'))).readyLines).toBeUndefined();
    expect((await daemonize({ ...marked(at, 'exec sleep 1000'), ready: [] })).readyLines).toBeUndefined();
  });

  it('says in the error what the daemon wrote, and how it ended', async () => {
    const at = scratch();
    const failed = daemonize({
      ...marked(at, 'echo no >&2; exit 9'),
      stderr: at.file('log'),
      ready: 'cmd:false',
    });
    await expect(failed).rejects.toMatchObject({ reason: 'ended', exitCode: 9, output: ['no'] });
  });

  it('ends with a signal, also one that was given before', async () => {
    const at = scratch();
    const soon = new AbortController();
    const options = { ...marked(at, 'exec sleep 1000'), ready: 'cmd:false', pidfile: at.file('pid') };
    const failed = daemonize({
      ...options,
      signal: soon.signal,
      onReadiness: ({ kind }) => kind === 'waiting' && setImmediate(() => soon.abort()),
    });
    await expect(failed).rejects.toMatchObject({ reason: 'interrupted', code: 'ABORT_ERR' });
    await expect(daemonize({ ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({
      reason: 'interrupted',
    });
    expect(mentioning(at.directory)).toEqual([]);
  });

  it('ends the daemon when the listener throws', async () => {
    const at = scratch();
    const onReadiness = () => {
      throw new Error('a fault of the caller');
    };
    const failed = daemonize({ ...marked(at, 'exec sleep 1000'), ready: 'cmd:false', onReadiness });
    await expect(failed).rejects.toThrow('a fault of the caller');
    expect(mentioning(at.directory)).toEqual([]);
  });

  it.each([
    { ready: 'nonsense' },
    { ready: [''] },
    { ready: 5 },
    { ready: 'alive:1s', readyTimeout: 0 },
    { ready: 'alive:1s', readyTimeout: Number.NaN },
    { ready: 'alive:1s', readyTimeout: '5s' },
    { ready: 'alive:1s', signal: {} },
    { ready: 'alive:1s', onReadiness: 'x' },
  ])('refuses %j', async (wrong) => {
    const failed = daemonize({ command: '/no/such/command', ...(wrong as object) });
    await expect(failed).rejects.toThrow(TdaemonError);
    await expect(failed).rejects.toMatchObject({ reason: 'invalid' });
  });

  it('leaves no descriptor in the caller, come what may', async () => {
    const at = scratch();
    const one = (ready: string[], script: string) =>
      daemonize({ ...marked(at, script), stdout: at.file('log'), ready, readyTimeout: 200 }).then(
        ({ pid }) => process.kill(endLater(pid), 'SIGKILL'),
        () => undefined,
      );
    const all = ['fd:3', 'notify', 'line:^x', 'cmd:true', 'tcp:127.0.0.1:1', `unix:${at.file('none')}`];
    await one(all, 'exit 1');
    const before = descriptors();
    for (let round = 0; round < 20; round++) {
      await one(['fd:3', 'line:^x', 'cmd:true'], 'echo x; echo >&3; exec sleep 1000');
      await one(all, 'exit 1');
    }
    await one(all, 'exec sleep 1000');
    await expect(
      daemonize({ command: '/no/such/command', ready: all, stdout: at.file('log') }),
    ).rejects.toThrow();
    await eventually('all are closed', () => descriptors() <= before);
  });
});

describe('restart with ready', () => {
  it.each(['nonsense', 'line:x', 'alive:1h'])('stops nothing for %s', async (ready) => {
    const at = scratch();
    const { pid, pidfile } = await startDaemon(at);
    const failed = restart({ ...marked(at, 'exec sleep 1000'), pidfile, ready });
    await expect(failed).rejects.toMatchObject({ reason: 'invalid' });
    expect(isAlive(pid)).toBe(true);
  });

  it('waits for the new one', async () => {
    const at = scratch();
    const { pid, pidfile } = await startDaemon(at);
    const script = 'echo up; exec sleep 1000';
    const daemon = await restart({
      ...marked(at, script),
      pidfile,
      stdout: at.file('log'),
      ready: 'line:up',
    });
    expect(isAlive(pid)).toBe(false);
    expect(daemon.readyLines).toEqual(['up']);
  });
});
