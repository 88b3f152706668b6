#!/bin/bash
# gpu.sh check|bench|all BUILD [FOLDER]: the suites, the table of rates, or both and more, on
# this machine's GPU
#
# all is for the first time on a device: every step has a limit of time, what it says is kept in
# FOLDER (BUILD/gpu), and a step that fails stops nothing.  Its order is that of what must hold
# first: the reference's numbers, the same bytes twice, memory; then rates, the paper's net
# trained in each precision for SECONDS_EACH (20), and a whole scan.
#
# A scan: CT=scan.nii.gz, else a phantom, by pipelines/models/nih; with MODELS=folder of the whole
# cascade, too, stage by stage.
set -eu -o pipefail
what=$1 build=$2 folder=${3:-$2/gpu}
said=$(mktemp)
scratch=$(mktemp -d)
trap 'rm -rf "$said" "$scratch"' EXIT
export DORG_PLUGINS=${DORG_PLUGINS:-$(realpath "$build")/lib/dorg}
PATH=$(realpath "$build")/bin:$PATH

cascade() {
    local out began
    out=$scratch/cascade
    mkdir -p "$out"
    began=$EPOCHREALTIME
    make -s -C pipelines real CT="$(realpath "$CT")" MODELS="$(realpath "$MODELS")" OUT="$out" \
        SRUN="$PWD/pipelines/timed $out/times.tsv" \
        >"$out/said" 2>&1 || { cat "$out/said"; return 1; }
    awk -v a="$began" -v b="$EPOCHREALTIME" \
        'BEGIN { printf "cascade, NIfTI to mask: %.3f s; its stages (seconds of wall and CPU):\n", b - a }'
    cat "$out/times.tsv"
}

rates() {
    echo "# $(date -u +%F), $(git rev-parse --short HEAD 2>/dev/null || echo 'no commit')"
    "$build/test/cuda/rates" pipelines/nets/deeporgan.cfg
    if [ -n "${CT:-}" ] && [ -n "${MODELS:-}" ]; then cascade; fi
}

# A skipped suite is not a passed one; only one device is no fault of anybody's.
suite() {
    echo "# $*"
    "$@" | tee "$said"
    if grep '# skip.*cuda' "$said" | grep -qv 'no team of two GPUs'; then
        echo "no device: nothing was checked" >&2
        return 1
    fi
}

sanitized() {
    local tool t
    command -v compute-sanitizer >/dev/null || { echo "no compute-sanitizer here"; return; }
    for tool in memcheck initcheck; do
        for t in "$@"; do
            suite compute-sanitizer --tool $tool --error-exitcode 1 "$build/test/unit/$t"
        done
    done
}

# Records and a scan to work on: the phantom's.
data() {
    [ ! -f "$scratch/p.rec" ] || return 0
    dorg-phantom --seed 5 --size 160,150,60 -t "$scratch/t.nii" >"$scratch/ct.nii"
    dorg-gauss3d -s 4 "$scratch/t.nii" | dorg-thresh -p 0.02 -o "$scratch/m.nii"
    dorg-patch --size "$1" --stride "${STRIDE:-2}" -t "$scratch/t.nii" -o "$scratch/p.rec" \
        "$scratch/ct.nii" "$scratch/m.nii"
}

NET=${NET:-pipelines/nets/deeporgan.cfg}
train() { # NAME OPTIONS...: into scratch/NAME.net
    local name=$1
    shift
    data "$(awk '$1 == "input" { sub(/.*size=/, ""); print $1 + 0 }' "$NET")"
    dorg-train -q -E cuda --cfg "$NET" --sampling over --log "$scratch/$name.tsv" \
        -o "$scratch/$name.net" "$@" "$scratch/p.rec"
}

twice() {
    local p
    for p in f32 tf32 bf16; do
        train a --precision $p --epochs 1
        train b --precision $p --epochs 1
        cmp "$scratch/a.net" "$scratch/b.net"
        echo "$p: two trainings, the same bytes"
    done
}

# The log has the loss and the images a second of every epoch.
for_a_while() {
    local p
    for p in f32 tf32 bf16; do
        timeout -s INT "${SECONDS_EACH:-20}" dorg-train -E cuda --precision $p --cfg "$NET" \
            --sampling over --epochs 1000 --log "$scratch/$p.tsv" -o "$scratch/$p.net" \
            "$scratch/p.rec" || [ $? = 124 ]
        echo "$p:"
        cat "$scratch/$p.tsv"
    done
}

scan() {
    local ct=${CT:-$scratch/scan.nii.gz} began
    [ -n "${CT:-}" ] || dorg-phantom --seed 6 -o "$ct"
    began=$EPOCHREALTIME
    # an implausible pancreas, as a phantom's, is told by 2
    make -s -C pipelines segment CT="$(realpath "$ct")" OUT="$scratch/mask.nii.gz" ENGINE=cuda \
        SRUN="$PWD/pipelines/timed $scratch/times.tsv" || [ $? = 2 ]
    awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "a scan by models/nih: %.3f s\n", b - a }'
    if [ -f "$scratch/times.tsv" ]; then cat "$scratch/times.tsv"; fi
    dorg-info "$scratch/mask.nii.gz"
}

bad=0
step() { # NAME LIMIT COMMAND...: one line here, the rest into FOLDER
    local name=$1 limit=$2 began=$EPOCHREALTIME rc=0 pid
    shift 2
    ("$@") >"$folder/$name.log" 2>&1 &
    pid=$!
    (sleep "$limit"; kill $pid 2>/dev/null && echo "stopped after $limit s" >>"$folder/$name.log") &
    wait $pid || rc=$?
    kill $! 2>/dev/null || :
    [ $rc = 0 ] || bad=1
    awk -v n="$name" -v r=$rc -v a="$began" -v b="$EPOCHREALTIME" \
        'BEGIN { printf "%-12s %-7s %8.1f s\n", n, r ? "FAILED" : "ok", b - a }' |
        tee -a "$folder/summary"
}

device() {
    nvidia-smi || :
    nvcc --version 2>/dev/null || :
    git rev-parse HEAD 2>/dev/null || :
    dorg-gauss3d -d cuda "$scratch/one.nii" >/dev/null
}

all() {
    local t
    mkdir -p "$folder"
    : >"$folder/summary"
    dorg-phantom --seed 3 --size 40,36,16 -o "$scratch/one.nii"
    step device 60 device
    for t in t_cuda t_cuda_net t_cuda_images t_cuda_team; do
        step $t 60 suite "$build/test/unit/$t"
    done
    step engines 120 suite "$build/test/prop/p_engine"
    step commands 90 env B="$build" bats --tap -f 'on a device' test/bats/cuda.bats
    step twice 90 twice
    step memory 120 sanitized t_cuda t_cuda_images
    step rates 120 rates
    step training $((3 * ${SECONDS_EACH:-20} + 30)) for_a_while
    step scan 120 scan
    echo "all that was said: $folder"
    return $bad
}

case $what in
all) all ;;
bench) rates ;;
check)
    for t in t_cuda t_cuda_net t_cuda_images t_cuda_team; do
        suite "$build/test/unit/$t"
    done
    suite "$build/test/prop/p_engine"
    B=$build suite bats --tap test/bats/cuda.bats
    sanitized t_cuda t_cuda_net t_cuda_images
    ;;
*) echo "usage: gpu.sh check|bench|all BUILD [FOLDER]" >&2; exit 2 ;;
esac
