/** After a start that has waited, all is as after one that has not: only the daemon is there. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../helpers/eventually';
import { because, noMounts } from '../helpers/needs';
import { fixture, TDAEMON } from '../helpers/paths';
import { freePort } from '../helpers/port';
import * as procfs from '../helpers/procfs';
import { type Scratch, scratch } from '../helpers/scratch';
import { mark, SLEEPER, start } from '../helpers/start';
import { startReady } from '../helpers/start_ready';
import { run } from '../helpers/tdaemon';

const LISTENER = fixture('listener');
const OK = 'HTTP/1.1 204 No Content\r\n\r\n';

interface Case {
  spec: string;
  command: readonly string[];
}

/** Each kind of polling, with a daemon whose descriptors are the same before and after. */
async function caseOf(kind: string, at: Scratch): Promise<Case> {
  const port = String(await freePort());
  const socket = at.file('socket');
  const cases: Record<string, Case> = {
    alive: { spec: 'alive:20ms', command: SLEEPER },
    tcp: { spec: `tcp:127.0.0.1:${port}`, command: [LISTENER, 'self', '127.0.0.1', port] },
    http: { spec: `http://127.0.0.1:${port}/`, command: [LISTENER, 'self', '127.0.0.1', port, OK] },
    unix: { spec: `unix:${socket}`, command: [LISTENER, 'self', socket] },
    file: {
      spec: `file:${at.file('new')}`,
      command: ['sh', '-c', `echo >${at.file('new')}; exec sleep 1000`],
    },
    cmd: { spec: 'cmd:true', command: SLEEPER },
  };
  return cases[kind] as Case;
}

const KINDS = ['alive', 'tcp', 'http', 'unix', 'file', 'cmd'];

/** By number; a socket's inode is another one each time, and a connection may be just open. */
function descriptorsOf(pid: number): string[] {
  return [...procfs.descriptors(pid)].map(
    ([number, target]) => `${number} ${target.replace(/\d+(?=\])/, 'N')}`,
  );
}

describe.each(KINDS)('after --ready %s', (kind) => {
  it('the daemon has the descriptors and the variables that it has without', async () => {
    const [at, other] = [scratch(), scratch()];
    const [waited, plain] = await Promise.all([caseOf(kind, at), caseOf(kind, other)]);
    const pid = await startReady(at, waited.spec, waited.command);
    const plainPid = await start(other, [], plain.command);
    // They have begun at different times, and a shell becomes another program.
    const standing = (of: number) => [procfs.stat(of)?.state, procfs.link(of, 'exe'), ...descriptorsOf(of)];
    const areSame = () => standing(pid).join() === standing(plainPid).join();
    await eventually('the same programs and descriptors', () => procfs.stat(pid)?.state === 'S' && areSame());
    // The order is the shell's, by its hash table.
    const names = (of: number) =>
      procfs
        .environment(of)
        .map((entry) => String(entry).split('=')[0])
        .sort();
    expect(names(pid)).toEqual(names(plainPid));
  });

  it('no other process is there: tdaemon and its helpers have ended', async () => {
    const at = scratch();
    const { spec, command } = await caseOf(kind, at);
    const pid = await startReady(at, spec, command);
    expect(procfs.mentioning(at.directory)).toEqual([pid]);
  });

  const why = noMounts();
  it.skipIf(why)(`no file is left in /run and the temporary directory${because(why)}`, async () => {
    const at = scratch();
    const { spec, command } = await caseOf(kind, at);
    fs.mkdirSync(at.file('tmp'));
    // One of its own, so that what others do there at the same time is not to be seen.
    const script = 'mount -t tmpfs none /run && "$@" && ls -A /run';
    const given = [TDAEMON, ...mark(at), '--ready', spec, '--', ...command];
    const env = { ...process.env, TMPDIR: at.file('tmp') };
    const ran = await run('unshare', ['--mount', 'sh', '-c', script, 'sh', ...given], { env });
    expect(ran).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
    expect(fs.readdirSync(at.file('tmp'))).toEqual([]);
  });
});
