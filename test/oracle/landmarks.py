"""landmarks.py make CT LABELS LUNGLESS | check CT LABELS TABLE | below CT LO HI: columns of
dorg-spfeat --landmarks, levels of dorg-tissue --below.

make: a small made-up chest and abdomen: spine, muscle, a bright vessel, lungs behind at the top,
gas in front of them and behind below them; squares as superpixels; and the same cut to 0...255 HU,
which takes its lungs away.
check: every column from its definition (landmarks.h, dorg-spfeat(1)), pixel by pixel; exits 1
naming the first that disagrees.
below: a line for each slice, 1 when it lies LO to HI mm below the lungs, else 0.
Volumes must be stored RAS+."""
import sys
import nibabel as nib
import numpy as np
from scipy import ndimage

what, ct_p, lab_p, third = sys.argv[1:]


def make():
    rng = np.random.RandomState(7)
    nx, ny, nz, mm = 90, 70, 24, (3.0, 3.2, 5.0)
    x, y, z = np.meshgrid(*(np.arange(n) for n in (nx, ny, nz)), indexing="ij")
    dx, dy = (x - 44) * mm[0], (y - 34) * mm[1]
    hu = np.full((nx, ny, nz), -1000.0)
    hu[(dx / 125) ** 2 + (dy / 100) ** 2 < 1] = -90
    hu[(dx / 115) ** 2 + (dy / 90) ** 2 < 1] = 60
    hu[(abs(dx) < 90) & (dy > -25) & (dy < 70)] = 95
    hu[(abs(dx - 3) < 18) & (dy > -60) & (dy < -28)] = 300
    hu[(dx + 5) ** 2 + (dy + 12) ** 2 < 120] = 170
    hu[(dx + 5) ** 2 + (dy - 22) ** 2 < 120] = 190  # too far in front of the spine to be the vessel
    hu[(abs(abs(dx) - 60) < 25) & (abs(dy + 45) < 30) & (z > 14)] = -800
    hu[(abs(dx - 40) < 22) & (abs(dy - 45) < 20) & (z > 8) & (z < 16)] = -700
    hu[(abs(abs(dx) - 55) < 25) & (abs(dy + 35) < 25) & (z > 1) & (z < 7)] = -700  # bowel
    hu += np.round(rng.normal(size=hu.shape) * 12)
    sp = 1 + x // 9 + 10 * (y // 10) + 70 * z
    for path, v in ((ct_p, hu), (third, np.clip(hu, 0, 255)), (lab_p, sp)):
        nib.save(nib.Nifti1Image(v.astype(np.int16 if v is not sp else np.int32),
                                 np.diag(mm + (1,))), path)


def first_at(count, q):
    seen = np.cumsum(count)
    return int(np.argmax(seen >= q * seen[-1]))


def find_box(u, mm):
    r = [int(np.floor(4 / m + 0.5)) for m in mm]
    kept = ndimage.minimum_filter((u >= 5).astype(np.uint8), (2 * r[0] + 1, 2 * r[1] + 1),
                                  mode="constant", cval=0)
    if kept.sum() * mm[0] * mm[1] < 2000:
        return [0, u.shape[0] - 1, 0, u.shape[1] - 1]
    cx, cy = kept.sum(1), kept.sum(0)
    return [first_at(cx, 0.02) - r[0], first_at(cx, 0.98) + r[0], first_at(cy, 0.005) - r[1],
            first_at(cy, 0.995) + r[1]]


def find_spine(u, mm, box):
    mid, height = (box[0] + box[1]) / 2, box[3] - box[2]
    y, x = np.nonzero(u.T >= 200)
    keep = (y >= box[2]) & (y < box[2] + 0.6 * height) & (abs(x - mid) * mm[0] < 45)
    x, y = x[keep], y[keep]
    if len(x) * mm[0] * mm[1] < 100:
        return [mid, box[2] + 0.4 * height]
    h = [np.floor(20 / m + 0.5) for m in mm]
    most = [np.sum((abs(x - x[i]) <= h[0]) & (abs(y - y[i]) <= h[1]))
            for i in range(0, len(x), 4)]
    cx, cy = float(x[4 * int(np.argmax(most))]), float(y[4 * int(np.argmax(most))])
    for _ in range(4):
        near = (abs(x - cx) * mm[0] < 25) & (abs(y - cy) * mm[1] < 45)
        cx = x[near].mean() if near.any() else cx
    near = (abs(x - cx) * mm[0] < 12) & (abs(y - cy) * mm[1] < 45)
    return [cx, first_at(np.bincount(y[near]), 0.85) if near.any() else cy]


