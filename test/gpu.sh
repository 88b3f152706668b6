#!/bin/bash
# gpu.sh check|bench BUILD: the suites, or the table of rates, on this machine's GPU
set -eu -o pipefail
what=$1 build=$2
said=$(mktemp)
trap 'rm -f "$said"' EXIT

if [ "$what" = bench ]; then
    export DORG_PLUGINS=$build/lib/dorg
    exec "$build/test/cuda/rates" pipelines/nets/deeporgan.cfg
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
if command -v compute-sanitizer >/dev/null; then
    for tool in memcheck initcheck; do
        for t in t_cuda t_cuda_net t_cuda_images; do
            suite compute-sanitizer --tool $tool --error-exitcode 1 "$build/test/unit/$t"
        done
    done
fi
