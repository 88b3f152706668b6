#!/usr/bin/python3
"""Measures of agreement of two masks, from scipy's distance transforms alone.

dice.py make SEED DIR     random masks p0.nii t0.nii ... with anisotropic spacing into DIR
dice.py multi SEED DIR    two volumes of labels 1 to 4 that disagree here and there, lp.nii lt.nii
dice.py score TAU p t ... one line a pair: dsc jaccard precision recall assd hd hd95 nsd
dice.py label L TAU p t   the same of what is L in both
dice.py tests SEED N      N lines of d_1,d_2,...<TAB>w<TAB>p<TAB>t<TAB>p of random pairs
"""
import sys
import warnings

import nibabel
import numpy
import scipy.ndimage
import scipy.stats


def surface(mask):
    return mask & ~scipy.ndimage.binary_erosion(mask)


def directed(a, b, mm):
    return scipy.ndimage.distance_transform_edt(~surface(b), sampling=mm)[surface(a)]


def score(p_path, t_path, tau, label=None):
    t_image = nibabel.load(t_path)
    p, t = numpy.asarray(nibabel.load(p_path).dataobj), numpy.asarray(t_image.dataobj)
    p, t = (p != 0, t != 0) if label is None else (p == label, t == label)
    mm = t_image.header.get_zooms()[:3]
    tp = (p & t).sum()
    ab, ba = directed(p, t, mm), directed(t, p, mm)
    both = numpy.concatenate([ab, ba])
    return [
        2 * tp / (p.sum() + t.sum()),
        tp / (p | t).sum(),
        tp / p.sum(),
        tp / t.sum(),
        both.mean(),
        both.max(),
        max(numpy.percentile(ab, 95), numpy.percentile(ba, 95)),
        (both <= tau).mean(),
    ]


def blob(rng, shape, centre):
    grid = numpy.stack(numpy.meshgrid(*[numpy.arange(n) for n in shape], indexing="ij"), -1)
    field = scipy.ndimage.gaussian_filter(rng.normal(size=shape), 2)
    radius = rng.uniform(0.15, 0.4) * min(shape)
    away = numpy.sqrt(((grid - centre) ** 2).sum(-1)) / radius
    return away + 2 * field / field.std() * 0.2 < 1


def make(seed, folder):
    rng = numpy.random.default_rng(seed)
    for i in range(12):
        shape = rng.integers(3 if i > 5 else 12, 40, 3)
        mm = rng.uniform(0.4, 4, 3).astype(numpy.float32)
        for name in "pt":
            if i % 4 == 3:  # scattered voxels, and voxels on the border of the volume
                mask = rng.random(shape) < 0.02
            else:
                mask = blob(rng, shape, rng.uniform(0.2, 0.8, 3) * shape)
            mask[tuple(rng.integers(0, shape))] = True
            image = nibabel.Nifti1Image(mask.astype(numpy.uint8), numpy.diag([*mm, 1]))
            nibabel.save(image, f"{folder}/{name}{i}.nii")


def multi(seed, folder):
    rng = numpy.random.default_rng(seed)
    field = scipy.ndimage.gaussian_filter(rng.normal(size=(33, 27, 21)), 3)
    noise = scipy.ndimage.gaussian_filter(rng.normal(size=field.shape), 1)
    for name, v in ("lt", field), ("lp", field + 0.3 * field.std() * noise / noise.std()):
        labels = numpy.digitize(v, numpy.quantile(field, [0.5, 0.7, 0.8, 0.9])).astype(numpy.uint8)
        nibabel.save(nibabel.Nifti1Image(labels, numpy.diag([0.7, 0.9, 2.5, 1])), f"{folder}/{name}.nii")


def tests(seed, count):
    warnings.simplefilter("ignore")
    rng = numpy.random.default_rng(seed)
    i = 0
    while count > 0:
        i += 1
        n = int(rng.integers(2, 90))
        a, b = rng.normal(0.7, 0.1, n), rng.normal(0.72, 0.1, n)
        if i % 2:  # ties
            a, b = a.round(2), b.round(2)
        if i % 4 > 1:  # zeros
            b[: n // 4] = a[: n // 4]
        d = numpy.array([float("%.17g" % x) for x in b - a])
        if not (d != 0).any() or d.std() == 0:
            continue
        count -= 1
        w, t = scipy.stats.wilcoxon(d), scipy.stats.ttest_1samp(d, 0)
        print(",".join("%.17g" % x for x in d), end="")
        print("\t%.17g\t%.17g\t%.17g\t%.17g" % (w.statistic, w.pvalue, t.statistic, t.pvalue))


if sys.argv[1] == "make":
    make(int(sys.argv[2]), sys.argv[3])
elif sys.argv[1] == "multi":
    multi(int(sys.argv[2]), sys.argv[3])
elif sys.argv[1] == "label":
    print("\t".join("%.12g" % x for x in score(*sys.argv[4:6], float(sys.argv[3]), int(sys.argv[2]))))
elif sys.argv[1] == "tests":
    tests(int(sys.argv[2]), int(sys.argv[3]))
else:
    for p_path, t_path in zip(sys.argv[3::2], sys.argv[4::2]):
        print("\t".join("%.12g" % x for x in score(p_path, t_path, float(sys.argv[2]))))
