/** The same files through the real supervisord: each value is what it is there, but for the differences that are listed. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { warningText } from '../../src/config/diagnostics';
import { readConfig } from '../../src/config/read';
import { TdaemonError } from '../../src/errors';
import { CORPUS, environmentAt, layOut, themes } from '../helpers/config_cases';
import { overridesOf } from '../helpers/config_options';
import { because, missing } from '../helpers/needs';
import { askSupervisord, inItsWords, type Meaning, type Question } from '../helpers/real_supervisord';
import { scratch } from '../helpers/scratch';

/** By the title of the case: why it is not as in supervisord. */
const DIFFERENCES = new Map(
  fs
    .readFileSync(path.join(CORPUS, 'differences.txt'), 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#') && line.includes(' :: '))
    .map((line) => line.split(/\s+:: /) as [string, string]),
);

/** Keys that supervisord does not know: it sees nothing in them. */
const OURS = ['ours.table', 'ours.cases', 'dependencies.cases'];

function ourMeaning({ file, cwd, args, environment }: Question): Meaning {
  try {
    const { config, broken } = readConfig(file, { environment, cwd, overrides: overridesOf(args) });
    return broken[0] ? { error: broken[0].message } : inItsWords(config);
  } catch (error) {
    if (error instanceof TdaemonError) return { error: error.message };
    throw error;
  }
}

function parts(value: unknown, at: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [[at, value]];
  return Object.entries(value).flatMap(([key, each]) => parts(each, `${at}.${key}`));
}

/** @returns what is not the same, with both values */
function differences(theirs: Meaning, ours: Meaning): string[] {
  if (theirs.error !== undefined || ours.error !== undefined)
    return (theirs.error === undefined) === (ours.error === undefined)
      ? []
      : [`there ${theirs.error ?? 'it is accepted'}, here ${ours.error ?? 'it is accepted'}`];
  // Without a section for it supervisorctl gives up, and nobody else looks.
  const { ctl, ...rest } = ours;
  const compared = theirs.ctl?.error === undefined ? ours : rest;
  const there = new Map(parts(theirs.ctl?.error === undefined ? theirs : { ...theirs, ctl: undefined }, ''));
  const here = new Map(parts(compared, ''));
  there.delete('.ctl');
  return [...new Set([...there.keys(), ...here.keys()])]
    .filter((at) => !isDeepStrictEqual(there.get(at), here.get(at)))
    .map((at) => `${at}: there ${JSON.stringify(there.get(at))}, here ${JSON.stringify(here.get(at))}`);
}

const lacking = missing('supervisord');

describe.skipIf(lacking)(`compared with supervisord${because(lacking)}`, () => {
  it.each(themes().filter(({ name }) => !OURS.includes(name)))('$name', ({ cases }) => {
    const { directory } = scratch();
    const questions = cases.map((each, at): Question => {
      const cwd = path.join(directory, `${at}`);
      fs.mkdirSync(cwd);
      return { file: layOut(each, cwd), cwd, args: each.args, environment: environmentAt(cwd) };
    });
    const answers = askSupervisord(questions);
    const found = questions.map((question, at) => differences(answers[at] ?? {}, ourMeaning(question)));
    const wrong = cases.flatMap(({ title }, at) => {
      const listed = DIFFERENCES.has(title);
      const differs = found[at]?.length !== 0;
      if (listed === differs) return [];
      return [`${title}: ${differs ? found[at]?.join('; ') : 'it is listed, and there is no difference'}`];
    });
    expect(wrong).toEqual([]);
  });

  it('every listed difference is a case', () => {
    const titles = new Set(themes().flatMap(({ cases }) => cases.map(({ title }) => title)));
    expect([...DIFFERENCES.keys()].filter((title) => !titles.has(title))).toEqual([]);
  });

  const FILES = ['classic.conf', 'full.conf', '/etc/supervisor/supervisord.conf', 'echo_supervisord_conf'];

  it.each(FILES)('the whole file %s, without a word', (name) => {
    const at = scratch();
    const text =
      name === 'echo_supervisord_conf'
        ? execFileSync('echo_supervisord_conf', { encoding: 'utf8' })
        : fs.readFileSync(path.resolve(CORPUS, name), 'utf8');
    const question: Question = {
      file: at.write('supervisord.conf', text),
      cwd: at.directory,
      args: [],
      environment: environmentAt(at.directory),
    };
    const [theirs = {}] = askSupervisord([question]);
    expect(theirs.error).toBe(undefined);
    expect(differences(theirs, ourMeaning(question))).toEqual([]);
    const { warnings } = readConfig(question.file, question);
    expect(warnings.map(warningText).filter((each) => !each.includes('no file matches'))).toEqual([]);
  });
});
