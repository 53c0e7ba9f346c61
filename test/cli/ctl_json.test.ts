/** `tdaemon ctl --json`: every action says what it did in one object. */
import { describe, expect, it } from 'vitest';
import { controlled } from '../helpers/ctl';

interface Told {
  ok: boolean;
  status: number;
  action: string;
  results: Record<string, unknown>[];
  messages?: string[];
}

const PROGRAMS = `[program:web]
command=sh -c 'echo out; echo err >&2; exec sleep 1000'
startsecs=0
[program:off]
command=sleep 1000
autostart=false
[program:missing]
command=/does/not/exist
autostart=false
`;

describe('--json', () => {
  it('tells of each process what is known', async () => {
    const made = await controlled(PROGRAMS);
    const { pid } = await made.supervised.reaches('web', 'RUNNING');
    const { results, ...rest } = await made.json<Told>('status');
    expect(rest).toEqual({ ok: false, status: 3, action: 'status' });
    expect(results.map(({ name, statename }) => [name, statename])).toEqual([
      ['missing', 'STOPPED'],
      ['off', 'STOPPED'],
      ['web', 'RUNNING'],
    ]);
    expect(results[2]).toMatchObject({ pid, restarts: 0, waitingFor: [], adopted: false });
    for (const number of ['cpuSeconds', 'residentBytes', 'threads', 'openFiles', 'openFilesSoftLimit'])
      expect(typeof results[2]?.[number], number).toBe('number');
    // Also behind the action, where people add it.
    expect(JSON.parse((await made.ctl('status', 'web', '--json')).stdout)).toMatchObject({
      ok: true,
      status: 0,
    });
  });

  it('tells of actions how they went', async () => {
    const made = await controlled(PROGRAMS);
    await made.supervised.reaches('web', 'RUNNING');
    const told = async (...words: string[]) => {
      const { ok, status, results, messages } = await made.json<Told>(...words);
      return { ok, status, results, ...(messages && { messages }) };
    };
    const done = (action: string, name: string) => ({ action, name, ok: true });
    expect(await told('start', 'off')).toEqual({ ok: true, status: 0, results: [done('start', 'off')] });
    expect(await told('start', 'off', 'missing', 'nope', 'nope:*')).toEqual({
      ok: false,
      status: 2,
      results: [
        { action: 'start', name: 'off', ok: false, fault: 60, message: 'ALREADY_STARTED: off' },
        {
          action: 'start',
          name: 'missing',
          ok: false,
          fault: 20,
          message: "NO_FILE: can't find command '/does/not/exist'",
        },
        { action: 'start', name: 'nope', ok: false, fault: 10, message: 'BAD_NAME: nope' },
      ],
      messages: ['nope: ERROR (no such group)'],
    });
    expect(await told('restart', 'off')).toMatchObject({
      results: [done('stop', 'off'), done('start', 'off')],
    });
    expect(await told('signal', 'CONT', 'off')).toMatchObject({ results: [done('signal', 'off')] });
    expect(await told('pid', 'web')).toMatchObject({ results: [{ name: 'web', pid: expect.any(Number) }] });
    expect(await told('pid')).toMatchObject({ results: [{ pid: made.supervised.keeper }] });
    expect(await told('version')).toMatchObject({
      results: [{ version: '4.2.5', tdaemon: expect.stringMatching(/^\d+\.\d+\.\d+/) }],
    });
    expect(await told('tail', 'web', 'stderr')).toMatchObject({
      results: [{ name: 'web', channel: 'stderr', text: 'err\n' }],
    });
    expect(await told('reread')).toEqual({
      ok: true,
      status: 0,
      results: [],
      messages: ['No config updates to processes'],
    });
    expect((await told('avail')).results[0]).toMatchObject({ name: 'missing', inuse: true });
    expect((await told('help')).results.map(({ action }) => action)).toContain('rolling-restart');
    expect(await told('nonsense')).toMatchObject({ ok: false, status: 1 });
    expect(await told('start')).toMatchObject({ ok: false, status: 2 });
    expect(await told('fg', 'web')).toMatchObject({ ok: false, status: 2 });
    expect(await told('shutdown')).toMatchObject({ ok: true, results: [{ shutdown: true }] });
  });

  it('tells also of failures', async () => {
    const made = await controlled(PROGRAMS);
    const wrong = await made.ctl('--json', '--nope', 'status');
    expect(wrong.status).toBe(2);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ ok: false, status: 2 });
    const nobody = await made.ctl('--json', '-s', `unix://${made.at.file('none')}`, 'start', 'web');
    expect(JSON.parse(nobody.stdout)).toEqual({
      ok: false,
      status: 7,
      action: 'start',
      results: [],
      messages: [`unix://${made.at.file('none')} no such file`],
    });
  });

  it('tells what comes line by line', async () => {
    const made = await controlled(PROGRAMS);
    await made.supervised.reaches('web', 'RUNNING');
    const lines = (await made.ctl('--json', 'logs', 'web')).stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { name: 'web', channel: 'stdout', line: 'out' },
      { name: 'web', channel: 'stderr', line: 'err' },
    ]);
  });
});
