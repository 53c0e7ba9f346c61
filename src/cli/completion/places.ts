/** What may stand where on the command line, for all three shells: from the tables of options, actions and keys. */
import { constants } from 'node:os';
import { KEY_OPTIONS } from '../../config/options';
import { limitNames } from '../../process/limits';
import { IO_CLASSES, POLICIES } from '../../process/scheduling';
import { READY_KINDS } from '../../readiness/parse';
import { COMMANDS, type Command, type Option } from '../option_table';

export interface Place {
  kind:
    | 'words'
    | 'file'
    | 'pidfile'
    | 'directory'
    | 'user'
    | 'owner'
    | 'group'
    | 'variable'
    | 'pid'
    | 'nothing';
  /** What it may be, or begin with where it ends in `=`, `:` or `/`. */
  words?: readonly string[];
  /** Beginnings that the path of a file follows. */
  paths?: readonly string[];
}

export const SIGNALS = Object.keys(constants.signals).map((name) => name.replace(/^SIG/, ''));

const words = (list: readonly string[], paths?: readonly string[]): Place => ({
  kind: 'words',
  words: list,
  ...(paths && { paths }),
});

/** By what the value is called in the help. */
const BY_VALUE: Record<string, Place> = {
  FILE: { kind: 'file' },
  DIR: { kind: 'directory' },
  USER: { kind: 'user' },
  'USER[:GROUP]': { kind: 'owner' },
  GROUP: { kind: 'group' },
  MODE: words(['022', '027', '077']),
  'NAME=VALUE': { kind: 'variable' },
  'NAME=SOFT[:HARD]': words(limitNames().map((name) => `${name}=`)),
  'CLASS[:LEVEL]': words(
    Object.keys(IO_CLASSES).map((name) => (/^(none|idle)$/.test(name) ? name : `${name}:`)),
  ),
  'POLICY[:PRIO]': words(Object.keys(POLICIES).map((name) => (/^(fifo|rr)$/.test(name) ? `${name}:` : name))),
  SPEC: words(
    READY_KINDS.map((kind) => (kind === 'notify' ? kind : `${kind}:${kind.startsWith('http') ? '//' : ''}`)),
    ['file:', 'unix:'],
  ),
  SIGNAL: words(SIGNALS),
  SCHEDULE: words(SIGNALS.map((name) => `${name}/`)),
  URL: words(['http://', 'https://', 'unix://'], ['unix://']),
  PID: { kind: 'pid' },
};

/** Where the value's name does not say it. */
const BY_OPTION: Record<string, Place> = {
  pidfile: { kind: 'pidfile' },
  stdin: { kind: 'file', words: ['inherit'] },
  stdout: { kind: 'file', words: ['inherit'] },
  stderr: { kind: 'file', words: ['inherit'] },
};

/** Of a key's type that lists its words. */
function wordsOfKey(option: Option): Place | undefined {
  const form = KEY_OPTIONS.find(({ long }) => long === option.name)?.form;
  return form !== undefined && /^[a-z]+( \| [a-z]+)+$/.test(form) ? words(form.split(' | ')) : undefined;
}

export function placeOf(command: Command, option: Option): Place {
  const ofKey = command === 'supervise' ? wordsOfKey(option) : undefined;
  return ofKey ?? BY_OPTION[option.name] ?? BY_VALUE[option.value ?? ''] ?? { kind: 'nothing' };
}

/** What follows the options. */
export const AFTER: Record<Command, 'command' | 'signal' | 'action' | 'shell' | 'nothing'> = {
  start: 'command',
  restart: 'command',
  stop: 'nothing',
  reload: 'nothing',
  status: 'nothing',
  signal: 'signal',
  supervise: 'nothing',
  ctl: 'action',
  completion: 'shell',
};

export const ALL_COMMANDS = Object.keys(COMMANDS) as Command[];

/** The options as they are typed: `--pidfile`, `-p`. */
export function typed({ name, short }: Option): string[] {
  return short ? [`--${name}`, `-${short}`] : [`--${name}`];
}

/** Every option with a value that is not nothing in particular, those of the same place together. */
export function valuedPlaces(): { place: Place; of: { command: Command; option: Option }[] }[] {
  const found = new Map<string, { place: Place; of: { command: Command; option: Option }[] }>();
  for (const command of ALL_COMMANDS) {
    const options: readonly Option[] = COMMANDS[command];
    for (const option of options) {
      if (!option.value) continue;
      const place = placeOf(command, option);
      if (place.kind === 'nothing') continue;
      const known = JSON.stringify(place);
      const entry = found.get(known) ?? { place, of: [] };
      entry.of.push({ command, option });
      found.set(known, entry);
    }
  }
  return [...found.values()];
}
