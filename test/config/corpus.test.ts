/** Every case of the corpus: what it means, or what is said of it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { warningText } from '../../src/config/diagnostics';
import { type Reread, readConfig } from '../../src/config/read';
import { TdaemonError } from '../../src/errors';
import { type ConfigCase, type Expectation, environmentAt, layOut, themes } from '../helpers/config_cases';
import { overridesOf } from '../helpers/config_options';

interface Outcome {
  result?: Reread;
  error?: string;
}

function outcomeOf(each: ConfigCase, directory: string): Outcome {
  const file = layOut(each, directory);
  const options = {
    environment: environmentAt(directory),
    cwd: directory,
    overrides: overridesOf(each.args),
  };
  try {
    return { result: readConfig(file, options) };
  } catch (error) {
    expect(error).toBeInstanceOf(TdaemonError);
    expect(error).toMatchObject({ reason: 'invalid' });
    return { error: (error as TdaemonError).message };
  }
}

/** As JSON would have it; nothing is null. */
function valueAt(root: unknown, at: string): unknown {
  const steps = at.split('.');
  const found = steps.reduce<unknown>(
    (value, step) => (value as Record<string, unknown> | null)?.[step],
    root,
  );
  const text = JSON.stringify(found ?? null, (_, value) =>
    value === Number.POSITIVE_INFINITY ? 'Infinity' : value,
  );
  return JSON.parse(text);
}

function check({ result, error }: Outcome, { kind, at, text }: Expectation): void {
  if (kind === 'error') expect(error ?? 'no error').toContain(text);
  else expect(error).toBe(undefined);
  if (!result) return;
  const { config, warnings, broken } = result;
  if (kind === 'value') expect(valueAt(config, at)).toEqual(JSON.parse(text));
  if (kind === 'part') expect(valueAt(config, at)).toMatchObject(JSON.parse(text));
  if (kind === 'warning') expect(warnings.map(warningText).join('\n')).toContain(text);
  if (kind === 'no warnings') expect(warnings).toEqual([]);
  if (kind === 'broken')
    expect(
      broken.map(({ message, place }) => `${place.file}:${place.line}: ${message}`).join('\n'),
    ).toContain(text);
}

describe.each(themes())('$name', ({ cases }) => {
  // One for all: nothing is started that could stay behind, and there are hundreds.
  let all: string;
  beforeAll(() => {
    all = fs.mkdtempSync(path.join(os.tmpdir(), 'tdaemon-test-'));
  });
  afterAll(() => fs.rmSync(all, { recursive: true, force: true }));

  it.each(cases)('$title', (each) => {
    const directory = fs.mkdtempSync(path.join(all, 'case-'));
    const outcome = outcomeOf(each, directory);
    const expected = each.expected.map((one) => ({ ...one, text: one.text.replaceAll('$HERE', directory) }));
    expect(expected).not.toEqual([]);
    for (const one of expected) check(outcome, one);
    const mayBreak = expected.some(({ kind }) => kind === 'broken' || kind === 'error');
    if (!mayBreak) expect(outcome.result?.broken).toEqual([]);
  });
});

it('the corpus has not shrunk', () => {
  expect(themes().flatMap(({ cases }) => cases).length).toBeGreaterThan(450);
});
