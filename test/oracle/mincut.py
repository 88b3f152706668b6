"""mincut.py - an independent solver for the cuts of dorg-graphcut: scipy's maximum_flow.

    mincut.py make CT TRUTH OUT_LABELS OUT_TABLE   labels (a jittered grid's cells) and a table
    mincut.py check TABLE EDGES LAMBDA CLAMP       exit 0 when every slice's labels cost the least
"""
import sys
import numpy as np


def make(ct, truth, out_labels, out_table):
    import nibabel as nib
    from scipy import ndimage
    image = nib.as_closest_canonical(nib.load(ct))
    hu = np.asanyarray(image.dataobj).astype(float)
    inside = np.asanyarray(nib.as_closest_canonical(nib.load(truth)).dataobj) > 0
    rng = np.random.default_rng(1)
    nx, ny, nz = hu.shape
    labels = np.zeros(hu.shape, np.int32)
    rows, first = [], 1
    for z in range(nz):
        step = max(4, int(np.sqrt(nx * ny / 1000)))  # about a thousand superpixels a slice
        gx, gy = np.arange(step // 2, nx, step), np.arange(step // 2, ny, step)
        seed = np.stack(np.meshgrid(gx, gy, indexing="ij"), -1).reshape(-1, 2)
        seed = np.clip(seed + rng.integers(-step // 3, step // 3 + 1, seed.shape), 0, [nx - 1, ny - 1])
        at = np.zeros((nx, ny), np.int32)
        at[seed[:, 0], seed[:, 1]] = np.arange(1, len(seed) + 1)
        near = ndimage.distance_transform_edt(at == 0, return_distances=False, return_indices=True)
        cell = at[tuple(near)]
        ids, cell = np.unique(cell, return_inverse=True)
        cell = cell.reshape(nx, ny)
        labels[:, :, z] = first + cell
        soft = ndimage.gaussian_filter(inside[:, :, z].astype(float), step)
        p = ndimage.mean(soft, cell, np.arange(len(ids)))
        p = np.clip(0.1 + 0.8 * p + rng.normal(0, 0.25, len(ids)), 0, 1)
        rows += [f"{first + i}\t{z}\t{p[i]:.9g}" for i in range(len(ids))]
        first += len(ids)
    nib.save(nib.Nifti1Image(labels, image.affine), out_labels)
    with open(out_table, "w") as f:
        f.write("#dorg-tab 1\nid\tz\tp\n" + "\n".join(rows) + "\n#end\n")


def read(path):
    lines = [s.rstrip("\n").split("\t") for s in open(path) if not s.startswith("#")]
    return {n: np.array([float(r[c]) for r in lines[1:]]) for c, n in enumerate(lines[0])}


def check(table, edges, lam, clamp):
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import maximum_flow
    t, g = read(table), read(edges)
    lam, clamp, scale = float(lam), float(clamp), 2.0**18
    worst, slices, nodes = 0.0, 0, 0
    for z in np.unique(t["z"]):
        row = {i: k for k, i in enumerate(t["id"][t["z"] == z])}
        p, x = t["p"][t["z"] == z], t["label"][t["z"] == z]
        with np.errstate(divide="ignore"):
            inside, outside = np.minimum(clamp, -np.log(p)), np.minimum(clamp, -np.log(1 - p))
        use = g["z"] == z
        a = np.array([row[i] for i in g["a"][use]], int)
        b = np.array([row[i] for i in g["b"][use]], int)
        w = lam * np.exp(-((g["contrast_hu"][use] / 30) ** 2))
        energy = np.sum(np.where(x == 1, inside, outside)) + np.sum(w[x[a] != x[b]])
        n = len(p)
        whole = lambda v: np.rint(np.asarray(v) * scale).astype(np.int32)
        i = np.concatenate([np.full(n, n), np.arange(n), a, b])
        j = np.concatenate([np.arange(n), np.full(n, n + 1), b, a])
        c = np.concatenate([whole(outside), whole(inside), whole(w), whole(w)])
        flow = maximum_flow(coo_matrix((c, (i, j)), (n + 2, n + 2)).tocsr(), n, n + 1).flow_value
        slack = (2 * n + len(a)) / scale
        worst = max(worst, abs(energy - flow / scale) / slack)
        slices, nodes = slices + 1, nodes + n
    print(f"{slices} slices, {nodes} superpixels, {int(t['label'].sum())} inside; "
          f"worst difference {worst:.3g} of what rounding allows")
    return 0 if slices and worst <= 1 else 1


if __name__ == "__main__":
    sys.exit({"make": make, "check": check}[sys.argv[1]](*sys.argv[2:]))
