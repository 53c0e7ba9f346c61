/** A log is followed through every kind of rotation, once and in order. */
import fs from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DirectoryWatch } from '../../src/supervisor/output/directory_watch';
import { DiskTurns, mountPointOf } from '../../src/supervisor/output/disk_turns';
import { LogTail, type Spot } from '../../src/supervisor/output/log_tail';
import { eventually } from '../helpers/eventually';
import { scratch } from '../helpers/scratch';

async function follow(log: string, backups = 3, spot?: Spot) {
  const trouble: string[] = [];
  let text = '';
  const tail = new LogTail(
    log,
    backups,
    { turns: new DiskTurns(), directories: new DirectoryWatch() },
    {
      onChunk: (chunk) => {
        text += chunk.toString();
        return undefined;
      },
      onNewFile: () => undefined,
      onTrouble: (message) => trouble.push(message),
    },
  );
  onTestFinished(() => tail.close());
  await tail.begin(spot);
  return { tail, trouble, text: () => text, has: (all: string) => eventually(all, () => text === all) };
}

function rotate(log: string, backups = 3): void {
  for (let number = backups; number > 0; number--) {
    const from = number === 1 ? log : `${log}.${number - 1}`;
    if (fs.existsSync(from)) fs.renameSync(from, `${log}.${number}`);
  }
  fs.writeFileSync(log, '');
}

describe('a log', () => {
  it('is followed from its end', async () => {
    const log = scratch().write('log', 'before\n');
    const { has } = await follow(log);
    fs.appendFileSync(log, 'one\n');
    await has('one\n');
    fs.appendFileSync(log, 'two');
    await has('one\ntwo');
  });

  it('that is not there yet is followed from its beginning', async () => {
    const log = scratch().file('log');
    const { has } = await follow(log);
    fs.appendFileSync(log, 'one\n');
    await has('one\n');
  });

  it('that is not there yet is followed from its beginning, which may be a backup by then', async () => {
    const at = scratch();
    const log = at.file('log');
    at.write('log.1', 'old\n');
    const { has } = await follow(log);
    // All of it before anybody can look.
    fs.appendFileSync(log, 'one\n');
    rotate(log);
    fs.appendFileSync(log, 'two\n');
    rotate(log);
    await has('one\ntwo\n');
  });

  it('is followed through rotation, faster than it is read', async () => {
    const log = scratch().write('log', '');
    const { has } = await follow(log, 30);
    let all = '';
    for (let number = 0; number < 25; number++) {
      fs.appendFileSync(log, `${number} `.repeat(1000));
      all += `${number} `.repeat(1000);
      rotate(log, 30);
    }
    fs.appendFileSync(log, 'end');
    await has(`${all}end`);
  });

  it('that is truncated is followed from its beginning', async () => {
    const log = scratch().write('log', 'long before\n');
    const { has } = await follow(log);
    fs.appendFileSync(log, 'one\n');
    await has('one\n');
    fs.truncateSync(log);
    fs.appendFileSync(log, 'two\n');
    await has('one\ntwo\n');
  });

  it('that is renamed goes on until there is something in the new one', async () => {
    const at = scratch();
    const log = at.write('log', '');
    const { has } = await follow(log);
    const writer = fs.openSync(log, 'a');
    onTestFinished(() => fs.closeSync(writer));
    fs.writeSync(writer, 'one\n');
    await has('one\n');
    fs.renameSync(log, at.file('log-20261123'));
    at.write('log', '');
    fs.writeSync(writer, 'two\n');
    await has('one\ntwo\n');
    fs.appendFileSync(log, 'three\n');
    await has('one\ntwo\nthree\n');
  });

  it('is gone on with from where somebody was, in what is a backup by now', async () => {
    const log = scratch().write('log', 'told\nnot told\n');
    const { ino } = fs.statSync(log);
    rotate(log);
    fs.appendFileSync(log, 'later\n');
    rotate(log);
    fs.appendFileSync(log, 'now\n');
    const { has } = await follow(log, 3, { inode: ino, offset: 'told\n'.length });
    await has('not told\nlater\nnow\n');
  });

  it('of which nothing is left that was known is followed from its beginning', async () => {
    const log = scratch().write('log', 'new\n');
    const { has } = await follow(log, 3, { inode: 1, offset: 100 });
    await has('new\n');
  });

  it('that is no file is not followed, and it is said', async () => {
    const { trouble, text } = await follow('/dev/null');
    expect(trouble).toEqual([expect.stringMatching(/'\/dev\/null' is no regular file/)]);
    expect(text()).toBe('');
  });

  it.skipIf(process.getuid?.() !== 0)(
    'in a directory that others can write to is followed, a link there is not',
    async () => {
      const at = scratch();
      fs.chmodSync(at.directory, 0o777);
      const log = at.write('log', '');
      const { has } = await follow(log);
      fs.appendFileSync(log, 'one\n');
      await has('one\n');
      fs.linkSync(log, at.file('hard'));
      const { trouble } = await follow(at.file('hard'));
      expect(trouble).toEqual([expect.stringMatching(/is a link in a directory that others can write to/)]);
    },
  );
});

it('the file system of a path is the one with the longest mount point', () => {
  const mounts = [
    '22 1 8:1 / / rw - ext4 /dev/sda1 rw',
    '23 22 8:2 / /var rw - ext4 /dev/sda2 rw',
    '24 23 8:3 / /var/log\\040dir rw - ext4 /dev/sda3 rw',
    '',
  ].join('\n');
  expect(mountPointOf('/var/log dir/a', mounts)).toBe('/var/log dir');
  expect(mountPointOf('/var/log/a', mounts)).toBe('/var');
  expect(mountPointOf('/variable', mounts)).toBe('/');
});
