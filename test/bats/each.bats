#!/usr/bin/env bats
# -L: one command over many cases gives the files that one command a case gives, byte for byte.
load helper

own_setup() {
    for c in 1 2 3; do
        mkdir $c
        dorg-phantom --seed $c --size 40,40,16 -t $c/truth.nii -o $c/ct.nii
        dorg-superpix -k 20000 -o $c/labels.nii $c/ct.nii
        dorg-spfeat -t $c/truth.nii -o $c/sp.tab $c/ct.nii $c/labels.nii
    done
}

# same COLUMNS FILES COMMAND OPERANDS: COMMAND over a list of the three cases, whose columns hold
# FILES and the output, against COMMAND OPERANDS on each; {} is the case's folder
same() {
    local c
    tr ' ' '\t' <<<"$1 out" >list
    for c in 1 2 3; do
        sed "s,{},$c,g; s, ,\t,g" <<<"$2 $c/listed" >>list
        # shellcheck disable=SC2086
        $3 ${4//'{}'/$c} -o $c/alone
    done
    $3 -L list
    for c in 1 2 3; do cmp $c/alone $c/listed || { echo "$3 -L: case $c"; return 1; }; done
    rm ?/alone ?/listed
}

@test "-L gives what one command a case gives, byte for byte" {
    same 'ct' '{}/ct.nii' 'dorg-superpix -k 20000' '{}/ct.nii'
    same 'map' '{}/ct.nii' 'dorg-gauss3d -s 1' '{}/ct.nii'
    same 'map' '{}/ct.nii' 'dorg-thresh -p 50' '{}/ct.nii'
    same 'mask' '{}/truth.nii' 'dorg-clean --fill' '{}/truth.nii'
    same 'ct' '{}/ct.nii' 'dorg-tissue --hu 20,200' '{}/ct.nii'
    same 'ct mask' '{}/ct.nii {}/truth.nii' 'dorg-tissue' '-m {}/truth.nii {}/ct.nii'
    same 'volume' '{}/ct.nii' 'dorg-crop --z 2,9' '{}/ct.nii'
    same 'volume' '{}/ct.nii' 'dorg-orient -a LPS' '{}/ct.nii'
    same 'ct label' '{}/ct.nii {}/truth.nii' 'dorg-relabel --least 0' '{}/ct.nii {}/truth.nii'
    same 'ct labels truth' '{}/ct.nii {}/labels.nii {}/truth.nii' 'dorg-spfeat' '-t {}/truth.nii {}/ct.nii {}/labels.nii'
    same 'ct labels map' '{}/ct.nii {}/labels.nii {}/truth.nii' 'dorg-spfeat --context' '-P {}/truth.nii {}/ct.nii {}/labels.nii'
    same 'ct labels' '{}/ct.nii {}/labels.nii' 'dorg-edges --3d' '{}/ct.nii {}/labels.nii'
    same 'ct labels table' '{}/ct.nii {}/labels.nii {}/sp.tab' 'dorg-edges' '{}/ct.nii {}/labels.nii {}/sp.tab'
    same 'labels table' '{}/labels.nii {}/sp.tab' 'dorg-paint -c coverage' '{}/labels.nii {}/sp.tab'
    same 'ct truth' '{}/ct.nii {}/truth.nii' 'dorg-patchfeat' '-t {}/truth.nii {}/ct.nii'
    dorg-rftrain -k 3 -o rf.forest 1/sp.tab 2/sp.tab
    same 'table' '{}/sp.tab' 'dorg-rfcand -f rf.forest --keep-all' '{}/sp.tab'
    for c in 1 2 3; do
        dorg-edges -o $c/e.tab $c/ct.nii $c/labels.nii $c/sp.tab
        dorg-rfcand -f rf.forest --keep-all -o $c/p.tab $c/sp.tab
        dorg-paint -c p -o $c/map.nii $c/labels.nii $c/p.tab
        dorg-patchfeat -t $c/truth.nii -o $c/patch.tab $c/ct.nii
    done
    same 'table edges' '{}/p.tab {}/e.tab' 'dorg-graphcut -l 1' '-e {}/e.tab {}/p.tab'
    same 'ct map mask' '{}/ct.nii {}/map.nii {}/truth.nii' 'dorg-refine --band 4' '-P {}/map.nii {}/ct.nii {}/truth.nii'
    dorg-rftrain -k 3 -o patch.forest 1/patch.tab 2/patch.tab
    same 'ct' '{}/ct.nii' 'dorg-response -f patch.forest' '{}/ct.nii'
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$ROOT/test/gen" /usr/bin/python3 - <<'P'
import os
from dicom import write
for c in "123":
    os.mkdir(c + "/series")
    for k in range(3):
        write("%s/series/%d" % (c, k), k, [k + int(c)] * 4, 2, 2)
P
    same 'folder' '{}/series' 'dorg-dicom' '{}/series'
}

@test "-L with nets: the files that one command a case gives" {
    printf '%s\n' 'input channels=1 size=8' 'conv name=c filters=4 kernel=3' relu 'fc name=f outputs=2' softmax \
        'train batch=8 epochs=1' >tiny.cfg
    for c in 1 2 3; do dorg-edges -o $c/e.tab $c/ct.nii $c/labels.nii $c/sp.tab; done
    dorg-region --size 8 -o r.rec 1/ct.nii 1/labels.nii 1/sp.tab
    dorg-train -q -E ref --epochs 1 --cfg tiny.cfg -o r.net r.rec
    dorg-thresh -p -500 -o body.nii 1/ct.nii
    dorg-patch --size 8 --stride 4 -t 1/truth.nii --max 200 -o p.rec 1/ct.nii body.nii
    dorg-train -q -E ref --epochs 1 --cfg tiny.cfg --sampling none -o p.net p.rec
    same 'ct mask' '{}/ct.nii {}/truth.nii' 'dorg-pconv -E ref -n p.net --stride 4' '-m {}/truth.nii {}/ct.nii'
    same 'ct labels table' '{}/ct.nii {}/labels.nii {}/sp.tab' 'dorg-rconv -E ref -n r.net --scales 1' '{}/ct.nii {}/labels.nii {}/sp.tab'
}

@test "-L: a case that fails is named, the others are done, exit 5" {
    head -c 2000 2/ct.nii >short.nii
    printf '%s\t%s\n' 1/ct.nii 1/out short.nii 2/out 3/ct.nii nowhere/out 3/ct.nii 3/out >list
    run -5 --separate-stderr dorg-thresh -L list
    grep -q '^dorg-thresh: case failed: short.nii: short.nii: ' <<<"$stderr"
    grep -q '^dorg-thresh: case failed: 3/ct.nii: nowhere: No such file' <<<"$stderr"
    grep -q '^dorg-thresh: error: 2 of 4 cases failed$' <<<"$stderr"
    dorg-thresh 3/ct.nii | cmp - 3/out
    [ ! -e 2/out ]
    # what fails for all fails before the first
    rm 1/out
    refuses 4 dorg-rfcand -f none.forest -L list
    refuses 2 dorg-thresh --volume 1,2,3 -L list
    [ ! -e 1/out ]
}

@test "-L: what a list gives is not given beside it; what it lacks is named" {
    printf 'ct\tmap\tmask\tout\n1/ct.nii\t1/ct.nii\t1/truth.nii\to\n' >list
    refuses 2 dorg-refine -P 1/ct.nii -L list
    grep -q -- '--map is a column of the list' refuse.err
    refuses 2 dorg-refine -L list 1/ct.nii
    refuses 2 dorg-refine -o out -L list
    refuses 3 dorg-superpix -L <(printf 'ct\tmask\n1/ct.nii\to\n')
    grep -q 'no column out' refuse.err
    refuses 3 dorg-superpix -L <(printf 'ct\tout\n1/ct.nii\to\n2/ct.nii\to\n')
    grep -q 'o is the output of line 2' refuse.err
    refuses 3 dorg-superpix -L <(printf 'ct\tout\n1/ct.nii\t\n')
    refuses 3 dorg-tissue -L <(printf 'ct\tout\tmask\n1/ct.nii\to\t\n')
    [ ! -e o ]
    # no line of names: the columns of the page, in order
    dorg-superpix -k 20000 -L - <<<"1/ct.nii"$'\t'o
    cmp o 1/labels.nii
}

@test "-L: a thousand cases take the memory of a hundred" {
    dorg-crop --x 0,1 --y 0,1 --z 0,1 -o tiny.nii 1/ct.nii
    mkdir out
    peak() { # CASES COMMAND...
        seq "$1" | sed "s,.*,tiny.nii\tout/&," >list
        "${@:2}" -v -L list 2>&1 | sed -n 's/.* CPU, \([0-9]*\).* MB at the peak$/\1/p'
    }
    for command in 'dorg-thresh -p 0' 'dorg-gauss3d -s 1'; do
        # shellcheck disable=SC2086
        few=$(peak 100 $command)
        # shellcheck disable=SC2086
        many=$(peak 1000 $command)
        [ "$few" -gt 0 ]
        [ "$many" -le $((few + 1)) ]
        [ "$(find out -type f | wc -l)" -eq 1000 ]
        rm out/*
    done
}
