/**
 * The help texts, from the tables, for 80 columns: options are laid out by yargs; what it cannot (ctl's actions, a list of subcommands,
 * examples that must not be broken) here. Loaded only when asked for: yargs costs more than a start.
 */
import yargs from 'yargs';
import { ACTIONS } from '../control/client/actions';
import { STATUSES } from './exit_statuses';
import { EXAMPLES, SUMMARIES, USAGE } from './help_texts';
import { COMMANDS, type Command, type Option } from './option_table';

const WIDTH = 80;
const INDENT = '  ';
/** Of what is explained, where it is not longer. */
const MOST_COLUMN = 30;

type Row = readonly [string, string];

/** @returns lines of at most `width` characters, broken at blanks */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Two columns, the second of which begins at the same place everywhere. */
function columns(rows: readonly Row[], column: number): string[] {
  return rows.flatMap(([first, second]) => {
    const texts = wrap(second, WIDTH - column);
    const begin = `${INDENT}${first}`;
    const rest = texts.map((text) => `${' '.repeat(column)}${text}`);
    if (begin.length > column - 2) return [begin, ...rest];
    return [`${begin.padEnd(column)}${texts[0]}`.trimEnd(), ...rest.slice(1)];
  });
}

function columnOf(rows: readonly Row[], most = MOST_COLUMN): number {
  return Math.min(most, Math.max(...rows.map(([first]) => first.length + INDENT.length + 2)));
}

/** @returns the option groups, as yargs lays them out */
async function optionText(command: Command): Promise<string> {
  const parser = yargs([]).scriptName('tdaemon').locale('en').help(false).version(false).wrap(WIDTH);
  const options: readonly Option[] = COMMANDS[command];
  for (const { name, value, short, group, help } of options)
    parser.option(value ? `${name} ${value}` : name, {
      group,
      describe: help,
      ...(short && { alias: short }),
    });
  // A small screen has 24 lines.
  return (await parser.getHelp()).trimEnd().replaceAll('\n\n', '\n');
}

function statusLines(command: Command): string[] {
  const text = STATUSES[command].map(([status, meaning]) => `${status} ${meaning}`).join('; ');
  return wrap(`Exit status: ${text}.`, WIDTH);
}

function exampleLines(examples: readonly Row[]): string[] {
  return ['Examples:', ...columns(examples, columnOf(examples, 60))];
}

export async function helpText(command: Command): Promise<string> {
  const actions = ACTIONS.map(({ name, args, summary }): Row => [`${name} ${args}`.trim(), summary]);
  return [
    ...USAGE[command],
    '',
    SUMMARIES[command],
    ...(command === 'ctl' ? ['', 'Actions:', ...columns(actions, columnOf(actions))] : []),
    '',
    await optionText(command),
    '',
    ...statusLines(command),
    '',
    ...exampleLines(EXAMPLES[command]),
  ].join('\n');
}

/** Of `tdaemon --help`: what there is, and where the rest is told. */
export function overview(): string {
  const commands = Object.keys(COMMANDS) as Command[];
  const rows = commands.map((command): Row => [command, SUMMARIES[command].replace(/\.$/, '')]);
  return [
    ...USAGE.start,
    '       tdaemon SUBCOMMAND [options]',
    '',
    ...columns(rows, columnOf(rows)),
    '',
    ...exampleLines(EXAMPLES.start),
    '',
    "Options: 'tdaemon SUBCOMMAND --help'. All of it: tdaemon(1).",
  ].join('\n');
}
