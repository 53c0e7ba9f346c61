/** The command line's first and last word: which subcommand, and the exit status. */

import { version } from '../../package.json';
import { invalid } from '../errors';
import { toText } from '../process/bytes';
import { readWords } from './caller';
import { START_OPTIONS, SUBCOMMANDS } from './option_table';
import { print, reportFailure, type Voice } from './output';
import { scan } from './scan';
import { start } from './start';

const voice: Voice = { quiet: false, verbose: false, json: false };

async function run(): Promise<number> {
  const words = readWords();
  const first = words[0] === undefined ? '' : toText(words[0]);
  const named = SUBCOMMANDS.includes(first);
  if (named && first !== 'start')
    throw invalid(
      `'${first}' is not in this version yet (to run a program of that name: tdaemon -- ${first})`,
    );
  // An error in the words must already be told the way that they ask for.
  voice.json = words.slice(0, words.indexOf('--') + 1 || undefined).includes('--json');
  const scanned = scan(named ? words.slice(1) : words, START_OPTIONS);
  voice.json = scanned.has('json');
  voice.quiet = scanned.has('quiet');
  voice.verbose = scanned.has('verbose');
  if (scanned.has('help')) {
    const { helpText } = await import('./help.mjs');
    print(await helpText());
    return 0;
  }
  if (scanned.has('version')) {
    print(version);
    return 0;
  }
  return start(scanned, voice);
}

run()
  .catch((error: unknown) => reportFailure(voice, error))
  .then((status) => {
    process.exitCode = status;
  });
