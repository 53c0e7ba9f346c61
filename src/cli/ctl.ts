/** `tdaemon ctl`: supervisorctl's options, then one action or a shell. */
import path from 'node:path';
import { isatty } from 'node:tty';
import { readCtlConfig } from '../config/ctl';
import { lookForConfig } from '../config/find';
import type { Credentials, CtlConfig } from '../config/model';
import { invalid } from '../errors';
import { toText } from '../process/bytes';
import { variablesOf } from '../process/environment';
import { readCaller } from './caller';
import { wantsColours } from './ctl/colours';
import { Keyboard } from './ctl/keyboard';
import { perform } from './ctl/perform';
import { Session } from './ctl/session';
import { complete, readHistory, shell } from './ctl/shell';
import { EXIT } from './exit_status';
import { reportFailure, say, type Voice } from './output';
import type { Scanned } from './scan';

/** Where nothing is configured, as with supervisorctl. */
const DEFAULTS: CtlConfig = { serverUrl: 'http://localhost:9001', prompt: 'supervisor' };

function configured(scanned: Scanned, voice: Voice): CtlConfig {
  const environment = variablesOf(readCaller().environment);
  const named = scanned.text('configuration');
  if (named !== undefined) return readCtlConfig(named, environment);
  const found = lookForConfig({ programDirectory: path.join(__dirname, '..', 'bin') });
  for (const line of found.refused) say(voice, `warning: ${line}`);
  return found.file === undefined ? DEFAULTS : readCtlConfig(found.file, environment);
}

function credentialsOf(username: string | undefined, password: string | undefined): Credentials | undefined {
  return username === undefined || password === undefined ? undefined : { username, password };
}

/** Options end at the action, but who has forgotten this one adds it at the end. */
function wordsOf({ command }: Scanned): { words: string[]; json: boolean } {
  const words = command.map(toText);
  const others = words.filter((word) => word !== '--json');
  return { words: others, json: others.length < words.length };
}

function begin(scanned: Scanned, voice: Voice) {
  const config = configured(scanned, voice);
  const { words, json: jsonWord } = wordsOf(scanned);
  const json = scanned.has('json') || jsonWord;
  const serverUrl = scanned.text('serverurl') ?? config.serverUrl;
  if (serverUrl === '') throw invalid('--serverurl: the value is empty');
  const historyFile = scanned.text('history_file') ?? config.historyFile;
  const interactive = scanned.has('interactive') || words.length === 0;
  const terminal = isatty(1) && !json;
  const keyboard = new Keyboard({
    history: words.length === 0 ? readHistory(historyFile) : [],
    complete: (line) => complete(session, line),
  });
  const session: Session = new Session({
    url: serverUrl,
    credentials: credentialsOf(
      scanned.text('username') ?? config.username,
      scanned.text('password') ?? config.password,
    ),
    look: { json, terminal, colours: terminal && wantsColours(process.env) },
    person: keyboard,
    interactive,
    mayAskPassword: interactive || (terminal && isatty(0)),
  });
  return { session, keyboard, words, prompt: config.prompt, historyFile };
}

export async function ctl(scanned: Scanned, voice: Voice): Promise<number> {
  let begun: ReturnType<typeof begin>;
  try {
    begun = begin(scanned, voice);
  } catch (error) {
    return reportFailure(voice, error, EXIT.usage);
  }
  const { session, keyboard, words, prompt, historyFile } = begun;
  if (words.length === 0) {
    await shell(session, keyboard, { prompt, historyFile }, voice);
    return EXIT.ok;
  }
  try {
    await perform(session, words.join(' '));
  } finally {
    keyboard.close();
  }
  return session.exitStatus;
}
