/** `tdaemon ctl` without an action: a shell. Its status is 0 whatever was done in it, as supervisorctl's. */
import { readFileSync, writeFileSync } from 'node:fs';
import { ACTIONS, actionNamed } from '../../control/client/actions';
import { shownName } from '../../control/names';
import { say, type Voice } from '../output';
import type { Keyboard } from './keyboard';
import { perform } from './perform';
import { allInfos, type ProcessInfo } from './process_info';
import type { Session } from './session';

/** The newest first. A file that is not there, or cannot be read, is an empty one. */
export function readHistory(file: string | undefined): string[] {
  if (file === undefined) return [];
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.filter((line) => line !== '').reverse();
  } catch {
    return [];
  }
}

function writeHistory(file: string, history: readonly string[], voice: Voice): void {
  try {
    writeFileSync(
      file,
      [...history]
        .reverse()
        .map((line) => `${line}\n`)
        .join(''),
      { mode: 0o600 },
    );
  } catch (error) {
    say(voice, `warning: the history is not kept: ${(error as Error).message}`);
  }
}

const SIGNALS = ['HUP', 'INT', 'QUIT', 'KILL', 'USR1', 'USR2', 'TERM', 'CONT', 'STOP', 'WINCH'];

function processWords(infos: readonly ProcessInfo[]): string[] {
  const groups = infos.filter(({ group, name }) => group !== name).map(({ group }) => `${group}:*`);
  return [...infos.map(shownName), ...new Set(groups), 'all'];
}

/** What may stand where the line ends. */
async function candidates(session: Session, words: readonly string[]): Promise<string[]> {
  const [first] = words;
  if (first === undefined || words.length === 1) return ACTIONS.map(({ name }) => name);
  const kind = actionNamed(first)?.words;
  if (kind === 'action') return ACTIONS.map(({ name }) => name);
  if (kind === 'signal-processes' && words.length === 2) return SIGNALS;
  if (kind === undefined || kind === 'none' || kind === 'url') return [];
  const infos = await allInfos(session);
  return kind === 'groups' ? [...new Set(infos.map(({ group }) => group))] : processWords(infos);
}

export async function complete(session: Session, line: string): Promise<[string[], string]> {
  const words = line.trimStart().split(/\s+/);
  const last = words.at(-1) ?? '';
  const found = (await candidates(session, words)).filter((word) => word.startsWith(last));
  return [found.map((word) => `${word} `), last];
}

export interface ShellOptions {
  prompt: string;
  historyFile: string | undefined;
}

export async function shell(
  session: Session,
  keyboard: Keyboard,
  { prompt, historyFile }: ShellOptions,
  voice: Voice,
): Promise<void> {
  let running: AbortController | undefined;
  let asking: AbortController | undefined;
  const interrupt = () => {
    if (running) running.abort();
    else if (!keyboard.discard()) asking?.abort();
  };
  process.on('SIGINT', interrupt);
  const act = async (line: string) => {
    running = new AbortController();
    session.signal = running.signal;
    session.exitStatus = 0;
    try {
      return await perform(session, line);
    } finally {
      session.signal = undefined;
      running = undefined;
    }
  };
  try {
    let goesOn = await act('status');
    while (goesOn) {
      asking = new AbortController();
      const line = await keyboard.askAction(`${prompt}> `, asking.signal);
      goesOn = await act(line ?? 'EOF');
    }
  } finally {
    process.off('SIGINT', interrupt);
    keyboard.close();
    if (historyFile !== undefined && process.stdin.isTTY) writeHistory(historyFile, keyboard.history, voice);
  }
}
