#!/bin/bash
# dorg - run a pipeline, or a filter, from the folder you stand in
#
# A thin layer over `make -C pipelines TARGET NAME=VALUE...`: it finds the pipelines, names the
# operand for you, and leaves the rest to make.
set -eu

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
for pipelines in "$here/../share/dorg/pipelines" "$here/../../pipelines"; do
    [ ! -e "$pipelines/Makefile" ] || break
done

fail() {
    printf 'dorg: error: %s\n' "$*" >&2
    exit 2
}
export PATH=$here:$PATH
[ -e "$pipelines/Makefile" ] || fail "no pipelines beside $here; install dorg, or build it in its tree"

# What each pipeline takes: TARGET OPERAND'S-VARIABLE OUTPUT'S-VARIABLE, then what it does.
pipes='segment CT OUT          SCAN -o MASK         segment a scan (NIfTI, or a folder of DICOM)
cohort COHORT RUN       LIST [-o FOLDER]     segment every scan of a list; a table where there is truth
status RUN -            FOLDER               how far a cohort is; what failed, and why
retry COHORT RUN        LIST [-o FOLDER]     failed cases of a cohort, from their beginning
train COHORT RUN        LIST [-o FOLDER]     learn models from labelled scans
real CT OUT             SCAN MODELS=FOLDER   segment with your own models, every stage kept
cv COHORT RUN           LIST [-o FOLDER]     k-fold cross-validation: the tables of the paper
cv-cost COHORT -        LIST                 the hours and the disk that would take
report RUN -            FOLDER               one HTML page that shows a run
pancreas-ct TCIA OUT    FOLDER [-o FOLDER]   a list from the NIH Pancreas-CT download
msd MSD OUT             FOLDER [-o FOLDER]   a list from a Decathlon task
demo - RUN              [-o FOLDER]          train and test everything on phantoms
phantom-cohort - OUT    [-o FOLDER]          phantoms as a list'

usage() {
    cat <<'END'
usage: dorg PIPELINE [OPERAND] [-o OUTPUT] [-j N] [-n] [-k] [-v] [NAME=VALUE...]
       dorg FILTER [ARGUMENT...]        the same as dorg-FILTER
       dorg help [PIPELINE | FILTER]

pipelines
END
    sed -E 's/^([^ ]+) +[^ ]+ +[^ ]+ +(.*)$/\1\t\2/' <<<"$pipes" |
        while IFS=$'\t' read -r pipe text; do printf '  %-14s %s\n' "$pipe" "$text"; done
    printf '\nfilters\n'
    for f in "$here"/dorg-*; do
        what=$("$f" --help 2>/dev/null | sed -n '1s/^[^ ]* - //p')
        printf '  %-14s %s\n' "${f##*/dorg-}" "$what"
    done
    printf '\nManual: man 7 dorg.  What a pipeline may be told: dorg help PIPELINE.\n'
}

# The comment at the head of a pipeline's file is its help; it speaks of make.
pipe_help() {
    local file=$1
    printf 'usage: dorg %s %s [-j N] [-n] [-k] [-v] [NAME=VALUE...]\n\n' "$name" "${takes%%  *}"
    case $1 in
    train) file=learn ;;
    status | retry) file=cohort ;;
    cv-cost) file=cv ;;
    demo) file=phantom ;;
    esac
    if [ -e "$pipelines/$file.mk" ]; then
        awk '!/^#/ { exit } { sub(/^# ?/, ""); print }' "$pipelines/$file.mk"
    else
        make -s -C "$pipelines" help
    fi
}

# nearest WORD: of the words on standard input the one that was perhaps meant, as "; did you mean X?"
nearest() {
    LC_ALL=C awk -v word="$1" '
        # letters to change, leave out or put in between the two words
        function distance(a, b,    i, j, best, diagonal, row) {
            for (j = 0; j <= length(b); j++) row[j] = j
            for (i = 1; i <= length(a); i++) {
                diagonal = row[0]
                row[0] = i
                for (j = 1; j <= length(b); j++) {
                    best = diagonal + (substr(a, i, 1) != substr(b, j, 1))
                    if (row[j] + 1 < best) best = row[j] + 1
                    if (row[j - 1] + 1 < best) best = row[j - 1] + 1
                    diagonal = row[j]
                    row[j] = best
                }
            }
            return row[length(b)]
        }
        BEGIN { least = int(length(word) / 3) + 1 }
        (d = distance(word, $1)) <= least && (d < least || name == "") { least = d; name = $1 }
        END { if (name != "") printf "; did you mean %s?", name }'
}
filters() { for f in "$here"/dorg-*; do printf '%s\n' "${f##*/dorg-}"; done; }
# What a pipeline may be told: the variables of all of them.
settings() {
    grep -ohE '\$\(?[A-Z][A-Z0-9_]*|^[A-Z][A-Z0-9_]* *[?:]?=' "$pipelines"/*.mk | tr -cd 'A-Z0-9_\n' | sort -u
}

[ $# -gt 0 ] || { usage >&2; exit 2; }
name=$1
shift
case $name in
-h | --help | help)
    if [ $# -eq 0 ]; then usage; exit 0; fi
    name=$1
    set -- --help
    ;;
--version) exec "$here/dorg-info" --version ;;
esac

row=$(awk -v name="$name" '$1 == name' <<<"$pipes")
if [ -z "$row" ]; then
    if [ -n "$name" ] && [ -x "$here/dorg-$name" ]; then exec "$here/dorg-$name" "$@"; fi
    fail "no pipeline or filter '$name'$({ cat <<<"$pipes"; filters; } | nearest "$name"); see dorg help"
fi
read -r _ operand output takes <<<"$row"

given=() flags=() quiet=-s file=
# give NAME VALUE: make would read $ as the beginning of a variable
give() { given+=("$1=${2//\$/\$\$}"); }
while [ $# -gt 0 ]; do
    case $1 in
    --help)
        pipe_help "$name"
        exit 0
        ;;
    -o | --output)
        [ "$output" != - ] || fail "$name has no output to name"
        [ $# -gt 1 ] || fail "-o takes a name"
        give "$output" "$2"
        shift
        ;;
    -v | --verbose) quiet=VERBOSE=yes ;;
    -j?* | -n | -k) flags+=("$1") ;;
    -j)
        [ $# -gt 1 ] || fail "-j takes a number"
        flags+=("-j$2")
        shift
        ;;
    -*) fail "unknown option $1; see dorg help $name" ;;
    [A-Z]*=*)
        set=${1%%=*}
        known=$(settings)
        grep -qxF -- "$set" <<<"$known" || fail "no pipeline has a setting $set$(nearest "$set" <<<"$known"); see dorg help $name"
        given+=("$1")
        [ "$set" != "$operand" ] || operand=-
        ;;
    *)
        [ "$operand" != - ] || fail "$name takes no${file:+ other} operand: $1"
        give "$operand" "$1"
        operand=- file=$1
        ;;
    esac
    shift
done
if [ "$operand" != - ] || [[ $takes == *' MODELS='* && " ${given[*]} " != *' MODELS='* ]]; then
    fail "usage: dorg $name ${takes%%  *}"
fi
[ "$name" != segment ] || [[ " ${given[*]} " == *' OUT='* ]] || fail "segment: -o names the mask: dorg segment scan.nii.gz -o mask.nii.gz"
[ -z "$file" ] || [ -e "$file" ] || fail "no such file or folder: $file"
exec "$pipelines/run" "$quiet" "${flags[@]}" "$name" "${given[@]}"
