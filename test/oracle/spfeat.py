"""spfeat.py CT LABELS TRUTH MAP KDE TABLE: the feature table, from its definitions.

Written from dorg-spfeat(1) with numpy and scipy; exits 1 naming the first column that
disagrees.  Volumes must be stored RAS+ (as dorg-phantom writes them)."""
import sys
import nibabel as nib
import numpy as np
from scipy import ndimage

ct_p, lab_p, truth_p, map_p, kde_p, tab_p = sys.argv[1:]
vol = nib.load(ct_p)
ct = np.asarray(vol.dataobj, np.float32)
lab = np.asarray(nib.load(lab_p).dataobj).astype(np.int64)
truth = np.asarray(nib.load(truth_p).dataobj) != 0
pmap = np.asarray(nib.load(map_p).dataobj, np.float32)
mm = np.array(vol.header.get_zooms()[:3], float)


def table(path):
    lines = [l.rstrip("\n").split("\t") for l in open(path) if not l.startswith("#")]
    v = np.array(lines[1:], float)
    return {n: v[:, i] for i, n in enumerate(lines[0])}


kde = table(kde_p)
got = table(tab_p)
y = kde["y"].astype(np.float32)[np.clip(np.floor(ct + np.float32(1024.5)), 0, 4095).astype(int)]

# the body: eroded per slice (outside counts as body), largest 6-connected component, grown back
mask = ct > -500
cross = ndimage.generate_binary_structure(2, 1)
eroded = np.stack([ndimage.binary_erosion(mask[:, :, z], cross, border_value=1)
                   for z in range(mask.shape[2])], axis=2)
comp, n = ndimage.label(eroded)
body = comp == 1 + np.argmax(ndimage.sum(eroded, comp, range(1, n + 1)))


def box(b):
    return [(int(max(i.min() - 1, 0)), int(min(i.max() + 1, s - 1)))
            for i, s in zip(np.nonzero(b), b.shape)]


full = box(body)
zs = np.nonzero(body)[2]
full[2] = (int(zs.min()), int(zs.max()))
per_slice = [box(body[:, :, z]) if body[:, :, z].any() else full[:2]
             for z in range(ct.shape[2])]


def place(c, b):
    return (c - b[0]) / (b[1] - b[0]) if b[1] > b[0] else 0.5


def stats(v):
    v = np.sort(v.astype(np.float64))
    pct = [v[max(int(np.ceil(q * len(v) / 100)) - 1, 0)] for q in range(20, 100, 10)]
    return [v.mean(), v.std(), v[0], v[-1]] + pct


def around(hu, x, y, half):
    """Share of fat and mean of soft tissue in a box, pixel by pixel."""
    i, j = np.arange(hu.shape[0]), np.arange(hu.shape[1])
    at = [(k >= np.floor(c - half / m + 0.5)) & (k <= np.floor(c + half / m + 0.5))
          for k, c, m in zip((i, j), (x, y), mm)]
    v = hu[at[0]][:, at[1]].astype(float).ravel()
    if not len(v):
        return 0, -50
    soft = np.floor(v[(v >= -20) & (v < 240)] + 0.5)
    fat = np.round(1000 * ((v >= -150) & (v <= -30)).mean()) / 1000
    return fat, np.round(10 * soft.mean()) / 10 if 50 * len(soft) >= len(v) and len(soft) else -50


def spine(hu, b):
    (x0, x1), (y0, y1) = b
    w, h, mid = x1 - x0, y1 - y0, (x0 + x1) / 2
    x, yy = np.nonzero(hu > 180)
    keep = (x >= x0) & (x <= x1) & (abs(x - mid) < 0.15 * w) & (yy >= y0) & (yy <= y1) & \
        (yy < y0 + 0.6 * h)
    x, yy = x[keep], np.sort(yy[keep])
    if len(x) * mm[0] * mm[1] < 40:
        return mid, y0 + 0.3 * h
    return x.mean(), yy[int(np.ceil(0.85 * len(yy))) - 1]


def context(hu, b, x, y):
    row = {}
    for r in (3, 6, 12, 24, 48):
        row["fat_r%d" % r], row["soft_r%d" % r] = around(hu, x, y, r)
    for d in (12, 24, 45, 70):
        for k in range(8):
            a = k * np.pi / 4
            n = "_%d_%d" % (d, k)
            row["fat" + n], row["soft" + n] = around(
                hu, x + d * np.cos(a) / mm[0], y + d * np.sin(a) / mm[1], 0.35 * d)
    s = spine(hu, b)
    dx, dy = (x - s[0]) * mm[0], (y - s[1]) * mm[1]
    row.update(spine_x_mm=dx, spine_y_mm=dy, spine_mm=np.hypot(dx, dy),
               spine_turn=np.arctan2(dx, dy))
    return row


names = ["mean", "std", "min", "max"] + ["p%d" % q for q in range(20, 100, 10)]
want = {}
for i, k in enumerate(np.unique(lab[lab > 0])):
    at = np.nonzero(lab == k)
    x, yy, z = (a.astype(float) for a in at)
    c = np.array([x.mean(), yy.mean(), z[0]])
    w, h = (np.ptp(x) + 1) * mm[0], (np.ptp(yy) + 1) * mm[1]
    cov = np.cov(np.stack([x * mm[0], yy * mm[1]]), bias=True)
    lo, hi = np.linalg.eigvalsh(cov)
    off = np.hypot((cov[0, 0] - cov[1, 1]) / 2, cov[0, 1])
    s = per_slice[int(z[0])]
    row = {"id": k, "z": z[0], "area_mm2": len(x) * mm[0] * mm[1],
           "rel_x": place(c[0], full[0]), "rel_y": place(c[1], full[1]),
           "rel_z": place(c[2], full[2]), "slice_x": place(c[0], s[0]),
           "slice_y": place(c[1], s[1]), "width_mm": w, "height_mm": h,
           "fill": len(x) * mm[0] * mm[1] / (w * h),
           "elongation": 1 - np.sqrt(max(lo, 0) / hi) if hi > 0 else 0,
           "turn": cov[0, 1] / off if off > 1e-9 else 0,
           "x_mm": (c[0] - full[0][0]) * mm[0], "y_mm": (c[1] - full[1][0]) * mm[1],
           "z_mm": (c[2] - full[2][0]) * mm[2],
           "coverage": truth[at].mean(), "truth": float(truth[at].mean() >= 0.5)}
    for of, v in (("hu", ct), ("map", pmap), ("kde", y)):
        row.update(zip(("%s_%s" % (n, of) for n in names), stats(v[at])))
    row.update(context(ct[:, :, int(z[0])], s, c[0], c[1]))
    for n, v in row.items():
        want.setdefault(n, []).append(v)

if set(want) != set(got):
    sys.exit("columns differ: %s" % (set(want) ^ set(got)))
for n in want:
    d = np.abs(np.array(want[n]) - got[n])
    tol = 2e-6 * (1 + np.abs(want[n]))
    if n == "elongation":
        tol = tol + 1e-6 / np.sqrt(np.maximum(1e-6, 1 - np.array(want[n])))
    if n.startswith(("fat_", "soft_")):  # a mean on the edge of two roundings
        tol = np.full(len(d), 0.0011 if n[0] == "f" else 0.11)
    if not (d <= tol).all():
        r = int(np.argmax(d - tol))
        sys.exit("%s of superpixel %d: %r, should be %r" % (n, got["id"][r], got[n][r],
                                                            want[n][r]))
print("%d superpixels, %d columns agree" % (len(got["id"]), len(got)))
