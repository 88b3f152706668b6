#!/usr/bin/python3
"""dorg-dice against scipy's distance transforms on the same masks, and on a whole scan."""
import os
import subprocess
import sys
import tempfile
import time

import nibabel
import numpy

here = os.path.dirname(os.path.abspath(__file__))
dice = os.path.join(os.environ.get("B", os.path.join(here, "../../build")), "bin/dorg-dice")
oracle = os.path.join(here, "../oracle/dice.py")


def ellipsoid(shape, centre, radius, path):
    x, y, z = numpy.ogrid[: shape[0], : shape[1], : shape[2]]
    inside = sum(((a - c) / r) ** 2 for a, c, r in zip((x, y, z), centre, radius)) < 1
    image = nibabel.Nifti1Image(inside.astype(numpy.uint8), numpy.diag([0.8, 0.8, 1, 1]))
    nibabel.save(image, path)


def real(scan, lo, hi, path):
    """What lies in a window of HU, 300 slices of it: the roughest surfaces there are."""
    image = nibabel.load(scan)
    v = numpy.asarray(image.dataobj)
    v = v[:, :, numpy.arange(300) * v.shape[2] // 300]
    nibabel.save(nibabel.Nifti1Image(((v > lo) & (v < hi)).astype(numpy.uint8), image.affine), path)


def seconds(command, times):
    best = 1e9
    for _ in range(times):
        begin = time.time()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        best = min(best, time.time() - begin)
    return best


with tempfile.TemporaryDirectory() as folder:
    p, t = folder + "/p.nii", folder + "/t.nii"
    for name, shape, centre, radius in (
        ("pancreas_in_256x256x100", (256, 256, 100), (125, 100, 50), (45, 20, 22)),
        ("liver_in_256x256x100", (256, 256, 100), (100, 110, 50), (65, 55, 40)),
    ):
        ellipsoid(shape, centre, radius, p)
        ellipsoid(shape, [c + 2 for c in centre], radius, t)
        start = seconds(["/usr/bin/python3", "-c", "import nibabel, scipy.ndimage, scipy.stats"], 2)
        slow = seconds(["/usr/bin/python3", oracle, "score", "2", p, t], 1) - start
        fast = seconds([dice, p, t], 3)
        print(f"bench dice.{name}: {fast:.3f} s (scipy {slow:.2f} s without its imports; ratio {slow / fast:.1f})")
    shape, centre = (512, 512, 300), (250, 200, 150)
    for name, radius in (("pancreas", (90, 40, 45)), ("liver", (130, 110, 90)), ("body", (240, 190, 149))):
        ellipsoid(shape, centre, radius, p)
        ellipsoid(shape, [c + 3 for c in centre], radius, t)
        print(f"bench dice.512x512x300_{name}: {seconds([dice, '-j', '2', p, t], 3):.3f} s (limit 1 s)")
    data = os.environ.get("DORG_DATA", os.path.join(here, "../../../shared/data"))
    scan = data + "/nih-pancreas-ct/PANCREAS_0001_ct.nii.gz"
    if os.path.exists(scan):
        real(scan, -300, 4000, p)
        real(scan, -250, 4000, t)
        print(f"bench dice.512x512x300_real_body: {seconds([dice, '-j', '2', p, t], 3):.3f} s (limit 1 s)")
        real(scan, 20, 160, p)
        real(scan, 0, 180, t)
        print(f"bench dice.512x512x300_real_window_of_hu: {seconds([dice, '-j', '2', p, t], 3):.3f} s (limit 1 s)")
    sys.stdout.flush()
