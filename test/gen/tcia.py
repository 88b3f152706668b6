#!/usr/bin/python3
"""tcia.py FOLDER manifest|doi [rle] - a miniature of the Pancreas-CT download, in either layout.

0001, 0002, 0025  sound;  0003  label upside down;  0004  a slice missing;  0005  no label;
0006  explicit VR, rescale intercept -1024, a sequence of undefined length;  0007  fat where
the label is;  with "rle" 0008  as 0001, its pixels compressed.
"""
import gzip
import os
import struct
import sys

NX, NY, NZ = 24, 20, 8
folder, layout = sys.argv[1], sys.argv[2]


def inside(i, j, k):
    return 4 <= i < 12 and 3 <= j < 9 and 1 <= k < 5


def hu(i, j, k, organ):
    if inside(i, j, k):
        return organ + (i * 7 + j * 5 + k * 3) % 40
    return -100 + (i + 2 * j + 3 * k) % 30 if 2 <= i < 20 and 2 <= j < 18 else -1000


def element(tag, vr, value, explicit):
    if len(value) % 2:
        value += b"\0" if vr == "UI" else b" "
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if not explicit:
        return head + struct.pack("<I", len(value)) + value
    if vr in ("OW", "SQ"):
        return head + vr.encode() + b"\0\0" + struct.pack("<I", len(value)) + value
    return head + vr.encode() + struct.pack("<H", len(value)) + value


def run_lengths(pixels):
    """RLE Lossless: high bytes, then low ones, as literal runs; one frame, one fragment."""
    parts = []
    for plane in (pixels[1::2], pixels[::2]):
        runs = [plane[i : i + 128] for i in range(0, len(plane), 128)]
        part = b"".join(bytes([len(r) - 1]) + r for r in runs)
        parts.append(part + b"\x80" * (len(part) % 2))  # 128: nothing
    frame = struct.pack("<16I", 2, 64, 64 + len(parts[0]), *[0] * 13) + b"".join(parts)
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0) + struct.pack("<HHI", 0xFFFE, 0xE000, len(frame))
    return item + frame + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def dicom(path, case, k, organ, explicit, intercept, packed=False):
    def add(tag, vr, text):
        value = text if isinstance(text, bytes) else text.encode()
        return element(tag, vr, value, explicit)

    syntax = b"1.2.840.10008.1.2.1" if explicit else b"1.2.840.10008.1.2"
    syntax = b"1.2.840.10008.1.2.5" if packed else syntax
    out = b"\0" * 128 + b"DICM" + element(0x00020010, "UI", syntax, True)
    # The real download's differ so from slice to slice, and dcm2niix makes a volume of each.
    out += add(0x00080030, "TM", "165447" if packed else "1654%02d.%06d" % (47 + k, 31 * k))
    if explicit and not packed:  # a nested position, which is not the slice's
        out += struct.pack("<HH", 0x0008, 0x1115) + b"SQ\0\0\xff\xff\xff\xff"
        out += struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
        out += add(0x00200032, "DS", "9\\9\\9")
        out += struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    out += add(0x0020000E, "UI", "1.2.3." + str(int(case)))
    out += add(0x00200013, "IS", str(k + 1))
    out += add(0x00200032, "DS", "0\\0\\%g" % (-100 - k * 1.5))
    out += add(0x00200037, "DS", "1\\0\\0\\0\\-1\\0")
    out += add(0x00280002, "US", struct.pack("<H", 1))
    out += add(0x00280010, "US", struct.pack("<H", NY)) + add(0x00280011, "US", struct.pack("<H", NX))
    out += add(0x00280030, "DS", "0.8\\0.9")
    out += add(0x00280100, "US", struct.pack("<H", 16)) + add(0x00280103, "US", struct.pack("<H", 1))
    out += add(0x00281052, "DS", str(intercept)) + add(0x00281053, "DS", "1")
    pixels = [hu(i, j, k, organ) - intercept for j in range(NY) for i in range(NX)]
    pixels = struct.pack("<%dh" % (NX * NY), *pixels)
    if packed:
        out += struct.pack("<HH", 0x7FE0, 0x0010) + b"OB\0\0\xff\xff\xff\xff" + run_lengths(pixels)
    else:
        out += add(0x7FE00010, "OW", pixels)
    with open(path, "wb") as f:
        f.write(out)


def label(path, upside_down):
    h = bytearray(352)
    struct.pack_into("<i", h, 0, 348)
    struct.pack_into("<8h", h, 40, 3, NX, NY, NZ, 1, 1, 1, 1)
    struct.pack_into("<2h", h, 70, 2, 8)
    struct.pack_into("<8f", h, 76, 1, 1, 1, 1, 1, 1, 1, 1)
    struct.pack_into("<3f", h, 108, 352, 1, 0)
    struct.pack_into("<2h", h, 252, 0, 1)
    struct.pack_into("<12f", h, 280, 3, 0, 0, 7, 0, 0, -2, 1, 0, 5, 0, 2)  # not the CT's
    h[344:348] = b"n+1\0"
    voxels = bytes(
        inside(i, NY - 1 - j if upside_down else j, k)
        for k in range(NZ) for j in range(NY) for i in range(NX)
    )
    with gzip.open(path, "wb") as f:
        f.write(bytes(h) + voxels)


labels = os.path.join(folder, "TCIA_pancreas_labels-02-05-2017")
os.makedirs(labels)
cases = ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0025"]
for case in cases + (["0008"] if sys.argv[3:] == ["rle"] else []):
    top = "manifest-1599750808610/Pancreas-CT" if layout == "manifest" else "DOI"
    series = os.path.join(folder, top, "PANCREAS_" + case, "1.2.826.0.1", "1.2.826.0.2")
    os.makedirs(series)
    odd, packed = case == "0006", case == "0008"
    for k in range(NZ):
        if case == "0004" and k == 3:
            continue
        # file names do not tell the order
        name = "1-%03d.dcm" % ((k * 5) % NZ + 1) if layout == "manifest" else "%06d.dcm" % (99 - k)
        organ = -110 if case == "0007" else 80
        dicom(os.path.join(series, name), case, k, organ, odd or packed, -1024 if odd else 0, packed)
    if case != "0005":
        label(os.path.join(labels, "label%s.nii.gz" % case), case == "0003")
