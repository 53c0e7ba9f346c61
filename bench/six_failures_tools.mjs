// The command lines of each tool for the same start and the same stop; docs/MIGRATION.md has them in pairs.
import { findProgram, TDAEMON } from './peers.mjs';

const TOOLS = [
  {
    name: 'daemonize',
    // Its pidfile is all that it has for a stop: kill "$(cat FILE)".
    words: {
      start: ({ command, pidfile, log }) => ['-p', pidfile, ...(log ? ['-a', '-o', log] : []), ...command],
    },
  },
  {
    name: 'daemon',
    words: {
      // Root's would otherwise refuse every program below /tmp.
      start: ({ command, pidfile, log }) => [
        ...[
          '--unsafe',
          '--noconfig',
          '--name=app',
          `--pidfile=${pidfile}`,
          ...(log ? [`--output=${log}`] : []),
        ],
        ...['--', ...command],
      ],
      stop: ({ pidfile }) => ['--noconfig', '--name=app', `--pidfile=${pidfile}`, '--stop'],
    },
  },
  {
    name: 'start-stop-daemon',
    title: 'start-stop-daemon -b',
    words: {
      start: ({ command: [program, ...more], pidfile, log }) => [
        ...[
          '--start',
          '--background',
          '--make-pidfile',
          '--pidfile',
          pidfile,
          ...(log ? ['--output', log] : []),
        ],
        ...['--exec', program, '--', ...more],
      ],
      stop: ({ pidfile }) => ['--stop', '--pidfile', pidfile, '--remove-pidfile', '--retry', '5'],
    },
  },
  {
    name: 'tdaemon',
    file: TDAEMON,
    words: {
      start: ({ command, pidfile, log }) => [
        '--pidfile',
        pidfile,
        ...(log ? ['--log', log] : []),
        '--',
        ...command,
      ],
      stop: ({ pidfile }) => ['stop', '--pidfile', pidfile],
    },
  },
];

/** Those that are on this machine, with whole command lines. */
export function findTools() {
  return TOOLS.flatMap(({ name, title = name, words, file = findProgram(name) }) => {
    if (!file) return [];
    const whole = Object.entries(words).map(([act, make]) => [act, (at) => [file, ...make(at)]]);
    return [{ name: title, ...Object.fromEntries(whole) }];
  });
}
