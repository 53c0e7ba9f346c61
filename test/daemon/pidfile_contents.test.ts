/** Any bytes as the content of a pidfile: a stale pid, an empty file, or no pidfile at all; never a stranger's end. */
import fs from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clearStalePidfile, type PidfileState, readPidfile } from '../../src/daemon/pidfile';
import { TdaemonError } from '../../src/errors';
import { anyText } from '../helpers/any_text';
import { TIMEOUT } from '../helpers/chaos';
import { expectNotRunning, expectRefused, expectUntouched, stranger } from '../helpers/daemons';
import * as pidfiles from '../helpers/pidfiles';
import { isAlive } from '../helpers/procfs';
import { scratch } from '../helpers/scratch';
import { tdaemon } from '../helpers/tdaemon';

/** No process is as old as this file, whatever pid it names: all that are alive are strangers, ours and everybody's. */
const OLD = 1000;
/** No pid is larger. */
const MOST_PID = 4_194_304;
const LONGEST = 65;

/** A second reading of what a pidfile may hold, apart from the one in src/. */
function meaningOf(content: Buffer): number | 'empty' | 'no pid' {
  if (content.length === 0) return 'empty';
  if (content.length > LONGEST) return 'no pid';
  const bytes = [...content];
  if (bytes.at(-1) === 0x0a) bytes.pop();
  if (bytes.at(-1) === 0x0d) bytes.pop();
  const isBlank = (byte: number | undefined) => byte === 0x20 || byte === 0x09;
  while (isBlank(bytes.at(-1))) bytes.pop();
  while (isBlank(bytes[0])) bytes.shift();
  const areDigits = bytes.every((byte) => byte >= 0x30 && byte <= 0x39);
  if (!areDigits || bytes.length === 0 || bytes.length > 10) return 'no pid';
  const pid = bytes.reduce((sum, byte) => sum * 10 + byte - 0x30, 0);
  return pid >= 1 && pid <= MOST_PID ? pid : 'no pid';
}

/** Mostly such as are nearly a pid. */
function anyContent(pids: readonly number[]): fc.Arbitrary<Buffer> {
  const number = fc.oneof(
    fc.constantFrom(...pids),
    fc.constantFrom(-1, 0, 1, 2, MOST_PID, MOST_PID + 1, 2 ** 31, 2 ** 32 + 1, 2 ** 64),
    fc.nat(),
  );
  const around = fc.stringMatching(/^[ \t\r\n0x+-]{0,3}$/);
  const nearly = fc.tuple(around, number, around).map((parts) => parts.join(''));
  const lines = fc.tuple(number, fc.constantFrom('\n', '\r\n', ' \n', '')).map((parts) => parts.join(''));
  const long = fc
    .tuple(number, fc.integer({ min: 50, max: 70 }))
    .map(([pid, blanks]) => pid + ' '.repeat(blanks));
  const bytes = fc.uint8Array({ maxLength: 100 }).map((all) => Buffer.from(all));
  const text = fc.oneof({ weight: 3, arbitrary: nearly }, { weight: 3, arbitrary: lines }, long);
  return fc.oneof({ weight: 5, arbitrary: text.map((words) => Buffer.from(words, 'latin1')) }, bytes);
}

function write(file: string, content: Buffer): void {
  fs.rmSync(file, { force: true });
  fs.writeFileSync(file, content);
  fs.utimesSync(file, OLD, OLD);
}

function expectJudged(look: () => PidfileState, meaning: ReturnType<typeof meaningOf>): void {
  if (meaning === 'no pid') {
    expect(look).toThrow(TdaemonError);
    expect(look).toThrow(/does not hold a pid.*\(EINVAL\)/);
  } else if (meaning === 'empty') expect(look()).toEqual({ state: 'stale' });
  else expect(look()).toEqual({ state: 'stale', pid: meaning });
}

describe('any content', TIMEOUT, () => {
  it('is stale, or no pid, and only what is stale is removed', () => {
    const file = scratch().file('pid');
    const content = anyContent([process.pid, stranger()]);
    fc.assert(
      fc.property(content, (bytes) => {
        write(file, bytes);
        const meaning = meaningOf(bytes);
        expectJudged(() => readPidfile(file, 0), meaning);
        expect(fs.readFileSync(file).equals(bytes)).toBe(true);
        expectJudged(() => clearStalePidfile(file, 0), meaning);
        expect(fs.existsSync(file)).toBe(meaning === 'no pid');
      }),
      { numRuns: 500 },
    );
  });

  it('is stale beside any other identity than the process’s own', () => {
    const file = scratch().file('pid');
    const pid = stranger();
    const own = pidfiles.identityOf(pid);
    const nearly = fc.tuple(fc.nat(own.length - 1), fc.constantFrom('', '0', ' ', 'a')).map(([at, other]) => {
      return own.slice(0, at) + other + own.slice(at + 1);
    });
    const identity = fc.oneof(nearly, anyText({ maxLength: 90 }));
    const another = identity.filter((text) => !text.includes('\0') && text !== own && text.trim() !== '');
    fc.assert(
      fc.property(another, (text) => {
        // As young as can be: only the identity tells that the process is another.
        fs.writeFileSync(file, `${pid}\n`);
        pidfiles.setAttribute(file, text);
        expect(readPidfile(file, 0)).toEqual({ state: 'stale', pid });
      }),
      { numRuns: 40 },
    );
    pidfiles.setAttribute(file, own);
    expect(readPidfile(file, 0)).toEqual({ state: 'running', pid });
  });

  it('makes no command signal a stranger, or write over what is no pidfile', async () => {
    const at = scratch();
    const file = at.file('pid');
    const pid = stranger();
    await fc.assert(
      fc.asyncProperty(anyContent([pid]), async (bytes) => {
        const isPid = meaningOf(bytes) !== 'no pid';
        write(file, bytes);
        const before = pidfiles.fingerprint(file);
        const refused = ['does not hold a pid', file];
        const status = await tdaemon(['status', '-p', file]);
        if (isPid) expect(status).toMatchObject({ status: 1, stderr: '' });
        else expectRefused(status, 4, ...refused);
        for (const words of [['reload'], ['signal', 'KILL'], ['signal', '--group', 'KILL']]) {
          const [command = '', ...more] = words;
          const ran = await tdaemon([command, '-p', file, ...more]);
          if (isPid) expectNotRunning(ran);
          else expectRefused(ran, 125, ...refused);
        }
        expect(pidfiles.fingerprint(file)).toEqual(before);
        if (isPid) {
          const daemon = await pidfiles.startWith(at, file);
          expect(isAlive(daemon)).toBe(true);
          await pidfiles.kill(daemon);
          write(file, bytes);
          expectNotRunning(await tdaemon(['stop', '-p', file]));
          expect(fs.existsSync(file)).toBe(false);
        } else {
          pidfiles.expectRefused(await pidfiles.start(at, ['-p', file]), 'does not hold a pid');
          expectRefused(await tdaemon(['stop', '-p', file]), 125, ...refused);
          expect(pidfiles.fingerprint(file)).toEqual(before);
        }
        expectUntouched(pid);
      }),
      { numRuns: 6 },
    );
  });
});
