#!/usr/bin/python3
"""Entropy rate superpixels against scikit-image's SLIC on the same slice; 300 slices at once."""
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

import nibabel
import numpy
from skimage.segmentation import slic

here = os.path.dirname(os.path.abspath(__file__))
build = os.environ.get("B", os.path.join(here, "../../build"))
data = os.environ.get("DORG_DATA", os.path.join(here, "../../../shared/data"))
path = os.path.join(data, "nih-pancreas-ct/PANCREAS_0003_slab89-93_ct.nii.gz")
if not os.path.exists(path):
    sys.exit("no real scan at DORG_DATA")
hu = numpy.asarray(nibabel.load(path).dataobj)[:, :, 2].T.astype(float)
grey = numpy.clip(numpy.floor(255 * (hu + 100) / 300 + 0.5), 0, 255).astype(numpy.uint8)


def seconds(k):
    best = 1e9
    for _ in range(5):
        start = time.process_time()
        slic(grey, n_segments=k, compactness=10, channel_axis=None)
        best = min(best, time.process_time() - start)
    return best


out = subprocess.run([os.path.join(build, "test/bench/b_superpix")], env={**os.environ, "DORG_DATA": data},
                     capture_output=True, text=True, check=True).stdout
for k, t in re.findall(r"real K=(\d+): ([0-9.]+) s", out):
    peer = seconds(int(k))
    print(f"bench superpix real K={k}: ERS {float(t):.4f} s, skimage SLIC {peer:.4f} s a slice "
          f"(ratio {float(t) / peer:.2f})")


def whole_scan(source, slices=300):
    """dorg-superpix -j 2 on a scan whose slices go up and down until there are enough."""
    image = nibabel.load(source)
    hu = numpy.asarray(image.dataobj)
    order = numpy.abs((numpy.arange(slices) + hu.shape[2] - 1) % (2 * hu.shape[2] - 2) - hu.shape[2] + 1)
    with tempfile.TemporaryDirectory() as folder:
        ct = os.path.join(folder, "ct.nii")
        nibabel.save(nibabel.Nifti1Image(hu[:, :, order], image.affine), ct)
        start = time.perf_counter()
        subprocess.run([os.path.join(build, "bin/dorg-superpix"), "-j", "2", "-o", ct + ".sp", ct], check=True)
        wall = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    print(f"bench superpix {slices} slices, -j 2: {wall:.1f} s wall, {peak:.0f} MB at most "
          f"({wall / 20:.2f} of 20 s, {peak / 600:.2f} of 600 MB)")


scan = os.path.join(data, "nih-pancreas-ct/PANCREAS_0001_ct.nii.gz")
if os.path.exists(scan):
    whole_scan(scan)
