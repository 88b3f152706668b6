#!/usr/bin/env bats
# Allocations, reads, writes, closes and opens that fail on command: the right exit code, one
# sentence, nothing half-written, no crash, no hang.
load helper

own_setup() {
    dorg-phantom --seed 1 --size 40,40,16 -t truth.nii -o ct.nii
    dorg-superpix -k 20000 -o labels.nii ct.nii
    dorg-spfeat -t truth.nii -o sp.tab ct.nii labels.nii
    dorg-paint -c coverage -o map.nii labels.nii sp.tab
    gzip -k map.nii
    dorg-thresh -p 0.01 -o mask.nii map.nii
    dorg-region --size 8 -o r.rec ct.nii labels.nii sp.tab
    dorg-rftrain -k 3 -o rf.forest sp.tab
    dorg-edges -o edges.tab ct.nii labels.nii sp.tab
    printf '%s\n' 'input channels=1 size=8' 'conv name=c filters=4 kernel=3' relu \
        'fc name=f outputs=2' softmax 'train batch=8 epochs=1' >tiny.cfg
    dorg-train -q -E ref --epochs 1 --cfg tiny.cfg -o tiny.net r.rec
    dorg-patch --size 8 --stride 2 -t truth.nii -o q.rec ct.nii mask.nii
    dorg-train -q -E ref --epochs 1 --cfg tiny.cfg --sampling none -o p.net q.rec
    printf '%s\n' a b c >cases.txt
    printf 'case\tct\tpatient\n1\tct.nii\t1\n2\tmap.nii\t2\n' >cohort.tsv
    mkdir -p series/a/b
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$ROOT/test/gen" /usr/bin/python3 - <<'P'
from dicom import write
for k in range(4):
    write("series/a/%s%d" % ("b/" * (k % 2), k), k, [k] * 4, 2, 2)
P
    dorg-rconv -E ref --scales 1 -n tiny.net -o p.tab ct.nii labels.nii sp.tab
}

# strike KIND LINE: every n-th call of KIND fails, for n growing until it is no longer reached
strike() {
    local kind=$1 n=1 rc
    shift
    while :; do
        rm -f struck out out.nii.gz
        rc=0
        FAULT="$kind $n" FAULT_LOG=struck LD_PRELOAD="$B/test/fault/inject.so" \
            timeout 20 "$@" >stdout 2>stderr </dev/null || rc=$?
        [ -e struck ] || break
        case $rc in
        0 | 4) ;;
        *) echo "$* with $kind $n failing: exit $rc"; cat stderr; return 1 ;;
        esac
        if [ $rc -ne 0 ] && { [ -e out ] || [ -e out.nii.gz ]; }; then
            echo "$* with $kind $n failing left its output"
            return 1
        fi
        if compgen -G ".dorg-*" >/dev/null; then
            echo "$* with $kind $n failing left a temporary file"
            return 1
        fi
        if [ $rc -ne 0 ] && [ "$(grep -c "^$1: error: " stderr)" -ne 1 ]; then
            echo "$* with $kind $n failing said:"
            cat stderr
            return 1
        fi
        # dense at first, then sparser: start-up and set-up hold most of the kinds of calls
        n=$((n + 1 + n / 12))
        [ $n -le 2000 ] || break
    done
}

strike_all() {
    [ -z "${DORG_SANITIZED:-}" ] || skip "the sanitizers' own allocations are in the way"
    grep -v '^#' "$ROOT/test/fault/commands" | while read -r -a line; do
        strike "$1" "${line[@]}" || exit 1
    done
}

@test "allocations" {
    strike_all malloc
}

@test "reads" {
    strike_all read
}

@test "writes" {
    strike_all write
}

@test "closes" {
    strike_all close
}

@test "opens" {
    strike_all open
}

@test "flushes, links and renames" {
    strike_all fsync
    strike_all link
    FAULT_NAMED=1 strike_all rename
}
