#!/usr/bin/env bats
# What a command says while it works, before it works, and of inputs that are hardly what was asked.
load helper

own_setup() {
    dorg-phantom --seed 1 --size 48,48,16 -t truth.nii -o ct.nii
}

# on_terminal COMMAND: what it draws on a terminal, returns as lines
on_terminal() {
    script -qec "$1" /dev/null </dev/null | tr '\r' '\n'
}

@test "progress: on a terminal the stage, its share and the time left, wiped out when it is done" {
    mkdir -p cases/a
    on_terminal 'dorg-gauss3d -j 1 -s 1 -o cases/a/g.nii truth.nii; printf END' >seen
    grep -Eqx 'dorg-gauss3d a/g.nii: [0-9]+%, [0-9]+ of [0-9]+, [0-9]+:[0-9][0-9] left' seen
    # the last line is blanks, then what comes after
    [ "$(grep -v '^$' seen | tail -n 1)" = END ]
    [ -z "$(grep -v '^$' seen | tail -n 2 | head -n 1 | tr -d ' ')" ]
    on_terminal 'dorg-superpix -j 1 -k 9000 ct.nii | dorg-info | grep kind' >seen
    grep -q '^dorg-superpix: [0-9]*%, ' seen
    grep -q '^kind: volume' seen
}

@test "progress: nothing with -q, nothing in a log, and the same bytes" {
    on_terminal 'dorg-gauss3d -q -s 1 -o q.nii truth.nii' >seen
    [ -z "$(tr -d '\n' <seen)" ]
    dorg-gauss3d -s 1 -o log.nii truth.nii 2>said
    [ ! -s said ]
    on_terminal 'dorg-gauss3d -s 1 -o tty.nii truth.nii' >seen
    cmp log.nii tty.nii
    cmp log.nii q.nii
}

@test "progress: a message begins on a line of its own" {
    cp truth.nii t2.nii
    on_terminal 'dorg-superpix -v -j 1 -k 9000 -o sp.nii truth.nii' >seen
    grep -q '^dorg-superpix: warning: truth.nii: a CT in HU is expected: ' seen
    grep -q '^dorg-superpix: .* s wall, ' seen
}

@test "progress: training and applying a net tell their steps" {
    printf '%s\n' 'input channels=3 size=8' 'fc outputs=2' softmax 'train batch=2 epochs=2' >n.cfg
    dorg-tissue -o tissue.nii ct.nii
    dorg-patch --stride 1 --size 8 --balance --max 60 -t truth.nii -o p.rec ct.nii tissue.nii
    on_terminal 'dorg-train -E ref --cfg n.cfg -o n.net p.rec' >seen
    grep -Eq '^dorg-train n.net: step [0-9]+%, [0-9]+ of [0-9]+, ' seen
    # one of several batches of examples
    on_terminal 'dorg-pconv -E ref -n n.net -m tissue.nii --stride 1 -o p.nii ct.nii' >seen
    grep -Eq '^dorg-pconv p.nii: ' seen
}

@test "outputs: a folder that is not there, or is no folder, is told before the work" {
    for o in gone/out truth.nii/out .; do
        # an input that is not there either would be told first if it was opened first
        run -4 dorg-superpix -o "$o" none.nii
        [[ $output != *none.nii* ]] || { echo "$output"; false; }
        [[ $output == 'dorg-superpix: error: '* ]]
    done
    run -4 dorg-train --cfg none.cfg --log gone/log -o n.net none.rec
    [[ $output == *'gone: No such file or directory'* ]]
    ln -s nowhere link
    run -4 dorg-gauss3d -o link none.nii
    [[ $output == *'link: a link that leads to no file'* ]]
    mkdir closed
    chmod a-w closed
    if [ "$(id -u)" != 0 ]; then
        run -4 dorg-gauss3d -o closed/out none.nii
        [[ $output == *'Permission denied'* ]]
    fi
    # what was there stays as it was
    echo kept >old
    run -4 dorg-gauss3d -o old none.nii
    [ "$(cat old)" = kept ]
}

@test "inputs: hardly a CT is a warning, and the result is the same" {
    dorg-thresh -p 1 -o mask.nii truth.nii
    dorg-gauss3d -s 1 -o map.nii mask.nii
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$ROOT/test/gen" /usr/bin/python3 - <<'P'
from nii import write
n = (16, 16, 3)
write("bare.nii", n, lambda i, j, k: int(i > j))
write("raw.nii", n, lambda i, j, k: 100 * (i + j), "h")
write("odd.nii", n, lambda i, j, k: -40000 * (i == j), "i")
write("zero.nii", n, lambda i, j, k: 0, "h")
P
    doubt() { # FILE WORDS
        run -0 --separate-stderr dorg-superpix -k 9000 -o sp.nii "$1"
        # shellcheck disable=SC2154
        [ "$stderr" = "dorg-superpix: warning: $1: a CT in HU is expected: $2" ] || { echo "$stderr"; return 1; }
        dorg-superpix -q -k 9000 "$1" | dorg-cmp - sp.nii
    }
    doubt mask.nii 'labels, its header says'
    doubt bare.nii 'only 0 and 1, as a mask has'
    doubt map.nii 'values from 0 to 1, as a map has'
    doubt raw.nii 'no value below 0: stored without their offset of 1024, or an MR image?'
    doubt odd.nii 'values that no CT scanner gives'
    for f in ct zero; do
        run -0 --separate-stderr dorg-superpix -k 9000 -o sp.nii $f.nii
        [ -z "$stderr" ]
    done
    dorg-superpix -q -k 9000 -o sp.nii ct.nii
    for c in "dorg-spfeat mask.nii sp.nii" "dorg-tissue mask.nii" "dorg-view mask.nii" "dorg-edges mask.nii sp.nii"; do
        $c 2>said >/dev/null || true
        grep -q 'warning: mask.nii: a CT in HU is expected: ' said || { echo "$c"; cat said; false; }
    done
}

@test "inputs: a CT where a map is expected, a map where labels are" {
    dorg-gauss3d -s 1 -o map.nii truth.nii
    dorg-superpix -k 9000 -o sp.nii ct.nii
    dorg-thresh -p 0.5 -o mask.nii map.nii
    dorg-spfeat -o sp.tab ct.nii sp.nii
    refuses 3 dorg-level --share 0.1 -m mask.nii -o out ct.nii
    grep -q 'ct.nii: a map value is -[0-9]*; expected 0 to 1 (is it a CT?)$' refuse.err
    refuses 3 dorg-refine -P ct.nii -o out ct.nii mask.nii
    grep -q 'ct.nii: a map value is' refuse.err
    refuses 3 dorg-region --size 8 -P ct.nii -o out ct.nii sp.nii sp.tab
    grep -q 'ct.nii: a map value is' refuse.err
    refuses 3 dorg-spfeat -P ct.nii -o out ct.nii sp.nii
    refuses 3 dorg-view -P ct.nii -o out ct.nii
    # one voxel is enough
    refuses 3 dorg-dice -o out map.nii truth.nii
    grep -q 'expected a 32-bit integer' refuse.err
    refuses 3 dorg-dice -o out truth.nii ct.nii
    grep -q 'ct.nii: a label is -[0-9]*; expected 0 or above (is it a CT?)$' refuse.err
    refuses 3 dorg-dice -o out ct.nii truth.nii
    refuses 3 dorg-holds -o out ct.nii ct.nii
    refuses 3 dorg-spfeat -t map.nii -o out ct.nii sp.nii
    refuses 3 dorg-patch -t truth.nii -o out ct.nii map.nii
}
