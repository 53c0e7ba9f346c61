/** The tables as functions of bash, in front of what is the same for every version: tdaemon.bash. */
import { ACTIONS } from '../../control/client/actions';
import { COMMANDS, type Option } from '../option_table';
import { AFTER, ALL_COMMANDS, SIGNALS, typed, valuedPlaces } from './places';
import program from './tdaemon.bash';

function optionCases(): string[] {
  return ALL_COMMANDS.map((command) => {
    const options: readonly Option[] = COMMANDS[command];
    const all = options.map(({ name }) => `--${name}`);
    const valued = options.filter(({ value }) => value).flatMap(typed);
    return `    ${command}) after=${AFTER[command]} options='${all.join(' ')}' valued=' ${valued.join(' ')} ' ;;`;
  });
}

function placeCases(): string[] {
  return valuedPlaces().flatMap(({ place, of }) => {
    const patterns = of.flatMap(({ command, option }) => typed(option).map((word) => `'${command} ${word}'`));
    const { kind, words = [], paths = [] } = place;
    return [
      `    ${patterns.join(' | ')})`,
      `      kind=${kind} words='${words.join(' ')}' paths='${paths.join(' ')}' ;;`,
    ];
  });
}

export function bashScript(): string {
  const actions = ACTIONS.map(({ name, words }) => `    ${name}) follows=${words} ;;`);
  return `# Completion of tdaemon for bash; with bash-completion also of COMMAND's own words.
# In ~/.bashrc: eval "$(tdaemon completion bash)"

_tdaemon_commands='${ALL_COMMANDS.join(' ')}'
_tdaemon_signals='${SIGNALS.join(' ')}'
_tdaemon_actions='${ACTIONS.map(({ name }) => name).join(' ')}'

_tdaemon_options() {
  case $1 in
${optionCases().join('\n')}
  esac
}

_tdaemon_place() {
  kind=nothing words='' paths=''
  case "$1 $2" in
${placeCases().join('\n')}
  esac
}

_tdaemon_action() {
  follows=none
  case $1 in
${actions.join('\n')}
  esac
}

${program}`;
}
