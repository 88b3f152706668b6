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
[ -e "$pipelines/Makefile" ] || fail "no pipelines beside $here; install dorg, or build it in its tree"

# What each pipeline takes: TARGET OPERAND'S-VARIABLE OUTPUT'S-VARIABLE, then what it does.
pipes='segment CT OUT          SCAN [-o MASK]       segment a scan (NIfTI, or a folder of DICOM)
cohort COHORT RUN       LIST [-o FOLDER]     segment every scan of a list; a table where there is truth
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
usage: dorg PIPELINE [OPERAND] [-o OUTPUT] [-j N] [-n] [NAME=VALUE...]
       dorg FILTER [ARGUMENT...]        the same as dorg-FILTER
       dorg help [PIPELINE | FILTER]

pipelines
END
    sed -E 's/^([^ ]+) +[^ ]+ +[^ ]+ +(.*)$/\1\t\2/' <<<"$pipes" |
        while IFS=$'\t' read -r name text; do printf '  %-14s %s\n' "$name" "$text"; done
    printf '\nfilters\n'
    for f in "$here"/dorg-*; do
        what=$("$f" --help 2>/dev/null | sed -n '1s/^[^ ]* - //p')
        printf '  %-14s %s\n' "${f##*/dorg-}" "$what"
    done
    printf '\nManual: man 7 dorg.  What a pipeline may be told: dorg help PIPELINE.\n'
}

# The comment at the head of a pipeline's file is its help.
pipe_help() {
    local file=$1
    case $1 in
    train) file=learn ;;
    cv-cost) file=cv ;;
    demo) file=phantom ;;
    esac
    if [ -e "$pipelines/$file.mk" ]; then
        awk '!/^#/ { exit } { sub(/^# ?/, ""); print }' "$pipelines/$file.mk"
    else
        make -s -C "$pipelines" help
    fi
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

row=$(grep -E "^$name " <<<"$pipes" || :)
if [ -z "$row" ]; then
    [ -x "$here/dorg-$name" ] || fail "no pipeline or filter '$name'; see dorg help"
    exec "$here/dorg-$name" "$@"
fi
read -r _ operand output _ <<<"$row"

given=() flags=()
while [ $# -gt 0 ]; do
    case $1 in
    --help)
        pipe_help "$name"
        exit 0
        ;;
    -o | --output)
        [ "$output" != - ] || fail "$name has no output to name"
        [ $# -gt 1 ] || fail "-o takes a name"
        given+=("$output=$2")
        shift
        ;;
    -j?* | -n | -k) flags+=("$1") ;;
    -j)
        [ $# -gt 1 ] || fail "-j takes a number"
        flags+=("-j$2")
        shift
        ;;
    -*) fail "unknown option $1; see dorg help $name" ;;
    [A-Z]*=*) given+=("$1") ;;
    *)
        [ "$operand" != - ] || fail "$name takes no operand: $1"
        given+=("$operand=$1")
        operand=-
        ;;
    esac
    shift
done
run() { make --no-print-directory -C "$pipelines" "${flags[@]}" "$name" "${given[@]}"; }
[ "$name" = segment ] || { run; exit; }
[[ " ${given[*]} " == *' OUT='* ]] || fail "segment: -o names the mask: dorg segment scan.nii.gz -o mask.nii.gz"

# make has one code for all that fails, and a mask not to be trusted is 3; it cannot hold names with
# blanks, and people's folders have them.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mask=
for i in "${!given[@]}"; do
    case ${given[i]} in
    CT=*[[:space:]]*)
        [ -e "${given[i]#CT=}" ] || fail "no such scan: ${given[i]#CT=}"
        ln -s "$(realpath "${given[i]#CT=}")" "$work/ct"
        given[i]=CT=$work/ct
        ;;
    OUT=*[[:space:]]*)
        mask=${given[i]#OUT=}
        mkdir -p "$(dirname "$mask")"
        case $mask in *.nii.gz) end=.nii.gz ;; *.nii) end=.nii ;; *) fail "-o takes a name.nii or .nii.gz: $mask" ;; esac
        given[i]=OUT=$work/out/mask$end
        ;;
    esac
done
given+=("STATUS=$work/status")
run && rc=0 || rc=$?
[ ! -s "$work/status" ] || rc=$(cat "$work/status")
if [ -n "$mask" ]; then
    for file in "$work"/out/mask.*; do
        [ -f "$file" ] || continue
        case $file in *.nii | *.nii.gz) mv "$file" "$mask" ;; *) mv "$file" "${mask%"$end"}.${file##*.}" ;; esac
    done
fi
exit "$rc"
