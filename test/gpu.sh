#!/bin/bash
# gpu.sh check|bench BUILD: the suites, or the table of rates, on this machine's GPU
#
# CT=scan.nii.gz MODELS=folder gpu.sh bench BUILD also times the whole cascade on a scan, stage
# by stage, with the net stages on the GPU.
set -eu -o pipefail
what=$1 build=$2
said=$(mktemp)
trap 'rm -f "$said"' EXIT

cascade() {
    local out began
    out=$(mktemp -d)
    began=$EPOCHREALTIME
    make -s -C pipelines real CT="$(realpath "$CT")" MODELS="$(realpath "$MODELS")" OUT="$out" \
        SRUN="$PWD/pipelines/timed $out/times.tsv" \
        >"$out/said" 2>&1 || { cat "$out/said"; rm -rf "$out"; return 1; }
    awk -v a="$began" -v b="$EPOCHREALTIME" \
        'BEGIN { printf "cascade, NIfTI to mask: %.3f s; its stages (seconds of wall and CPU):\n", b - a }'
    cat "$out/times.tsv"
    rm -rf "$out"
}

if [ "$what" = bench ]; then
    export DORG_PLUGINS=$build/lib/dorg
    echo "# $(date -u +%F), $(git rev-parse --short HEAD 2>/dev/null || echo 'no commit')"
    "$build/test/cuda/rates" pipelines/nets/deeporgan.cfg
    if [ -n "${CT:-}" ] && [ -n "${MODELS:-}" ]; then cascade; fi
    exit
fi

# A skipped suite is not a passed one; only one device is no fault of anybody's.
suite() {
    echo "# $*"
    "$@" | tee "$said"
    if grep '# skip.*cuda' "$said" | grep -qv 'no team of two GPUs'; then
        echo "no device: nothing was checked" >&2
        exit 1
    fi
}
for t in t_cuda t_cuda_net t_cuda_images t_cuda_team; do
    suite "$build/test/unit/$t"
done
suite "$build/test/prop/p_engine"
B=$build suite bats --tap test/bats/cuda.bats
if command -v compute-sanitizer >/dev/null; then
    for tool in memcheck initcheck; do
        for t in t_cuda t_cuda_net t_cuda_images; do
            suite compute-sanitizer --tool $tool --error-exitcode 1 "$build/test/unit/$t"
        done
    done
fi
