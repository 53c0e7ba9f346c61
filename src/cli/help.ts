/** The help texts, laid out for 80 columns from the tables. Loaded only when asked for. */
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
export function wrap(text: string, width: number): string[] {
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

export function optionWords({ name, short, value }: Option): string {
  return `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`;
}

function optionLines(command: Command): string[] {
  const options: readonly Option[] = COMMANDS[command];
  const groups = [...new Set(options.map(({ group }) => group))];
  const rows = (group: string) =>
    options
      .filter((option) => option.group === group)
      .map((option): Row => [optionWords(option), option.help]);
  const column = columnOf(options.map((option) => [optionWords(option), '']));
  return groups.flatMap((group) => [group, ...columns(rows(group), column)]);
}

function statusLines(command: Command): string[] {
  const text = STATUSES[command].map(([status, meaning]) => `${status} ${meaning}`).join('; ');
  return wrap(`Exit status: ${text}.`, WIDTH);
}

function exampleLines(examples: readonly Row[]): string[] {
  return ['Examples:', ...columns(examples, columnOf(examples, 60))];
}

export function helpText(command: Command): string {
  const actions = ACTIONS.map(({ name, args, summary }): Row => [`${name} ${args}`.trim(), summary]);
  return [
    ...USAGE[command],
    '',
    SUMMARIES[command],
    ...(command === 'ctl' ? ['', 'Actions:', ...columns(actions, columnOf(actions))] : []),
    '',
    ...optionLines(command),
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
