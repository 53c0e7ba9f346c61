/** Which files a command may mean: the rules of execvp(3). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidates } from '../../src/process/search_path';

const here = process.cwd();
const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('candidates', () => {
  it.each([
    ['a command with a slash is a path and nothing else', '/bin/ls', '/usr/bin', ['/bin/ls']],
    ['a relative path means the directory of the caller', './ls', '/usr/bin', [`${here}/ls`]],
    ['.. is left to the kernel, which knows symbolic links', '../a/ls', '', [`${here}/../a/ls`]],
    ['PATH is tried in its order', 'ls', '/b:/a:/b', ['/b/ls', '/a/ls', '/b/ls']],
    [
      'a relative entry means the directory of the caller',
      'ls',
      'bin:./x',
      [`${here}/bin/ls`, `${here}/x/ls`],
    ],
    [
      'an empty entry is the current directory',
      'ls',
      ':/a::',
      [`${here}/ls`, '/a/ls', `${here}/ls`, `${here}/ls`],
    ],
    ['an empty PATH is the current directory', 'ls', '', [`${here}/ls`]],
    ['no PATH is the default of execvp', 'ls', undefined, ['/bin/ls', '/usr/bin/ls']],
  ])('%s', (_, command, path, found) => {
    expect(candidates(command, path, false)).toEqual(found);
  });

  it.each([
    ['ls', 'bin::/a', ['/bin/ls', '/./ls', '/a/ls']],
    ['./ls', '', ['/./ls']],
    ['/bin/ls', '', ['/bin/ls']],
  ])('in a new root %s is inside it, with PATH %j', (command, path, found) => {
    expect(candidates(command, path, true)).toEqual(found);
  });

  it('keeps bytes that are no UTF-8, of the command and of PATH', () => {
    expect(candidates(bytes('/\xff'), '/a', false)).toEqual([bytes('/\xff')]);
    expect(candidates(bytes('\xff'), '/a', false)).toEqual([bytes('/a/\xff')]);
    expect(candidates('ls', bytes('/\xff:/a'), false)).toEqual([bytes('/\xff/ls'), '/a/ls']);
  });

  it('are absolute, one for each entry', () => {
    const entry = fc.string({ unit: fc.constantFrom('a', '/', '.', ' ', 'é') });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1 }), fc.boolean(), (entries, inNewRoot) => {
        const found = candidates('ls', entries.join(':'), inNewRoot);
        expect(found).toHaveLength(entries.length);
        for (const file of found) expect(file).toMatch(/^\/.*\/?ls$/);
      }),
    );
  });
});
