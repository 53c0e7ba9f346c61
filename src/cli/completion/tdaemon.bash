# The part of the completion for bash that no table changes. The functions and lists before it are made by bash.ts.
# The lists come from there, `words` and the like are set and read by different functions, and lists are split on purpose:
# shellcheck shell=bash disable=SC2034,SC2154,SC2086,SC2206,SC2207

# bash splits words at = and : too. Joined again they are in $line, where each began in $starts, and which of bash's own was
# its first in $raw; $at is the one with the cursor, $cur what of it stands before the cursor.
_tdaemon_split() {
  local i=0 place=0 rest word
  line=() starts=() raw=()
  for ((; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    rest=${COMP_LINE:place}
    if ((i == 0)) || [[ $rest == [[:space:]]* ]]; then
      rest=${rest#"${rest%%[![:space:]]*}"}
      place=$((${#COMP_LINE} - ${#rest}))
      line+=("$word") starts+=("$place") raw+=("$i")
    else
      line[${#line[@]} - 1]+=$word
    fi
    place=$((place + ${#word}))
  done
  at=$((${#line[@]} - 1))
  local length=$((COMP_POINT - starts[at]))
  ((length > 0)) || length=0
  cur=${line[at]:0:length}
}

# Words that begin with what was typed, without what bash will not replace: all up to the last = or : at which it splits.
_tdaemon_reply() {
  local typed=$cur kept='' word
  [[ $COMP_WORDBREAKS == *=* && $typed == *=* ]] && kept=${typed%"${typed##*=}"}
  [[ $COMP_WORDBREAKS == *:* && ${typed:${#kept}} == *:* ]] && kept=${typed%"${typed##*:}"}
  COMPREPLY=()
  for word in "$@"; do
    [[ $word == "$typed"* ]] || continue
    [[ $word == *[=:/] ]] && compopt -o nospace 2>/dev/null
    COMPREPLY+=("${word:${#kept}}")
  done
}

# $1: -f or -d; $2: what stands before the path; $3: an ending that is preferred.
_tdaemon_paths() {
  local IFS=$'\n' path=${cur#"$2"} found=() wanted=() file
  [[ ${path:0:2} == \~/ ]] && path=$HOME/${path:2}
  found=($(compgen "$1" -- "$path"))
  for file in "${found[@]}"; do
    [[ -d $file || -z $3 || $file == *"$3" ]] && wanted+=("$file")
  done
  ((${#wanted[@]} > 0)) && found=("${wanted[@]}")
  compopt -o filenames 2>/dev/null
  local length=0
  # A path after an = or a : is a word of its own to bash.
  [[ $2 == *[=:] ]] || length=${#2}
  COMPREPLY=()
  for file in "${found[@]}"; do COMPREPLY+=("${2:0:length}$file"); done
}

# $1: the value's beginning in the word: nothing, or "--option=".
_tdaemon_value() {
  local before=$1 typed list=() word path
  typed=${cur#"$before"}
  for path in $paths; do
    if [[ $typed == "$path"* ]]; then
      _tdaemon_paths -f "$before$path"
      return
    fi
  done
  case $kind in
    file)
      [[ -n $words && $words == "$typed"* && -n $typed ]] && list=("$words")
      if ((${#list[@]})); then _tdaemon_reply "$before$words"; else _tdaemon_paths -f "$before"; fi
      return
      ;;
    pidfile) _tdaemon_paths -f "$before" .pid; return ;;
    directory) _tdaemon_paths -d "$before"; return ;;
    user) list=($(compgen -u -- "$typed")) ;;
    group) list=($(compgen -g -- "$typed")) ;;
    owner)
      if [[ $typed == *:* ]]; then
        list=($(compgen -P "${typed%%:*}:" -g -- "${typed#*:}"))
      else
        list=($(compgen -u -- "$typed"))
      fi
      ;;
    variable) list=($(compgen -S = -v -- "$typed")) ;;
    pid) list=($(ps -eo pid= 2>/dev/null)) ;;
    words) list=($words) ;;
  esac
  [[ -n $before ]] && for word in "${!list[@]}"; do list[word]=$before${list[word]}; done
  _tdaemon_reply "${list[@]}"
}

# The programs of the supervisor that the options so far mean. Who does not answer in time says nothing.
_tdaemon_programs() {
  local i options=() limit=()
  for ((i = 2; i < first; i++)); do
    case ${line[i]} in --json | -i | --interactive) ;; *) options+=("${line[i]}") ;; esac
  done
  command -v timeout >/dev/null && limit=(timeout "${TDAEMON_COMPLETION_TIMEOUT:-2}")
  local program=${line[0]/#"~"/$HOME}
  "${limit[@]}" "$program" ctl "${options[@]}" status 2>/dev/null </dev/null |
    while read -r name state _; do
      # bash puts words in as they are: one that is more than a name to a shell is not offered.
      [[ $name == *[\$\`\'\"\\\;\&\|\<\>\(\)\{\}\[\]\*\?\!\#\~]* ]] && continue
      case $state in STOPPED | STARTING | RUNNING | BACKOFF | STOPPING | EXITED | FATAL | UNKNOWN) echo "$name" ;; esac
    done
}

_tdaemon_names() {
  local name names=() groups=()
  names=($(_tdaemon_programs))
  for name in "${names[@]}"; do
    [[ $name == *:* ]] && groups+=("${name%%:*}:*") || groups+=("$name")
  done
  case $follows in
    groups) _tdaemon_reply "${groups[@]%:\*}" ;;
    process) _tdaemon_reply "${names[@]}" ;;
    *) _tdaemon_reply all "${names[@]}" "${groups[@]}" ;;
  esac
  # The same group once for each of its programs.
  local IFS=$'\n'
  COMPREPLY=($(printf '%s\n' "${COMPREPLY[@]}" | sort -u))
}

_tdaemon_after_action() {
  local follows
  _tdaemon_action "${line[first]}"
  case $follows in
    processes | groups | process) _tdaemon_names ;;
    signal-processes) if ((at == first + 1)); then _tdaemon_reply $_tdaemon_signals; else _tdaemon_names; fi ;;
    action) _tdaemon_reply $_tdaemon_actions ;;
    url) _tdaemon_reply http:// https:// unix:// ;;
  esac
}

# COMMAND and its words: as if they stood alone.
_tdaemon_command() {
  if declare -F _comp_command_offset >/dev/null; then
    _comp_command_offset "${raw[first]}"
  elif declare -F _command_offset >/dev/null; then
    _command_offset "${raw[first]}"
  elif ((at > first)) || [[ $cur == */* ]]; then
    _tdaemon_paths -f ''
  else
    COMPREPLY=($(compgen -c -- "$cur"))
  fi
}

_tdaemon() {
  local line starts raw at cur first=1 command=start after options valued kind words paths word letter ended=''
  _tdaemon_split
  COMPREPLY=()
  if ((at > 1)) && [[ " $_tdaemon_commands " == *" ${line[1]} "* ]]; then
    command=${line[1]}
    first=2
  fi
  _tdaemon_options "$command"

  # Where the options end, and whether a value stands at the cursor.
  while ((first < at)); do
    word=${line[first]}
    case $word in
      --) first=$((first + 1)) ended=yes; break ;;
      --*) letter=$word ;;
      -?*)
        # -av FILE: the last letter may want a value.
        letter='' word=${word#-}
        while [[ -n $word ]]; do
          if [[ $valued == *" -${word:0:1} "* ]]; then
            [[ ${#word} == 1 ]] && letter=-$word
            break
          fi
          word=${word:1}
        done
        ;;
      *) break ;;
    esac
    if [[ -n $letter && $valued == *" $letter "* ]]; then
      first=$((first + 1))
      if ((first == at)); then
        _tdaemon_place "$command" "$letter"
        _tdaemon_value ''
        return
      fi
    fi
    first=$((first + 1))
  done

  if ((first == at)) && [[ -z $ended && $cur == --*=* ]]; then
    _tdaemon_place "$command" "${cur%%=*}"
    _tdaemon_value "${cur%%=*}="
  elif ((first == at)) && [[ -z $ended && $cur == -* ]]; then
    _tdaemon_reply $options
  else
    # Nothing typed yet: the subcommands, not every program that there is.
    case $after${cur:-$ended} in
      command) ((at > 1)) && _tdaemon_command ;;
      command*) _tdaemon_command ;;
    esac
    case $after in
      signal) ((first == at)) && _tdaemon_reply $_tdaemon_signals ;;
      shell) ((first == at)) && _tdaemon_reply bash zsh fish ;;
      action) if ((first == at)); then _tdaemon_reply $_tdaemon_actions; else _tdaemon_after_action; fi ;;
    esac
    if ((at == 1)); then
      for word in $_tdaemon_commands; do [[ $word == "$cur"* ]] && COMPREPLY+=("$word"); done
    fi
  fi
  return 0
}

complete -F _tdaemon tdaemon
