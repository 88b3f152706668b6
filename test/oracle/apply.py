"""Maps and tables of one-layer nets from the equations, in numpy doubles.

usage: apply.py pconv NET CT MASK STRIDE P0 [MAP]
       apply.py rconv NET CT LABELS MAP|- SCALES IDS OUT.npy     (IDS: 3,7 or 3+7,...)
       apply.py records KIND FILE.rec CT LABELS MAP|- SCALES
pconv and records compare with the file given and exit 1 where they differ too much; rconv
prints, per id, the mean probability of every class."""
import struct
import sys

import nibabel as nib
import numpy as np


def volume(path):
    return np.asarray(nib.as_closest_canonical(nib.load(path)).dataobj, dtype=float)


def pitches(path):
    a = nib.as_closest_canonical(nib.load(path)).affine
    return np.linalg.norm(a[:3, :3], axis=0)


def windowed(hu, lo=-100, hi=200):
    return np.floor(np.clip(255 * (hu - lo) / (hi - lo), 0, 255) + 0.5)


def read_net(path):
    b = open(path, "rb").read()
    n_text, n_params = struct.unpack("<IQ", b[12:24])
    n_hist = struct.unpack("<I", b[24:28])[0]
    text = b[64 + n_hist:64 + n_hist + n_text].decode()
    words = dict(w.split("=") for w in text.split("\n")[0].split()[1:])
    c, s = int(words["channels"]), int(words["size"])
    at = -(-(64 + n_hist + n_text) // 64) * 64
    mean = np.frombuffer(b, "<f4", c * s * s, at).astype(float)
    at = -(-(at + mean.nbytes // 2) // 64) * 64
    p = np.frombuffer(b, "<f4", n_params, at).astype(float)
    k = len(p) // (c * s * s + 1)
    kind, mm = struct.unpack("<I", b[40:44])[0], struct.unpack("<4f", b[36:40] + b[44:56])
    return s, mean, p[:k * c * s * s].reshape(k, -1), p[k * c * s * s:], mm[:c] if kind == 4 else mm[:c // 2] if kind == 5 else ()


def softmax(net, pixels):
    s, mean, w, b = net[:4]
    y = w @ (pixels.ravel() - mean) + b
    y = np.exp(y - y.max())
    return y / y.sum()


def at_point(v, x, y, z):
    """Linear interpolation of v, 0 outside, at arrays of positions."""
    out = 0.0
    for corner in range(8):
        w, idx, inside = 1.0, [], True
        for a, p in enumerate((x, y, z)):
            lo = np.floor(p)
            q = lo + (corner >> a & 1)
            w = w * (1 - np.abs(p - q))
            inside = inside & (q >= 0) & (q < v.shape[a])
            idx.append(np.clip(q, 0, v.shape[a] - 1).astype(int))
        out = out + np.where(inside, w * v[tuple(idx)], 0)
    return np.floor(out + 0.5 + 1e-9)


def patch(v, mm, size, x, y, z):
    u = (np.arange(size) - size // 2) * mm[0]
    c, r = np.meshgrid(u, u)
    o = np.zeros_like(c)
    return np.stack([at_point(v, x + c / mm[0], y + r / mm[1], z + o),
                     at_point(v, x + o, y + c / mm[1], z + r / mm[2]),
                     at_point(v, x + c / mm[0], y + o, z + r / mm[2])])


def axial(v, mm, size, x, y, z, wide):
    """Means over rectangles: of the slice's integral, linear between the corners of voxels."""
    corners = [np.arange(n + 1.0) for n in v.shape[:2]]
    total = np.zeros((len(corners[0]), len(corners[1])))
    total[1:, 1:] = v[:, :, z].cumsum(0).cumsum(1)
    edge = np.arange(size + 1) - size // 2 - 0.5
    out = []
    for p in wide:
        along = [np.stack([np.interp(q + 0.5 + edge * p / m, k, row) for row in np.eye(len(k))], 1)
                 for q, m, k in ((x, mm[0], corners[0]), (y, mm[1], corners[1]))]
        box = np.diff(np.diff(along[0] @ total @ along[1].T, axis=0), axis=1)
        out.append(np.floor(box.T * mm[0] * mm[1] / p / p + 0.5 + 1e-9))
    return np.stack(out)


def pconv(net, ct, mask, stride, got, pmap="-"):
    net, v, mm, planes = read_net(net), windowed(volume(ct)), pitches(ct), planes_of(ct, pmap)
    m, got, stride = volume(mask) != 0, volume(got), int(stride)
    at = [(x, y, z) for z in range(m.shape[2]) for y in range(0, m.shape[1], stride)
          for x in range(0, m.shape[0], stride) if m[x, y, z]]
    p = np.array([softmax(net, np.concatenate([axial(w, mm, net[0], *q, net[4])
                                               for w in planes]) if net[4]
                          else patch(v, mm, net[0], *q))[1] for q in at])
    want = np.zeros(m.shape)
    pts = np.array(at) * mm
    for q in np.argwhere(m):
        d = ((pts - q * mm) ** 2).sum(1)
        want[tuple(q)] = p[np.flatnonzero(d <= d.min() * (1 + 1e-6))[0]]
    worst = np.abs(want - got).max()
    print("worst", worst, "of", len(at), "samples, range", p.min(), p.max())
    sys.exit(not (worst < 2e-3 and p.max() - p.min() > 0.1 and (got[~m] == 0).all()))


def box_of(lab, ids):
    x, y, z = np.nonzero(np.isin(lab, ids))
    return x.min(), y.min(), z[0], x.max() + 1 - x.min(), y.max() + 1 - y.min()


def region(planes, box, scale, size):
    x, y, z, nx, ny = box
    pos = []
    for lo, n in ((x, nx), (y, ny)):
        side = int(np.floor(max(n, 8) * scale + 0.5))
        pos.append(lo + (n - side) // 2 + np.arange(size) * (side - 1) / size)
    c, r = np.meshgrid(*pos)
    return np.stack([at_point(v, c, r, np.full_like(c, z)) for v in planes])


def planes_of(ct, pmap):
    planes = [windowed(volume(ct))]
    if pmap != "-":
        planes.append(np.floor(255 * volume(pmap) + 0.5))
    return planes


def rconv(net, ct, labels, pmap, scales, ids):
    net, planes, lab = read_net(net), planes_of(ct, pmap), volume(labels)
    for item in ids.split(","):
        box = box_of(lab, [int(i) for i in item.split("+")])
        p = [softmax(net, region(planes, box, float(s), net[0])) for s in scales.split(",")]
        print(item, *("%.6f" % x for x in np.mean(p, 0)))


def records(kind, path, ct, labels, pmap, scales):
    b = open(path, "rb").read()
    k, c, h, w, n_hist = struct.unpack("<5I", b[12:32])
    lo, hi = struct.unpack("<2f", b[32:40])
    planes, lab, scales = planes_of(ct, pmap), volume(labels), scales.split(",")
    assert (k, c, h, lo, hi) == (int(kind), len(planes), w, -100, 200), (k, c, h, lo, hi)
    size, at, worst, count = 32 + c * h * w, 64 + n_hist, 0, 0
    while b[at:at + 8] != b"DORGEND\n":
        i, i2, z, s, deform, label = struct.unpack("<QQ4I", b[at:at + 32])
        box = box_of(lab, [i, i2] if i2 else [i])
        assert z == box[2] and deform == 0
        got = np.frombuffer(b, "u1", c * h * w, at + 32).reshape(c, h, w)
        worst = max(worst, np.abs(got - region(planes, box, float(scales[s]), h)).max())
        count += 1
        at += size
    print("worst", worst, "of", count)
    sys.exit(not (count and worst <= 1))


{"pconv": pconv, "rconv": rconv, "records": records}[sys.argv[1]](*sys.argv[2:])
