/** `readyGrace`: how long a daemon that is not ready may take to end before it is killed. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { library } from '../helpers/library';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';

const { daemonize } = library;

describe('a daemon that is not ready', () => {
  it.each([
    { readyGrace: 0, onTerm: '', said: '' },
    { readyGrace: 1, onTerm: '', said: '' },
    { readyGrace: Number.POSITIVE_INFINITY, onTerm: 'sleep 0.2; echo done; exit 0', said: 'done\n' },
  ])('has $readyGrace ms to end after SIGTERM, and is gone', async ({ readyGrace, onTerm, said }) => {
    const at = scratch();
    const file = at.file('pid');
    const interrupted = new AbortController();
    const script = `trap '${onTerm}' TERM; echo >${at.file('up')}; while :; do sleep 0.01; done`;
    const started = daemonize({
      command: 'sh',
      args: ['-c', script],
      pidfile: file,
      stdout: at.file('log'),
      ready: 'cmd:false',
      readyGrace,
      signal: interrupted.signal,
    });
    const outcome = expect(started).rejects.toMatchObject({
      reason: 'interrupted',
      message: "interrupted while waiting for 'sh'; it was stopped",
    });
    await eventually('it has set its trap', () => fs.existsSync(at.file('up')));
    interrupted.abort();
    await outcome;
    expect(fs.readFileSync(at.file('log'), 'utf8')).toBe(said);
    expect(fs.existsSync(file)).toBe(false);
    expect(procfs.mentioning(at.directory)).toEqual([]);
  });

  it('-1 is no time', async () => {
    const options = { command: 'true', ready: 'alive:1ms', readyGrace: -1 };
    await expect(daemonize(options)).rejects.toMatchObject({ reason: 'invalid' });
  });
});
