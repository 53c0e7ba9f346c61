/** The grammar: POSIX 12.2 with GNU long options, asked of the scanner itself. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Option, START_OPTIONS } from '../../src/cli/option_table';
import { type Scanned, scan } from '../../src/cli/scan';
import { TdaemonError } from '../../src/errors';
import type { Bytes } from '../../src/process/bytes';
import { anyText } from '../helpers/any_text';

const FLAGS = START_OPTIONS.filter(({ value }) => !value);
const SCALARS = START_OPTIONS.filter(({ value, repeats }) => value && !repeats);
const REPEATED = START_OPTIONS.filter(({ repeats }) => repeats);

function start(...words: Bytes[]): Scanned {
  return scan(words, START_OPTIONS);
}

function messageOf(...words: Bytes[]): string {
  try {
    start(...words);
  } catch (error) {
    expect(error).toBeInstanceOf(TdaemonError);
    expect((error as TdaemonError).reason).toBe('invalid');
    return (error as TdaemonError).message;
  }
  throw new Error('it was accepted');
}

/** Any word that can be an argument: no NUL. */
const anyWord = anyText().filter((word) => !word.includes('\0'));
const value = anyWord.filter(
  (word) => word !== '--' && !START_OPTIONS.some(({ name }) => word === `--${name}`),
);
const commandWord = anyWord.filter((word) => !word.startsWith('-') || word === '-');

describe('where options end', () => {
  it('at --, and all that follows is the command', () => {
    fc.assert(
      fc.property(fc.array(anyWord), (words) => {
        expect(start('-v', '--', ...words).command).toEqual(words);
      }),
    );
  });

  it('at the first word that is no option, and all that follows is the command', () => {
    fc.assert(
      fc.property(commandWord, fc.array(anyWord), (command, args) => {
        expect(start('-v', command, ...args).command).toEqual([command, ...args]);
      }),
    );
  });

  it('at a word of bytes that are no UTF-8', () => {
    const word = Buffer.from([0xff, 0x2d]);
    expect(start('-v', word, '--json').command).toEqual([word, '--json']);
  });

  it('with nothing where there is no command', () => {
    expect(start().command).toEqual([]);
    expect(start('-v', '--').command).toEqual([]);
  });

  it('once: a second -- is an argument', () => {
    expect(start('--', '--', '-v').command).toEqual(['--', '-v']);
  });
});

describe('a value', () => {
  const spellings = (option: Option, text: string): string[][] => {
    const long = [[`--${option.name}`, text], [`--${option.name}=${text}`]];
    if (!option.short) return long;
    return text === ''
      ? [...long, [`-${option.short}`, text]]
      : [...long, [`-${option.short}`, text], [`-${option.short}${text}`]];
  };

  it('is the same in every spelling, whatever its characters', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SCALARS, ...REPEATED), value, (option, text) => {
        for (const words of spellings(option, text)) {
          const scanned = start(...words, '--', 'command');
          expect(scanned.all(option.name)).toEqual([text]);
          expect(scanned.command).toEqual(['command']);
        }
      }),
    );
  });

  it.each([
    ['--argv0', '-sh'],
    ['--nice', '-5'],
    ['-E', '-=-'],
    ['-p', '-'],
    ['-p', '--no-such-option'],
  ])('of %s may begin with a hyphen: %s', (option, text) => {
    const scanned = start(option, text, 'command');
    expect(scanned.command).toEqual(['command']);
    expect(START_OPTIONS.some(({ name }) => scanned.all(name)[0] === text)).toBe(true);
  });

  it('after = may be all that cannot be a word of its own', () => {
    expect(start('--pidfile=--').text('pidfile')).toBe('--');
    expect(start('--pidfile=--json').text('pidfile')).toBe('--json');
    expect(start('--pidfile=').text('pidfile')).toBe('');
    expect(start('--env=A=b=c').all('env')).toEqual(['A=b=c']);
  });

  it('may follow flags in a cluster', () => {
    const scanned = start('-avpFILE', 'command');
    expect(['append', 'verbose'].every((name) => scanned.has(name))).toBe(true);
    expect(scanned.text('pidfile')).toBe('FILE');
    expect(start('-avp', 'FILE', 'command').text('pidfile')).toBe('FILE');
  });

  it('takes the rest of its cluster, letters of other options too', () => {
    const scanned = start('-pav', 'command');
    expect(scanned.text('pidfile')).toBe('av');
    expect(scanned.has('append')).toBe(false);
  });

  it('keeps bytes that are no UTF-8', () => {
    const bytes = (text: string) => Buffer.concat([Buffer.from(text), Buffer.from([0xff])]);
    for (const words of [['--env', bytes('A=')], [bytes('--env=A=')], [bytes('-EA=')], ['-E', bytes('A=')]])
      expect(
        start(...words)
          .all('env')
          .map((each) => Buffer.from(each as Uint8Array)),
      ).toEqual([bytes('A=')]);
    expect(() => start('--pidfile', bytes('x')).text('pidfile')).toThrow("--pidfile: 'x\ufffd' is not UTF-8");
  });

  it('missing is an error that names what is needed', () => {
    for (const option of [...SCALARS, ...REPEATED]) {
      const needed = `--${option.name} needs a value (${option.value})`;
      expect(messageOf(`--${option.name}`)).toBe(needed);
      expect(messageOf(`--${option.name}`, '--', 'command')).toBe(needed);
      expect(messageOf(`--${option.name}`, '--json', 'command')).toBe(`${needed}; '--json' is an option`);
      if (option.short)
        expect(messageOf(`-v${option.short}`)).toBe(`-${option.short} needs a value (${option.value})`);
    }
  });
});

