/** The tables as `complete` commands of fish, in front of them what is the same for every version: tdaemon.fish. */
import { ACTIONS } from '../../control/client/actions';
import { SUMMARIES } from '../help_texts';
import { COMMANDS, type Command, type Option } from '../option_table';
import { AFTER, ALL_COMMANDS, placeOf, SIGNALS, typed, valuedPlaces } from './places';
import program from './tdaemon.fish';

const quoted = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`;

function completeOption(command: Command, option: Option): string {
  const { name, short, value, help } = option;
  const place = placeOf(command, option);
  const forms = `${short ? `-s ${short} ` : ''}-l ${name}`;
  // -x: nothing but what is given here; -r: files too.
  const argument = value ? ` -x -a ${quoted(`(__tdaemon_value ${command} ${name})`)}` : '';
  return `complete -c tdaemon -n '__tdaemon_in ${command}' ${forms}${place.kind === 'nothing' && value ? ' -x' : argument} -d ${quoted(help)}`;
}

function placeCases(): string[] {
  return valuedPlaces().flatMap(({ place, of }) => {
    const { kind, words = [], paths = [] } = place;
    return [
      `        case ${of.map(({ command, option }) => quoted(`${command} ${option.name}`)).join(' ')}`,
      `            __tdaemon_place ${kind} ${quoted(words.join(' '))} ${quoted(paths.join(' '))}`,
    ];
  });
}

export function fishScript(): string {
  const optionsOf = (command: Command): readonly Option[] => COMMANDS[command];
  const valued = ALL_COMMANDS.map((command) => {
    const words = optionsOf(command)
      .filter(({ value }) => value)
      .flatMap(typed);
    return `        case ${command}\n            set -g __tdaemon_valued ${words.join(' ')}\n            set -g __tdaemon_after ${AFTER[command]}`;
  });
  const list = (pairs: (readonly [string, string])[]) =>
    pairs.map(([name, what]) => `    printf '%s\\t%s\\n' ${name} ${quoted(what)}`).join('\n');
  return `# Completion of tdaemon for fish. As ~/.config/fish/completions/tdaemon.fish, or: tdaemon completion fish | source

set -g __tdaemon_commands ${ALL_COMMANDS.join(' ')}
set -g __tdaemon_signals ${SIGNALS.join(' ')}

function __tdaemon_list_commands
${list(ALL_COMMANDS.map((command) => [command, SUMMARIES[command].replace(/\.$/, '')]))}
end

function __tdaemon_list_actions
${list(ACTIONS.map(({ name, summary }) => [name, summary]))}
end

function __tdaemon_options_of
    switch $argv[1]
${valued.join('\n')}
    end
end

function __tdaemon_follows
    switch $argv[1]
${ACTIONS.map(({ name, words }) => `        case ${name}\n            echo ${words}`).join('\n')}
    end
end

function __tdaemon_value
    switch "$argv"
${placeCases().join('\n')}
    end
end

${program}
complete -c tdaemon -e
complete -c tdaemon -f
complete -c tdaemon -n __tdaemon_first -a '(__tdaemon_list_commands)'
complete -c tdaemon -n __tdaemon_past -a '(__tdaemon_rest)'
${ALL_COMMANDS.flatMap((command) => optionsOf(command).map((option) => completeOption(command, option))).join('\n')}
`;
}
