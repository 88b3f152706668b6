# dorg-phantom: a seed in, a patient out
load helper

small=(--size 32,32,16)

@test "the same seed gives the same bytes, whatever -j; another seed others" {
    dorg-phantom --seed 3 "${small[@]}" -t t1.nii >a.nii
    dorg-phantom --seed 3 "${small[@]}" -j 2 -t t2.nii >b.nii
    cmp a.nii b.nii
    cmp t1.nii t2.nii
    dorg-phantom --seed 4 "${small[@]}" >c.nii
    run -1 dorg-cmp a.nii c.nii
}

@test "truth and organs lie on the CT, and agree" {
    dorg-phantom --seed 3 --size 64,64,24 -t t.nii --organs o.nii -o c.nii
    needs_python nibabel
    /usr/bin/python3 - <<'P'
import nibabel as nib, numpy as np
c, t, o = (nib.load(f) for f in ('c.nii', 't.nii', 'o.nii'))
assert nib.aff2axcodes(c.affine) == ('R', 'A', 'S')
for x in (t, o):
    assert x.shape == c.shape == (64, 64, 24) and np.allclose(x.affine, c.affine)
assert c.get_data_dtype() == np.int16 and t.get_data_dtype() == np.uint8
t, o, c = (np.asarray(x.dataobj) for x in (t, o, c))
assert set(np.unique(t)) == {0, 1} and ((o == 1) == (t == 1)).all()
assert c[0, 40:].max() < -800, 'air at the side'
P
}

@test "pitch: by default the whole patient, or what is asked for" {
    dorg-phantom --seed 2 --size 40,40,20 | dorg-info >info
    grep -q '^pitch_mm: [78]\.[0-9]* x [78]\.[0-9]* x 10.8$' info
    dorg-phantom --seed 2 --size 40,40,20 --pitch 4,4,5 | dorg-info | grep '^pitch_mm: 4 x 4 x 5$'
}

@test "compressed outputs by name, history inside, no date" {
    dorg-phantom --seed 3 "${small[@]}" -t t.nii.gz -o c.nii.gz
    gzip -t c.nii.gz t.nii.gz
    dorg-info c.nii.gz | grep -q '^history: dorg-phantom [0-9.]* --seed=3 --size=32,32,16$'
}

@test "nothing of libm but the square root decides a byte" {
    command -v nm >/dev/null || skip "no nm"
    nm -u "$B"/libcommon/phantom/*.o | awk '$1 == "U" { print $2 }' | sort -u >undefined
    run -1 grep -E '^_*(sin|cos|tan|exp|log|pow|cbrt|hypot|fma|floor|round|lrint)' undefined
}

@test "refusals" {
    refuses 2 dorg-phantom --size 32,32 -o out
    refuses 2 dorg-phantom --size 32,32,15 -o out
    refuses 2 dorg-phantom --size 32,32,15.5 -o out
    refuses 2 dorg-phantom --pitch 1,1 -o out
    refuses 2 dorg-phantom --seed -1 -o out
    refuses 2 dorg-phantom --seed x -o out
    refuses 2 dorg-phantom --fat 2 -o out
    refuses 2 dorg-phantom operand -o out
    refuses 4 dorg-phantom "${small[@]}" -o missing/out
    refuses 4 dorg-phantom "${small[@]}" -t missing/t.nii -o out
    refuses 4 dorg-phantom "${small[@]}" -o /dev/full
}
