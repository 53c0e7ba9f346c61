/** What only the kernel refuses, at exec: the old one must not have been stopped for it. */
import fs from 'node:fs';
import { expect, it } from 'vitest';
import { expectRefused, expectUntouched, isRoot, readPid, startDaemon } from '../helpers/daemons';
import { type Scratch, scratch } from '../helpers/scratch';
import { tdaemon } from '../helpers/tdaemon';

async function expectNothingStopped(prepare: (at: Scratch) => string[]): Promise<void> {
  const at = scratch();
  const old = await startDaemon(at);
  const mark = `TEST_DIRECTORY=${at.directory}`;
  const ran = await tdaemon(['restart', '-p', old.pidfile, '--env', mark, ...prepare(at)]);
  expectRefused(ran, 126);
  expectUntouched(old.pid);
  expect(readPid(old.pidfile)).toBe(old.pid);
}

it('an interpreter line that ends as on Windows', () =>
  expectNothingStopped((at) => ['--', at.write('script', '#!/bin/sh\r\nsleep 1000\r\n')]));

it('an interpreter that is not executable', () =>
  expectNothingStopped((at) => ['--', at.write('script', `#!${at.write('interpreter', 'text')}\n`)]));

it('an interpreter that is a directory', () =>
  expectNothingStopped((at) => ['--', at.write('script', `#!${at.directory}\n`)]));

it('an interpreter below the working directory, which will be another', () =>
  expectNothingStopped((at) => ['--', at.write('script', '#!package.json\n')]));

it('an argument that is longer than the kernel takes', () =>
  expectNothingStopped((at) => [
    ...['--env-file', at.write('environment', `LONG=${'x'.repeat(200_000)}\n`)],
    ...['--', 'sleep', '1000'],
  ]));

it.skipIf(!isRoot)("a program that its user may not execute (needs root: another user's)", () =>
  expectNothingStopped((at) => {
    fs.chmodSync(at.write('script', '#!/bin/sh\nexec sleep 1000\n'), 0o700);
    return ['--user', 'nobody', '--', at.file('script')];
  }),
);

it.skipIf(!isRoot)("a program in a directory that its user may not enter (needs root: another user's)", () =>
  expectNothingStopped((at) => {
    fs.mkdirSync(at.file('closed'), { mode: 0o700 });
    return ['--user', 'nobody', '--', at.write('closed/script', '#!/bin/sh\nexec sleep 1000\n')];
  }),
);
