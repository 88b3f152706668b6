"""dicom.py - single-slice DICOM files as odd as scanners and archives write them, for tests.

write(name, k, pixels, rows, cols, ...) puts slice k at z = 2 k; pixels are row by row, numbers
or None for no pixel data.  `more` goes before the pixels, `tail` after them.
"""
import struct

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
LONG = ("OB", "OW", "SQ", "UN", "UT")


def element(tag, vr, value, explicit=True):
    value = value.encode() if isinstance(value, str) else value
    value += (b"\0" if vr in ("UI", "OB") else b" ") * (len(value) % 2)
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if not explicit:
        return head + struct.pack("<I", len(value)) + value
    if vr in LONG:
        return head + vr.encode() + struct.pack("<HI", 0, len(value)) + value
    return head + vr.encode() + struct.pack("<H", len(value)) + value


def short(tag, x, explicit=True):
    return element(tag, "US", struct.pack("<H", x), explicit)


def open_ended(tag, vr, inside):
    """A sequence of undefined length with one item of undefined length around `inside`."""
    out = struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode(), 0, 0xFFFFFFFF)
    out += struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + inside
    return out + struct.pack("<HHIHHI", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)


def write(name, k, pixels, rows, cols, number=None, position=None, stored=16, high=None,
          signed=0, slope="1", inter="-1024", axes="1\\0\\0\\0\\1\\0", pitch="1\\1",
          frames=None, series="1.2.3", syntax=EXPLICIT, more=b"", tail=b"", bits=16,
          thickness="2"):
    x = syntax != IMPLICIT
    out = b"\0" * 128 + b"DICM" + element(0x00020010, "UI", syntax)
    out += element(0x00180050, "DS", thickness, x) + more + element(0x0020000E, "UI", series, x)
    if number is not False:
        out += element(0x00200013, "IS", str(k + 1 if number is None else number), x)
    out += element(0x00200032, "DS", position or "0\\0\\%g" % (2 * k), x)
    out += element(0x00200037, "DS", axes, x) + short(0x00280002, 1, x)
    if frames:
        out += element(0x00280008, "IS", str(frames), x)
    out += short(0x00280010, rows, x) + short(0x00280011, cols, x)
    out += element(0x00280030, "DS", pitch, x) + short(0x00280100, bits, x)
    if stored:
        out += short(0x00280101, stored, x)
        out += short(0x00280102, stored - 1 if high is None else high, x)
    out += short(0x00280103, signed, x)
    out += element(0x00281052, "DS", inter, x) + element(0x00281053, "DS", slope, x)
    if pixels is not None:
        data = struct.pack("<%dH" % len(pixels), *(p & 0xFFFF for p in pixels))
        out += element(0x7FE00010, "OW", data, x)
    with open(name, "wb") as f:
        f.write(out + tail)
