# From here on no table changes anything; the functions and lists before are made by fish.ts.

# Reads the words before the cursor: the subcommand, and where the options end (0: the cursor is among them).
function __tdaemon_read
    set -g __tdaemon_words (commandline -opc)
    set -g __tdaemon_command start
    set -g __tdaemon_named no
    set -g __tdaemon_begin 0
    set -l at 2
    if contains -- "$__tdaemon_words[2]" $__tdaemon_commands
        set __tdaemon_command $__tdaemon_words[2]
        set __tdaemon_named yes
        set at 3
    end
    __tdaemon_options_of $__tdaemon_command
    while test $at -le (count $__tdaemon_words)
        set -l word $__tdaemon_words[$at]
        switch $word
            case --
                set __tdaemon_begin (math $at + 1)
                return
            case '--*'
                contains -- $word $__tdaemon_valued; and set at (math $at + 1)
            case '-?*'
                # -av FILE: the last letter may want a value.
                set -l letters (string split '' -- (string sub -s 2 -- $word))
                for letter in $letters
                    if contains -- -$letter $__tdaemon_valued
                        test -$letter = -$letters[-1]; and set at (math $at + 1)
                        break
                    end
                end
            case '*'
                set __tdaemon_begin $at
                return
        end
        set at (math $at + 1)
    end
    # What the last option wants stands at the cursor.
    test $at -gt (math (count $__tdaemon_words) + 1); and set __tdaemon_begin -1
end

function __tdaemon_in
    __tdaemon_read
    test $__tdaemon_command = $argv[1]; and test $__tdaemon_begin -le 0
end

function __tdaemon_first
    test (count (commandline -opc)) = 1
end

# Past the options, or at the first word that may be none.
function __tdaemon_past
    __tdaemon_read
    test $__tdaemon_begin -gt 0
    or begin
        test $__tdaemon_begin = 0; and not string match -q -- '-*' (commandline -ct)
    end
end

# A value: $argv is its kind, its words, and the beginnings that a path follows.
function __tdaemon_place
    set -l typed (string replace -r -- '^(--[^=]*=|-[a-zA-Z](?=.*[/:]))' '' (commandline -ct))
    for beginning in (string split -n ' ' -- $argv[3])
        if string match -q -- "$beginning*" $typed
            set -l path (string sub -s (math (string length -- $beginning) + 1) -- $typed)
            printf "$beginning%s\n" (complete -C "__tdaemon_any_path $path" | string replace -r '\t.*' '')
            return
        end
    end
    switch $argv[1]
        case words
            string split -n ' ' -- $argv[2]
        case file
            string split -n ' ' -- $argv[2]
            __fish_complete_path $typed
        case pidfile
            set -l found (__fish_complete_path $typed)
            set -l wanted (string match -r -- '.*(?:\.pid|/)(?:\t.*|$)' $found)
            test (count $wanted) -gt 0; and set found $wanted
            printf '%s\n' $found
        case directory
            __fish_complete_directories $typed
        case user
            __fish_complete_users
        case group
            __fish_complete_groups
        case owner
            if string match -q '*:*' -- $typed
                printf '%s\n' (string replace -r ':.*' ':' -- $typed)(__fish_complete_groups)
            else
                __fish_complete_users
            end
        case variable
            set -nx | string replace -r '$' '='
        case pid
            __fish_complete_pids
    end
end

# The programs of the supervisor that the options so far mean. Who does not answer in time says nothing.
function __tdaemon_programs
    set -l options
    if test $__tdaemon_begin -gt 3
        set options (string match -v -- --json $__tdaemon_words[3..(math $__tdaemon_begin - 1)] | string match -v -r -- '^(-i|--interactive)$')
    end
    set -l limit
    command -q timeout; and set limit timeout (set -q TDAEMON_COMPLETION_TIMEOUT; and echo $TDAEMON_COMPLETION_TIMEOUT; or echo 2)
    $limit (string replace -r '^~/' ~/ -- $__tdaemon_words[1]) ctl $options status 2>/dev/null </dev/null |
        string match -r -g '^(\S+)\s+(?:STOPPED|STARTING|RUNNING|BACKOFF|STOPPING|EXITED|FATAL|UNKNOWN)\b'
end

function __tdaemon_names
    set -l programs (__tdaemon_programs)
    switch $argv[1]
        case groups
            string replace -r ':.*' '' -- $programs | sort -u
        case process
            printf '%s\n' $programs
        case '*'
            printf '%s\n' all $programs
            string match -r -g '^(.*:)' -- $programs | sort -u | string replace -r '$' '*'
    end
end

function __tdaemon_rest
    set -l at (math (count $__tdaemon_words) + 1)
    test $__tdaemon_begin = 0; and set __tdaemon_begin $at
    switch $__tdaemon_after
        case command
            # COMMAND and its words, as if they stood alone.
            # Nothing typed yet: the subcommands, not every program that there is.
            test $at = 2 -a -z (commandline -ct)""; and return
            set -l rest (string escape -- $__tdaemon_words[$__tdaemon_begin..-1]) (commandline -ct)
            test $at -eq $__tdaemon_begin; and set rest (commandline -ct)
            complete -C "$rest"
        case signal
            test $at = $__tdaemon_begin; and printf '%s\n' $__tdaemon_signals
        case shell
            test $at = $__tdaemon_begin; and printf '%s\n' bash zsh fish
        case action
            if test $at = $__tdaemon_begin
                __tdaemon_list_actions
                return
            end
            set -l follows (__tdaemon_follows $__tdaemon_words[$__tdaemon_begin])
            switch "$follows"
                case processes groups process
                    __tdaemon_names $follows
                case signal-processes
                    if test $at = (math $__tdaemon_begin + 1)
                        printf '%s\n' $__tdaemon_signals
                    else
                        __tdaemon_names processes
                    end
                case action
                    __tdaemon_list_actions
                case url
                    printf '%s\n' http:// https:// unix://
            end
    end
end
