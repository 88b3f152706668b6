#!/usr/bin/env bats
# dorg-tissue and dorg-thresh --volume: where to look, and how much to take
load helper

own_setup() {
    dorg-phantom --seed 1 --size 48,40,16 -t truth.nii -o ct.nii
}

@test "tissue: the mean of 3 x 3 clamped pixels, in the range" {
    needs_python nibabel
    for hu in 10,230 60,130; do
        dorg-tissue --hu $hu -o m.nii ct.nii
        dorg-tissue --hu $hu -j 3 ct.nii | dorg-cmp m.nii -
        /usr/bin/python3 - ${hu/,/ } <<'PY'
import sys, nibabel as nib, numpy as np
v = np.clip(np.asarray(nib.load("ct.nii").dataobj, float), 0, 255)
m = np.asarray(nib.load("m.nii").dataobj)
lo, hi = map(float, sys.argv[1:])
n = 0
for x in range(v.shape[0]):
    for y in range(v.shape[1]):
        mean = v[max(x - 1, 0):x + 2, max(y - 1, 0):y + 2].mean((0, 1))
        sure = (np.abs(mean - lo) > 1e-3) & (np.abs(mean - hi) > 1e-3)
        assert (m[x, y][sure] == ((mean >= lo) & (mean <= hi))[sure]).all(), (x, y)
        n += m[x, y].sum()
assert 0 < n < m.size
PY
    done
    # both ends belong to it
    /usr/bin/python3 -c '
import nibabel as nib, numpy as np
a = nib.load("ct.nii")
nib.save(nib.Nifti1Image(np.full(a.shape, 77, "i2"), a.affine), "even.nii")'
    for hu in 77,90 60,77; do
        [ "$(dorg-tissue --hu $hu even.nii | dorg-info | awk '$1 == "min:" { print $2 }')" = 1 ]
    done
    for hu in 78,90 60,76; do [ "$(dorg-tissue --hu $hu even.nii | dorg-info | awk '$1 == "max:" { print $2 }')" = 0 ]; done
}

@test "tissue: HU outside 0 to 255 change nothing once they are clamped" {
    needs_python nibabel
    /usr/bin/python3 - <<'PY'
import nibabel as nib, numpy as np
a = nib.load("ct.nii")
nib.save(nib.Nifti1Image(np.clip(np.asarray(a.dataobj), 0, 255).astype("i2"), a.affine), "c.nii")
PY
    dorg-tissue -o a.nii ct.nii
    dorg-tissue -o b.nii c.nii
    dorg-cmp a.nii b.nii
}

@test "tissue: --mean is that of the mask's clamped HU" {
    needs_python nibabel
    dorg-tissue -o m.nii ct.nii
    dorg-tissue --mean ct.nii >got
    /usr/bin/python3 - >want <<'PY'
import nibabel as nib, numpy as np
v = np.clip(np.asarray(nib.load("ct.nii").dataobj, float), 0, 255)
m = np.asarray(nib.load("m.nii").dataobj) != 0
print("%.6g\t%d" % (v[m].mean(), m.sum()))
PY
    paste got want | agree 1e-5 1
    dorg-tissue --hu 254.9,255 --mean ct.nii | cut -f 2 | within 0 100
}

@test "tissue: -m leaves what is in that mask" {
    needs_python nibabel
    dorg-tissue -o m.nii ct.nii
    dorg-tissue -m truth.nii -o in.nii ct.nii
    /usr/bin/python3 - <<'PY'
import nibabel as nib, numpy as np
m, t, got = (np.asarray(nib.load(f).dataobj) != 0 for f in ("m.nii", "truth.nii", "in.nii"))
assert (got == (m & t)).all() and got.any()
PY
    dorg-phantom --seed 1 --size 48,40,17 -t other.nii -o /dev/null
    refuses 3 dorg-tissue -m other.nii -o out ct.nii
}

@test "tissue: --outside leaves what is not in that mask, -m and it what both allow" {
    needs_python nibabel
    dorg-tissue -o m.nii ct.nii
    dorg-tissue --outside truth.nii -o out.nii ct.nii
    dorg-thresh -p 60 -o bright.nii ct.nii
    dorg-tissue -m bright.nii --outside truth.nii -o both.nii ct.nii
    /usr/bin/python3 - <<'PY'
import nibabel as nib, numpy as np
m, t, b, out, both = (np.asarray(nib.load(f + ".nii").dataobj) != 0 for f in ("m", "truth", "bright", "out", "both"))
assert (out == (m & ~t)).all() and (m & t).any() and out.any()
assert (both == (m & b & ~t)).all() and both.any() and (both != out).any()
PY
    dorg-info both.nii | grep -q '^history: dorg-thresh .*--cut=60'
    dorg-phantom --seed 1 --size 48,40,17 -t other.nii -o /dev/null
    refuses 3 dorg-tissue --outside other.nii -o out ct.nii
    refuses 4 dorg-tissue --outside absent.nii -o out ct.nii
}

