"""nii.py - NIfTI-1 and -2 files with headers as odd as they come, for tests.

write(name, n, f, code="B", mm=(1, 1, 1), sform=None, quatern=None, offset=(0, 0, 0), qfac=1,
      slope=1, inter=0, version=1, n_dims=3)

f(i, j, k) is the voxel at stored index (i, j, k); sform three rows of four, or None for code
0; quatern (b, c, d), or None for code 0.  read(name) gives n and the voxels, as floats.
"""
import struct

CODES = {"B": 2, "h": 4, "i": 8, "f": 16, "d": 64}


def write(name, n, f, code="B", mm=(1, 1, 1), sform=None, quatern=None, offset=(0, 0, 0),
          qfac=1, slope=1, inter=0, version=1, n_dims=3):
    dim = [n_dims, *n, 1, 1, 1, 1]
    pix = [qfac, *mm, 1, 1, 1, 1]
    rows = [x for r in sform or [[0] * 4] * 3 for x in r]
    forms = (int(quatern is not None), int(sform is not None))
    q = (*(quatern or (0, 0, 0)), *offset)
    if version == 1:
        h = bytearray(352)
        struct.pack_into("<i", h, 0, 348)
        struct.pack_into("<8h", h, 40, *dim)
        struct.pack_into("<2h", h, 70, CODES[code], 8 * struct.calcsize(code))
        struct.pack_into("<8f", h, 76, *pix)
        struct.pack_into("<3f", h, 108, 352, slope, inter)
        h[123] = 2
        struct.pack_into("<2h", h, 252, *forms)
        struct.pack_into("<6f", h, 256, *q)
        struct.pack_into("<12f", h, 280, *rows)
        h[344:348] = b"n+1\0"
    else:
        h = bytearray(544)
        struct.pack_into("<i8s2h8q", h, 0, 540, b"n+2\0\r\n\032\n", CODES[code],
                         8 * struct.calcsize(code), *dim)
        struct.pack_into("<8d", h, 104, *pix)
        struct.pack_into("<q2d", h, 168, 544, slope, inter)
        struct.pack_into("<2i6d12d", h, 344, *forms, *q, *rows)
        struct.pack_into("<i", h, 500, 2)
    v = [f(i, j, k) for k in range(n[2]) for j in range(n[1]) for i in range(n[0])]
    with open(name, "wb") as out:
        out.write(bytes(h) + struct.pack("<%d%s" % (len(v), code), *v))


def read(name):
    with open(name, "rb") as f:
        b = f.read()
    n = struct.unpack_from("<3h", b, 42)
    code = {v: k for k, v in CODES.items()}[struct.unpack_from("<h", b, 70)[0]]
    at = int(struct.unpack_from("<f", b, 108)[0])
    count = n[0] * n[1] * n[2]
    return n, [float(x) for x in struct.unpack_from("<%d%s" % (count, code), b, at)]


def forms(name):
    """Pitches, quaternion, offsets and sform rows of a NIfTI-1 file."""
    with open(name, "rb") as f:
        b = f.read(348)
    rows = struct.unpack_from("<12f", b, 280)
    return (struct.unpack_from("<4f", b, 76), struct.unpack_from("<3f", b, 256),
            struct.unpack_from("<3f", b, 268), [rows[r : r + 4] for r in (0, 4, 8)])
