# dorg-clean: mask in, mask out
load helper

own_setup() {
    needs_python numpy
    cat >nii.py <<'PY'
import struct, sys
import numpy as np
def write(path, a):
    h = bytearray(352)
    code = {"uint8": 2, "int32": 8, "float32": 16}[a.dtype.name]
    struct.pack_into("<i", h, 0, 348)
    struct.pack_into("<8h", h, 40, 3, *a.shape[::-1], 1, 1, 1, 1)
    struct.pack_into("<2h", h, 70, code, a.itemsize * 8)
    struct.pack_into("<8f", h, 76, 1, 10, 10, 10, 1, 1, 1, 1)
    struct.pack_into("<3f", h, 108, 352, 1, 0)
    struct.pack_into("<2h", h, 252, 0, 1)
    struct.pack_into("<12f", h, 280, 10, 0, 0, 0, 0, 10, 0, 0, 0, 0, 10, 0)
    h[344:348] = b"n+1\0"
    open(path, "wb").write(bytes(h) + a.tobytes())
def read(path):
    b = open(path, "rb").read()
    nx, ny, nz = struct.unpack_from("<3h", b, 42)
    at = int(struct.unpack_from("<f", b, 108)[0])
    return np.frombuffer(b, np.uint8, nx * ny * nz, at).reshape(nz, ny, nx)
PY
    /usr/bin/python3 - <<'PY'
from nii import *
a = np.zeros((5, 9, 12), np.uint8)
a[0:5, 0:5, 0:5] = 1   # a box of 125 with a hole of 1
a[2, 2, 2] = 0
a[1:4, 6:9, 7:10] = 3  # a box of 27
a[4, 8, 11] = 1        # a single voxel
write("in.nii", a)
write("empty.nii", np.zeros((2, 3, 4), np.uint8))
write("half.nii", np.full((2, 3, 4), 0.5, np.float32))
PY
}

# count FILE: voxels set, and the largest value
count() {
    /usr/bin/python3 -c 'from nii import *; a = read(sys.argv[1]); print((a > 0).sum(), a.max())' "$1"
}

@test "clean: the largest component by default" {
    dorg-clean in.nii >out.nii
    [ "$(count out.nii)" = "124 1" ]
    dorg-clean -k 2 <in.nii >out.nii
    [ "$(count out.nii)" = "151 1" ]
    dorg-clean -k 0 in.nii >out.nii
    [ "$(count out.nii)" = "152 1" ]
}

@test "clean: small ones go, holes are filled" {
    dorg-clean -k 0 --min-ml 2 in.nii >out.nii # a voxel is 1 ml
    [ "$(count out.nii)" = "151 1" ]
    # of half the pitch a voxel is an eighth of that
    /usr/bin/python3 -c '
import struct
b = bytearray(open("in.nii", "rb").read())
for at in (80, 84, 88, 280, 300, 320): struct.pack_into("<f", b, at, 5)
open("fine.nii", "wb").write(b)'
    dorg-clean -k 0 --min-ml 0.2 fine.nii >out.nii
    [ "$(count out.nii)" = "151 1" ]
    dorg-clean --fill in.nii >out.nii
    [ "$(count out.nii)" = "125 1" ]
    dorg-clean --min-ml 1000 in.nii >out.nii
    [ "$(count out.nii)" = "0 0" ]
    dorg-clean empty.nii >out.nii
    [ "$(count out.nii)" = "0 0" ]
}

@test "clean: says what it did at -v" {
    dorg-clean -v --fill in.nii 2>err >out.nii
    grep -q 'kept 1 of 3 components; 28 voxels dropped, 1 filled' err
}

@test "clean: refusals" {
    refuses 2 dorg-clean --connect 7 in.nii
    refuses 2 dorg-clean -k -1 in.nii
    refuses 3 dorg-clean -o out half.nii
    refuses 3 dorg-clean -o out nii.py
    refuses 4 dorg-clean -o out absent.nii
    refuses 4 dorg-clean -o /dev/full in.nii
}

@test "clean: the label volume of a net, or a noisy one, against scipy" {
    needs_python scipy.ndimage
    needs_python nibabel
    local m=$DORG_DATA/totalsegmentator/example_seg_pancreas_v1.nii.gz
    if [ ! -e "$m" ]; then
        scan none
        m=$PWD/noisy.nii
        dorg-thresh -p 60 -o "$m" "$ct"
    fi
    for c in 6 26; do
        dorg-clean --connect $c -k 1 --fill -o out.nii.gz "$m"
        run -0 /usr/bin/python3 - "$m" $c <<'PY'
import sys
import nibabel as nib, numpy as np
from scipy import ndimage as ni
a = np.asanyarray(nib.load(sys.argv[1]).dataobj) > 0
b = np.asanyarray(nib.load("out.nii.gz").dataobj) > 0
near = lambda c: ni.generate_binary_structure(3, {6: 1, 26: 3}[c])
l, n = ni.label(a, near(int(sys.argv[2])))
size = ni.sum(a, l, np.arange(1, n + 1))
want = ni.binary_fill_holes(l == 1 + size.argmax(), near(32 - int(sys.argv[2])))
print(n, size.max(), b.sum())
sys.exit((want != b).any() or not b.any())
PY
    done
}

@test "clean: a wrong --connect is misuse, whatever the file" {
    refuses 2 dorg-clean --connect 7 absent.nii
}
