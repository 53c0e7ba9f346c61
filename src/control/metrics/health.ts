/** Whether all is well: every program that is to be started by itself is RUNNING, or those that are asked about. */
import type { SupervisedProcess } from '../../supervisor/supervised_process';
import type { Supervisor } from '../../supervisor/supervisor';
import { allByName, findNamed, shownName } from '../names';
import { describe } from '../process_info';

export interface Trouble {
  name: string;
  state: string;
  description: string;
}

export interface Health {
  /** Of the supervisor: RUNNING, or how it ends. */
  supervisor: string;
  programs: number;
  troubles: Trouble[];
}

/** @param names as clients call them, also whole groups; none: all with autostart. @throws Fault (BAD_NAME) */
export function healthOf(supervisor: Supervisor, names: readonly string[]): Health {
  const asked = new Set(
    names.flatMap((name): SupervisedProcess[] => {
      const found = findNamed(supervisor, name);
      return 'processes' in found ? found.processes : [found];
    }),
  );
  const isAsked = (process: SupervisedProcess) =>
    names.length > 0 ? asked.has(process) : process.config.autostart;
  const programs = allByName(supervisor).filter(isAsked);
  return {
    supervisor: supervisor.state,
    programs: programs.length,
    troubles: programs
      .filter(({ state }) => state !== 'RUNNING')
      .map((process) => {
        const { state } = process;
        return { name: shownName(process), state, description: describe(process) };
      }),
  };
}

export function isHealthy({ supervisor, troubles }: Health): boolean {
  return supervisor === 'RUNNING' && troubles.length === 0;
}

/** One line, and one for each that is not well. */
export function inWords(health: Health): string {
  const { supervisor, programs, troubles } = health;
  if (isHealthy(health)) return `ok: ${programs} RUNNING\n`;
  const head =
    supervisor === 'RUNNING'
      ? `not ok: ${troubles.length} of ${programs} not RUNNING`
      : `not ok: the supervisor is in state ${supervisor}`;
  const lines = troubles.map(({ name, state, description }) => `${name} ${state} ${description}`.trim());
  // What a program or its configuration says may be of several lines: each stays one.
  return `${[head, ...lines].map((line) => line.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')).join('\n')}\n`;
}
