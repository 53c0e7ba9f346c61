/** `tdaemon completion bash | zsh | fish`: a script for the shell, made from the tables. Loaded only when asked for. */
import { invalid } from '../errors';
import { toText } from '../process/bytes';
import { bashScript } from './completion/bash';
import { fishScript } from './completion/fish';
import { zshScript } from './completion/zsh';
import { EXIT } from './exit_status';
import { print, reportFailure, type Voice } from './output';
import type { Scanned } from './scan';

const SCRIPTS: Record<string, () => string> = { bash: bashScript, zsh: zshScript, fish: fishScript };

function chosen(words: readonly string[]): () => string {
  const [shell, more] = words;
  const known = Object.keys(SCRIPTS).join(', ');
  if (shell === undefined) throw invalid(`completion for which shell? (${known})`);
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (!script) throw invalid(`no completion for '${shell}' (there is: ${known})`);
  if (more !== undefined) throw invalid(`unexpected word '${more}'`);
  return script;
}

export async function completion(scanned: Scanned, voice: Voice): Promise<number> {
  try {
    print(chosen(scanned.command.map(toText))().trimEnd());
    return EXIT.ok;
  } catch (error) {
    return reportFailure(voice, error);
  }
}
