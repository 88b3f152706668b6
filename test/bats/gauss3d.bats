#!/usr/bin/env bats
# dorg-gauss3d: a map in, the smoothed map out
load helper

own_setup() {
    dorg-phantom --seed 1 --size 48,40,16 -t truth.nii -o ct.nii
}

@test "gauss3d: smooths, on a pipe and from a file alike, whatever -j" {
    dorg-gauss3d -s 2 -o out.nii truth.nii
    dorg-gauss3d -s 2 -j 3 <truth.nii >pipe.nii
    run -1 cmp out.nii truth.nii
    dorg-cmp out.nii pipe.nii
    dorg-gauss3d -s 0 truth.nii | dorg-cmp - truth.nii
}

@test "gauss3d: agrees with scipy away from the faces and sums to the mean" {
    needs_python scipy.ndimage
    needs_python nibabel
    dorg-gauss3d -s 1.5 -o out.nii ct.nii
    dorg-gauss3d -s 1.5 --zero -o zero.nii ct.nii
    /usr/bin/python3 - <<'PY'
import nibabel as nib, numpy as np
from scipy.ndimage import correlate1d
f = np.asarray(nib.load("ct.nii").dataobj, float)
d = np.arange(-5, 6)
w = np.exp(-d * d / 4.5)
num, den = f, np.ones_like(f)
for a in range(3):
    num = correlate1d(num, w, a, mode="constant")
    den = correlate1d(den, w, a, mode="constant")
for name, want in (("out.nii", num / den), ("zero.nii", num / w.sum() ** 3)):
    got = np.asarray(nib.load(name).dataobj, float)
    worst = np.abs(got - want).max()
    assert worst < 1e-3, (name, worst)   # HU up to thousands, in float32
PY
}

@test "gauss3d: --mm divides by the pitch" {
    needs_python nibabel
    /usr/bin/python3 - <<'PY'
import nibabel as nib, numpy as np
a = np.random.default_rng(1).random((11, 12, 13)).astype("f4")
nib.save(nib.Nifti1Image(a, np.diag([0.5, 2, 1, 1])), "map.nii")
nib.save(nib.Nifti1Image(a, np.diag([1, 1, 1, 1])), "unit.nii")
PY
    dorg-gauss3d --mm -s 1 -o mm.nii map.nii
    dorg-gauss3d -s 1 -o vox.nii map.nii
    dorg-gauss3d --mm -s 1 -o unit-mm.nii unit.nii
    dorg-gauss3d -s 1 -o unit-vox.nii unit.nii
    dorg-cmp unit-mm.nii unit-vox.nii
    run -1 cmp mm.nii vox.nii
}

@test "gauss3d: a scan stored another way gives the same voxels" {
    needs_python nibabel
    mkdir turned
    /usr/bin/python3 "$ROOT/test/oracle/reorder.py" truth.nii turned/truth.nii PSL
    dorg-gauss3d -s 2 -o a.nii truth.nii
    dorg-gauss3d -s 2 -o b.nii turned/truth.nii
    /usr/bin/python3 "$ROOT/test/oracle/reorder.py" b.nii c.nii RAS
    dorg-cmp a.nii c.nii
}

@test "gauss3d: refusals" {
    refuses 2 dorg-gauss3d -s -1 -o out truth.nii
    refuses 2 dorg-gauss3d -s 65 -o out truth.nii
    refuses 2 dorg-gauss3d -s 3mm -o out truth.nii
    refuses 2 dorg-gauss3d -d tpu -o out truth.nii
    refuses 2 dorg-gauss3d -o out truth.nii truth.nii
    refuses 3 dorg-gauss3d -o out /dev/null
    head -c 1000 truth.nii >short.nii
    refuses 3 dorg-gauss3d -o out short.nii
    refuses 4 dorg-gauss3d -o out absent.nii
    refuses 4 dorg-gauss3d -o /dev/full truth.nii
}

@test "gauss3d: a device given by name and not there is exit 4" {
    DORG_PLUGINS=/nonexistent refuses 4 dorg-gauss3d -d cuda -o out truth.nii
}
