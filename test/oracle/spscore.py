#!/usr/bin/python3
"""Quality of superpixels from the definitions, by numpy and scipy.

spscore.py make SEED DIR               random ct0.nii truth0.nii labels0.nii ... into DIR
spscore.py score TOL ct truth labels   one line: -1 opt_dsc recall under asa compact explained
spscore.py all DIR                     for each of those volumes: such a line at TOL 0, at TOL
                                       2, and at TOL 1 for every slice that holds truth: z ...
"""
import itertools
import sys

import nibabel
import numpy
import scipy.ndimage

VOLUMES = 8


def optimum(inside, area, truth):
    """The best DSC of all labellings: all are tried, or ratios are raised until none is better."""
    if len(area) <= 12:
        best = 0
        for x in itertools.product((0, 1), repeat=len(area)):
            best = max(best, 2 * numpy.dot(x, inside) / (numpy.dot(x, area) + truth))
        return best
    d = 0.0
    while True:
        x = 2 * inside > d * area
        better = 2 * inside[x].sum() / (area[x].sum() + truth)
        if better <= d:
            return d
        d = better


def boundary(a):
    """Pixels with a neighbour in their slice, one of four, of another value."""
    edge = numpy.zeros(a.shape, bool)
    for axis in (1, 2):
        n = a.shape[axis]
        first, second = (numpy.take(a, range(k, n - 1 + k), axis) for k in (0, 1))
        differ = numpy.pad(first != second, [(1, 1) if k == axis else (0, 0) for k in range(3)])
        edge |= numpy.take(differ, range(n), axis) | numpy.take(differ, range(1, n + 1), axis)
    return edge


def sides(labels, which):
    """Pixel sides of a set to anything else, slice borders included."""
    total = 0
    for s in numpy.pad(labels == which, ((0, 0), (1, 1), (1, 1))):
        total += (s[1:] != s[:-1]).sum() + (s[:, 1:] != s[:, :-1]).sum()
    return total


def score(tol, grey, truth, labels):
    ids, inverse = numpy.unique(labels[labels > 0], return_inverse=True)
    area = numpy.bincount(inverse)
    inside = numpy.bincount(inverse, truth[labels > 0]).astype(int)
    n = area.sum()
    edge = boundary(truth)
    near = scipy.ndimage.binary_dilation(boundary(labels), numpy.ones((1, 2 * tol + 1, 2 * tol + 1)))
    within = sum(min(i, a - i) for i, a in zip(inside, area))
    compact = sum(a * 4 * numpy.pi * a / sides(labels, i) ** 2 for i, a in zip(ids, area)) / n
    values = grey[labels > 0].astype(float)
    means = numpy.array([values[inverse == k].mean() for k in range(len(ids))])
    spread = ((values - values.mean()) ** 2).sum()
    explained = (area * (means - values.mean()) ** 2).sum() / spread if spread > 0 else 1
    return [
        optimum(inside, area, truth.sum()),
        (edge & near).sum() / edge.sum() if edge.any() else 1,
        sum(2 * min(i, a - i) for i, a in zip(inside, area)) / n,
        1 - within / n,
        compact,
        explained,
    ]


def load(path):
    return numpy.asarray(nibabel.load(path).dataobj).T


def make(seed, folder):
    rng = numpy.random.default_rng(seed)
    for i in range(VOLUMES):
        nz, ny, nx = rng.integers(1, (5, 16, 16))
        cells = rng.integers(1, 5, 2)
        z, y, x = numpy.mgrid[:nz, :ny, :nx]
        labels = (z * 40 + (y // cells[0]) % 5 * 6 + (x // cells[1]) % 6 + 1).astype(numpy.int32)
        labels[rng.random(labels.shape) < (0, 0.2)[i % 2]] = 0
        labels[0, 0, 0] = 7000
        truth = (rng.random(labels.shape) < rng.uniform(0.1, 0.8)).astype(numpy.uint8)
        truth[0, 0, 0] = 1
        ct = rng.integers(-200, 300, labels.shape).astype(numpy.int16)
        for name, a in (("ct", ct), ("truth", truth), ("labels", labels)):
            nibabel.save(nibabel.Nifti1Image(a.T, numpy.eye(4)), f"{folder}/{name}{i}.nii")


def line(tol, hu, truth, labels, z=-1):
    grey = numpy.clip(numpy.floor(255 * (hu.astype(float) + 100) / 300 + 0.5), 0, 255)
    print(z, *score(tol, grey, truth != 0, labels))


def main():
    if sys.argv[1] == "make":
        return make(int(sys.argv[2]), sys.argv[3])
    if sys.argv[1] == "score":
        return line(int(sys.argv[2]), *(load(p) for p in sys.argv[3:6]))
    for i in range(VOLUMES):
        v = [load(f"{sys.argv[2]}/{name}{i}.nii") for name in ("ct", "truth", "labels")]
        line(0, *v)
        line(2, *v)
        for z in range(len(v[0])):
            if v[1][z].any() and (v[2][z] > 0).any():
                line(1, *(a[z : z + 1] for a in v), z)


main()
