/** The tables as specifications for zsh's _arguments, in front of what is the same for every version: tdaemon.zsh. */
import { ACTIONS } from '../../control/client/actions';
import { SUMMARIES } from '../help_texts';
import { COMMANDS, type Command, type Option } from '../option_table';
import { AFTER, ALL_COMMANDS, placeOf, SIGNALS, typed, valuedPlaces } from './places';
import program from './tdaemon.zsh';

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
/** Inside a specification these end a part of it. */
const plain = (text: string) => text.replace(/[[\]:\\]/g, '\\$&');

function specification(command: Command, option: Option): string {
  const { name, short, value, repeats, help } = option;
  const place = placeOf(command, option);
  const argument = value
    ? `:${plain(value)}:${place.kind === 'nothing' ? ' ' : ` _tdaemon_value ${command} ${name}`}`
    : '';
  const forms = [...(short ? [`-${short}${value ? '+' : ''}`] : []), `--${name}${value ? '=' : ''}`];
  const excluded = repeats ? '*' : `(${typed(option).join(' ')})`;
  return forms.map((form) => `    ${quoted(`${excluded}${form}[${plain(help)}]${argument}`)}`).join('\n');
}

function optionCases(): string[] {
  return ALL_COMMANDS.map((command) => {
    const options: readonly Option[] = COMMANDS[command];
    const lines = options.map((option) => specification(command, option));
    return `  ${command}) after=${AFTER[command]} specs=(\n${lines.join('\n')}\n  ) ;;`;
  });
}

function placeCases(): string[] {
  return valuedPlaces().flatMap(({ place, of }) => {
    const { kind, words = [], paths = [] } = place;
    const patterns = of.map(({ command, option }) => quoted(`${command} ${option.name}`));
    return [
      `  ${patterns.join(' | ')})`,
      `    kind=${kind} values=(${words.map(quoted).join(' ')}) paths=(${paths.map(quoted).join(' ')}) ;;`,
    ];
  });
}

export function zshScript(): string {
  const described = (pairs: (readonly [string, string])[]) =>
    pairs.map(([name, what]) => `  ${quoted(`${name}:${plain(what)}`)}`).join('\n');
  return `#compdef tdaemon
# Completion of tdaemon for zsh. As _tdaemon in a directory of $fpath, or in ~/.zshrc after compinit:
# eval "$(tdaemon completion zsh)"

_tdaemon_commands=(
${described(ALL_COMMANDS.map((command) => [command, SUMMARIES[command].replace(/\.$/, '')]))}
)
_tdaemon_actions=(
${described(ACTIONS.map(({ name, summary }) => [name, summary]))}
)
_tdaemon_signals=(${SIGNALS.join(' ')})

_tdaemon_options() {
  case $1 in
${optionCases().join('\n')}
  esac
}

_tdaemon_place() {
  case "$1 $2" in
${placeCases().join('\n')}
  esac
}

_tdaemon_action() {
  case $1 in
${ACTIONS.map(({ name, words }) => `  ${name}) follows=${words} ;;`).join('\n')}
  esac
}

${program}`;
}
