# SPDX-License-Identifier: LGPL-2.1-or-later
# fish completion for apm2

function __apm2_complete
    set -l words (commandline -opc)[2..-1]
    set -l current (commandline -ct)
    set -l last :words
    set -l before ''
    # Fish replaces the whole word.
    if string match -q -- '--*=*' $current
        set before (string replace -r '=.*' '=' -- $current)
    end
    for line in (command apm2 complete -- $words $current 2>/dev/null)
        if string match -q -- ':*' $line
            set last $line
        else
            echo $before$line
        end
    end
    if test $last = :files
        __fish_complete_path (string replace -r '^--[^=]*=' '' -- $current) | string replace -r '^' -- $before
    else if string match -q ':command *' -- $last
        set -l skip (math (string replace ':command ' '' -- $last) + 1)
        complete -C (string join ' ' -- (string escape -- $words[$skip..-1]) $current)
    end
end
complete -c apm2 -f -a '(__apm2_complete)'
