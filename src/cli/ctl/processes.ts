/** `start`, `stop`, `restart`, `signal`, `clear`: of processes, of groups and of all. */
import { FAULTS } from '../../control/faults';
import { splitName } from '../../control/names';
import type { RpcValue } from '../../control/values';
import { oneLine } from '../output';
import { helpOf } from './help';
import { type Deed, faultOf, outcomeOf, outcomesOf, tellOutcome } from './outcomes';
import { type Session, STATUS } from './session';
import { upcheck } from './upcheck';
import { whileWaiting } from './wait_line';

/** Its methods, and what precedes or follows the name in their parameters. */
interface Means {
  deed: Deed;
  one: string;
  group?: string;
  all: string;
  more?: readonly RpcValue[];
  /** Of a group that is not there. */
  noGroup: number;
}

const START: Means = {
  deed: {
    action: 'start',
    done: 'started',
    harmless: FAULTS.ALREADY_STARTED,
    words: {
      [FAULTS.BAD_NAME]: 'no such process',
      [FAULTS.NO_FILE]: 'no such file',
      [FAULTS.NOT_EXECUTABLE]: 'file is not executable',
      [FAULTS.ALREADY_STARTED]: 'already started',
      [FAULTS.SPAWN_ERROR]: 'spawn error',
      [FAULTS.ABNORMAL_TERMINATION]: 'abnormal termination',
    },
  },
  one: 'startProcess',
  group: 'startProcessGroup',
  all: 'startAllProcesses',
  noGroup: STATUS.invalidArguments,
};

const SIGNAL_WORDS = {
  [FAULTS.BAD_NAME]: 'no such process',
  [FAULTS.BAD_SIGNAL]: 'bad signal name',
  [FAULTS.NOT_RUNNING]: 'not running',
};

const STOP: Means = {
  deed: {
    action: 'stop',
    done: 'stopped',
    harmless: FAULTS.NOT_RUNNING,
    inFull: FAULTS.FAILED,
    words: SIGNAL_WORDS,
  },
  one: 'stopProcess',
  group: 'stopProcessGroup',
  all: 'stopAllProcesses',
  noGroup: STATUS.generic,
};

const signalling = (signal: string): Means => ({
  deed: { action: 'signal', done: 'signalled', inFull: FAULTS.FAILED, words: SIGNAL_WORDS },
  one: 'signalProcess',
  group: 'signalProcessGroup',
  all: 'signalAllProcesses',
  more: [signal],
  noGroup: STATUS.generic,
});

/** The logs of a group cannot be cleared: to the server its name is no process'. */
const CLEAR: Means = {
  deed: {
    action: 'clear',
    done: 'cleared',
    words: { [FAULTS.BAD_NAME]: 'no such process', [FAULTS.FAILED]: 'failed' },
  },
  one: 'clearProcessLogs',
  all: 'clearAllProcessLogs',
  noGroup: STATUS.generic,
};

async function apply(session: Session, means: Means, names: readonly string[]): Promise<void> {
  const { deed, one, group, all, more = [], noGroup } = means;
  const call = (method: string, ...params: RpcValue[]) =>
    whileWaiting(session, deed.action, names, () => session.call(`supervisor.${method}`, ...params, ...more));
  if (names.includes('all')) {
    for (const outcome of outcomesOf(await call(all))) tellOutcome(session, deed, outcome);
    return;
  }
  for (const name of names) {
    const named = splitName(name);
    if (named.process !== undefined || group === undefined) {
      tellOutcome(session, deed, outcomeOf(name, await faultOf(call(one, name))));
      continue;
    }
    let outcomes: RpcValue = [];
    const fault = await faultOf(
      call(group, named.group).then((value) => {
        outcomes = value;
        return value;
      }),
    );
    if (!fault) for (const outcome of outcomesOf(outcomes)) tellOutcome(session, deed, outcome);
    else if (fault.code === FAULTS.BAD_NAME)
      session.refuse(`${oneLine(named.group)}: ERROR (no such group)`, noGroup);
    else throw fault;
  }
}

function lacksName(session: Session, action: string, message: string, status: number): void {
  session.refuse(message, status);
  session.say(helpOf(action));
}

const needsName = (action: string) => `Error: ${action} requires a process name`;

export async function start(session: Session, names: readonly string[]): Promise<void> {
  if (!(await upcheck(session))) return;
  if (names.length > 0) await apply(session, START, names);
  else lacksName(session, 'start', needsName('start'), STATUS.invalidArguments);
}

export async function stop(session: Session, names: readonly string[]): Promise<void> {
  if (!(await upcheck(session))) return;
  if (names.length > 0) await apply(session, STOP, names);
  else lacksName(session, 'stop', needsName('stop'), STATUS.generic);
}

export async function restart(session: Session, names: readonly string[]): Promise<void> {
  if (!(await upcheck(session))) return;
  if (names.length === 0) return lacksName(session, 'restart', needsName('restart'), STATUS.generic);
  await stop(session, names);
  await start(session, names);
}

export async function signal(session: Session, [name, ...names]: readonly string[]): Promise<void> {
  if (!(await upcheck(session))) return;
  if (name !== undefined && names.length > 0) await apply(session, signalling(name), names);
  else
    lacksName(session, 'signal', 'Error: signal requires a signal name and a process name', STATUS.generic);
}

export async function clear(session: Session, names: readonly string[]): Promise<void> {
  if (!(await upcheck(session))) return;
  if (names.length > 0) await apply(session, CLEAR, names);
  else lacksName(session, 'clear', needsName('clear'), STATUS.generic);
}
