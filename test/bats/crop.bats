#!/usr/bin/env bats
load helper

own_setup() {
    dorg-phantom --seed 3 --size 20,18,16 -t truth.nii -o ct.nii
}

@test "everything is everything" {
    dorg-crop ct.nii -o all.nii
    run -0 dorg-cmp ct.nii all.nii
}

@test "a box lies where it lay" {
    needs_python nibabel
    dorg-crop --type i16 --x 3,9 --y 0,4 --z 5,15 ct.nii -o box.nii
    /usr/bin/python3 - <<'P'
import nibabel as nib, numpy as np
a, b = nib.load('ct.nii'), nib.load('box.nii')
assert (a.get_fdata()[3:10, 0:5, 5:16] == b.get_fdata()).all()
assert np.allclose(b.affine @ [0, 0, 0, 1], a.affine @ [3, 0, 5, 1], atol=1e-4)
P
}

@test "a scan stored the other way round gives the same box" {
    needs_python nibabel
    /usr/bin/python3 - <<'P'
import nibabel as nib
a = nib.load('ct.nii')
flipped = a.as_reoriented([[1, -1], [0, 1], [2, -1]])
nib.save(flipped, 'other.nii')
P
    dorg-crop --x 3,9 --y 0,4 --z 5,15 ct.nii -o a.nii
    dorg-crop --x 3,9 --y 0,4 --z 5,15 other.nii -o b.nii
    run -0 dorg-cmp a.nii b.nii
}

@test "refusals" {
    refuses 2 dorg-crop -o out --z 3 ct.nii
    refuses 2 dorg-crop -o out --z 3,99 ct.nii
    refuses 2 dorg-crop -o out --z 5,3 ct.nii
    refuses 2 dorg-crop -o out --type f64 ct.nii
    refuses 3 dorg-crop -o out --type u8 ct.nii
}

@test "crop, orient: the stored type stays, and ids above 2^24 with it" {
    nii8 8 32 '\001\0\0\001' >ids.nii
    nii8 4 16 '\001\0200' >i16.nii
    nii8 2 8 '\0200' >u8.nii
    nii8 16 32 '\0\0\0200\077' >f32.nii
    nii8 64 64 '\0070\0337\0006\0\0\0\0360\077' >f64.nii
    for f in ids:8 i16:4 u8:2 f32:16 f64:64; do
        for c in 'dorg-crop --x 0,0' 'dorg-orient -a LPS'; do
            $c ${f%:*}.nii >out.nii
            [ "$(stored_as out.nii)" = "${f#*:}" ]
            n=$(stat -c %s ${f%:*}.nii)
            n=$(((n - 352) / 8))
            cmp <(tail -c $n out.nii) <(tail -c $n ${f%:*}.nii)
        done
        dorg-orient -a RAS ${f%:*}.nii | dorg-cmp - ${f%:*}.nii
    done
    dorg-crop --type i32 i16.nii >out.nii
    [ "$(stored_as out.nii)" = 8 ]
}
