/** The corpus of test/fixtures/config: its README says how a case is written. */
import fs from 'node:fs';
import path from 'node:path';

export const CORPUS = path.resolve(import.meta.dirname, '../fixtures/config');

export interface Expectation {
  kind: 'value' | 'part' | 'error' | 'broken' | 'warning' | 'no warnings';
  /** Of a value. */
  at: string;
  /** JSON, or a part of the message. */
  text: string;
}

export interface ConfigCase {
  title: string;
  /** By their paths; the main one is `conf`. */
  files: Record<string, string>;
  args: string[];
  expected: Expectation[];
}

/** `%(ENV_X)s` and what else the cases use. */
export function environmentAt(here: string): Record<string, string> {
  return {
    HOME: here,
    X: 'ex',
    EMPTY: '',
    PERCENT: '50%',
    QUOTES: 'a "b c"',
    SEVEN: '7',
    YES: 'yes',
    ROOT: '',
    LEVEL: 'debug',
    PORT: '9001',
  };
}

function read(name: string): string[] {
  return fs.readFileSync(path.join(CORPUS, name), 'utf8').split('\n');
}

function namesOf(kind: string): string[] {
  return fs.readdirSync(CORPUS).filter((name) => name.endsWith(kind));
}

const AROUND: Record<string, { text: (line: string) => string; at: string }> = {
  program: {
    text: (line) =>
      `[supervisord]\n[program:x]\n${line.startsWith('command') ? '' : 'command=/bin/cat\n'}${line}\n`,
    at: 'groups.0.processes.0',
  },
  listener: {
    text: (line) =>
      `[supervisord]\n[eventlistener:x]\ncommand=/bin/cat\n${line.startsWith('events') ? '' : 'events=EVENT\n'}${line}\n`,
    at: 'groups.0.processes.0',
  },
  supervisord: { text: (line) => `[supervisord]\n${line}\n`, at: 'supervisord' },
  unix: {
    text: (line) =>
      `[supervisord]\n[unix_http_server]\n${line.startsWith('file') ? '' : 'file=/run/x\n'}${line}\n`,
    at: 'unixServers.0',
  },
  inet: {
    text: (line) =>
      `[supervisord]\n[inet_http_server]\n${line.startsWith('port') ? '' : 'port=127.0.0.1:1\n'}${line}\n`,
    at: 'inetServers.0',
  },
  ctl: { text: (line) => `[supervisord]\n[supervisorctl]\n${line}\n`, at: 'ctl' },
};

/** One case a line. */
export function tableCases(name: string): ConfigCase[] {
  let [section, key, at] = ['', '', ''];
  return read(name).flatMap((line) => {
    if (line.startsWith('@')) {
      [section = '', key = '', at = ''] = line.slice(1).trim().split(' ');
      return [];
    }
    const [, input = '', sign, output = ''] = /^(.*?)[ \t]+(->|!!)[ \t]+(.*)$/.exec(line) ?? [];
    const around = AROUND[section];
    if (line.startsWith('#') || sign === undefined || !around) return [];
    const value = input === "''" ? '' : input.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
    const [json = '', warning] = output.split(/[ \t]+\?\?[ \t]+/);
    const expected: Expectation[] =
      sign === '->'
        ? [{ kind: 'value', at: [around.at, at].filter((each) => each !== '').join('.'), text: json }]
        : [
            {
              kind: section === 'program' || section === 'listener' ? 'broken' : 'error',
              at: '',
              text: output,
            },
          ];
    if (output.includes('it waits for itself')) expected[0] = { kind: 'error', at: '', text: output };
    if (sign === '->' && warning !== undefined) expected.push({ kind: 'warning', at: '', text: warning });
    const title = `[${section}] ${key}=${input}`;
    return [{ title, files: { conf: around.text(`${key}=${value}`) }, args: [], expected }];
  });
}

const VALUE = /^--- ([\w.]+) ([=~]) (.*)$/;
const MESSAGE = /^--- (error|broken|warning|no warnings)(?: (.*))?$/;

/** A whole configuration each. */
export function fileCases(name: string): ConfigCase[] {
  const cases: ConfigCase[] = [];
  let file = 'conf';
  for (const line of read(name)) {
    const current = cases.at(-1);
    const [, at = '', sign, json = ''] = VALUE.exec(line) ?? [];
    const [, kind, part = ''] = MESSAGE.exec(line) ?? [];
    if (line.startsWith('=== ')) {
      file = 'conf';
      cases.push({ title: line.slice(4), files: { conf: '' }, args: [], expected: [] });
    } else if (!current) continue;
    else if (line.startsWith('+++ ')) {
      file = line.slice(4);
      current.files[file] = '';
    } else if (line.startsWith('--- args ')) current.args = line.slice('--- args '.length).split(' ');
    else if (kind) current.expected.push({ kind: kind as Expectation['kind'], at: '', text: part });
    else if (sign) current.expected.push({ kind: sign === '=' ? 'value' : 'part', at, text: json });
    else if (line.startsWith('---')) throw new Error(`${name}: ${line}`);
    else current.files[file] += `${line}\n`;
  }
  return cases;
}

export interface Theme {
  name: string;
  cases: ConfigCase[];
}

export function themes(): Theme[] {
  return [
    ...namesOf('.table').map((name) => ({ name, cases: tableCases(name) })),
    ...namesOf('.cases').map((name) => ({ name, cases: fileCases(name) })),
  ];
}

/** Puts the files of a case into a directory. @returns the main one's path */
export function layOut({ files }: ConfigCase, directory: string): string {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text.replaceAll('$HERE', directory));
  }
  return path.join(directory, 'conf');
}
