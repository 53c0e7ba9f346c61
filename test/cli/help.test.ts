/** Help: what a newcomer sees first must fit a terminal of 80 columns, and where it can be, of 24 lines. */
import { describe, expect, it } from 'vitest';
import { EXAMPLES } from '../../src/cli/help_texts';
import { COMMANDS } from '../../src/cli/option_table';
import { tdaemon } from '../helpers/tdaemon';

/** These have more options, or actions, than a small screen has lines. */
const LONG = ['start', 'restart', 'stop', 'supervise', 'ctl'];

async function linesOf(words: readonly string[]): Promise<string[]> {
  const ran = await tdaemon([...words, '--help']);
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  return ran.stdout.trimEnd().split('\n');
}

describe('--help', () => {
  it.each(Object.entries(COMMANDS))('of %s', async (command, options) => {
    const lines = await linesOf([command]);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    if (!LONG.includes(command)) expect(lines.length).toBeLessThanOrEqual(24);
    for (const { name } of options) expect(lines.join('\n')).toMatch(new RegExp(`--${name}\\b`));
    const examples = lines.slice(lines.indexOf('Examples:') + 1);
    const last = Object.entries(EXAMPLES)
      .find(([name]) => name === command)?.[1]
      .at(-1)?.[0];
    expect(examples.at(-1)).toContain(last);
    expect(lines.join('\n')).toContain('Exit status: 0 ');
  });

  it('alone names the subcommands', async () => {
    const lines = await linesOf([]);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.length).toBeLessThanOrEqual(24);
    for (const command of Object.keys(COMMANDS))
      expect(lines.join('\n')).toMatch(new RegExp(`^  ${command} `, 'm'));
  });
});
