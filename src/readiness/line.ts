/** `line:REGEX`: the daemon writes a line that matches to a log file. */
import { statSync } from 'node:fs';
import { invalid } from '../errors';
import { type Condition, hopeless, type Start, type Subject, until } from './condition';
import { LineFollower } from './lines';
import { Pattern } from './pattern';

/** Whether what the output goes to can be followed: a regular file, or one that is yet to be made. */
export function isFollowable(start: Start, descriptor: number): boolean {
  const output = start.spawn.stdio[descriptor];
  if (output?.kind === 'same') return isFollowable(start, output.as);
  if (output?.kind !== 'file') return false;
  try {
    return statSync(output.path).isFile();
  } catch {
    return true;
  }
}

export class LineMatches implements Condition {
  readonly text: string;
  readonly state = 'no such line yet';
  readonly readsOutputs = true;
  readonly #pattern: Pattern;
  line: Buffer | undefined;

  constructor(text: string, rest: string) {
    this.text = text;
    this.#pattern = new Pattern(rest);
  }

  check(start: Start): void {
    if (!isFollowable(start, 1) && !isFollowable(start, 2))
      throw invalid(
        `ready: '${this.text}' needs an output in a regular file, which the daemon keeps: --log, --stdout or --stderr`,
      );
  }

  watch({ outputs }: Subject, signal: AbortSignal): Promise<void> {
    return until(signal, (settle, fail) => {
      // Who may write to a log may not always read it.
      if (outputs.every(({ files }) => files.length === 0))
        throw hopeless('its log file cannot be read', 'EACCES', 'setup');
      const onLines = (lines: Buffer[]) => {
        if (this.line) return;
        try {
          const at = this.#pattern.firstMatch(lines);
          if (at === undefined) return;
          this.line = lines[at];
          settle();
        } catch (error) {
          fail(error);
        }
      };
      const followers = outputs.map((output) => new LineFollower(output, onLines));
      for (const follower of followers) follower.begin();
      return () => {
        for (const follower of followers) follower.close();
      };
    });
  }
}
