/** Starts and manages the daemon of docs/MIGRATION.md, by whichever tool's command lines. */
import fs from 'node:fs';
import { expect } from 'vitest';
import { eventually } from './eventually';
import { type ExampleRoot, exampleRoot } from './example_root';
import * as procfs from './procfs';

/** daemon(1) refuses programs below directories that others can write, as /tmp is. */
const PARENT = process.getuid?.() === 0 && fs.existsSync('/srv') ? '/srv' : undefined;

export function newMigrationRoot(): ExampleRoot {
  const at = exampleRoot(PARENT);
  at.write('var/log/blog.log', 'from before\n');
  return at;
}

export async function startByLine(at: ExampleRoot, line: string): Promise<number> {
  const ran = await at.shell(at.moved(line));
  expect(ran, line).toMatchObject({ status: 0 });
  return at.blogdemon();
}

/** daemon(1) itself lives on for a moment. */
async function nothingLeft(at: ExampleRoot): Promise<void> {
  await eventually('all of it has ended', () => procfs.mentioning(at.directory).length === 0);
}

function signals(at: ExampleRoot): string[] {
  const lines = fs.readFileSync(at.file('var/log/blog.log'), 'utf8').split('\n');
  return lines.filter((line) => line === 'HUP' || line === 'USR1');
}

interface Outcome {
  running: number | null;
  dead: number | null;
  absent: number | null;
  signals: string[];
  pidfile: boolean;
}

/** What a command does in the three states that a daemon can be in. */
export async function manage(starting: string, managing: string, same: string[]): Promise<Outcome> {
  const at = newMigrationRoot();
  const command = () => at.shell(at.moved(managing)).then(({ status }) => status);
  const absent = await command();
  const pid = await startByLine(at, starting);
  const running = await command();
  if (same.includes('ended')) await eventually('it has ended', () => at.blogdemons().length === 0);
  else expect(at.blogdemons()).toEqual([pid]);
  if (same.includes('signal')) await eventually('it was signalled', () => signals(at).length > 0);
  const pidfile = fs.existsSync(at.file('run/blog.pid'));
  if (at.blogdemons().length === 0) await nothingLeft(at);
  const left = at.blogdemons()[0] ?? (await startByLine(at, starting));
  process.kill(left, 'SIGKILL');
  // Others take a zombie for alive.
  await eventually(`${left} is reaped`, () => !procfs.stat(left));
  await nothingLeft(at);
  return { absent, running, dead: await command(), signals: signals(at), pidfile };
}

/** The part of an outcome that the words are about. */
export function compared(outcome: Outcome, same: string[]) {
  const { absent, running, dead } = outcome;
  const statuses = { absent, running, dead };
  return {
    ...(same.includes('status') && { statuses }),
    ...(same.includes('success') && { success: Object.values(statuses).map((status) => status === 0) }),
    ...(same.includes('signal') && { signals: outcome.signals }),
    ...(same.includes('pidfile') && { pidfile: outcome.pidfile }),
  };
}
