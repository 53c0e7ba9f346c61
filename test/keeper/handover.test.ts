/** A supervisor that is replaced while it lives. */
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { noZombies, readyKeeper } from '../helpers/keeper';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';

async function handingOver() {
  const ready = await readyKeeper(scratch());
  ready.first.say('handover');
  const second = await ready.keeper.supervisor(1);
  await second.hears('end-of-exits');
  return { ...ready, second };
}

it('the newcomer that says it is ready is in charge, and the old one is no longer heard', async () => {
  const { keeper, first, second } = await handingOver();
  expect(first.told('replaced')).toEqual([]);
  keeper.signal('SIGHUP');
  await first.hears('signal HUP');
  second.say('ready');
  await first.hears('replaced');
  await eventually('the end of its link', () => first.heard.includes('eof'));
  keeper.signal('SIGUSR2');
  await second.hears('signal USR2');
  // Its end is nothing to tell.
  first.kill();
  await noZombies(keeper.pid);
  await second.settled();
  expect(second.told('exit')).toEqual([]);
  expect(keeper.supervisors).toHaveLength(2);
  second.kill();
  await keeper.supervisor(2);
});

it('what ends supervisors, and was told to the old one only, is told to its successor', async () => {
  const { keeper, first, second } = await handingOver();
  keeper.signal('SIGTERM');
  await first.hears('signal TERM');
  second.say('ready');
  await second.hears('signal TERM');
});

describe('while a newcomer is getting ready', () => {
  it('exits are told to both, and known when one has seen them', async () => {
    const { keeper, first, second } = await handingOver();
    const pid = await first.starts('run', 'sleep 1000 & exec setsid sleep 1000');
    process.kill(pid, 'SIGKILL');
    // A child of the first, not the keeper's.
    await first.settled();
    first.do(`storm 3 ${'/dev/null'}`);
    await eventually('exits', () => first.told('exit').length === 3 && second.told('exit').length === 3);
    for (const line of second.told('exit')) second.say('seen', line.split(' ')[1] as string);
    second.say('ready');
    await second.settled();
    second.kill();
    const third = await keeper.supervisor(2);
    await third.hears('end-of-exits');
    expect(third.told('exit')).toEqual([]);
  });

  it.each([
    ['exit 3', 3 << 8],
    ['kill', 9],
  ])('its end by %s is told, and the old one stays', async (how, status) => {
    const { keeper, first, second } = await handingOver();
    if (how === 'kill') second.kill();
    else second.do(how);
    await first.hears(`handover-failed ${status}`);
    keeper.signal('SIGHUP');
    await first.hears('signal HUP');
    // And it can be tried again.
    first.say('handover');
    const third = await keeper.supervisor(2);
    third.say('ready');
    await first.hears('replaced');
  });

  it('the end of the old one leaves the newcomer in charge, and nobody else is started', async () => {
    const { keeper, first, second } = await handingOver();
    first.kill();
    await eventually('its end', () => procfs.stat(first.pid) === undefined);
    keeper.signal('SIGHUP');
    second.say('ready');
    await second.hears('signal HUP');
    expect(keeper.supervisors).toHaveLength(2);
  });

  it('a second one is not started', async () => {
    const { keeper, first } = await handingOver();
    first.say('handover');
    await first.settled();
    expect(procfs.childrenOf(keeper.pid)).toHaveLength(3);
  });

  it('it cannot leave, nor hand over', async () => {
    const { keeper, second } = await handingOver();
    second.say('leave', 0);
    await second.hears('unknown leave');
    second.say('handover');
    await second.hears('unknown handover');
    expect(procfs.childrenOf(keeper.pid)).toHaveLength(3);
  });

  it('the old one may leave: that is the end of both', async () => {
    const { keeper, first, second } = await handingOver();
    first.say('leave', 4);
    first.do('exit 0');
    expect(await keeper.ended).toEqual({ status: 4, signal: null });
    await eventually('the end of the newcomer', () => !procfs.isAlive(second.pid));
  });
});

it('replaced ones that do not end: no more than two are waited for, then it fails', async () => {
  const { keeper, first } = await readyKeeper(scratch());
  let current = first;
  for (let times = 1; times <= 3; times++) {
    current.say('handover');
    const next = await keeper.supervisor(times);
    next.say('ready');
    await current.hears('replaced');
    current = next;
  }
  current.say('handover');
  await current.hears('handover-failed 32000');
  first.kill();
  await noZombies(keeper.pid);
  current.say('handover');
  await keeper.supervisor(4);
});
