# dorg-view: pictures that say what is where
load helper

own_setup() {
    dorg-phantom --seed 1 --size 48,40,16 --pitch 7,8,13 -t t.nii >c.nii
}

# sides FILE: width and height from its header
sides() {
    od -An -tu1 -j 16 -N 8 "$1" | awk '{ print $1 * 2^24 + $2 * 65536 + $3 * 256 + $4,
        $5 * 2^24 + $6 * 65536 + $7 * 256 + $8 }'
}

@test "a PNG, in the patient's proportions, the same bytes twice" {
    dorg-view --scale 1 -m t.nii c.nii >a.png
    dorg-view --scale 1 -m t.nii <c.nii >b.png
    [ "$(head -c 8 a.png | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ]
    [ "$(sides a.png)" = "48 46" ] # 40 rows of 8 mm at 7 mm a pixel
    dorg-view --scale 1 -m t.nii c.nii >b.png
    cmp a.png b.png
    dorg-view --scale 2 c.nii >b.png
    [ "$(sides b.png)" = "96 91" ]
    dorg-view c.nii >b.png
    [ "$(sides b.png | cut -d ' ' -f 1)" -ge 400 ]
}

@test "right on the left, front up, outlines where the mask is" {
    needs_python nibabel
    needs_python PIL
    /usr/bin/python3 - <<'P'
import nibabel as nib, numpy as np
a = np.full((40, 30, 5), -160, 'f4')
a[30:35, 20:25, :] = 240                 # right, front
m = np.zeros(a.shape, 'u1')
m[10:20, 4:9, 3] = 1                     # left, back
nib.save(nib.Nifti1Image(a, np.eye(4)), 'a.nii')
nib.save(nib.Nifti1Image(m, np.eye(4)), 'm.nii')
nib.save(nib.Nifti1Image(np.flip(m, 0).copy(), np.diag([-1, 1, 1, 1.]) @ np.array([[1, 0, 0, -39], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.]])), 'flipped.nii')
P
    dorg-view --scale 4 -m m.nii a.nii >a.png
    dorg-view --scale 4 -m flipped.nii a.nii >b.png
    dorg-view --scale 4 -z 2 -m m.nii a.nii >c.png
    /usr/bin/python3 - <<'P'
from PIL import Image
import numpy as np
x, y, z = (np.asarray(Image.open(f).convert('RGB')).astype(int) for f in ('a.png', 'b.png', 'c.png'))
assert x.shape == (120, 160, 3)
white = (x.min(2) == 255)
r, c = np.where(white)
assert r.min() >= 18 and r.max() <= 41 and c.min() >= 18 and c.max() <= 41, (r.min(), r.max(), c.min(), c.max())
red = (x[:, :, 0] > 200) & (x[:, :, 1] < 100)
r, c = np.where(red)
assert (r.min(), r.max(), c.min(), c.max()) == (84, 103, 80, 119), (r.min(), r.max(), c.min(), c.max())
assert not red[90, 100], 'an outline, not a blot'
assert (x == y).all(), 'storage order does not show'
assert not ((z[:, :, 0] > 200) & (z[:, :, 1] < 100)).any(), 'another slice has none'
P
}

