/** Arguments reach the daemon byte for byte, whatever they are: read from /proc/PID/cmdline. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../helpers/any_text';
import { HOLD, heldBy, startHold } from '../helpers/hold';
import { scratch } from '../helpers/scratch';
import { shell, tdaemon } from '../helpers/tdaemon';

const awkward = [
  '',
  ' ',
  'two words',
  'a\nb\n',
  '\t\r\u0001\u007f',
  `it's "quoted" \`twice\` \\ \\\\`,
  '$HOME $(id) `id`',
  '*',
  '~',
  '--pidfile',
  '--',
  '-',
  '-x',
  '--json',
  '--help',
  'naïve “ä” 日本 \u{1f600}',
  '\ufeff',
  '\ufffd',
  '--env-file',
  '--keep-fd',
  '=',
  '',
];

describe('arguments', () => {
  it('of every awkward kind arrive as they are', async () => {
    const at = scratch();
    const { arguments: found } = await startHold(at, [], awkward);
    expect(found.map(String)).toEqual([HOLD, ...awkward]);
  });

  it('arrive without -- too, where the first is no option', async () => {
    const at = scratch();
    const ran = await tdaemon(['-p', at.file('pid'), HOLD, '-v', '--', '--no-such']);
    expect((await heldBy(at.file('pid'), ran)).arguments.map(String)).toEqual([
      HOLD,
      '-v',
      '--',
      '--no-such',
    ]);
  });

  it('that are no UTF-8 arrive as they are, beside others', async () => {
    const at = scratch();
    const script = `"$TDAEMON" -p "$1" -- "$2" "$(printf '\\377\\376')" é "$(printf 'a\\303')" "$3"`;
    const fffd = '\ufffd';
    const ran = await shell(`set -- "${at.file('pid')}" "${HOLD}" "${fffd}"; ${script}`);
    expect((await heldBy(at.file('pid'), ran)).arguments.map((each) => each.toString('latin1'))).toEqual([
      HOLD,
      '\xff\xfe',
      Buffer.from('é').toString('latin1'),
      'a\xc3',
      Buffer.from(fffd).toString('latin1'),
    ]);
  });

  it('a command and an argv[0] that are no UTF-8 are taken as they are', async () => {
    const at = scratch();
    const script = `name="$(printf '%s/\\377' "$1")"; cp "$2" "$name"; "$TDAEMON" -p "$3" "$name"`;
    const ran = await shell(`set -- "${at.directory}" "${HOLD}" "${at.file('pid')}"; ${script}`);
    const found = await heldBy(at.file('pid'), ran);
    expect(found.arguments[0]?.toString('latin1')).toBe(`${at.directory}/\xff`);
    const renamed = await shell(
      `"$TDAEMON" -p "${at.file('pid2')}" --argv0 "$(printf '\\376x')" -- "${HOLD}" "${at.directory}"`,
    );
    expect((await heldBy(at.file('pid2'), renamed)).arguments[0]?.toString('latin1')).toBe('\xfex');
  });

  it.each([['-sh'], [''], ['a b'], ['--']])(
    '--argv0=%s is the daemon’s own name for itself',
    async (name) => {
      const at = scratch();
      const { arguments: found } = await startHold(at, [`--argv0=${name}`], ['x']);
      expect(found.map(String)).toEqual([name, 'x']);
    },
  );

  it('argv[0] stays as it was typed', async () => {
    const at = scratch();
    at.write('prog', '#!/bin/sh\n');
    const plan = async (...words: string[]) =>
      JSON.parse((await tdaemon(['--dry-run', '--json', ...words], { cwd: at.directory })).stdout).plan
        .command;
    expect(await plan('./prog')).toEqual(['./prog']);
    expect(await plan('sleep', '1')).toEqual(['sleep', '1']);
  });

  it('of 100 KB in one, and of 100 KB in many, arrive', async () => {
    const at = scratch();
    const one = await startHold(at, [], ['x'.repeat(100_000)]);
    expect(one.arguments.map((each) => each.length)).toEqual([HOLD.length, 100_000]);
    const many = Array.from({ length: 10_000 }, (_, index) => `word ${index}`);
    expect((await startHold(at, [], many)).arguments.slice(1).map(String)).toEqual(many);
  });

  it('of any text arrive', async () => {
    const at = scratch();
    const word = anyText().filter((text) => !text.includes('\0'));
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 20 }), async (words) => {
        const { arguments: found } = await startHold(at, [], words);
        expect(found.slice(1).map(String)).toEqual(words);
      }),
      { numRuns: 15 },
    );
  });
});
