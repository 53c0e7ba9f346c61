/** What a supervisor may do wrong without doing harm to its keeper. */
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { type Keeper, readyKeeper } from '../helpers/keeper';
import * as procfs from '../helpers/procfs';
import { scratch } from '../helpers/scratch';

/** It has no more open than when it was ready, and starts another supervisor as ever. */
async function expectSound(keeper: Keeper, open: number): Promise<void> {
  const before = keeper.supervisors.length;
  keeper.supervisors.at(-1)?.kill();
  const next = await keeper.supervisor(before);
  next.say('ready');
  await next.settled();
  expect(procfs.descriptors(keeper.pid).size).toBe(open);
}

const openIn = (keeper: Keeper) => procfs.descriptors(keeper.pid).size;

describe('words that are none', () => {
  it.each([
    ['an unknown one', 'dance now', 'unknown dance'],
    ['an empty line', '', 'unknown %'],
    ['two spaces', 'hold  a /b', 'unknown %'],
    ['a byte that ought to be encoded', 'h\u00f6ld a', 'unknown %'],
    ['bad encoding', 'seen %zz', 'unknown %'],
    ['an encoded NUL', 'hold a /etc%00', 'unknown %'],
    ['too few', 'hold a', 'unknown hold'],
    ['too many', 'ready now', 'unknown ready'],
    ['no number', 'seen x', 'unknown seen'],
    ['a number too large', 'leave 256', 'unknown leave'],
    ['a negative one', 'leave -1', 'unknown leave'],
    ['a long id', `hold ${'a'.repeat(256)} /x`, 'unknown hold'],
    ['a long word', 'a'.repeat(300), 'unknown %'],
    ['an encoded one', '%64ance', 'unknown dance'],
  ])('%s', async (_, line, answer) => {
    const { first } = await readyKeeper(scratch());
    first.say(line);
    await first.hears(answer);
    expect(first.told('unknown').slice(1)).toEqual([answer]);
  });
});

describe('lines', () => {
  it('in pieces, and half a one at the end', async () => {
    const { keeper, first } = await readyKeeper(scratch());
    const open = openIn(keeper);
    for (const letter of 'abc') first.do(`bytes 1 ${letter}`);
    first.say('d');
    await first.hears('unknown abcd');
    first.do('bytes 5 l');
    await expectSound(keeper, open);
  });

  it('of the greatest length and longer', async () => {
    const { first } = await readyKeeper(scratch());
    for (const length of [16_383, 16_384, 16_385, 40_000, 1_000_000]) {
      const before = first.told('unknown').length;
      // "hold a /xxx…" that just fits is one that can be tried.
      first.do(`flood 1 `);
      first.do(`bytes ${length} x`);
      first.say('');
      first.say('next');
      await eventually('answers', () => first.told('unknown').length === before + 3);
      expect(first.told('unknown').slice(before)).toEqual(['unknown %', 'unknown %', 'unknown next']);
    }
  });

  it('a path of nearly that length fails as the kernel says', async () => {
    const { first } = await readyKeeper(scratch());
    first.say('hold', 'a', `/${'x'.repeat(16_383 - 8)}`);
    await first.hears('failed a 36');
  });
});

it('a flood is answered word by word, and is no reason not to reap or to pass on signals', async () => {
  const { keeper, first } = await readyKeeper(scratch());
  const open = openIn(keeper);
  first.do('flood 2000 seen 1');
  await first.settled();
  // The played supervisor does not read while it writes: the keeper stops reading it, and nothing else.
  first.do('flood 100000 dance');
  await eventually('its standstill', () => {
    const blocked = procfs.stat(first.pid)?.state === 'S';
    return blocked && first.told('unknown dance').length === 0;
  });
  keeper.signal('SIGHUP');
  first.kill();
  await keeper.supervisor(1);
  await expectSound(keeper, open);
});

it('a descriptor that nobody asked for is closed', async () => {
  const at = scratch();
  const { keeper, first } = await readyKeeper(at);
  const open = openIn(keeper);
  const path = at.write('file', '');
  // An id that is too long, and no id at all.
  first.do(`keep 3 ${'x'.repeat(300)} ${path}`);
  await first.hears('unknown keep');
  await first.settled();
  expect(openIn(keeper)).toBe(open);
  for (let times = 0; times < 100; times++) first.do(`keep 10 ${'x'.repeat(300)} ${path}`);
  await first.settled();
  expect(openIn(keeper)).toBe(open);
  await expectSound(keeper, open);
});

it('a stopped supervisor costs nothing but its own news', async () => {
  const { keeper, first } = await readyKeeper(scratch());
  const open = openIn(keeper);
  first.kill('SIGSTOP');
  const logger = Number(first.told('logger')[0]?.split(' ')[1]);
  process.kill(logger, 'SIGKILL');
  await eventually('another logger', () => {
    const others = procfs.childrenOf(keeper.pid).filter((pid) => pid !== first.pid && pid !== logger);
    return others.length === 1;
  });
  for (let times = 0; times < 100; times++) keeper.signal('SIGHUP');
  first.kill('SIGCONT');
  await first.hears('logger-ended');
  await first.hears('signal HUP');
  await expectSound(keeper, open);
});

it('a supervisor that closes its link stays in charge until it ends', async () => {
  const { keeper, first } = await readyKeeper(scratch());
  const open = openIn(keeper);
  first.do('close');
  await eventually('its being noticed', () => openIn(keeper) === open - 1);
  expect(procfs.childrenOf(keeper.pid)).toContain(first.pid);
  expect(keeper.supervisors).toHaveLength(1);
  await expectSound(keeper, open);
});
