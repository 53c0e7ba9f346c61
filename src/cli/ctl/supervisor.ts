/** `version`, `shutdown`, `reload`, `open`, `handover`, `rolling-restart`: what concerns the supervisor itself, or only ours can. */
import { ConnectionFailure, HttpFailure, RpcFault } from '../../control/client/failures';
import { FAULTS } from '../../control/faults';
import type { RpcValue } from '../../control/values';
import { invalid } from '../../errors';
import { pause } from '../../process/pause';
import { oneLine } from '../output';
import { helpOf } from './help';
import { type Deed, outcomesOf, tellOutcome } from './outcomes';
import { type Session, STATUS } from './session';
import { status } from './status';
import { upcheck } from './upcheck';
import { whileWaiting } from './wait_line';

export async function version(session: Session): Promise<void> {
  if (!(await upcheck(session))) return;
  const theirs = await session.call('supervisor.getSupervisorVersion');
  const { look } = session;
  const ours = look.json || look.terminal ? await session.callOurs('tdaemon.getVersion') : undefined;
  const text = oneLine(String(theirs));
  session.tell(look.terminal && ours !== undefined ? `${text} (tdaemon ${oneLine(String(ours))})` : text, {
    version: theirs,
    ...(ours !== undefined && { tdaemon: ours }),
  });
}

async function isMeant(session: Session, question: string): Promise<boolean> {
  if (!session.interactive) return true;
  const answer = await session.person.ask(question);
  return answer?.toLowerCase().startsWith('y') ?? false;
}

export async function shutdown(session: Session): Promise<void> {
  if (!(await isMeant(session, 'Really shut the remote supervisord process down y/N? '))) return;
  try {
    await session.call('supervisor.shutdown');
    session.tell('Shut down', { shutdown: true });
  } catch (error) {
    if (error instanceof RpcFault && error.code === FAULTS.SHUTDOWN_STATE)
      return session.say('ERROR: already shutting down');
    const words: Record<string, string> = { ECONNREFUSED: 'refused connection', ENOENT: 'no such file' };
    const why = error instanceof ConnectionFailure ? words[error.code] : undefined;
    if (why === undefined) throw error;
    session.refuse(`ERROR: ${session.url} ${why} (already shut down?)`);
  }
}

export async function reload(session: Session): Promise<void> {
  if (!(await isMeant(session, 'Really restart the remote supervisord process y/N? '))) return;
  try {
    await session.call('supervisor.restart');
    session.tell('Restarted supervisord', { restarted: true });
  } catch (error) {
    if (!(error instanceof RpcFault) || error.code !== FAULTS.SHUTDOWN_STATE) throw error;
    session.refuse('ERROR: already shutting down');
  }
}

export async function open(session: Session, [url = '']: readonly string[]): Promise<void> {
  if (!/^(unix|https?):/i.test(url)) return session.refuse('ERROR: url must be http:// or unix://');
  session.open(url);
  const { exitStatus } = session;
  await status(session, []);
  session.exitStatus = exitStatus;
}

const REPLACE: Deed = {
  action: 'rolling-restart',
  done: 'replaced',
  words: {},
};

/** @returns undefined, and has said so: a supervisord cannot */
async function ours(session: Session, method: string, ...params: RpcValue[]): Promise<RpcValue | undefined> {
  const value = await session.callOurs(method, ...params);
  if (value === undefined)
    session.refuse('ERROR: the supervisor is no tdaemon, which this needs', STATUS.unimplemented);
  return value;
}

export async function rollingRestart(session: Session, names: readonly string[]): Promise<void> {
  if (!(await upcheck(session))) return;
  if (names.length === 0) {
    session.refuse('Error: rolling-restart requires a process name', STATUS.invalidArguments);
    return session.say(helpOf('rolling-restart'));
  }
  try {
    const value = await whileWaiting(session, 'rolling-restart', names, () =>
      ours(session, 'tdaemon.rollingRestart', [...names]),
    );
    if (value === undefined) return;
    for (const outcome of outcomesOf(value)) tellOutcome(session, REPLACE, outcome);
  } catch (error) {
    if (!(error instanceof RpcFault) || error.code !== FAULTS.BAD_NAME) throw error;
    const name = error.message.replace(/^BAD_NAME: /, '');
    session.refuse(`${oneLine(name)}: ERROR (no such process)`);
  }
}

/** How long the next supervisor may take to answer. */
const TAKEOVER_MS = 30_000;
const INTERVAL_MS = 20;

interface SupervisorInfo {
  pid: number;
  version: string;
}

function infoOf(value: RpcValue): SupervisorInfo {
  const { pid, version: itsVersion } = (value ?? {}) as Record<string, unknown>;
  if (typeof pid !== 'number' || typeof itsVersion !== 'string') throw invalid('a supervisor without a pid');
  return { pid, version: itsVersion };
}

/** Who answers now, if somebody else does. */
async function successor(session: Session, former: number): Promise<SupervisorInfo | undefined> {
  const client = session.another();
  try {
    const info = infoOf(await client.call('tdaemon.getSupervisorInfo', [], { signal: session.signal }));
    return info.pid === former ? undefined : info;
  } catch (error) {
    if (error instanceof ConnectionFailure || error instanceof HttpFailure) return undefined;
    throw error;
  } finally {
    client.close();
  }
}

/** The answer is that there is none: the process that was asked ends when another has taken over. */
export async function handover(session: Session): Promise<void> {
  if (!(await upcheck(session))) return;
  const value = await ours(session, 'tdaemon.getSupervisorInfo');
  if (value === undefined) return;
  const former = infoOf(value);
  await whileWaiting(session, 'handover', [], async () => {
    try {
      await session.call('tdaemon.handover');
    } catch (error) {
      if (error instanceof RpcFault)
        return session.refuse(
          `ERROR: ${oneLine(error.message.replace(/^FAILED: /, ''))}; nothing has changed`,
        );
      if (!(error instanceof ConnectionFailure)) throw error;
    }
    const end = performance.now() + TAKEOVER_MS;
    for (;;) {
      const next = await successor(session, former.pid);
      if (next)
        return session.tell(
          `tdaemon ${oneLine(next.version)} (pid ${next.pid}) has taken over from pid ${former.pid}`,
          {
            pid: next.pid,
            formerPid: former.pid,
            version: next.version,
          },
        );
      if (performance.now() > end) return session.refuse('ERROR: no other supervisor has answered');
      await pause(INTERVAL_MS);
    }
  });
}
