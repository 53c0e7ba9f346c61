/** What differs between the configuration in use and the one in the file. */
import type { GroupConfig, ProcessConfig } from '../config/model';

export interface ConfigChanges {
  added: string[];
  changed: string[];
  removed: string[];
}

/** These are applied to what runs already. */
const LIVE_KEYS = [
  'limits',
  'nice',
  'oomScoreAdj',
  'autorestart',
  'startRetries',
  'exitCodes',
  'restartDelayMax',
  'place',
] as const satisfies readonly (keyof ProcessConfig)[];

type UsedGroup = Omit<GroupConfig, 'place'>;

function essence({ name, priority, kind, processes }: UsedGroup): string {
  const strip = (process: ProcessConfig) => {
    const rest: Partial<ProcessConfig> = { ...process };
    for (const key of LIVE_KEYS) delete rest[key];
    return rest;
  };
  return JSON.stringify({ name, priority, kind, processes: processes.map(strip) }, sorted);
}

/** Objects that came from a record have their keys in another order. */
function sorted(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

export function compareConfigs(used: readonly UsedGroup[], wanted: readonly GroupConfig[]): ConfigChanges {
  const before = new Map(used.map((group) => [group.name, group]));
  const names = new Set(wanted.map(({ name }) => name));
  return {
    added: wanted.filter(({ name }) => !before.has(name)).map(({ name }) => name),
    changed: wanted
      .filter((group) => {
        const old = before.get(group.name);
        return old !== undefined && essence(old) !== essence(group);
      })
      .map(({ name }) => name),
    removed: used.filter(({ name }) => !names.has(name)).map(({ name }) => name),
  };
}

/** Which of the keys that are applied at once differ. */
export function liveDifferences(used: ProcessConfig, wanted: ProcessConfig): (keyof ProcessConfig)[] {
  return LIVE_KEYS.filter(
    (key) => key !== 'place' && JSON.stringify(used[key], sorted) !== JSON.stringify(wanted[key], sorted),
  );
}
