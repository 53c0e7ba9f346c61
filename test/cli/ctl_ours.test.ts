/** What `tdaemon ctl` has and supervisorctl has not: logs of several, rolling-restart, handover. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { controlled } from '../helpers/ctl';
import { eventually } from '../helpers/eventually';
import { missing } from '../helpers/needs';
import { scratch } from '../helpers/scratch';
import { client, SideBySide } from '../helpers/side_by_side';

const TALKERS = `[program:one]
command=sh -c 'echo begin one; echo wrong >&2; exec cat'
startsecs=0
[program:two]
command=sh -c 'echo begin two; exec cat'
process_name=%(program_name)s_%(process_num)d
numprocs=2
startsecs=0
`;

async function talking() {
  const made = await controlled(TALKERS);
  for (const name of ['one', 'two:two_0', 'two:two_1']) {
    await made.supervised.reaches(name, 'RUNNING');
    const { stdout } = await made.supervised.of(name);
    await eventually('its first line', () => fs.readFileSync(stdout ?? '', 'utf8').includes('begin'));
  }
  return made;
}

describe('logs', () => {
  it('shows those of several, each line with whose it is', async () => {
    const made = await talking();
    const { stderr } = await made.supervised.of('one');
    await eventually('its error', () => fs.readFileSync(stderr ?? '', 'utf8').includes('wrong'));
    expect(await made.ctl('logs', 'one', 'two:*')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: 'one       | begin one\none       ! wrong\ntwo:two_0 | begin two\ntwo:two_1 | begin two\n',
    });
    expect(await made.ctl('logs', 'one', 'nope')).toMatchObject({
      status: 1,
      stdout: 'nope: ERROR (no such process)\none | begin one\none ! wrong\n',
    });
    expect((await made.ctl('logs')).status).toBe(2);
    expect((await made.ctl('logs', '-x', 'one')).stdout).toMatch(/^Error: bad argument -x\n/);
    // The first line that is whole.
    const { stdout } = await made.supervised.of('two:two_0');
    fs.appendFileSync(stdout ?? '', 'second\nthird\n');
    expect((await made.ctl('logs', '-11', 'two:two_0')).stdout).toBe('two:two_0 | third\n');
  });

  it('follows several until it is interrupted, or nobody reads', async () => {
    const made = await talking();
    const followed = made.follow('logs', '-f', 'all');
    await eventually('what was there', () => (followed.text().match(/begin/g) ?? []).length === 3);
    const pieces: [string, string][] = [
      ['one', 'half a '],
      ['two:two_0', 'whole line\n'],
      ['one', 'line\n'],
    ];
    for (const [name, text] of pieces) {
      const { stdout } = await made.supervised.of(name);
      fs.appendFileSync(stdout ?? '', text);
    }
    await eventually('both lines', () =>
      /half a line[\s\S]*whole|whole line[\s\S]*half/.test(followed.text()),
    );
    expect(followed.text()).toMatch(/^one {7}\| half a line$/m);
    expect(followed.text()).toMatch(/^two:two_0 \| whole line$/m);
    followed.interrupt();
    expect(await followed.ended).toBe(0);

    const unread = made.follow('logs', '-f', 'one');
    await eventually('what was there', () => unread.text().includes('begin one'));
    unread.stopReading();
    const { stdout } = await made.supervised.of('one');
    const ended = unread.ended.then(() => true);
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    await eventually('its end', () => {
      fs.appendFileSync(stdout ?? '', 'more\n');
      return isOver;
    });
  });

  it('ends with the supervisor', async () => {
    const made = await talking();
    const followed = made.follow('logs', '-f', 'one');
    await eventually('what was there', () => followed.text().includes('begin one'));
    await made.supervised.shutdown();
    expect(await followed.ended).toBe(1);
  });
});

describe('rolling-restart', () => {
  it('replaces what shares sockets, and says what does not', async () => {
    const at = scratch();
    const made = await controlled(
      `[program:web]
command=sleep 1000
startsecs=0
sockets=unix:${at.file('web.sock')}
[program:plain]
command=sleep 1000
startsecs=0
`,
      '',
      at,
    );
    const before = await made.supervised.reaches('web', 'RUNNING');
    await made.supervised.reaches('plain', 'RUNNING');
    expect(await made.ctl('rolling-restart', 'web')).toMatchObject({ status: 0, stdout: 'web: replaced\n' });
    expect((await made.supervised.of('web')).pid).not.toBe(before.pid);
    const both = await made.ctl('rolling-restart', 'all');
    expect(both.status).toBe(1);
    expect(both.stdout.split('\n').sort()).toEqual([
      '',
      "plain: ERROR (it has no sockets that two could share: give it 'sockets=')",
      'web: replaced',
    ]);
    expect(await made.ctl('rolling-restart', 'nope')).toMatchObject({
      status: 1,
      stdout: 'nope: ERROR (no such process)\n',
    });
    expect((await made.ctl('rolling-restart')).status).toBe(2);
  });
});

describe('handover', () => {
  it('puts another supervisor in the place of this one, and says so', async () => {
    const made = await controlled(TALKERS);
    const { pid } = await made.supervised.reaches('one', 'RUNNING');
    const former = made.supervised.supervisor;
    const { status, stdout } = await made.ctl('handover');
    expect(stdout).toMatch(
      new RegExp(`^tdaemon \\d+\\.\\d+\\.\\d+\\S* \\(pid \\d+\\) has taken over from pid ${former}\\n$`),
    );
    expect(status).toBe(0);
    expect(await made.supervised.of('one')).toMatchObject({ state: 'RUNNING', pid, adopted: true });
    expect(stdout).toContain(`(pid ${made.supervised.supervisor})`);
  });

  it('says when the new one cannot begin, and nothing has changed', async () => {
    const made = await controlled(TALKERS);
    const { pid } = await made.supervised.reaches('one', 'RUNNING');
    const { supervisor } = made.supervised;
    // What it was launched with is what its successor would read.
    fs.writeFileSync(made.supervised.configFile, '[supervisord]\nlogfile_maxbytes=never\n[supervisorctl]\n');
    const words = ['-s', `unix://${made.at.file('s.sock')}`, 'handover'];
    const { status, stdout } = await made.ctl(...words);
    expect(stdout).toMatch(/^ERROR: the new supervisor ended \(wait status \d+\); nothing has changed\n$/);
    expect(status).toBe(1);
    expect(made.supervised.supervisor).toBe(supervisor);
    expect((await made.supervised.of('one')).pid).toBe(pid);
  });
});

const NEEDS = missing('supervisord', 'supervisorctl');

describe.skipIf(NEEDS)(`with a real supervisord${NEEDS ? ` (${NEEDS})` : ''}`, () => {
  it('says that it cannot do what only tdaemon does, and does the rest', { timeout: 300_000 }, async () => {
    const both = await SideBySide.start(
      '[program:a]\ncommand=sh -c "echo out; exec sleep 1000"\nstartsecs=0\n',
    );
    const theirs = both.sides[3];
    if (!theirs) throw new Error('no ctl');
    await both.compareSettled('status', /a +RUNNING/);
    for (const words of [['handover'], ['rolling-restart', 'a']])
      expect(await client(theirs, words)).toMatchObject({
        status: 3,
        stdout: 'ERROR: the supervisor is no tdaemon, which this needs\n',
      });
    expect(await client(theirs, ['logs', 'a'])).toMatchObject({ status: 0, stdout: 'a | out\n' });
    expect(JSON.parse((await client(theirs, ['--json', 'status'])).stdout)).toMatchObject({
      ok: true,
      results: [{ name: 'a', statename: 'RUNNING' }],
    });
  });
});