@test "the default slice is the one with most of the first mask" {
    needs_python nibabel
    best=$(/usr/bin/python3 -c "
import nibabel as nib, numpy as np
print((np.asarray(nib.load('t.nii').dataobj) > 0).sum((0, 1)).argmax())")
    dorg-view -m t.nii c.nii >a.png
    dorg-view -z "$best" -m t.nii c.nii >b.png
    needs_python PIL
    /usr/bin/python3 -c "
from PIL import Image, ImageChops
assert ImageChops.difference(Image.open('a.png'), Image.open('b.png')).getbbox() is None"
}

@test "map, labels, fill, montage and crop change the picture and its size" {
    dorg-superpix -k 2000 c.nii >l.nii
    dorg-gauss3d -s 2 t.nii >p.nii
    dorg-view --scale 4 c.nii >plain.png
    for o in '-P p.nii' '--superpix l.nii' '--superpix l.nii --fill' '-m t.nii' '-m t.nii --line 3'; do
        # shellcheck disable=SC2086
        dorg-view --scale 4 $o c.nii >x.png
        [ "$(sides x.png)" = "$(sides plain.png)" ]
        run -1 cmp -s x.png plain.png
    done
    dorg-view --scale 1 --montage 5 c.nii >x.png
    [ "$(sides x.png)" = "144 92" ] # three columns, two rows
    # no slice is shown twice
    needs_python PIL
    dorg-crop --z 3,5 -o few.nii c.nii
    dorg-view --scale 1 --montage 9 few.nii >x.png
    [ "$(sides x.png)" = "96 92" ]
    dorg-view --scale 1 --montage 3 few.nii >three.png
    /usr/bin/python3 -c "from PIL import Image
assert Image.open('x.png').tobytes() == Image.open('three.png').tobytes()"
    dorg-view --scale 1 --crop 20 -m t.nii c.nii >x.png
    [ "$(sides x.png | cut -d ' ' -f 1)" -lt 40 ]
}

@test "planes: sizes of each, and of the three together" {
    dorg-view --scale 1 --planes coronal c.nii >x.png
    [ "$(sides x.png)" = "48 30" ] # 16 slices of 13 mm at 7 mm a pixel
    dorg-view --scale 1 --planes sagittal c.nii >x.png
    [ "$(sides x.png)" = "46 30" ]
    dorg-view --scale 1 --planes all -m t.nii c.nii >x.png
    [ "$(sides x.png)" = "96 60" ]
    dorg-view -m t.nii c.nii >a.png
    dorg-view --no-legend -m t.nii c.nii >b.png
    run -1 cmp -s a.png b.png
    refuses 2 dorg-view --planes oblique -o out c.nii
    refuses 2 dorg-view --planes all --montage 4 -o out c.nii
    refuses 2 dorg-view --planes coronal -z 40 -o out c.nii
}

@test "the command line is in the comment" {
    dorg-view c.nii | grep -aq 'dorg-view [0-9.]* c.nii'
}

@test "records and filters" {
    "$B"/test/gen/texture 1 30 2 8 2 >r.rec
    dorg-view --records r.rec --count 6 --scale 2 >x.png
    [ "$(sides x.png)" = "108 40" ] # three by two tiles of 36 x 20
    dorg-view --records - <r.rec >y.png
    [ "$(sides y.png | cut -d ' ' -f 2)" -gt 20 ]
    head -c -1 r.rec >cut.rec
    refuses 3 dorg-view --records cut.rec --count 1 -o out
    refuses 3 dorg-view --records c.nii -o out
    refuses 3 dorg-view --kernels r.rec -o out
    [ -x "$B/bin/dorg-train" ] || skip "no dorg-train"
    printf 'input channels=2 size=8\nconv name=c filters=3 kernel=3 init_w=0.1\nrelu\nfc name=f outputs=2\nsoftmax\ntrain batch=4 epochs=1 rate_w=const:1e-6 rate_b=const:1e-6\n' >n.cfg
    dorg-train --cfg n.cfg --engine ref -o a.net r.rec
    dorg-view --kernels a.net --scale 4 >x.png
    [ "$(sides x.png)" = "52 28" ] || [ "$(sides x.png)" = "26 42" ]
}

@test "refusals" {
    dorg-phantom --seed 1 --size 48,40,17 --pitch 7,8,13 -t other.nii >/dev/null
    refuses 3 dorg-view -m other.nii c.nii -o out
    refuses 3 dorg-view -P other.nii c.nii -o out
    refuses 2 dorg-view -z 16 c.nii -o out
    refuses 2 dorg-view -w 100,100 c.nii -o out
    refuses 2 dorg-view -w 100 c.nii -o out
    refuses 2 dorg-view --scale 65 c.nii -o out
    refuses 3 dorg-view --crop 5 c.nii -o out
    refuses 3 dorg-view /dev/null -o out
    refuses 4 dorg-view missing -o out
    refuses 4 dorg-view c.nii -o /dev/full
    run -2 bash -c 'dorg-view -m - - -o out <c.nii'
    [ ! -e out ]
}
