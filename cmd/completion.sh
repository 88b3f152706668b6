#!/bin/bash
# completion.sh bash|zsh BINDIR: completion of all commands, made from their option tables.
set -eu
shell=$1 bin=$2

# command TAB option TAB argument's name (empty for flags) TAB its line of help
options() {
    local c
    for c in "$bin"/dorg-*; do
        "$c" --help=mdoc | awk -v OFS='\t' -v c="${c##*/}" '
            /^\.It / {
                name = arg = ""
                for (i = 2; i <= NF; i++) {
                    if ($i == "Fl" && $(i + 1) == "Fl") name = $(i + 2)
                    if ($i == "Ar") arg = $(i + 1)
                }
                getline help
                print c, "--" name, arg, help
            }'
    done
}

bash_completion() {
    cat <<'END'
# bash completion for dorg
_dorg() {
    local cur=${COMP_WORDS[COMP_CWORD]} options
    case ${1##*/} in
END
    options | awk -F'\t' '
        $1 != last { if (last != "") printf "\" ;;\n"; printf "    %s) options=\"", $1; last = $1; sep = "" }
        { printf "%s%s", sep, $2; sep = " " }
        END { printf "\" ;;\n" }'
    cat <<'END'
    dorg)
        if [ "$COMP_CWORD" -eq 1 ]; then
            # shellcheck disable=SC2207
            COMPREPLY=($(compgen -W "$(dorg help | awk '/^  / { print $1 }') help" -- "$cur"))
            return
        fi
        options='--help -o -j -n -k -v' ;;
    esac
    case $cur in
    # shellcheck disable=SC2207
    -*) COMPREPLY=($(compgen -W "$options" -- "$cur")) ;;
    *) COMPREPLY=() ;;
    esac
}
END
    printf 'complete -o default -F _dorg dorg'
    for c in "$bin"/dorg-*; do printf ' %s' "${c##*/}"; done
    echo
}

zsh_completion() {
    printf '#compdef dorg'
    for c in "$bin"/dorg-*; do printf ' %s' "${c##*/}"; done
    cat <<'END'


_dorg_command() {
    case $service in
END
    options | awk -F'\t' -v q="'" '
        function clean(s) { gsub(q, q "\\" q q, s); gsub(/\\/, "\\\\", s); gsub(/\[/, "\\[", s); gsub(/\]/, "\\]", s); gsub(/:/, "\\:", s); return s }
        $1 != last { if (last != "") printf " %s*:file:_files%s ;;\n", q, q; printf "    %s) _arguments", $1; last = $1 }
        { printf " \\\n        %s%s%s[%s]%s%s", q, $2, $3 == "" ? "" : "=", clean($4),
              $3 == "" ? "" : ":" clean($3) ":_files", q }
        END { printf " %s*:file:_files%s ;;\n", q, q }'
    cat <<'END'
    dorg) _arguments '1:command:($(dorg help | awk "/^  / { print \$1 }"))' '*:file:_files' ;;
    esac
}
_dorg_command "$@"
END
}

case $shell in
bash) bash_completion ;;
zsh) zsh_completion ;;
*) echo "completion.sh: bash or zsh, not $shell" >&2; exit 2 ;;
esac
