"""Is a map in two steps what coarse.h defines, given the map of all samples?

usage: coarse.py FULL MASK STRIDE COARSE NEAR MAP     (one stride for x and y, every slice)"""
import sys

import nibabel as nib
import numpy as np


def volume(path):
    return nib.as_closest_canonical(nib.load(path))


full, mask, stride, coarse, near, path = sys.argv[1:]
stride, coarse, near = int(stride), int(coarse), np.float32(near)
step = np.array([coarse * stride, coarse * stride, coarse])
image = volume(mask)
inside = np.asanyarray(image.dataobj) > 0
p = np.asanyarray(volume(full).dataobj)
samples = np.argwhere(inside)
samples = samples[(samples[:, :2] % stride == 0).all(axis=1)]
first = samples[(samples % step == 0).all(axis=1)]
value = p[tuple(first.T)]


def looked_at(s):
    if (s % step == 0).all():
        return True
    reach = (np.abs(first - s) <= step).all(axis=1)
    return not reach.any() or (value[reach] >= near).any()


known = np.array([s for s in samples if looked_at(s)])
print(len(samples), "samples,", len(first), "first,", len(known), "looked at")
mm = np.array(image.header.get_zooms()[:3], dtype=float)
index = known[:, 0] + inside.shape[0] * (known[:, 1] + inside.shape[1] * known[:, 2])
known = known[np.argsort(index)]
want = np.zeros_like(p)
for v in np.argwhere(inside):
    d = np.rint((((known - v) * mm) ** 2).sum(axis=1) * 1e6)
    want[tuple(v)] = p[tuple(known[d.argmin()])]
got = np.asanyarray(volume(path).dataobj)
bad = int((want != got).sum())
print(bad, "voxels differ")
sys.exit(bad > 0 or len(known) == len(samples) or len(known) <= len(first))
