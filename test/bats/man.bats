#!/usr/bin/env bats
# Pages that cannot rot: every command has one, its OPTIONS are the command's own, its
# examples run.
load helper

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
}

@test "every command has a page, and every page a command" {
    for c in "$B"/bin/dorg-*; do
        [ -f "$ROOT/man/$(basename "$c").1" ] || { echo "no page: $c"; return 1; }
    done
    for m in "$ROOT"/man/dorg-*.1; do
        [ -x "$B/bin/$(basename "$m" .1)" ] || { echo "no command: $m"; return 1; }
    done
}

@test "SYNOPSIS and OPTIONS are what the command says" {
    cp "$ROOT"/man/dorg-*.1 .
    "$ROOT/test/man-options.sh" "$B/bin" dorg-*.1
    for m in dorg-*.1; do
        diff "$ROOT/man/$m" "$m" || { echo "make man writes it"; return 1; }
    done
}

# The names of options, long ones where there are: of a table, and of the words of a usage line.
names() { # COMMAND
    "$1" --help=mdoc | sed -n 's/^\.It \(Fl \(.\) , \)\{0,1\}Fl Fl \([^ ]*\).*/\3 \2/p' >table
    "$1" --help | sed -n 's/^usage: [^ ]* //p' | tr -s ' []|' '\n' | sed -n 's/^-\{1,2\}\([^.]*\).*/\1/p' >used
}

@test "usage: every option it names is one, and every option is in it or it says [options]" {
    common='output jobs device quiet verbose debug help version'
    for c in "$B"/bin/dorg-*; do
        names "$c"
        while read -r word; do
            grep -qE "^$word |^[^ ]* $word$" table || { echo "$c: no option $word"; return 1; }
        done <used
        if "$c" --help | grep -q '^usage: .*\[options\]'; then continue; fi
        while read -r long short; do
            if [[ " $common " == *" $long "* ]]; then continue; fi
            grep -qxE -- "$long|${short:-$long}" used || { echo "$c: --$long"; return 1; }
        done <table
    done
}

@test "every page has name, synopsis, exit status and examples" {
    for m in "$ROOT"/man/dorg-*.1; do
        for s in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
            grep -q "^\.Sh $s" "$m" || { echo "$m: no $s"; return 1; }
        done
    done
}

# The files that examples may lean on.
sample() {
    dorg-phantom --seed 1 --size 64,56,24 -t truth.nii -o ct.nii
    dorg-superpix -k 8000 -o labels.nii ct.nii
    dorg-spfeat -t truth.nii -o sp.tab ct.nii labels.nii
    dorg-paint -c coverage -o map.nii labels.nii sp.tab
    dorg-thresh -p 0.01 -o mask.nii map.nii
    printf 'case\tct\ttruth\tpatient\na\tct.nii\ttruth.nii\tp\n' >cohort.tsv
    printf 'a\tmask.nii\ttruth.nii\nb\ttruth.nii\ttruth.nii\n' >list.tsv
    printf 'a\ttruth.nii\ttruth.nii\nb\tmask.nii\ttruth.nii\n' >other.tsv
    mkdir series
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$ROOT/test/gen" /usr/bin/python3 - <<'P'
from dicom import write
for k in range(4):
    write("series/%d" % k, k, [k] * 4, 2, 2)
P
}

@test "EXAMPLES run as they are written" {
    sample
    tar cf ../sample.tar .
    bad=0
    for m in "$ROOT"/man/dorg-*.1 "$ROOT/man/dorg-tab.5"; do
        rm -rf ./*
        tar xf ../sample.tar
        awk '/^\.Sh EXAMPLES/ { on = 1; next } /^\.Sh/ { on = 0 }
             on && /^\.Bd -literal/ { body = 1; next } /^\.Ed/ { body = 0; next }
             on && body { gsub(/\\e/, "\\"); gsub(/\\\(aq/, "\047"); gsub(/\\&/, ""); print }' "$m" >run.sh
        [ -s run.sh ] || { echo "$m has no example"; bad=1; continue; }
        if ! bash -euo pipefail run.sh >said 2>&1 </dev/null; then
            echo "the examples of $m fail:"
            tail -5 said
            bad=1
        fi
    done
    [ $bad = 0 ]
}
