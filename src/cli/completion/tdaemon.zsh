# The part of the completion for zsh that no table changes. The functions and lists before it are made by zsh.ts.

# What ends in = : or / goes on without a blank.
_tdaemon_words() {
  local -a open=(${(M)@:#*[=:/]}) closed=(${@:#*[=:/]})
  (( $#open )) && compadd -S '' -a open
  (( $#closed )) && compadd -a closed
}

# The value of an option: $1 is the subcommand, $2 the option.
_tdaemon_value() {
  local kind=nothing beginning
  local -a values paths
  _tdaemon_place $1 $2
  for beginning in $paths; do
    if compset -P ${(b)beginning}; then
      _files
      return
    fi
  done
  case $kind in
    words) _tdaemon_words $values ;;
    file) (( $#values )) && compadd -a values; _files ;;
    pidfile) _files -g '*.pid(-.)' || _files ;;
    directory) _files -/ ;;
    user) _users ;;
    group) _groups ;;
    owner) if compset -P '*:'; then _groups; else _users; fi ;;
    variable) if compset -P '*='; then _message value; else compadd -S = -- ${(k)parameters[(R)*export*]}; fi ;;
    pid) _pids ;;
  esac
}

# The programs of the supervisor that the options so far mean. Who does not answer in time says nothing.
_tdaemon_programs() {
  local -a limit=() options=(${(Q)typed_options:#(--json|-i|--interactive)})
  local name state rest
  (( $+commands[timeout] )) && limit=(timeout ${TDAEMON_COMPLETION_TIMEOUT:-2})
  $limit ${(Q)~program_word} ctl $options status 2>/dev/null </dev/null | while read -r name state rest; do
    [[ $state == (STOPPED|STARTING|RUNNING|BACKOFF|STOPPING|EXITED|FATAL|UNKNOWN) ]] && print -r -- $name
  done
}

_tdaemon_names() {
  local -a programs=(${(f)"$(_tdaemon_programs)"})
  local -a groups=(${(u)${programs/%:*/:\*}})
  case $1 in
    groups) compadd -- ${groups%:\*} ;;
    process) compadd -a programs ;;
    *) compadd -- all $programs ${(M)groups:#*:\*} ;;
  esac
}

_tdaemon_after_action() {
  local follows=none
  _tdaemon_action $words[1]
  case $follows in
    processes | groups | process) _tdaemon_names $follows ;;
    signal-processes) if (( CURRENT == 2 )); then compadd -a _tdaemon_signals; else _tdaemon_names processes; fi ;;
    action) _describe -t actions action _tdaemon_actions ;;
    url) _tdaemon_words http:// https:// unix:// ;;
  esac
}

_tdaemon() {
  local context state state_descr line curcontext=$curcontext command=start after found=1
  local program_word=$words[1]
  local -A opt_args
  local -a specs typed_options
  if (( CURRENT > 2 )) && (( ${_tdaemon_commands[(I)${words[2]}:*]} )); then
    command=$words[2]
    shift words
    (( CURRENT-- ))
  elif (( CURRENT == 2 )) && [[ $PREFIX != -* ]]; then
    _describe -t commands subcommand _tdaemon_commands && found=0
    # Nothing typed yet: the subcommands, not every program that there is.
    [[ -n $PREFIX ]] || return found
  fi
  _tdaemon_options $command
  case $after in
    command) specs+=('(-)1: :{ _command_names -e; _files -g "*(-*)" }' '*:: :_normal') ;;
    signal) specs+=('1:signal:($_tdaemon_signals)') ;;
    shell) specs+=('1:shell:(bash zsh fish)') ;;
    action)
      specs+=('(-)1: :{ _describe -t actions action _tdaemon_actions }' '*:: :->action')
      typed_options=(${words[2,CURRENT-1]})
      ;;
  esac
  _arguments -s -S -A '-*' -C : $specs && found=0
  if [[ $state == action ]]; then
    # $words begins with the action now.
    typed_options=(${typed_options[1,$#typed_options-CURRENT+1]})
    _tdaemon_after_action && found=0
  fi
  return found
}

if [[ $funcstack[1] == _tdaemon ]]; then
  _tdaemon "$@"
else
  compdef _tdaemon tdaemon
fi