@test "tissue: --below leaves the levels so far below the lungs' end, and all where none are seen" {
    needs_python nibabel
    needs_python scipy
    oracle() { /usr/bin/python3 "$ROOT/test/oracle/landmarks.py" "$@"; }
    oracle make ct.nii sp.nii cut.nii
    dorg-tissue -o all.nii ct.nii
    # slices of 5 mm, the lungs' end in slice 15: both ends belong to it
    for range in 0,40 5,20 4.9,20.1 5.1,19.9 -20,-5 -1000,1000 0,0 60,200; do
        oracle below ct.nii ${range/,/ } >want
        dorg-tissue --below=$range -j 3 -o got.nii ct.nii
        dorg-tissue --below=$range -j 1 ct.nii | dorg-cmp got.nii -
        /usr/bin/python3 - <<'PY'
import nibabel as nib, numpy as np
a, g = (np.asarray(nib.load(f + ".nii").dataobj) for f in ("all", "got"))
w = np.loadtxt("want") != 0
assert (g == a * w).all() and g.any() and (w.all() or w.sum() < 12)
PY
    done
    dorg-tissue -v --below 0,40 -o got.nii ct.nii 2>&1 | grep 'the lungs end in slice 15$'
    dorg-tissue -o all.nii cut.nii
    dorg-tissue -v --below 0,40 -o got.nii cut.nii 2>&1 | grep 'no lungs seen'
    dorg-cmp all.nii got.nii
    # stored upside down, it is the same levels
    /usr/bin/python3 - <<'PY'
import nibabel as nib, numpy as np
a = nib.load("ct.nii")
m = a.affine.copy()
m[2, 3] += m[2, 2] * (a.shape[2] - 1)
m[2, 2] *= -1
nib.save(nib.Nifti1Image(np.asarray(a.dataobj)[:, :, ::-1], m), "down.nii")
PY
    dorg-tissue --below 5,20 -o up.nii ct.nii
    dorg-tissue --below 5,20 -o down.nii down.nii
    /usr/bin/python3 - <<'PY'
import nibabel as nib, numpy as np
up, down = (nib.as_closest_canonical(nib.load(f + ".nii")).get_fdata() for f in ("up", "down"))
assert (up == down).all() and up.any()
PY
}

@test "tissue: refusals" {
    refuses 2 dorg-tissue --hu 50 -o out ct.nii
    refuses 2 dorg-tissue --hu 50,40 -o out ct.nii
    refuses 2 dorg-tissue --below 5 -o out ct.nii
    refuses 2 dorg-tissue --below 5,4 -o out ct.nii
    refuses 4 dorg-tissue -o out absent.nii
}

# voxels MASK: how many are set
voxels() {
    /usr/bin/python3 -c 'import sys, nibabel as nib, numpy as np
print(int(np.asarray(nib.load(sys.argv[1]).dataobj).sum()))' "$1"
}

@test "thresh: --volume moves the cut no further than the range asks" {
    needs_python nibabel
    dorg-thresh -p 60 ct.nii | dorg-gauss3d -s 2 -o map.nii
    voxel=$(dorg-info ct.nii | awk '/^pitch_mm:/ { print $2 * $4 * $6 / 1000 }')
    dorg-thresh -p 0.4 -o plain.nii map.nii
    n=$(voxels plain.nii)
    [ "$n" -gt 40 ]
    range() { awk -v v="$voxel" -v a="$1" -v b="$2" 'BEGIN { print a * v "," b * v }'; }
    dorg-thresh -p 0.4 --volume "$(range $((n - 9)) $((n + 9)))" -o in.nii map.nii
    dorg-cmp plain.nii in.nii
    dorg-thresh -p 0.4 --volume "$(range 5.5 20.5)" -o less.nii map.nii
    voxels less.nii | within 5 20
    dorg-thresh -p 0.4 --volume "$(range $((n + 9)) $((n + 50)))" -o more.nii map.nii
    voxels more.nii | within $((n + 9)) $((n + 50))
    # with no two voxels alike, to the voxel: as many as the range asks, no more than it allows
    /usr/bin/python3 -c '
import nibabel as nib, numpy as np
a = nib.load("map.nii")
p = np.random.default_rng(1).permutation(a.dataobj[:].size).reshape(a.shape) + 1
nib.save(nib.Nifti1Image((p / p.size).astype("f4"), a.affine), "own.nii")'
    for few in 1 17 500; do
        dorg-thresh -p 2 --volume "$(range "$few.5" 9999)" -o exact.nii own.nii
        [ "$(voxels exact.nii)" -eq $((few + 1)) ]
        dorg-thresh -p 0 --volume "$(range 0 "$few.5")" -o exact.nii own.nii
        [ "$(voxels exact.nii)" -eq "$few" ]
    done
    dorg-thresh -p 0.4 --volume 1e5,1e6 -o all.nii map.nii
    voxels all.nii | within $(($(voxels more.nii) + 1)) 30720
    refuses 2 dorg-thresh --volume 5 -o out map.nii
    refuses 2 dorg-thresh --volume 5,4 -o out map.nii
}
