/** Reading and tailing, by supervisord's examples. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MOST_BYTES, readLog, tailLog } from '../../src/control/log_reading';
import { scratch } from '../helpers/scratch';

const digits = () => scratch().write('log', '0123456789');

describe('reading 0123456789', () => {
  it.each([
    [0, 0, '0123456789'],
    [3, 0, '3456789'],
    [-4, 0, '6789'],
    [-40, 0, '0123456789'],
    [8, 10, '89'],
    [2, 3, '234'],
    [20, 5, ''],
  ])('from %i, %i bytes: %j', async (offset, length, expected) => {
    expect(await readLog(digits(), offset, length)).toBe(expected);
  });

  it.each([
    [-5, 2],
    [0, -2],
    [-5, -2],
  ])('from %i, %i bytes: BAD_ARGUMENTS', async (offset, length) => {
    await expect(readLog(digits(), offset, length)).rejects.toMatchObject({
      message: 'BAD_ARGUMENTS',
      code: 3,
    });
  });

  it.each([
    [0, 5, ['56789', 10, true]],
    [0, 10, ['0123456789', 10, false]],
    [5, 10, ['0123456789', 10, false]],
    [20, 5, ['', 10, false]],
    [0, 0, ['', 10, true]],
    [0, -1, ['', 10, true]],
    [-100, 5, ['56789', 10, true]],
  ])('tail from %i, %i bytes: %j', async (offset, length, expected) => {
    expect(await tailLog(digits(), offset, length)).toEqual(expected);
  });
});

describe('a log', () => {
  it('that is not there', async () => {
    const file = scratch().file('missing');
    await expect(readLog(file, 0, 0)).rejects.toMatchObject({ message: `NO_FILE: ${file}`, code: 20 });
    await expect(readLog(undefined, 0, 0)).rejects.toMatchObject({ message: 'NO_FILE', code: 20 });
    expect(await tailLog(file, 3, 4)).toEqual(['', 0, false]);
  });

  it.each(['/dev/zero', '/dev'])('%s is not read', async (file) => {
    await expect(readLog(file, 0, 0)).rejects.toMatchObject({ message: 'FAILED', code: 30 });
    expect(await tailLog(file, 3, 4)).toEqual(['', 3, false]);
  });

  it('is taken as UTF-8', async () => {
    const file = scratch().write('log', Buffer.from([0x61, 0xff, 0xc3, 0xa9, 0xc3]));
    expect(await readLog(file, 0, 0)).toBe('a\ufffd\u00e9\ufffd');
  });

  it('of any size is read a piece at a time', async () => {
    const file = scratch().write('log', '');
    fs.truncateSync(file, 100 * MOST_BYTES);
    fs.appendFileSync(file, 'end');
    expect((await readLog(file, 0, 0)).length).toBe(MOST_BYTES);
    expect((await readLog(file, -3, 0)).length).toBe(3);
    expect((await readLog(file, -1e12, 0)).slice(-3)).toBe('end');
    expect((await tailLog(file, 0, 1e12))[0].length).toBe(MOST_BYTES);
  });
});
