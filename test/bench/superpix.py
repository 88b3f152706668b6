#!/usr/bin/python3
"""dorg-superpix's entropy rate superpixels against scikit-image's SLIC on the same slices."""
import os
import re
import subprocess
import sys
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
