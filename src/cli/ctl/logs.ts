/** `logs`: both logs of several processes in one stream, each line with whose it is. */
import { HttpFailure, RpcFault } from '../../control/client/failures';
import { FAULTS } from '../../control/faults';
import { shownName } from '../../control/names';
import { oneLine, write } from '../output';
import { painted, prefixColour } from './colours';
import { helpOf } from './help';
import { untilInterrupted, within } from './interrupt';
import { allInfos, matching, type ProcessInfo } from './process_info';
import { safeLine } from './safe_text';
import { type Session, STATUS } from './session';
import { bytesOf, pour } from './tail';
import { upcheck } from './upcheck';

const DEFAULT_BYTES = 1600;
/** Of a line; what is longer is broken. */
const LONGEST = 64 * 1024;

/** One log of one process. */
interface Source {
  info: ProcessInfo;
  channel: 'stdout' | 'stderr';
  prefix: string;
}

function sourcesOf(session: Session, infos: readonly ProcessInfo[]): Source[] {
  const width = Math.max(...infos.map((info) => [...shownName(info)].length));
  return infos.flatMap((info, at) => {
    const name = oneLine(shownName(info)).padEnd(width);
    const prefix = session.look.colours ? painted(name, prefixColour(at)) : name;
    return (['stdout', 'stderr'] as const)
      .filter((channel) => info[`${channel}_logfile`] !== '')
      .map((channel) => ({ info, channel, prefix: `${prefix} ${channel === 'stdout' ? '|' : '!'} ` }));
  });
}

function tellLine(session: Session, { info, channel, prefix }: Source, line: string): boolean {
  const text = session.look.terminal ? safeLine(line) : line;
  return session.stream(`${prefix}${text}\n`, { name: shownName(info), channel, line });
}

/** What is there: from the first whole line on. */
async function show(session: Session, source: Source, bytes: number): Promise<boolean> {
  const { info, channel } = source;
  const method = channel === 'stdout' ? 'readProcessStdoutLog' : 'readProcessStderrLog';
  try {
    const text = String(await session.call(`supervisor.${method}`, `${info.group}:${info.name}`, -bytes, 0));
    const lines = text.split('\n');
    if (Buffer.byteLength(text) >= bytes && lines.length > 2) lines.shift();
    if (lines.at(-1) === '') lines.pop();
    return lines.every((line) => tellLine(session, source, line));
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error;
    // One that has never been started has no log yet.
    if (error.code !== FAULTS.NO_FILE)
      session.refuse(`${oneLine(shownName(info))}: ERROR (${oneLine(error.message)})`);
    return true;
  }
}

async function follow(session: Session, source: Source, signal: AbortSignal): Promise<boolean> {
  const { info, channel } = source;
  const name = `${info.group}:${info.name}`;
  try {
    const response = await session.client.stream(`/logtail/${name}/${channel}`, signal);
    const decoder = new TextDecoder();
    let rest = '';
    let isHeard = true;
    await pour(response, (bytes) => {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST) {
        lines.push(rest);
        rest = '';
      }
      isHeard = lines.every((line) => tellLine(session, source, line));
      return isHeard;
    });
    if (rest !== '') tellLine(session, source, rest);
    return isHeard;
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    // As above: it may come later, and is not followed then.
    write(2, `tdaemon: ${oneLine(`${shownName(info)}: no log of its ${channel} yet`)}\n`);
    return true;
  }
}

interface Request {
  isFollowing: boolean;
  bytes: number;
  names: string[];
}

/** @returns what is wrong with a word */
function requestOf(words: readonly string[]): Request | string {
  const request: Request = { isFollowing: false, bytes: DEFAULT_BYTES, names: [] };
  for (const word of words) {
    const bytes = bytesOf(word.slice(1));
    if (word === '-f') request.isFollowing = true;
    else if (!word.startsWith('-')) request.names.push(word);
    else if (bytes === undefined || bytes < 1) return `bad argument ${oneLine(word)}`;
    else request.bytes = bytes;
  }
  return request.names.length > 0 ? request : 'logs requires a process name';
}

export async function logs(session: Session, words: readonly string[]): Promise<void> {
  if (!(await upcheck(session))) return;
  const request = requestOf(words);
  if (typeof request === 'string') {
    session.refuse(`Error: ${request}`, STATUS.invalidArguments);
    return session.say(helpOf('logs'));
  }
  const { isFollowing, bytes, names } = request;
  const infos = matching(await allInfos(session), names, (name) =>
    session.refuse(`${oneLine(name)}: ERROR (no such process)`),
  );
  const sources = sourcesOf(session, [...new Set(infos)]);
  if (!isFollowing) {
    for (const source of sources) if (!(await show(session, source, bytes))) return;
    return;
  }
  const how = await untilInterrupted(session, async (signal) => {
    const either = within(signal);
    const followed = sources.map(async (source) => {
      if (!(await follow(session, source, either.signal))) either.abort();
    });
    await Promise.all(followed).catch((error: Error) => {
      if (!either.signal.aborted) throw error;
    });
  });
  if (how === 'over' && sources.length > 0) session.exitStatus = session.exitStatus || STATUS.generic;
}