def find_tissues(u, mm, box, s):
    x, y = np.meshgrid(*(np.arange(n) for n in u.shape), indexing="ij")
    dx, dy = (x - s[0]) * mm[0], (y - s[1]) * mm[1]
    v = u[(abs(dx) > 12) & (abs(dx) < 65) & (dy > -85) & (dy < -30)].astype(int)
    h = np.bincount(v, minlength=256)[20:120]
    muscle = np.nan
    if h.sum() >= 50:
        for _ in range(2):
            h = np.convolve(h, np.ones(9, int), "same")
        muscle = 20 + np.argmax(h)
    vessel = np.nan
    for i, j in zip(*np.nonzero((abs(dx) < 40) & (dy > 2) & (dy < 40))):
        w = np.minimum(window(u, mm, i, j, 5).astype(float), 240)
        w = np.where(w < 5, 0, w)
        vessel = np.fmax(vessel, w.mean() - w.std())
    v = np.sort(u[(y > s[1]) & (x >= box[0]) & (x <= box[1]) & (u > 20) & (u < 200)])
    return [muscle, vessel, v[(len(v) + 1) // 2 - 1] if len(v) >= 50 else np.nan]


def window(u, mm, x, y, half):
    at = [(np.arange(n) >= np.floor(c - half / m + 0.5)) &
          (np.arange(n) <= np.floor(c + half / m + 0.5)) for n, c, m in zip(u.shape, (x, y), mm)]
    return u[at[0]][:, at[1]]


def smooth(v, r, otherwise):
    v, low = np.array(v, float), lambda a: np.sort(a)[(len(a) - 1) // 2]
    if np.isfinite(v).any():
        otherwise = low(v[np.isfinite(v)])
    v = np.where(np.isfinite(v), v, otherwise)
    return np.array([low(v[max(z - r, 0):z + r + 1]) for z in range(len(v))])


def body_boxes(hu):
    cross = ndimage.generate_binary_structure(2, 1)
    eroded = np.stack([ndimage.binary_erosion(hu[:, :, z] > -500, cross, border_value=1)
                       for z in range(hu.shape[2])], axis=2)
    comp, n = ndimage.label(eroded)
    body = comp == 1 + np.argmax(ndimage.sum(eroded, comp, range(1, n + 1)))
    grown = [np.nonzero(body[:, :, z]) for z in range(hu.shape[2])]
    return [[max(a.min() - 1, 0), min(a.max() + 1, hu.shape[0] - 1), max(b.min() - 1, 0),
             min(b.max() + 1, hu.shape[1] - 1)] for a, b in grown]


def find_lungs(hu, mm):
    """The slice, or None."""
    if hu.shape[2] == 1:
        return None
    area = []
    for z, b in enumerate(body_boxes(hu)):
        s = hu[b[0]:b[1] + 1, b[2]:b[2] + (b[3] - b[2]) // 2 + 1, z]
        solid = s > -300
        inside = (np.cumsum(solid, 0) > 0) & (np.cumsum(solid[::-1], 0)[::-1] > 0) & \
            (np.cumsum(solid, 1) > 0)
        area.append((inside & (s > -950) & (s < -500)).sum() * mm[0] * mm[1] / 100)
    area = np.array(area)
    runs, n = ndimage.label(area >= 10)
    sure = [k for k in range(1, n + 1) if (area[runs == k] >= 30).any()]
    return int(np.nonzero(runs == sure[-1])[0][0]) if sure else None


def check():
    vol = nib.load(ct_p)
    hu = np.asarray(vol.dataobj, np.float64)
    mm = np.array(vol.header.get_zooms()[:3], float)
    lab = np.asarray(nib.load(lab_p).dataobj).astype(np.int64)
    u = np.clip(np.floor(hu + 0.5), 0, 255).astype(int)
    nz = hu.shape[2]
    boxes = [find_box(u[:, :, z], mm) for z in range(nz)]
    r = int(np.floor(15 / mm[2] + 0.5))
    spine = np.array([find_spine(u[:, :, z], mm, boxes[z]) for z in range(nz)])
    spine = np.stack([smooth(spine[:, a], r, 0) for a in (0, 1)], 1)
    rough = np.array([find_tissues(u[:, :, z], mm, boxes[z], spine[z]) for z in range(nz)])
    ref = np.stack([smooth(rough[:, k], r, o) for k, o in enumerate((55, 150, 80))], 1)
    lungs = find_lungs(hu, mm)
    lines = [l.rstrip("\n").split("\t") for l in open(third) if not l.startswith("#")]
    got = {n: np.array([float(q[i]) for q in lines[1:]]) for i, n in enumerate(lines[0])}
    for n in got:
        assert not n.startswith(("rel_", "slice_")) and not n.endswith("_hu"), n
    seen = set()

    def near(name, row, want, tol=1e-4):
        seen.add(name)
        if abs(got[name][row] - want) > tol * max(1, abs(want)):
            print("%s of superpixel %d: %.9g, by definition %.9g" %
                  (name, got["id"][row], got[name][row], want))
            sys.exit(1)

    def around(name, row, z, x, y, half):
        v = window(u[:, :, z], mm, x, y, half).astype(float).ravel()
        soft = v[(v >= 5) & (v < 240)]
        some = len(soft) > 0 and 50 * len(soft) >= len(v)
        near("low" + name, row, (v < 5).mean() if len(v) else 1, 1 / 2000)
        near("tissue" + name, row, soft.mean() - ref[z][0] if some else -200, 1 / 31)
        if "_r" in name:
            near("spread" + name, row, soft.std() if some else -1, 1 / 31)

    for row in range(0, len(got["id"]), 7):
        at = np.nonzero(lab == got["id"][row])
        z, x, y = at[2][0], at[0].mean(), at[1].mean()
        s, b, v = spine[z], boxes[z], np.sort(u[at].astype(float))
        d = (x - s[0]) * mm[0], (y - s[1]) * mm[1]
        for name, want in (("mid_x_mm", d[0]), ("mid_y_mm", d[1]), ("mid_mm", np.hypot(*d)),
                           ("mid_turn", np.arctan2(*d)),
                           ("mid_x", d[0] / max(20, (b[1] - b[0]) * mm[0] / 2)),
                           ("mid_y", d[1] / max(20, (b[3] - s[1]) * mm[1])),
                           ("left_mm", (x - b[0]) * mm[0]), ("right_mm", (b[1] - x) * mm[0]),
                           ("front_mm", (b[3] - y) * mm[1]), ("back_mm", (y - b[2]) * mm[1]),
                           ("mean_rel", v.mean() - ref[z][0]), ("std_rel", v.std()),
                           ("min_rel", v[0] - ref[z][0]), ("max_rel", v[-1] - ref[z][0]),
                           ("low", (v < 5).mean()), ("bright", (v >= 180).mean()),
                           ("mean_vessel", v.mean() - ref[z][1]),
                           ("mean_viscera", v.mean() - ref[z][2]),
                           ("volume_mm3", len(v) * mm.prod()),
                           ("below_lungs_mm",
                            -10000 if lungs is None else (lungs - z) * mm[2])):
            near(name, row, want)
        for q in range(20, 100, 10):
            near("p%d_rel" % q, row, v[int(np.ceil(q * len(v) / 100)) - 1] - ref[z][0])
        for h in (3, 6, 12, 24, 48):
            around("_r%d" % h, row, z, x, y, h)
        for far in (12, 24, 45, 70, 100):
            for k in range(8):
                a = k * np.pi / 4
                around("_%d_%d" % (far, k), row, z, x + far * np.cos(a) / mm[0],
                       y + far * np.sin(a) / mm[1], 0.35 * far)
    left = set(got) - seen - {"id", "z", "area_mm2", "width_mm", "height_mm", "fill",
                              "elongation", "turn", "x_mm", "y_mm", "z_mm"}
    assert not left, "columns that nobody checked: %s" % left
    print("%d rows; lungs: %s" % (len(range(0, len(got["id"]), 7)), lungs))


def below():
    vol = nib.load(ct_p)
    mm = np.array(vol.header.get_zooms()[:3], float)
    lungs = find_lungs(np.asarray(vol.dataobj, np.float64), mm)
    for z in range(vol.shape[2]):
        print(int(lungs is None or float(lab_p) <= (lungs - z) * mm[2] <= float(third)))


{"make": make, "check": check, "below": below}[what]()
