/** While a supervisor lets us wait: on a terminal, what it waits for. It is asked on another connection. */
import { shownName } from '../../control/names';
import { STATES } from '../../supervisor/states';
import { oneLine } from '../output';
import { Progress } from '../progress';
import { infoOf, matching, type ProcessInfo } from './process_info';
import type { Session } from './session';

const INTERVAL_MS = 500;
/** More are only counted. */
const MOST_NAMED = 3;
const ON_THE_WAY = new Set<number>([STATES.STARTING, STATES.STOPPING, STATES.BACKOFF]);

/** Of tdaemon, which does not start a program before those that it depends on. */
const waitsForOthers = ({ description }: ProcessInfo) => description.startsWith('waiting for ');

function words(info: ProcessInfo): string {
  const { statename, description } = info;
  const why = waitsForOthers(info) ? description : [statename, description].filter((part) => part !== '');
  return `${shownName(info)} (${typeof why === 'string' ? why : why.join(': ')})`;
}

function describe(action: string, infos: readonly ProcessInfo[]): string {
  const waiting = infos.filter((info) => ON_THE_WAY.has(info.state) || waitsForOthers(info));
  if (waiting.length === 0) return action;
  const more = waiting.length > MOST_NAMED ? ` and ${waiting.length - MOST_NAMED} more` : '';
  return oneLine(`${action}: ${waiting.slice(0, MOST_NAMED).map(words).join(', ')}${more}`);
}

/** @param names of those that it is about */
export async function whileWaiting<Result>(
  session: Session,
  action: string,
  names: readonly string[],
  act: () => Promise<Result>,
): Promise<Result> {
  if (!session.look.terminal || !process.stderr.isTTY) return act();
  const progress = new Progress();
  const client = session.another();
  let line = action;
  let isOver = false;
  const look = async () => {
    try {
      const value = await client.call('supervisor.getAllProcessInfo');
      if (Array.isArray(value))
        line = describe(
          action,
          matching(value.map(infoOf), names, () => undefined),
        );
    } catch {
      // Whoever waits for the answer will hear of it.
    }
    if (!isOver) timer = setTimeout(look, INTERVAL_MS);
  };
  let timer = setTimeout(look, INTERVAL_MS);
  progress.begin(() => line);
  try {
    return await act();
  } finally {
    isOver = true;
    clearTimeout(timer);
    progress.end();
    client.close();
  }
}
