/** A keeper that is started by a supervisor whose keeper was killed. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { KEEPER, type PlayedSupervisor, readyKeeper } from '../helpers/keeper';
import { fixture } from '../helpers/paths';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';

async function orphaned() {
  const at = scratch();
  const { keeper, first } = await readyKeeper(at);
  const logger = Number((await first.hears('logger')).split(' ')[1]);
  keeper.signal('SIGKILL');
  await eventually('the end of the link', () => first.heard.includes('eof'));
  first.heard.length = 0;
  const adopt = (options = '', before = '') =>
    first.starts(
      'adopt',
      `${before} exec ${KEEPER} ${keeper.run} --adopt=9 --supervisor-pid=${first.pid} ${options} -- ${fixture('played_supervisor')} ${keeper.socket}`,
    );
  return { keeper, first, logger, adopt };
}

const loggerOf = (supervisor: PlayedSupervisor) => Number(supervisor.told('logger ').at(-1)?.split(' ')[1]);

it('supervisor and logger outlive their keeper', async () => {
  const { first, logger } = await orphaned();
  expect(procfs.isAlive(first.pid)).toBe(true);
  expect(procfs.isAlive(logger)).toBe(true);
});

describe('another keeper', () => {
  it('starts no supervisor while there is one, and follows the logger that there is', async () => {
    const { keeper, first, logger, adopt } = await orphaned();
    const { ino } = fs.statSync(`${keeper.run}/logger`);
    const pid = await adopt(`--logger-pid=${logger}`);
    await first.hears('end-of-exits');
    expect(first.told()).toEqual([`logger ${logger}`, 'end-of-exits']);
    first.say('ready');
    process.kill(pid, 'SIGHUP');
    await first.hears('signal HUP');
    expect(procfs.childrenOf(pid)).toEqual([]);
    expect(fs.statSync(`${keeper.run}/logger`).ino).toBe(ino);
    process.kill(logger, 'SIGKILL');
    await first.hears('logger-ended -1');
    await eventually('its own logger', () => first.told('logger ').length === 2);
    expect(procfs.childrenOf(pid)).toEqual([loggerOf(first)]);
    // A socket that the new one listens on.
    const connection = net.connect(`${keeper.run}/logger`);
    await new Promise((resolve, reject) => connection.once('connect', resolve).once('error', reject));
    connection.destroy();
  });

  it('starts a supervisor when the one it was started by ends, and is the parent of all that come', async () => {
    const { keeper, first, logger, adopt } = await orphaned();
    const pid = await adopt(`--logger-pid=${logger}`);
    first.say('ready');
    await first.settled();
    first.kill();
    const second = await keeper.supervisor(1);
    await second.hears('end-of-exits');
    expect(procfs.stat(second.pid)?.ppid).toBe(pid);
    expect(second.told('logger')).toEqual([`logger ${logger}`]);
    second.kill();
    await keeper.supervisor(2);
  });

  it('starts a logger when told so', async () => {
    const { first, logger, adopt } = await orphaned();
    process.kill(logger, 'SIGKILL');
    const pid = await adopt();
    await first.hears('end-of-exits');
    expect(first.told()).toEqual(['end-of-exits']);
    first.say('logger');
    await first.hears('logger');
    expect(procfs.childrenOf(pid)).toEqual([loggerOf(first)]);
    // Told again it says which there is.
    first.say('logger');
    await first.settled();
    expect(new Set(first.told('logger ')).size).toBe(1);
  });

  it('that is told of a logger which has gone starts one', async () => {
    const { first, logger, adopt } = await orphaned();
    process.kill(logger, 'SIGKILL');
    await eventually('its end', () => procfs.stat(logger) === undefined);
    await adopt(`--logger-pid=${logger}`);
    await first.hears('logger-ended -1');
    await eventually('another', () => loggerOf(first) !== logger && loggerOf(first) > 0);
  });

  it('ends in order: also the logger that is not its child', async () => {
    const { keeper, first, logger, adopt } = await orphaned();
    const pid = await adopt(`--logger-pid=${logger}`);
    first.say('leave', 0);
    await first.settled();
    first.do('exit 0');
    await eventually('the end of all', () => [pid, logger].every((each) => !procfs.isAlive(each)));
    expect(fs.existsSync(keeper.run)).toBe(false);
  });

  it('whose supervisor has gone already starts one', async () => {
    const { keeper, first, adopt } = await orphaned();
    const fifo = keeper.at.file('fifo');
    execFileSync('mkfifo', [fifo]);
    await adopt('', `read line < ${fifo};`);
    first.do('exit 0');
    await eventually('its end', () => procfs.stat(first.pid) === undefined);
    fs.writeFileSync(fifo, 'now\n');
    const second = await keeper.supervisor(1);
    await second.hears('end-of-exits');
  });
});
