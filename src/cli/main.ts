/** The command line's first and last word: which subcommand, and the exit status. */

import { version } from '../../package.json';
import { native } from '../native';
import { type Bytes, toText } from '../process/bytes';
import { readWords } from './caller';
import { COMMANDS, type Command } from './option_table';
import { print, reportFailure, type Voice } from './output';
import { type Scanned, scan } from './scan';
import { start } from './start';

const voice: Voice = { quiet: false, verbose: false, json: false };

function isCommand(word: string): word is Command {
  return Object.hasOwn(COMMANDS, word);
}

/** What only some subcommands need is loaded by them. */
async function execute(command: Command, scanned: Scanned, first: string): Promise<number> {
  if (command === 'start') return start(scanned, voice, first);
  if (command === 'status') return (await import('./status')).runStatus(scanned, voice);
  if (command === 'supervise') return (await import('./supervise')).supervise(scanned, voice);
  if (command === 'ctl') return (await import('./ctl')).ctl(scanned, voice);
  if (command === 'completion') return (await import('./completion')).completion(scanned, voice);
  const { runReload, runRestart, runSignal, runStop } = await import('./manage');
  const run = { stop: runStop, restart: runRestart, reload: runReload, signal: runSignal }[command];
  return run(scanned, voice);
}

/** @param named the subcommand's name was typed */
async function run(command: Command, named: boolean, words: readonly Bytes[]): Promise<number> {
  // An error in the words must already be told the way that they ask for.
  voice.json = words.slice(0, words.indexOf('--') + 1 || undefined).includes('--json');
  const scanned = scan(words, COMMANDS[command]);
  voice.json = scanned.has('json');
  voice.quiet = scanned.has('quiet');
  voice.verbose = scanned.has('verbose');
  if (scanned.has('help')) {
    const { helpText, overview } = await import('./help.mjs');
    print(named ? await helpText(command) : overview());
    return 0;
  }
  if (scanned.has('version')) {
    print(version);
    return 0;
  }
  return execute(command, scanned, named ? '' : toText(words[0] ?? ''));
}

async function main(): Promise<number> {
  const words = readWords();
  const first = words[0] === undefined ? '' : toText(words[0]);
  const named = isCommand(first);
  const command = named ? first : 'start';
  try {
    return await run(command, named, named ? words.slice(1) : words);
  } catch (error) {
    // To the LSB the status 2 of "status" means something else than wrong usage.
    return command === 'status' ? reportFailure(voice, error, 4) : reportFailure(voice, error);
  }
}

// All that was written is written, and whatever had to be given back has been: nothing is left to wait for.
main().then((status) => native.exitNow(status));
