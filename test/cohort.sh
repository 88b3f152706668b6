#!/bin/bash
# cohort.sh N FOLDER: a cohort of N phantoms, three of them spoilt, segmented by a run that is
# killed outright in its middle and meets a full disk, must end with the masks of a run that was
# left in peace, three named failures, and nothing else.  BIN: the executables.
set -eu -o pipefail
n=$1 dir=$2
here=$(cd "$(dirname "$0")/.." && pwd)
run=$here/pipelines/run
mkdir -p "$dir"
cd "$dir"
fail() { echo "cohort.sh: $*" >&2; exit 1; }

# ---- models and scans ----
printf '%s\n' 'input channels=1 size=12' 'conv name=c filters=6 kernel=3' 'bnorm name=b' relu 'pool kernel=3 stride=2' \
    'fc name=f outputs=2' softmax 'train batch=32 epochs=1 rate_w=cosine:0.02,10 rate_b=cosine:0.02,10' >tiny.cfg
make -s --no-print-directory -C "$here/pipelines" -f phantom.mk RUN=train SIZE=56,56,20 N_TRAIN=2 N_TEST=1 K=20000 TREES=8 \
    P_NET=tiny.cfg R_NET=tiny.cfg N_T=1 P_MAX=400 R_MAX=200 E_MAX=200 CUT_STEP=0.1 LAMBDAS='0.5 2' -j2 models >train.log 2>&1 ||
    { tail -5 train.log; fail 'no models'; }
# as real models are: able to find something
echo 0.3 >train/models/cut.p0
make -s --no-print-directory -C "$here/pipelines" -f phantom-cohort.mk N="$n" SIZE=56,56,20 OUT=scans -j2 >/dev/null
printf 'K=20000\n' >scans/settings.mk
cut -f1-3 scans/cohort.tsv >list.tsv
cohort() { # RUN [VARIABLE=VALUE...]
    "$run" cohort COHORT=list.tsv SETTINGS=scans/settings.mk MODELS=train/models RUN="$1" FINAL=p0 -j2 "${@:2}"
}
cohort peace >peace.log 2>&1 || { tail -5 peace.log; fail "the run in peace failed"; }
[ "$(cut -f2 peace/status.tsv | grep -c 'done')" = "$n" ] || fail 'the run in peace is not whole'
[ "$(for m in peace/cases/*/seg.nii.gz; do zcat "$m" | tail -c 62720 | sha256sum; done | sort -u | wc -l)" -gt 2 ] ||
    fail 'the masks are all alike'

# ---- three are spoilt ----
head -c 2000 scans/phantom2/ct.nii.gz >short && mv short scans/phantom2/ct.nii.gz
echo junk >scans/phantom3/ct.nii.gz
sed -i "s,scans/phantom5/ct,scans/phantom5/gone," list.tsv

# ---- a run with little room ----
mkdir -p room
small=
if mount -t tmpfs -o size=64m tmpfs room 2>/dev/null; then
    small=yes
    trap 'umount -l "$dir/room"' EXIT
fi
cohort room/run >killed.log 2>&1 &
until [ "$(find room/run/cases -name status 2>/dev/null | wc -l)" -ge $((n / 3)) ]; do sleep 0.1; done
kill -9 "$(sed -n 's/^process \([0-9]*\) .*/\1/p' room/run/.lock)"
wait $! && fail 'the make was not killed'
if [ -n "$small" ]; then
    dd if=/dev/zero of=room/ballast bs=64k >/dev/null 2>&1 || :
    cohort room/run >full.log 2>&1 && fail 'a full disk was not noticed'
    grep -q 'No space left' full.log || { tail -5 full.log; fail 'nobody said that the disk was full'; }
    rm room/ballast
fi
rc=0
cohort room/run >last.log 2>&1 || rc=$?
[ "$rc" = 5 ] || { tail -20 last.log; fail "exit $rc, expected 5"; }

# ---- what must hold ----
[ "$(grep '^failed: ' last.log | sed 's/^failed: \([^:]*\):.*/\1/' | sort | paste -sd' ')" = 'phantom2 phantom3 phantom5' ] ||
    { grep failed last.log; fail 'other failures than the three'; }
for c in $(seq "$n"); do
    case $c in 2 | 3 | 5) [ ! -e "room/run/cases/phantom$c/seg.nii.gz" ] || fail "a mask of phantom$c" ;;
    *) cmp "peace/cases/phantom$c/seg.nii.gz" "room/run/cases/phantom$c/seg.nii.gz" || fail "phantom$c differs" ;;
    esac
done
left=$(find room/run -name '*.part' -o -name '*.tmp' -o -name running -o -name times.tsv -path '*/cases/*')
[ -z "$left" ] || fail "left behind: $left"
# once more: nothing is done twice
before=$(find room/run/cases -name seg.nii.gz -printf '%p %T@\n' | sort)
cohort room/run >/dev/null 2>&1 && fail 'the failures were forgotten'
[ "$before" = "$(find room/run/cases -name seg.nii.gz -printf '%p %T@\n' | sort)" ] || fail 'masks were made twice'
echo "$((n - 3)) masks as in peace, 3 named failures; killed once${small:+, and the disk full once}"
