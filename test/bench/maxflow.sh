#!/bin/bash
# maxflow.sh - dorg-graphcut, process start and tables included, against scipy's maximum_flow
# alone, on real slices of a thousand superpixels
set -eu -o pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
PATH=$(cd "${B:-$here/../build}" && pwd)/bin:$PATH
slab=${DORG_DATA:-$here/../../shared/data}/nih-pancreas-ct/PANCREAS_0003_slab89-93
if [ ! -f "${slab}_ct.nii.gz" ] || ! /usr/bin/python3 -c 'import scipy, nibabel' 2>/dev/null; then
    echo 'bench graphcut.slices: skipped: no real scans, or no scipy and nibabel'
    exit 0
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
/usr/bin/python3 "$here/oracle/mincut.py" make "${slab}_ct.nii.gz" "${slab}_label.nii.gz" labels.nii sp.tab
dorg-edges "${slab}_ct.nii.gz" labels.nii >edges.tab
/usr/bin/python3 - "$here/oracle" <<'PY'
import subprocess, sys, time
sys.path.insert(0, sys.argv[1])
import mincut
import scipy.sparse.csgraph as csgraph
ours = []
for _ in range(7):
    t = time.perf_counter()
    subprocess.run("dorg-graphcut -l 1 -e edges.tab sp.tab > out.tab", shell=True, check=True)
    ours.append(time.perf_counter() - t)
spent = [0.0]
solve = csgraph.maximum_flow
def timed(*a, **k):
    t = time.perf_counter()
    r = solve(*a, **k)
    spent[0] += time.perf_counter() - t
    return r
csgraph.maximum_flow = timed
mincut.check("out.tab", "edges.tab", 1, 10)
print(f"bench graphcut.slices: {min(ours) * 1e3:.1f} ms for 5 slices (ratio to scipy's "
      f"maximum_flow alone {min(ours) / spent[0]:.4f})")
PY
