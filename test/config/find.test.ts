/** Where the configuration is looked for, and what root does not trust. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findConfig, searchPath } from '../../src/config/find';
import { TdaemonError } from '../../src/errors';
import { scratch } from '../helpers/scratch';
import { isRoot, STRANGER } from '../helpers/users';

interface Place {
  directory: string;
  programDirectory: string;
  put(name: string): string;
}

/** A program directory and, beside it, the current one. */
function place(): Place {
  const { directory: all } = scratch();
  const directory = path.join(all, 'here');
  const programDirectory = path.join(all, 'usr', 'bin');
  for (const each of [directory, programDirectory]) fs.mkdirSync(each, { recursive: true });
  const put = (name: string) => {
    const file = path.resolve(directory, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, '');
    return file;
  };
  return { directory, programDirectory, put };
}

const find = ({ directory, programDirectory }: Place, asRoot = false) =>
  findConfig({ programDirectory, cwd: directory, asRoot });

it('the search goes on in the order of the manual', () => {
  expect(searchPath('/opt/x/bin')).toEqual([
    'tdaemon.conf',
    '/etc/tdaemon.conf',
    '/opt/x/etc/supervisord.conf',
    '/opt/x/supervisord.conf',
    'supervisord.conf',
    'etc/supervisord.conf',
    '/etc/supervisord.conf',
    '/etc/supervisor/supervisord.conf',
  ]);
});

it('each place comes before the next', () => {
  const at = place();
  const names = [
    'etc/supervisord.conf',
    'supervisord.conf',
    '../usr/supervisord.conf',
    '../usr/etc/supervisord.conf',
    'tdaemon.conf',
  ];
  for (const name of names) {
    const file = at.put(name);
    expect(find(at)).toEqual({ file, refused: [] });
  }
});

it('nothing anywhere is an error that names the places', () => {
  const at = place();
  const others = ['/etc/tdaemon.conf', '/etc/supervisord.conf', '/etc/supervisor/supervisord.conf'];
  if (others.some((file) => fs.existsSync(file))) {
    expect(others).toContain(find(at).file);
    return;
  }
  expect(() => find(at)).toThrow(TdaemonError);
  expect(() => find(at)).toThrow(/tdaemon\.conf, .*\/etc\/supervisor\/supervisord\.conf/);
});

describe.skipIf(!isRoot)('as root (needs root: gives files away)', () => {
  /** What of two candidates is taken: the first is made suspicious. */
  function refusalOf(spoil: (file: string, directory: string) => void): string {
    const at = place();
    const file = at.put('tdaemon.conf');
    const fallback = at.put('../usr/etc/supervisord.conf');
    spoil(file, at.directory);
    const found = find(at, true);
    if (found.file === file) return 'taken';
    if (!fs.existsSync('/etc/tdaemon.conf')) expect(found.file).toBe(fallback);
    expect(found.refused).toHaveLength(1);
    return found.refused[0] ?? '';
  }

  it('a file of root in a directory of root is taken', () => {
    expect(refusalOf(() => undefined)).toBe('taken');
  });

  it.each<[string, (file: string, directory: string) => void, RegExp]>([
    ['a file of somebody else', (file) => fs.chownSync(file, STRANGER.uid, 0), /belongs to user 61002/],
    [
      'a file that the group may write',
      (file) => fs.chmodSync(file, 0o664),
      /others may write to .*tdaemon\.conf/,
    ],
    ['a file that all may write', (file) => fs.chmodSync(file, 0o646), /others may write/],
    [
      'a directory of somebody else',
      (_, at) => fs.chownSync(at, STRANGER.uid, 0),
      /here' belongs to user 61002/,
    ],
    ['a directory that all may write', (_, at) => fs.chmodSync(at, 0o777), /others may write to .*here'/],
    [
      'such a directory with the sticky bit',
      (_, at) => fs.chmodSync(at, 0o1777),
      /others may write to .*here'/,
    ],
    [
      'a directory in one of somebody else',
      (_, at) => fs.chownSync(path.dirname(at), STRANGER.uid, 0),
      /belongs to/,
    ],
    [
      'a link of somebody else',
      (file) => {
        fs.rmSync(file);
        fs.symlinkSync('/etc/passwd', file);
        fs.lchownSync(file, STRANGER.uid, 0);
      },
      /belongs to user 61002/,
    ],
    [
      'a link to a file of somebody else',
      (file, at) => {
        const target = path.join(at, 'target');
        fs.renameSync(file, target);
        fs.chownSync(target, STRANGER.uid, 0);
        fs.symlinkSync(target, file);
      },
      /target' belongs to user 61002/,
    ],
  ])('%s does not count', (_, spoil, why) => {
    expect(refusalOf(spoil)).toMatch(why);
  });

  it('nobody else is that careful', () => {
    const at = place();
    const file = at.put('tdaemon.conf');
    fs.chownSync(file, STRANGER.uid, 0);
    expect(find(at).file).toBe(file);
  });
});
