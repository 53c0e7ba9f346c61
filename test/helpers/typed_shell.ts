/** Interactive shells with our completion, on a terminal of their own: a line is typed, its last word completed, and what is then run told. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually';
import { ROOT } from './paths';
import type { Scratch } from './scratch';
import { run, tdaemon } from './tdaemon';

const INSERT_ALL = { bash: '\u001b*', zsh: '\u0018\u0001' } as const;

export type Completer = (line: string) => Promise<string[]>;

const BASH_COMPLETION = '/usr/share/bash-completion/bash_completion';

/** Whose words are completed as those of COMMAND. */
const BLOGDEMON = {
  bash: "complete -W 'alpha beta' blogdemon",
  zsh: '_blogdemon() { compadd alpha beta }; compdef _blogdemon blogdemon',
  fish: "complete -c blogdemon -f -a 'alpha beta'",
} as const;

const SETUP = {
  bash: 'PS1=; HISTFILE=',
  zsh: `PS1=; autoload -Uz compinit; compinit -u -D
zle -C all-matches complete-word _generic; bindkey '^X^A' all-matches
zstyle ':completion:all-matches::::' completer _all_matches _complete
zstyle ':completion:all-matches:*' insert true`,
} as const;

const COMMANDS = { bash: ['bash', '--norc', '--noprofile', '-i'], zsh: ['zsh', '-f', '-i'] } as const;

export async function scriptOf(at: Scratch, shell: 'bash' | 'zsh' | 'fish'): Promise<string> {
  const ran = await tdaemon(['completion', shell]);
  if (ran.status !== 0 || ran.stderr !== '') throw new Error(`completion ${shell}: ${ran.stderr}`);
  return at.write(`tdaemon.${shell}`, ran.stdout);
}

/** Where there is a busy machine, whoever is asked has time. */
function environmentOf(at: Scratch): NodeJS.ProcessEnv {
  return {
    PATH: `${at.directory}:${path.join(ROOT, 'bin')}:${process.env.PATH}`,
    HOME: at.directory,
    LC_ALL: 'C.UTF-8',
    TDAEMON_COMPLETION_TIMEOUT: '60',
  };
}

/** What remains of the words when those that were typed whole are gone. */
function candidates(line: string, words: readonly string[]): string[] {
  const before = line.split(/ +/).length - 2;
  return words.slice(before).sort();
}

export async function typedShell(
  at: Scratch,
  shell: 'bash' | 'zsh',
  { bashCompletion = false } = {},
): Promise<Completer> {
  const told = at.write(`${shell}.told`, '');
  const lines = () => fs.readFileSync(told, 'utf8').split('\n').slice(0, -1);
  const begin = at.write(
    `begin.${shell}`,
    `cd ${at.directory}
${SETUP[shell]}
${bashCompletion ? `. ${BASH_COMPLETION}` : ''}
. ${await scriptOf(at, shell)}
${BLOGDEMON[shell]}
tdaemon() { printf '%s\\n' "$*" >>${told}; }
tdaemon ready
`,
  );
  const child = spawn('script', ['-qec', COMMANDS[shell].join(' '), '/dev/null'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...environmentOf(at), TERM: 'xterm' },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const type = async (keys: string) => {
    const before = lines().length;
    child.stdin.write(`${keys}\n`);
    return eventually(`an answer to ${JSON.stringify(keys)}`, () => lines()[before]);
  };
  await type(`. ${begin}`);
  return async (line) => candidates(line, (await type(line + INSERT_ALL[shell])).trim().split(/ +/));
}

export async function fishShell(at: Scratch): Promise<Completer> {
  const begin = at.write(
    'begin.fish',
    `source ${await scriptOf(at, 'fish')}\n${BLOGDEMON.fish}\ncomplete -C $argv[1]\n`,
  );
  const env = environmentOf(at);
  return async (line) => {
    const { stdout } = await run('fish', ['--no-config', begin, line], { env, cwd: at.directory });
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((each) => each.replace(/\t.*/, ''))
      .sort();
  };
}
