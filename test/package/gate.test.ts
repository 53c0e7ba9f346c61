/** npm run prebuild:check: what must not be shipped is refused, and the line says why. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { noPrebuilt, PREBUILT } from '../helpers/installed';
import { because, missing } from '../helpers/needs';
import { ROOT } from '../helpers/paths';
import { type Scratch, scratch } from '../helpers/scratch';

const HERE = `linux-${process.arch}`;
const OTHER = process.arch === 'x64' ? 'arm64' : 'x64';
const needs = noPrebuilt() ?? missing('readelf');

/** Asks the gate about binaries of a directory. */
function check(at: Scratch, ...which: string[]) {
  const gate = path.join(ROOT, 'scripts', 'prebuild', 'check.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [gate, ...which], {
    cwd: at.directory,
    encoding: 'utf8',
  });
  return { status, stdout, wrong: stderr.split('\n').filter((line) => line !== '') };
}

/** A directory with a copy of what was built for this machine. */
function copied(): { at: Scratch; file: (name: string) => string } {
  const at = scratch();
  fs.mkdirSync(at.file('prebuilds'));
  fs.cpSync(PREBUILT, at.file(`prebuilds/${HERE}`), { recursive: true });
  fs.copyFileSync(path.join(PREBUILT, '..', 'made_from.json'), at.file('prebuilds/made_from.json'));
  return { at, file: (name) => at.file(`prebuilds/${HERE}/${name}`) };
}

describe.skipIf(needs)(`the gate${because(needs)}`, () => {
  it('passes what zig has made for this machine', () => {
    const { at } = copied();
    expect(check(at, HERE)).toEqual({
      status: 0,
      stdout: 'prebuild: 3 binaries are as they must be\n',
      wrong: [],
    });
  });

  it('refuses a package with some of them missing, and one with more', () => {
    const { at, file } = copied();
    fs.writeFileSync(file('notes.txt'), '');
    const { status, wrong } = check(at);
    expect(status).toBe(1);
    expect(wrong).toContain(
      'prebuild: prebuilds/darwin-arm64/tdaemon.node: is missing: npm run prebuild:all',
    );
    expect(wrong).toContain(`prebuild: prebuilds/${HERE}/notes.txt: is not on the list`);
  });

  it('refuses the add-on that gcc has made here: a C++ library, a new glibc, more names than it must show', () => {
    const { at, file } = copied();
    fs.copyFileSync(path.join(ROOT, 'build', 'Release', 'tdaemon.node'), file('tdaemon.glibc.node'));
    const { status, wrong } = check(at, 'glibc');
    expect(status).toBe(1);
    expect(wrong.join('\n')).toMatch(/: links to libstdc\+\+\.so\.6$/m);
    expect(wrong.join('\n')).toMatch(/: has \d+ bytes, more than 153600$/m);
    expect(wrong.join('\n')).toMatch(/ is of a C\+\+ library$/m);
  });

  it.each([
    [
      'for another machine',
      'tdaemon.glibc.node',
      (bytes: Buffer) => bytes.writeUInt16LE(OTHER === 'arm64' ? 183 : 62, 18),
      'is for ',
    ],
    ['cut off', 'tdaemon.glibc.node', (bytes: Buffer) => bytes.fill(0, bytes.length / 2), ''],
    ['for the other C library', 'tdaemon.musl.node', undefined, 'links to libc.so.6'],
    ['a text', 'tdaemon-keeper', (bytes: Buffer) => bytes.write('#!/bin/false\n'), ''],
  ])('refuses a file that is %s', (_, name, spoil, said) => {
    const { at, file } = copied();
    const bytes = fs.readFileSync(spoil ? file(name) : file('tdaemon.glibc.node'));
    spoil?.(bytes);
    fs.writeFileSync(file(name), bytes);
    const { status, wrong } = check(at, `${HERE}/${name}`);
    expect(status).toBe(1);
    expect(wrong.join('\n')).toContain(said);
    expect(wrong.length).toBeGreaterThan(0);
  });

  it('refuses one of other sources than these, and one that was changed afterwards', () => {
    const { at, file } = copied();
    const notes = at.file('prebuilds/made_from.json');
    const name = `prebuilds/${HERE}/tdaemon.musl.node`;
    fs.writeFileSync(notes, fs.readFileSync(notes, 'utf8').replaceAll(/"sources": "\w+"/g, '"sources": "0"'));
    expect(check(at, name).wrong).toEqual([
      `prebuild: ${name}: is of other sources than these: npm run prebuild:all`,
    ]);
    fs.appendFileSync(file('tdaemon.musl.node'), ' ');
    expect(check(at, name).wrong).toContain(`prebuild: ${name}: is not the file of prebuilds/made_from.json`);
  });

  it('refuses a keeper that nobody may execute', () => {
    const { at, file } = copied();
    fs.chmodSync(file('tdaemon-keeper'), 0o644);
    expect(check(at, `${HERE}/tdaemon-keeper`).wrong).toContain(
      `prebuild: prebuilds/${HERE}/tdaemon-keeper: is not executable`,
    );
  });
});