describe('an option given twice', () => {
  it('is an error for a scalar, in whatever spellings', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SCALARS), value, value, (option, one, other) => {
        expect(messageOf(`--${option.name}`, one, `--${option.name}=${other}`)).toBe(
          `--${option.name} is given twice`,
        );
      }),
    );
    expect(messageOf('-p', 'a', '--pidfile=a')).toBe('--pidfile is given twice');
    expect(messageOf('-pa', '-pa')).toBe('--pidfile is given twice');
  });

  it('collects the values of a repeatable one, in order', () => {
    fc.assert(
      fc.property(fc.constantFrom(...REPEATED), fc.array(value), (option, values) => {
        expect(start(...values.map((text) => `--${option.name}=${text}`)).all(option.name)).toEqual(values);
      }),
    );
  });
});

describe('a flag', () => {
  it('takes no value, and no word of the command', () => {
    for (const { name, short } of FLAGS) {
      expect(messageOf(`--${name}=x`)).toBe(`--${name} takes no value`);
      expect(messageOf(`--${name}=`)).toBe(`--${name} takes no value`);
      expect(start(`--${name}`, 'true').command).toEqual(['true']);
      if (short) expect(start(`-${short}`, 'true').command).toEqual(['true']);
    }
  });
});

describe('an unknown option', () => {
  it.each([
    [['--pidfle'], "unknown option '--pidfle' (did you mean --pidfile?)"],
    [['--pid', 'x'], "unknown option '--pid' (did you mean --pidfile?)"],
    [['--Verbose'], "unknown option '--Verbose' (did you mean --verbose?)"],
    [['--no-new-priv'], "unknown option '--no-new-priv' (did you mean --no-new-privs?)"],
    [['--pidfle=/run/x'], "unknown option '--pidfle' (did you mean --pidfile?)"],
    [['--something-else'], "unknown option '--something-else'"],
    [['-x'], "unknown option '-x'"],
    [['-5'], "unknown option '-5'"],
    [['-avx'], "unknown option '-x' in '-avx'"],
    [['---'], "unknown option '---'"],
    [['--=x'], "unknown option '--'"],
    [['--_'], "unknown option '--_'"],
    [['--$0'], "unknown option '--$0'"],
    [['--get-yargs-completions'], "unknown option '--get-yargs-completions'"],
    [['--no-json'], "unknown option '--no-json'"],
    [['--dryRun'], "unknown option '--dryRun' (did you mean --dry-run?)"],
  ])('%j', (words, message) => {
    expect(messageOf(...words, 'command')).toBe(message);
  });
});

it('every sequence of words is either read or refused, never anything else', () => {
  const likely = fc.oneof(
    anyWord,
    fc.constantFrom('--', '-', '-p', '-av', ...START_OPTIONS.map(({ name }) => `--${name}`)),
    fc.tuple(fc.constantFrom(...START_OPTIONS), anyWord).map(([{ name }, text]) => `--${name}=${text}`),
    fc.uint8Array({ minLength: 1, maxLength: 6 }).filter((bytes) => !bytes.includes(0)),
  );
  fc.assert(
    fc.property(fc.array(likely), (words) => {
      try {
        const { command } = start(...words);
        // What is left is untouched: the same words, from the end.
        expect(command).toEqual(words.slice(words.length - command.length));
      } catch (error) {
        expect(error).toBeInstanceOf(TdaemonError);
        expect((error as TdaemonError).reason).toBe('invalid');
      }
    }),
  );
});
