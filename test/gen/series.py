#!/usr/bin/python3
"""series.py CT TRUTH SERIES LABEL: a phantom (16-bit, axes RAS) as a DICOM series, a file a slice,
and its truth as a label, which fits the series by index and not by its header.

As the Pancreas-CT download has it: little-endian without value representations, rescale
intercept -1024, slices from the top, file names that do not tell the order.
"""
import gzip
import os
import struct
import sys
import zlib

from dicom import IMPLICIT, write

ct, truth, folder, label = sys.argv[1:]
with open(ct, "rb") as f:
    b = f.read()
nx, ny, nz = struct.unpack_from("<3h", b, 42)
dx, dy, dz = struct.unpack_from("<3f", b, 80)
first = int(struct.unpack_from("<f", b, 108)[0])
affine = struct.unpack_from("<12f", b, 280)
assert struct.unpack_from("<h", b, 70)[0] == 4, "not 16-bit"
assert affine[0] > 0 and affine[5] > 0 and affine[10] > 0 and sum(map(bool, affine)) <= 6, "not RAS"

os.makedirs(folder)
for n in range(nz):
    k = nz - 1 - n
    hu = struct.unpack_from("<%dh" % (nx * ny), b, first + 2 * nx * ny * k)
    place = "%g\\%g\\%g" % (-affine[3], -affine[7], affine[11] + k * dz)
    name = os.path.join(folder, "1-%03d.dcm" % ((n + nz // 2) % nz + 1))
    write(name, n, [v + 1024 for v in hu], ny, nx, position=place, axes="-1\\0\\0\\0\\-1\\0", pitch="%g\\%g" % (dy, dx),
          thickness="%g" % dz, syntax=IMPLICIT, series="1.2.3.%d" % zlib.crc32(folder.encode()))

with open(truth, "rb") as f:
    t = f.read()
first = int(struct.unpack_from("<f", t, 108)[0])
slices = [t[first + nx * ny * k : first + nx * ny * (k + 1)] for k in range(nz)]
with gzip.open(label, "wb") as f:
    f.write(t[:first] + b"".join(reversed(slices)))
