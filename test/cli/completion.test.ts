/** `tdaemon completion`: in the real shells, which are asked what they would put in. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SIGNALS } from '../../src/cli/completion/places';
import { COMMANDS } from '../../src/cli/option_table';
import { ACTIONS } from '../../src/control/client/actions';
import { limitNames } from '../../src/process/limits';
import { because, missing } from '../helpers/needs';
import { scratch } from '../helpers/scratch';
import { supervise } from '../helpers/supervise';
import { tdaemon } from '../helpers/tdaemon';
import { type Completer, fishShell, typedShell } from '../helpers/typed_shell';

const limits = limitNames().filter((name) => name.startsWith('n'));

/** The line, and what may stand in place of its last word. */
const EVERYWHERE: [string, string[]][] = [
  ['tdaemon ', Object.keys(COMMANDS)],
  ['tdaemon reloa', ['reload']],
  ['tdaemon --limit n', limits.map((name) => `${name}=`)],
  ['tdaemon --ready t', ['tcp:']],
  ['tdaemon --sched f', ['fifo:']],
  ['tdaemon --ionice id', ['idle']],
  ['tdaemon --log ./app.l', ['./app.log']],
  ['tdaemon --chdir ./f', ['./folder/']],
  ['tdaemon stop --pidfile ./a', ['./app.pid']],
  ['tdaemon -u daemo', ['daemon']],
  ['tdaemon -g daemo', ['daemon']],
  ['tdaemon -u root:daemo', ['root:daemon']],
  ['tdaemon -E PAT', ['PATH=']],
  ['tdaemon --stdout inh', ['inherit']],
  ['tdaemon stop --tim', ['--timeout']],
  ['tdaemon stop -s US', ['USR1', 'USR2']],
  ['tdaemon signal -p x ', SIGNALS],
  ['tdaemon supervise -e b', ['blather']],
  ['tdaemon ctl ', ACTIONS.map(({ name }) => name)],
  ['tdaemon ctl -c x roll', ['rolling-restart']],
  ['tdaemon ctl signal US', ['USR1', 'USR2']],
  ['tdaemon ctl help ver', ['version']],
  ['tdaemon completion ', ['bash', 'fish', 'zsh']],
];

const COMMAND: [string, string[]][] = [
  ['tdaemon -p x -- blogdemon al', ['alpha']],
  ['tdaemon -v blogdemon al', ['alpha']],
  ['tdaemon restart --pidfile x blogdemon -v al', ['alpha']],
  ['tdaemon -- blogdem', ['blogdemon']],
];

/** A value joined to its option: fish shows the whole word, bash and zsh what the line becomes. */
const JOINED: [string, string[]][] = [
  ['tdaemon --limit=nof', ['--limit=nofile=']],
  ['tdaemon --ready=no', ['--ready=notify']],
  ['tdaemon --log=./app.l', ['--log=./app.log']],
  ['tdaemon --ready file:./app.l', ['file:./app.log']],
];

/** Only readline and zle tell these apart from the words of COMMAND. */
const LETTERS: [string, string[]][] = [['tdaemon -vc ./f', ['./folder/']]];

interface Shell {
  name: string;
  absent: string | undefined;
  begin: (at: ReturnType<typeof place>) => Promise<Completer>;
  rows: [string, string[]][];
}

function place() {
  const at = scratch();
  at.write('app.log', '');
  at.write('app.pid', '');
  at.write('blogdemon', '#!/bin/sh\n');
  fs.mkdirSync(at.file('folder'));
  return at;
}

const SHELLS: Shell[] = [
  {
    name: 'bash',
    absent: missing('bash', 'script'),
    begin: (at) => typedShell(at, 'bash'),
    rows: [...EVERYWHERE, ...JOINED, ...LETTERS, ['tdaemon -v ls ./app.l', ['./app.log']]],
  },
  {
    name: 'bash with bash-completion',
    absent: fs.existsSync('/usr/share/bash-completion/bash_completion')
      ? missing('bash', 'script')
      : 'needs bash-completion',
    begin: (at) => typedShell(at, 'bash', { bashCompletion: true }),
    rows: [...EVERYWHERE, ...JOINED, ...LETTERS, ...COMMAND],
  },
  {
    name: 'zsh',
    absent: missing('zsh', 'script'),
    begin: (at) => typedShell(at, 'zsh'),
    rows: [...EVERYWHERE, ...JOINED, ...LETTERS, ...COMMAND],
  },
  {
    name: 'fish',
    absent: missing('fish'),
    begin: (at) => fishShell(at),
    rows: [...EVERYWHERE, ...JOINED, ...COMMAND],
  },
];

/** Groups and programs of a supervisor that runs. */
const NAMES: [string, string[]][] = [
  ['tdaemon ctl -c supervisord.conf stop p', ['pair:*', 'pair:one', 'pair:two']],
  ['tdaemon ctl -c supervisord.conf stop al', ['all']],
  ['tdaemon ctl -c supervisord.conf signal HUP s', ['single']],
  ['tdaemon ctl -c supervisord.conf update p', ['pair']],
];

const PROGRAMS = `
[unix_http_server]
file=%(here)s/socket
[supervisorctl]
serverurl=unix://%(here)s/socket
[program:one]
command=sleep 1000
[program:two]
command=sleep 1000
[program:odd$(id)]
command=sleep 1000
[program:single]
command=sleep 1000
[group:pair]
programs=one,two
`;

const reasons = SHELLS.map(({ absent }) => absent);
it.skipIf(reasons.some(Boolean))(`the supervisor is asked for names${because(...reasons)}`, async () => {
  const at = place();
  await supervise(at, PROGRAMS);
  for (const { name, begin } of SHELLS) {
    const complete = await begin(at);
    for (const [line, expected] of NAMES)
      expect({ line, found: await complete(line) }, name).toEqual({ line, found: expected });
    // A name that would be a command to the shell stays a name, or is not offered.
    expect(await complete('tdaemon ctl -c supervisord.conf stop od'), name).toEqual(
      name.startsWith('bash') ? ['od'] : ['odd$(id)'],
    );
  }
});

describe.each(SHELLS)('$name', ({ name, absent, begin, rows }) => {
  it.skipIf(absent)(`says nothing where no supervisor answers${because(absent)}`, async () => {
    const at = place();
    const complete = await begin(at);
    expect(await complete('tdaemon ctl -s unix:///no/such start sing')).toEqual(
      name === 'fish' ? [] : ['sing'],
    );
  });

  it.skipIf(absent)(`completes what the tables have${because(absent)}`, async () => {
    const at = place();
    const complete = await begin({ ...at });
    for (const [line, expected] of rows) {
      const found = (await complete(line)).map((word) => word.replace(/\/$/, ''));
      const wanted = expected.map((word) => word.replace(/\/$/, '')).sort();
      expect({ line, found }, name).toEqual({ line, found: wanted });
    }
  });
});

it('every option is offered by each script', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout } = await tdaemon(['completion', shell]);
    for (const options of Object.values(COMMANDS))
      for (const { name } of options)
        expect(stdout).toContain(shell === 'fish' ? `-l ${name} ` : `--${name}`);
  }
});

it.each([
  [[], 'completion for which shell? (bash, zsh, fish)'],
  [['ksh'], "no completion for 'ksh' (there is: bash, zsh, fish)"],
  [['bash', 'x'], "unexpected word 'x'"],
])('%j: wrong usage', async (words, message) => {
  const ran = await tdaemon(['completion', ...words]);
  expect(ran).toEqual({ status: 2, signal: null, stdout: '', stderr: `tdaemon: ${message}\n` });
});
