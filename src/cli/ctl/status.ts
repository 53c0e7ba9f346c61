/** `status` and `pid`. */
import { shownName } from '../../control/names';
import { oneLine } from '../output';
import { allInfos, allStatuses, infoNamed, isStopped, matching, type ProcessInfo } from './process_info';
import { type Session, STATUS } from './session';
import { tableLines } from './table';
import { upcheck } from './upcheck';

/** Of the LSB's status action, as supervisorctl has them. */
const NOT_ALL_RUNNING = 3;
const UNKNOWN = 4;
/** supervisorctl's columns, which scripts parse. */
const LEAST_NAME = 30;
const STATE_WIDTH = 10;
const DEFAULT_COLUMNS = 80;

function plain(infos: readonly ProcessInfo[]): string {
  const names = infos.map(shownName);
  const width = names.reduce((most, name) => Math.max(most, name.length), LEAST_NAME) + 3;
  return infos
    .map(({ statename, description }, at) =>
      oneLine(`${(names[at] ?? '').padEnd(width)}${statename.padEnd(STATE_WIDTH)}${description}`),
    )
    .join('\n');
}

function shown(session: Session, infos: readonly ProcessInfo[]): string {
  const { terminal, colours } = session.look;
  if (!terminal || infos.length === 0) return plain(infos);
  return tableLines(infos, { colours, columns: process.stdout.columns || DEFAULT_COLUMNS }).join('\n');
}

export async function status(session: Session, names: readonly string[]): Promise<void> {
  if (!(await upcheck(session))) {
    session.exitStatus = UNKNOWN;
    return;
  }
  const { json, terminal } = session.look;
  const all = await (json || terminal ? allStatuses(session) : allInfos(session));
  const found = matching(all, names, (name, group) => {
    const what = group === undefined ? 'process' : 'group';
    session.refuse(`${oneLine(group ?? name)}: ERROR (no such ${what})`, UNKNOWN);
  });
  session.tellAll(shown(session, found), found as unknown as Record<string, unknown>[]);
  if (found.some(isStopped)) session.exitStatus = NOT_ALL_RUNNING;
}

export async function pid(session: Session, names: readonly string[]): Promise<void> {
  if (!(await upcheck(session))) return;
  if (names.length === 0) {
    const own = await session.call('supervisor.getPID');
    session.tell(String(own), { pid: own });
  } else if (names.includes('all')) {
    for (const info of await allInfos(session)) tellPid(session, shownName(info), info);
  } else
    for (const name of names) {
      const info = await infoNamed(session, name);
      if (!info) session.refuse(`No such process ${oneLine(name)}`);
      else {
        tellPid(session, name, info);
        if (info.pid === 0) session.exitStatus = STATUS.notRunning;
      }
    }
}

function tellPid(session: Session, name: string, info: ProcessInfo): void {
  session.tell(String(info.pid), { name, pid: info.pid });
}
