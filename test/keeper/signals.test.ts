/** Signals to the keeper: passed on by name, when there is somebody to hear of them. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { readyKeeper, startKeeper } from '../helpers/keeper';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';

const send = (pid: number, name: string) => execFileSync('kill', ['-s', name, String(pid)]);

it.each(['HUP', 'INT', 'QUIT', 'USR1', 'USR2', 'TERM', 'ALRM', 'PWR', 'IO', 'RTMIN', 'RTMIN+3', 'RTMIN+30'])(
  '%s is told',
  async (name) => {
    const { keeper, first } = await readyKeeper(scratch());
    send(keeper.pid, name);
    const told: Record<string, string> = { RTMIN: 'RTMIN+0' };
    await first.hears(`signal ${told[name] ?? name}`);
    send(keeper.pid, 'USR1');
    await first.hears('signal USR1');
    await first.settled();
    expect(first.told('signal')).toHaveLength(name === 'USR1' ? first.told('signal').length : 2);
    expect(procfs.isAlive(keeper.pid)).toBe(true);
  },
);

it('before the supervisor is ready it is told to end, and all else then, each once', async () => {
  const keeper = await startKeeper(scratch());
  const first = await keeper.supervisor(0);
  for (const name of ['USR2', 'HUP', 'HUP', 'TERM', 'HUP', 'USR2']) send(keeper.pid, name);
  await first.settled();
  await first.hears('signal TERM');
  expect(first.told('signal')).toEqual(['signal TERM']);
  first.say('ready');
  await first.settled();
  expect(first.told('signal').toSorted()).toEqual(['signal HUP', 'signal TERM', 'signal USR2']);
});

it('those that come while there is no supervisor are told to the next one', async () => {
  const { keeper, first } = await readyKeeper(scratch());
  first.kill('SIGSTOP');
  first.kill();
  send(keeper.pid, 'HUP');
  const second = await keeper.supervisor(1);
  second.say('ready');
  // Told to the first, if it came before the end of that one: then it is gone with it.
  send(keeper.pid, 'USR2');
  await second.hears('signal USR2');
});

describe('a supervisor that ends without having left', () => {
  it('though it was told to end: the next one is told, too', async () => {
    const { keeper, first } = await readyKeeper(scratch());
    send(keeper.pid, 'TERM');
    send(keeper.pid, 'HUP');
    await first.hears('signal TERM');
    await first.hears('signal HUP');
    first.kill();
    const second = await keeper.supervisor(1);
    second.say('ready');
    await second.settled();
    expect(second.told('signal')).toEqual(['signal TERM']);
  });
});

it('one that has closed its end of the link gets TERM as a signal, and the next one is told', async () => {
  const { keeper, first } = await readyKeeper(scratch());
  first.do('close');
  await eventually('the end of the link', () => {
    const links = [...procfs.descriptors(keeper.pid).values()].filter((file) => file.startsWith('socket:'));
    return links.length === 1;
  });
  send(keeper.pid, 'HUP');
  send(keeper.pid, 'TERM');
  const second = await keeper.supervisor(1);
  expect(second.pid).not.toBe(first.pid);
  second.say('ready');
  await second.settled();
  expect(second.told('signal').toSorted()).toEqual(['signal HUP', 'signal TERM']);
});

it('a signal that was ignored by who started the keeper is told all the same', async () => {
  const keeper = await startKeeper(scratch(), { by: ['sh', '-c', 'trap "" HUP TERM CHLD; exec "$0" "$@"'] });
  const first = await keeper.supervisor(0);
  expect(procfs.status(first.pid, 'SigIgn')).toBe('0000000000000000');
  first.say('ready');
  send(keeper.pid, 'HUP');
  await first.hears('signal HUP');
});
