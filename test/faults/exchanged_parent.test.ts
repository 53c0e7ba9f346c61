/**
 * The target user owns the directory above, and exchanges the file's directory for a link to a precious one while root
 * starts: whichever root meets, the precious one stays as it is.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { because, notRoot } from '../helpers/needs';
import { fixture } from '../helpers/paths';
import * as pidfiles from '../helpers/pidfiles';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { giveAway, makeDirectory, ROOT_USER, TARGET } from '../helpers/users';

const TURNS = 15;

/** `d/run` is a directory, then a link to `precious`, then a directory … */
async function whileExchanging(at: Scratch, act: () => Promise<void>): Promise<void> {
  makeDirectory(at.file('d'), TARGET);
  makeDirectory(at.file('d/run'), TARGET);
  fs.symlinkSync(at.file('precious'), at.file('d/other'));
  giveAway(at.file('d/other'), TARGET);
  const words = [at.file('d/run'), at.file('d/other')];
  const attacker = spawn(fixture('exchange'), words, { ...TARGET, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => attacker.once('close', resolve));
  await act();
  attacker.stdin.end();
  expect(await ended).toBe(0);
}

const FILES: { option: string; name: string; content: string }[] = [
  { option: '--pidfile', name: 'pid', content: `${pidfiles.deadPid()}\n` },
  { option: '--lock', name: 'lock', content: '' },
  { option: '--log', name: 'log', content: 'precious\n' },
];

describe.skipIf(notRoot())(`a parent that is exchanged all the time${because(notRoot())}`, () => {
  it.each(FILES)('of $option: root touches nothing behind the link', async ({ option, name, content }) => {
    const at = scratch();
    makeDirectory(at.file('precious'), ROOT_USER);
    const victim = at.write(`precious/${name}`, content);
    const before = [at.file('precious'), victim].map(pidfiles.fingerprint);
    const statuses: (number | null)[] = [];
    await whileExchanging(at, async () => {
      for (let turn = 0; turn < TURNS; turn++) {
        const options = [option, at.file(`d/run/${name}`), '--truncate', '--user', TARGET.option];
        const ran = await pidfiles.start(at, options, ['sh', '-c', 'echo said; exec sleep 1000']);
        statuses.push(ran.status);
        for (const pid of procfs.mentioning(at.directory)) {
          const isDaemon = procfs.status(pid, 'Uid')?.startsWith(`${TARGET.uid}\t`);
          if (isDaemon && procfs.stat(pid)?.name !== 'exchange') await pidfiles.kill(pid);
        }
      }
    });
    expect([at.file('precious'), victim].map(pidfiles.fingerprint)).toEqual(before);
    expect(statuses.filter((status) => status !== 0 && status !== 125)).toEqual([]);
  });
});
