/** `tdaemon ctl` on a terminal: what is shown there, and what is not obeyed. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Controlled, controlled } from '../helpers/ctl';
import { eventually } from '../helpers/eventually';
import { scratch } from '../helpers/scratch';

const PROGRAMS = `[program:web]
command=sleep 1000
startsecs=0
[program:off]
command=sleep 1000
autostart=false
[program:bad]
command=/does/not/exist
startretries=0
[program:n]
command=sleep 1000
process_name=%(program_name)s_%(process_num)d
numprocs=2
startsecs=0
`;

async function started(): Promise<Controlled> {
  const made = await controlled(PROGRAMS);
  await made.supervised.reaches('web', 'RUNNING');
  await made.supervised.reaches('bad', 'FATAL');
  await made.supervised.reaches('n:n_1', 'RUNNING');
  return made;
}

const columnsOf = (line: string) => line.trimEnd().split(/ {2,}/);

describe('status on a terminal', () => {
  it('is an aligned table, in colours that mean something', async () => {
    const made = await started();
    const screen = made.terminal(['status']);
    expect(await screen.ended).toBe(3);
    const [title = '', ...lines] = screen.plain().trimEnd().split('\n');
    expect(columnsOf(title)).toEqual([
      ...['NAME', 'STATE', 'PID', 'UPTIME', 'CPU TIME', 'MEMORY', 'FILES', 'RESTARTS', 'DETAIL'],
    ]);
    expect(lines.map((line) => columnsOf(line)[0])).toEqual(['bad', 'n:n_0', 'n:n_1', 'off', 'web']);
    const { pid } = await made.supervised.of('web');
    const web = lines.at(-1) ?? '';
    expect(web).toMatch(/^web {4}RUNNING +\d+ +0:\d\d:\d\d +0\.\d\ds +\d+(\.\d)?[KM] +\d+\/\d+ +0$/);
    expect(web.slice(title.indexOf('PID') - 8, title.indexOf('PID') + 3).trim()).toContain(String(pid));
    expect(lines[0]).toContain("cannot execute '/does/not/exist'");
    expect(screen.text()).toContain('ESC[32mRUNNING');
    expect(screen.text()).toContain('ESC[31mFATAL');
  });

  it('has no colours with NO_COLOR or on a dumb terminal, and fits a narrow one', async () => {
    const made = await started();
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      const screen = made.terminal(['status'], { columns: 50 }, env);
      expect(await screen.ended).toBe(3);
      expect(screen.text()).not.toContain('ESC');
      const lines = screen.text().trimEnd().split('\r\n');
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(50);
      // What is wrong matters more than how many files are open.
      expect(lines[0]).toMatch(/^NAME +STATE .*DETAIL$/);
      expect(lines[1]).toContain("cannot execute '");
    }
  });

  it('says what is waited for', async () => {
    const at = scratch();
    const made = await controlled(
      `[program:db]
command=sh -c 'while ! test -e ${at.file('go')}; do sleep 0.05; done; echo >&4; exec sleep 1000'
ready=fd:4
ready_timeout=600
startsecs=0
autostart=false
[program:web]
command=sleep 1000
startsecs=0
autostart=false
depends_on=db
`,
      '',
      at,
    );
    const screen = made.terminal(['start', 'web']);
    await screen.shows(/start: web \(waiting for db\), \d+ s/);
    fs.writeFileSync(at.file('go'), '');
    expect(await screen.ended).toBe(0);
    // The line is gone before the answer comes.
    expect(screen.text()).toMatch(/\rESC\[Kweb: started\r\n$/);
  });
});

describe('what a program has written', () => {
  const ATTACK = 'title \\033]0;owned\\007 clear \\033[2J red \\033[31mred bell \\007 c1 \\302\\233';

  it('cannot command the terminal', async () => {
    const made = await controlled(`[program:evil]
command=sh -c 'printf "${ATTACK}\\n"; exec sleep 1000'
startsecs=0
`);
    await made.supervised.reaches('evil', 'RUNNING');
    for (const action of ['tail', 'logs']) {
      const screen = made.terminal([action, '-f', 'evil']);
      await screen.shows(/\\x9b/);
      screen.type('\u0003');
      expect(await screen.ended).toBe(0);
      const shown = screen.text();
      expect(shown).toContain('\\x1b]0;owned\\x07 clear \\x1b[2J red ESC[31mred bell');
      expect(shown).not.toContain('\u0007');
      expect(shown).not.toContain('ESC]');
      expect(shown).not.toContain('ESC[2J');
      // The colour does not go on below.
      expect(shown).toMatch(/\\x9bESC\[0m/);
    }
    // What XML cannot say never comes.
    const screen = made.terminal(['tail', 'evil']);
    expect(await screen.ended).toBe(0);
    expect(screen.text()).toContain('title \ufffd]0;owned\ufffd clear \ufffd[2J red \ufffd[31mred');
    // Who reads a pipe gets what was written.
    const followed = made.follow('tail', '-f', 'evil');
    await eventually('it', () => followed.text().includes('\u001b]0;owned\u0007 clear \u001b[2J'));
    followed.interrupt();
    expect(await followed.ended).toBe(0);
  });
});

describe('top', () => {
  it('refreshes in place, sorts, and gives the terminal back', async () => {
    const made = await controlled(`${PROGRAMS}[program:busy]
command=sh -c 'while :; do :; done'
startsecs=0
`);
    await made.supervised.reaches('busy', 'RUNNING');
    const screen = made.terminal(['top'], { rows: 12 });
    await screen.shows('6 processes: ');
    expect(screen.text()).toMatch(/^ESC\[\?1049hESC\[\?25lESC\[H/);
    await screen.shows('CPU%');
    screen.type('c');
    // The one that is busy comes first.
    await screen.shows(/CPU%.*\nbusy +RUNNING.* \d+\.\d {2}/);
    await made.ctl('stop', 'busy');
    await screen.shows(/busy +STOPPED/);
    screen.type('q');
    expect(await screen.ended).toBe(0);
    expect(screen.text()).toMatch(/ESC\[\?25hESC\[\?1049l$/);
  });

  it('ends with ^C, with the screen as it was', async () => {
    const made = await started();
    const screen = made.terminal(['top', 'web', 'n:*']);
    await screen.shows('3 processes: 3 RUNNING');
    screen.type('\u0003');
    expect(await screen.ended).toBe(0);
    expect(screen.text()).toMatch(/ESC\[\?1049l$/);
  });

  it('without a terminal says so, unless for a program', async () => {
    const made = await started();
    expect(await made.ctl('top')).toMatchObject({
      status: 2,
      stdout: 'ERROR: top needs a terminal (--json does not)\n',
    });
    const top = made.follow('--json', 'top', 'web');
    const lines = () =>
      top
        .text()
        .split('\n')
        .filter((line) => line !== '');
    await eventually('two looks', () => lines().length >= 2);
    const second = JSON.parse(lines()[1] ?? '') as { processes: { name: string; load: number }[] };
    expect(second.processes.map(({ name, load }) => [name, typeof load])).toEqual([['web', 'number']]);
    top.interrupt();
    expect(await top.ended).toBe(0);
    expect((await made.ctl('--json', 'top', 'nope')).status).toBe(1);
  });
});
