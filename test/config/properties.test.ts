/** Whatever the text: a configuration or our own error; and what was written comes back. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expand, Scope } from '../../src/config/expand';
import { type Ini, parseIni } from '../../src/config/ini';
import { readConfig } from '../../src/config/read';
import { parseVariables } from '../../src/config/variables';
import { splitWords } from '../../src/config/words';
import { TdaemonError } from '../../src/errors';
import { because, missing } from '../helpers/needs';
import { scratch } from '../helpers/scratch';

const PIECES = [
  ...['[supervisord]', '[program:x]', '[group:g]', '[eventlistener:l]', '[include]', '[DEFAULT]', '[', ']'],
  ...[
    '[inet_http_server]',
    '[fcgi-program:f]',
    'files',
    'port',
    'events',
    'socket',
    'programs',
    'depends_on',
  ],
  ...[
    'command',
    'environment',
    'process_name',
    'numprocs',
    'user',
    'priority',
    'stdout_logfile',
    'ready',
    'sockets',
  ],
  ...[
    '=',
    ':',
    '\n',
    '\n ',
    '\n\t',
    ' ',
    ';',
    '#',
    ' ; ',
    '"',
    "'",
    '\\',
    '%',
    '%%',
    '%(here)s',
    '%(ENV_X)s',
  ],
  ...[
    '%(process_num)02d',
    'x',
    'cat',
    ',',
    '1',
    '-1',
    '9',
    'KB',
    'true',
    'é',
    '\ufeff',
    '\u2028',
    '\r',
    '\0',
    '__proto__',
  ],
];

describe('a file of anything', () => {
  const text = fc.oneof(
    fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join('')),
    fc
      .array(fc.constantFrom(...PIECES), { maxLength: 60 })
      .map((pieces) => `[supervisord]\n[program:x]\ncommand=cat\n${pieces.join('')}`),
    fc.string({ unit: 'binary', maxLength: 200 }),
  );

  it('is a configuration, or an error of ours', () => {
    const at = scratch();
    fc.assert(
      fc.property(text, (content) => {
        const file = at.write('conf', content);
        try {
          const { config } = readConfig(file, { environment: { X: 'ex' }, cwd: at.directory });
          for (const { processes } of config.groups)
            for (const { command } of processes) expect(command.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(TdaemonError);
          expect((error as TdaemonError).reason).toBe('invalid');
        }
      }),
      { numRuns: 600 },
    );
  });

  it('of bytes too', () => {
    const at = scratch();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const file = at.write('conf', Buffer.concat([Buffer.from('[supervisord]\n'), bytes]));
        try {
          readConfig(file, { environment: {}, cwd: at.directory });
        } catch (error) {
          expect(error).toBeInstanceOf(TdaemonError);
        }
      }),
    );
  });
});

const printable = fc.string({ unit: fc.constantFrom(...'aZ09 _-./\\"\'`$;#,=:%()[]{}*?~!@^&|<>é€😀') });

describe('what is written comes back', () => {
  it('as a command', () => {
    const quoted = (word: string) => `'${word.replaceAll("'", `'"'"'`)}'`;
    const doubled = (word: string) => `"${word.replace(/["\\]/g, '\\$&')}"`;
    const bare = (word: string) => (word === '' ? '""' : word.replace(/[\s"'\\]/g, '\\$&'));
    const written = fc.tuple(printable, fc.constantFrom(quoted, doubled, bare));
    fc.assert(
      fc.property(fc.array(written, { minLength: 1 }), (words) => {
        const text = words.map(([word, write]) => write(word)).join(' ');
        expect(splitWords(text)).toEqual(words.map(([word]) => word));
      }),
    );
  });

  it('as variables', () => {
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);
    const value = printable.filter((text) => !/["\\]/.test(text) && !/^'.*'$/.test(text));
    fc.assert(
      fc.property(fc.dictionary(name, value), (variables) => {
        const text = Object.entries(variables).map(([key, each]) => `${key}="${each}"`);
        expect({ ...parseVariables(text.join(',\n  '), () => expect.fail()) }).toEqual({ ...variables });
      }),
    );
  });

  it('as a value of a key, when it has no comment and no quotes', () => {
    const name = fc.stringMatching(/^[a-z_.]{1,10}$/);
    const value = fc
      .string({ unit: fc.constantFrom(...'aZ0 =:;#[]%é') })
      .filter((text) => !/(^|\s)[;#]/.test(text));
    fc.assert(
      fc.property(
        fc.dictionary(
          name,
          value.map((text) => text.trim()),
        ),
        (values) => {
          const lines = Object.entries(values).map(([key, each]) => `${key} = ${each}`);
          const ini: Ini = { sections: new Map(), defaults: new Map() };
          parseIni(['[x]', ...lines].join('\n'), 'FILE', ini, () => expect.fail());
          const found = [...(ini.sections.get('x')?.entries ?? [])].map(([key, { text }]) => [key, text]);
          expect(found).toEqual(Object.entries(values));
        },
      ),
    );
  });

  it('as text with its percent signs doubled', () => {
    fc.assert(
      fc.property(printable, (text) => {
        expect(expand(text.replaceAll('%', '%%'), new Scope([]))).toBe(text);
      }),
    );
  });
});

const lacking = missing('supervisord');

describe.skipIf(lacking)(`compared with Python${because(lacking)}`, () => {
  function python(program: string, texts: string[]): unknown[] {
    const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', program], {
      input: JSON.stringify(texts),
      encoding: 'utf8',
      env: { PYTHONUTF8: '1' },
      maxBuffer: 2 ** 28,
    });
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  }

  /** @returns null for an error, as the programs below do */
  function attempt<Result>(step: () => Result): Result | null {
    try {
      return step();
    } catch (error) {
      expect(error).toBeInstanceOf(TdaemonError);
      return null;
    }
  }

  const LOOP = `
import json, sys
def attempt(step, text):
    try:
        return step(text)
    except ValueError:
        return None
`;
  const ANSWER = 'json.dump([attempt(step, text) for text in json.load(sys.stdin)], sys.stdout)';

  it('words are those of shlex.split', () => {
    const texts = fc.sample(fc.string({ unit: fc.constantFrom(...'ab \t\n"\'\\#;$é'), maxLength: 12 }), 5000);
    const expected = python(`${LOOP}import shlex\nstep = shlex.split\n${ANSWER}`, texts);
    for (const [at, text] of texts.entries())
      expect([text, attempt(() => splitWords(text))]).toEqual([text, expected[at]]);
  });

  it('sections, keys and values are those of its configparser', () => {
    const line = fc.oneof(
      fc.constantFrom(
        '[a]',
        '[b]',
        '[a] x',
        ' [a]',
        '[DEFAULT]',
        'k=v',
        'K : v',
        'k',
        ' k=w',
        '  more',
        '\tx',
        '',
      ),
      fc.string({ unit: fc.constantFrom(...'ab=:;# \t[]é'), maxLength: 8 }),
    );
    const texts = fc.sample(
      fc.array(line, { maxLength: 12 }).map((lines) => `[s]\n${lines.join('\n')}\n`),
      5000,
    );
    // Of two comment signs it may take the later one, if they are not the same: that is no rule.
    const unclear = /\S[;#].*\s[;#]/;
    const clear = texts.filter((text) => !text.split('\n').some((each) => unclear.test(each)));
    const expected = python(
      `${LOOP}
from supervisor.options import UnhosedConfigParser, ConfigParser
def step(text):
    parser = UnhosedConfigParser()
    try:
        parser.read_string(text)
    except ConfigParser.Error:
        return None
    return {name: dict(parser.items(name)) for name in parser.sections()}
${ANSWER}`,
      clear,
    );
    for (const [at, text] of clear.entries())
      expect([text, attempt(() => sectionsOf(text))]).toEqual([text, expected[at]]);
  });

  function sectionsOf(text: string): Record<string, Record<string, string>> {
    const ini: Ini = { sections: new Map(), defaults: new Map() };
    parseIni(text, 'FILE', ini, () => undefined);
    return Object.fromEntries(
      [...ini.sections].map(([header, { entries }]) => [
        header,
        Object.fromEntries([...ini.defaults, ...entries].map(([key, entry]) => [key, entry.text])),
      ]),
    );
  }

  it('variables are those of supervisord, but for quotes in quotes', () => {
    const unit = fc.constantFrom(
      'A',
      'B',
      '=',
      ',',
      'b',
      '/',
      ' ',
      '\n',
      '"b c"',
      "'b,c'",
      '""',
      '#',
      '@',
      '$',
      'é',
      '"',
    );
    const texts = fc.sample(
      fc.array(unit, { maxLength: 12 }).map((parts) => `A=${parts.join('')}`),
      5000,
    );
    // A comma as a value, or a comment between two parts of a word: refused, or read, but not by a rule.
    const clear = texts.filter((text) => !/=\s*,|#|""|".*'|'.*"/s.test(text));
    const expected = python(
      `${LOOP}from supervisor.datatypes import dict_of_key_value_pairs as step\n${ANSWER}`,
      clear,
    );
    for (const [at, text] of clear.entries())
      expect([text, attempt(() => parseVariables(text, () => undefined))]).toEqual([text, expected[at]]);
  });

  it('formats are those of its % operator', () => {
    const unit = fc.constantFrom(
      '%',
      '%%',
      '%(n)',
      '%(t)',
      '%(no)',
      's',
      'd',
      'x',
      '0',
      '2',
      '-',
      '+',
      ' ',
      '.',
      'a',
    );
    const texts = fc.sample(
      fc.array(unit, { maxLength: 8 }).map((parts) => parts.join('')),
      5000,
    );
    const scope = new Scope([
      ['n', 7],
      ['t', 'text'],
    ]);
    const expected = python(
      `${LOOP}
def step(text):
    try:
        return text % {"n": 7, "t": "text"}
    except Exception:
        return None
${ANSWER}`,
      texts,
    );
    for (const [at, text] of texts.entries()) {
      const ours = attempt(() => expand(text, scope));
      // Python has more formats (%a, %(n)5%, %s for everything): a supervisord.conf that needs one is refused.
      if (ours !== null) expect([text, ours]).toEqual([text, expected[at]]);
      else if (!/%[^(%]|%\([nt]\)[-+ 0-9.]*([^sd]|$)/.test(text))
        expect([text, expected[at]]).toEqual([text, null]);
    }
  });
});
