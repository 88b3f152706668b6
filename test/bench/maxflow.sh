#!/bin/bash
# maxflow.sh - dorg_maxflow against scipy's maximum_flow on real slices of a thousand superpixels,
# each solver alone
set -eu -o pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
B=$(cd "${B:-$here/../build}" && pwd)
PATH=$B/bin:$PATH
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
dorg-graphcut -l 1 -e edges.tab sp.tab >out.tab
/usr/bin/python3 - "$here/oracle" "$B/test/bench/b_maxflow" <<'PY'
import re, subprocess, sys, time
import numpy as np
sys.path.insert(0, sys.argv[1])
import mincut
import scipy.sparse.csgraph as csgraph
seconds, graphs = [], []
solve = csgraph.maximum_flow
def timed(csr, s, t):
    times = []
    for _ in range(20):
        from_ = time.perf_counter()
        r = solve(csr, s, t)
        times.append(time.perf_counter() - from_)
    seconds.append(min(times))
    graphs.append((csr.tocoo(), s))
    return r
csgraph.maximum_flow = timed
mincut.check("out.tab", "edges.tab", 1, 10)
ours = []
for coo, n in graphs:
    source, sink = np.zeros(n, "f4"), np.zeros(n, "f4")
    source[coo.col[coo.row == n]] = coo.data[coo.row == n]
    sink[coo.row[coo.col == n + 1]] = coo.data[coo.col == n + 1]
    e = (coo.row < coo.col) & (coo.col < n)
    parts = [np.array([n, e.sum()], "u4"), source, sink, coo.row[e].astype("u4"),
             coo.col[e].astype("u4"), coo.data[e].astype("f4")]
    open("graph", "wb").write(b"".join(p.tobytes() for p in parts))
    said = subprocess.run([sys.argv[2], "graph"], capture_output=True, text=True, check=True)
    ours.append(float(re.search(r": (\S+) ms", said.stdout)[1]) / 1e3)
print(f"bench maxflow.real_slices: {max(ours) * 1e3:.3f} ms the slowest of {len(ours)} (ratio to "
      f"scipy's maximum_flow {sum(ours) / sum(seconds):.3f})")
PY
