/** `tail` and `maintail`: the end of one log, or all that comes to it. */
import type { IncomingMessage } from 'node:http';
import { HttpFailure, RpcFault } from '../../control/client/failures';
import { FAULTS } from '../../control/faults';
import { oneLine, write } from '../output';
import { helpOf } from './help';
import { untilInterrupted } from './interrupt';
import { SafeStream, safeText } from './safe_text';
import { type Session, STATUS } from './session';
import { upcheck } from './upcheck';

const DEFAULT_BYTES = 1600;

/** As Python's int() reads it. */
export function bytesOf(text: string): number | undefined {
  return /^\s*[+-]?\d+(?:_\d+)*\s*$/.test(text) ? Number(text.replaceAll('_', '')) : undefined;
}

/** Hands on what comes until there is no more, or nobody listens. */
export function pour(response: IncomingMessage, each: (bytes: Buffer) => boolean): Promise<void> {
  return new Promise((resolve) => {
    response.on('data', (bytes: Buffer) => {
      if (!each(bytes)) response.destroy();
    });
    response.on('error', () => undefined);
    response.on('close', resolve);
  });
}

/** A log that is followed: its status is 0 whatever comes, as supervisorctl's. */
async function follow(session: Session, path: string, fact: Record<string, unknown>): Promise<void> {
  if (!session.look.json) session.say('==> Press Ctrl-C to exit <==');
  const safe = session.look.terminal ? new SafeStream() : undefined;
  const decoder = new TextDecoder();
  const how = await untilInterrupted(session, async (signal) => {
    try {
      const response = await session.client.stream(path, signal);
      await pour(response, (bytes) => {
        if (session.look.json)
          return session.stream('', { ...fact, text: decoder.decode(bytes, { stream: true }) });
        return write(1, safe ? safe.next(bytes) : bytes);
      });
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      write(2, `${oneLine(session.url + path)} Cannot read, status code ${error.status}\n`);
    }
  });
  if (how === 'interrupted' && !session.look.json) session.say('');
}

async function show(
  session: Session,
  name: string,
  fact: Record<string, unknown>,
  read: () => Promise<unknown>,
): Promise<void> {
  try {
    const text = String(await read());
    session.tell(session.look.terminal ? safeText(text) : text, { ...fact, text });
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error;
    const words: Record<number, string> = {
      [FAULTS.NO_FILE]: 'no log file',
      [FAULTS.FAILED]: 'unknown error reading log',
      [FAULTS.BAD_NAME]: 'no such process name',
    };
    const why = words[error.code];
    if (why === undefined) throw error;
    session.refuse(`${oneLine(name)}: ERROR (${why})`);
  }
}

function wrong(session: Session, action: string, message: string, withHelp = true): void {
  session.refuse(`Error: ${message}`, STATUS.generic);
  if (withHelp) session.say(helpOf(action));
}

/** As Python shows a string. */
const quoted = (text: string) => (text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text}'`);

export async function tail(session: Session, given: readonly string[]): Promise<void> {
  if (!(await upcheck(session))) return;
  if (given.length < 1) return wrong(session, 'tail', 'too few arguments');
  if (given.length > 3) return wrong(session, 'tail', 'too many arguments');
  const modifier = given[0]?.startsWith('-') ? given[0] : undefined;
  const words = modifier === undefined ? given : given.slice(1);
  const name = words[0];
  const channel = words.length === 1 ? 'stdout' : (words.at(-1) ?? '').toLowerCase();
  if (name === undefined) return wrong(session, 'tail', 'tail requires process name', false);
  if (channel !== 'stdout' && channel !== 'stderr')
    return wrong(session, 'tail', `bad channel ${quoted(oneLine(channel))}`, false);
  if (modifier === '-f') return follow(session, `/logtail/${name}/${channel}`, { name, channel });
  const bytes = modifier === undefined ? DEFAULT_BYTES : bytesOf(modifier.slice(1));
  if (bytes === undefined) return wrong(session, 'tail', `bad argument ${oneLine(modifier ?? '')}`, false);
  const method = channel === 'stdout' ? 'readProcessStdoutLog' : 'readProcessStderrLog';
  await show(session, name, { name, channel }, () => session.call(`supervisor.${method}`, name, -bytes, 0));
}

export async function maintail(session: Session, words: readonly string[]): Promise<void> {
  if (!(await upcheck(session))) return;
  if (words.length > 1) return wrong(session, 'maintail', 'too many arguments');
  const [word] = words;
  if (word === '-f') return follow(session, '/mainlogtail', { log: 'main' });
  const bytes =
    word === undefined ? DEFAULT_BYTES : word.startsWith('-') ? bytesOf(word.slice(1)) : undefined;
  if (bytes === undefined) return wrong(session, 'maintail', `bad argument ${oneLine(word ?? '')}`, false);
  await show(session, 'supervisord', { log: 'main' }, () => session.call('supervisor.readLog', -bytes, 0));
}
