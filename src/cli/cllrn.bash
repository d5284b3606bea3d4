# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Completion of cllrn for bash, with the package bash-completion: what it offers is what --help says.

# For an option of a sub-command the name of its value, as FILE, and in a second line the keywords
# with which its help begins, if any.
_cllrn_value() { # CLLRN COMMAND OPTION
    "$1" "$2" --help 2>/dev/null | awk -v option="$3" '
        /^[^ ]/ { mine = 0 }
        /^  --/ {
            mine = $1 == option && $2 ~ /^[A-Z]/
            if (mine) value = $2
            sub(/^  --[^ ]+( [^ ]+)*  +/, "")
        }
        mine { sub(/^ +/, ""); text = text $0 " " }
        END {
            print value
            if (match(text, /^[a-z0-9\/-]+((, | or )[a-z0-9\/-]+)+:/)) {
                text = substr(text, 1, RLENGTH - 1)
                gsub(/,| or /, " ", text)
                print text
            }
        }'
}

_cllrn() {
    # shellcheck disable=SC2034 # _init_completion sets it where a value follows a "="
    local cur prev words cword split
    _init_completion -s || return
    local cllrn=${words[0]} command=${words[1]-} offer='' before='' value='' keywords=''
    if [ "$cword" -eq 1 ]; then
        offer="$("$cllrn" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p') --help --version"
    elif [[ $prev = --* ]]; then
        { read -r value; read -r keywords; } < <(_cllrn_value "$cllrn" "$command" "$prev")
        case $keywords:$value in
        :*.npy | :FILE | :PACK) _filedir && return ;;
        :DIR) _filedir -d && return ;;
        esac
        offer=$keywords
        if [ "$value" = LIST ] && [[ $cur = *,* ]]; then before=${cur%,*}, cur=${cur##*,}; fi
    fi
    if [ "$cword" -gt 1 ] && [ -z "$value" ]; then
        if [[ $cur = -* ]]; then
            offer=$("$cllrn" "$command" --help 2>/dev/null | sed -n 's/^  \(--[a-z-]*\).*/\1/p')
        elif [ "$command" = pack ] && [ "$cword" -eq 2 ]; then
            offer='list add'
        else
            _filedir && return
        fi
    fi
    mapfile -t COMPREPLY < <(compgen -P "$before" -W "$offer" -- "$cur")
} && complete -F _cllrn cllrn
