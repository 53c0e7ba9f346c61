/** One line of words: which action it is, and what becomes of its failure. */
import { ConnectionFailure, HttpFailure, RpcFault } from '../../control/client/failures';
import { TdaemonError } from '../../errors';
import { oneLine } from '../output';
import * as configuration from './configuration';
import { fg } from './foreground';
import { help } from './help';
import { logs } from './logs';
import * as processes from './processes';
import { type Session, STATUS } from './session';
import { pid, status } from './status';
import * as supervisor from './supervisor';
import { maintail, tail } from './tail';
import { top } from './top';

type Act = (session: Session, words: readonly string[]) => void | Promise<void>;

const ACTS: Readonly<Record<string, Act>> = {
  add: configuration.add,
  avail: withoutWords('avail', configuration.avail),
  clear: processes.clear,
  fg,
  handover: withoutWords('handover', supervisor.handover),
  help,
  logs,
  maintail,
  open: supervisor.open,
  pid,
  reload: withoutWords('reload', supervisor.reload),
  remove: configuration.remove,
  reread: withoutWords('reread', configuration.reread),
  restart: processes.restart,
  'rolling-restart': supervisor.rollingRestart,
  shutdown: withoutWords('shutdown', supervisor.shutdown),
  signal: processes.signal,
  start: processes.start,
  status,
  stop: processes.stop,
  tail,
  top,
  update: configuration.update,
  version: withoutWords('version', supervisor.version),
};

/** They leave the shell, and elsewhere do nothing. */
const LEAVE = new Set(['exit', 'quit', 'EOF']);

function withoutWords(action: string, act: (session: Session) => Promise<void>): Act {
  return (session, words) => (configuration.takesNone(session, action, words) ? act(session) : undefined);
}

interface Line {
  action: string;
  words: string[];
}

/** As Python's cmd module splits a line. Undefined: there is nothing on it. */
function split(text: string): Line | undefined {
  const line = text.trim();
  if (line === '') return undefined;
  const spelled = line.startsWith('?') ? `help ${line.slice(1)}` : line;
  const [first = '', ...words] = spelled.split(/\s+/);
  if (Object.hasOwn(ACTS, first)) return { action: first, words };
  const action = /^[A-Za-z0-9_]*/.exec(spelled)?.[0] ?? '';
  return {
    action,
    words: spelled
      .slice(action.length)
      .split(/\s+/)
      .filter((word) => word !== ''),
  };
}

function whyNoAnswer(session: Session, { code, message }: ConnectionFailure): string {
  if (code === 'ENOENT') return `${session.url} no such file`;
  if (code === 'ECONNREFUSED') return `${session.url} refused connection`;
  return `${session.url}: ${message}`;
}

function explain(session: Session, error: unknown): string {
  if (error instanceof RpcFault) return `${error.message} (fault ${error.code})`;
  if (error instanceof ConnectionFailure) return whyNoAnswer(session, error);
  if (error instanceof HttpFailure) return `${session.url}: ${error.message}`;
  if (error instanceof TdaemonError) return `${session.url}: no answer of a supervisor: ${error.message}`;
  throw error;
}

/** @returns whether to try again */
async function identify(session: Session): Promise<boolean> {
  session.say('Server requires authentication');
  if (!session.mayAskPassword) return false;
  const username = await session.person.ask('Username:');
  const password = username === undefined ? undefined : await session.person.askSecret('Password:');
  if (username === undefined || password === undefined) return false;
  session.identify({ username, password });
  return true;
}

async function run(session: Session, { action, words }: Line, text: string): Promise<void> {
  const act = Object.hasOwn(ACTS, action) ? ACTS[action] : undefined;
  if (!act) return session.refuse(`*** Unknown syntax: ${oneLine(text)}`);
  try {
    await act(session, words);
  } catch (error) {
    if (session.signal?.aborted) return session.say('');
    if (error instanceof HttpFailure && error.status === 401) {
      if (await identify(session)) return run(session, { action, words }, text);
      session.exitStatus = STATUS.generic;
      return;
    }
    session.refuse(oneLine(`error: ${explain(session, error)}`));
  }
}

/** @returns false: nothing is to follow */
export async function perform(session: Session, text: string): Promise<boolean> {
  const line = split(text);
  if (!line) return true;
  if (LEAVE.has(line.action)) {
    session.say('');
    return false;
  }
  await run(session, line, text.trim());
  session.finish(line.action);
  return true;
}
