/** A daemon asks about its own pidfile: that must not drop the lock. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { ROOT } from '../helpers/paths';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';

const LIBRARY = JSON.stringify(path.join(ROOT, 'dist', 'index.js'));

/** What a program in the daemon has written, whole: it renames the file when it is done. */
async function answer(at: Scratch, name = 'answer'): Promise<string> {
  return eventually(name, () => fs.existsSync(at.file(name)) && fs.readFileSync(at.file(name), 'utf8'));
}

describe('the library in a daemon that was started with a pidfile', () => {
  it('finds itself running when asked to start with the same pidfile, and keeps its lock', async () => {
    const at = scratch();
    const file = at.file('pid');
    const script = at.write(
      'daemon.js',
      `const { daemonize } = require(${LIBRARY});
       const fs = require('node:fs');
       const tell = (text) => {
         fs.writeFileSync('${at.file('partial')}', text);
         fs.renameSync('${at.file('partial')}', '${at.file('answer')}');
       };
       daemonize({ command: 'sleep', args: ['1000'], pidfile: '${file}', env: { TEST_DIRECTORY: '${at.directory}' } })
         .then(() => tell('started'), ({ reason, pid }) => tell(JSON.stringify({ reason, pid })));
       setInterval(() => {}, 1000);`,
    );
    expect(await pidfiles.start(at, ['-p', file], [process.execPath, script])).toEqual(
      pidfiles.SILENT_SUCCESS,
    );
    const pid = pidfiles.readPid(file);
    expect(JSON.parse(await answer(at))).toEqual({ reason: 'already-running', pid });
    expect(procfs.locksOn(file)).toMatchObject([{ kind: 'POSIX', access: 'READ', pid }]);
    expect(procfs.mentioning(at.directory)).toEqual([pid]);
  });

  it('is still known to run after it read its own pidfile, which drops the lock (fcntl(2))', async () => {
    const at = scratch();
    const file = at.file('pid');
    const script = at.write(
      'daemon.js',
      `const fs = require('node:fs');
       fs.readFileSync('${file}');
       fs.writeFileSync('${at.file('partial')}', 'read');
       fs.renameSync('${at.file('partial')}', '${at.file('answer')}');
       setInterval(() => {}, 1000);`,
    );
    expect(await pidfiles.start(at, ['-p', file], [process.execPath, script])).toEqual(
      pidfiles.SILENT_SUCCESS,
    );
    expect(await answer(at)).toBe('read');
    expect(procfs.locksOn(file)).toEqual([]);
    const ran = await pidfiles.start(at, ['-p', file]);
    expect(ran).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`process ${pidfiles.readPid(file)} `),
    });
  });
});
