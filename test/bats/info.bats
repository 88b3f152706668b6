# dorg-info: what is this file?
load helper

# has KEY VALUE FILE: the line "KEY: VALUE"
has() {
    grep -qxF -- "$1: $2" "$3" || { echo "no '$1: $2' in:"; cat "$3"; return 1; }
}

@test "a volume, from a file and from a pipe alike" {
    dorg-phantom --seed 1 --size 20,24,16 --pitch 10,9,8 >v.nii
    dorg-info v.nii >a
    dorg-info <v.nii >b
    gzip -c v.nii | dorg-info - >c
    cmp a b
    cmp a c
    has kind volume a
    has format NIfTI-1 a
    has type int16 a
    has voxels '20 x 24 x 16' a
    has pitch_mm '10 x 9 x 8' a
    has size_mm '200 x 216 x 128' a
    has stored_axes RAS a
    has orientation_from sform a
    [ "$(grep -c ^history: a)" -eq 1 ]
}

@test "its numbers are right" {
    needs_python nibabel
    /usr/bin/python3 - <<'P'
import nibabel as nib, numpy as np
r = np.random.default_rng(3)
a = np.round(r.normal(1000, 3, (5, 6, 7)), 3).astype('f4')
a[0, 0, 0] = 0
m = np.array([[0, -2, 0, 5], [0, 0, 3., 6], [4, 0, 0, 7], [0, 0, 0, 1]])
nib.save(nib.Nifti2Image(a, m), 'x.nii')
open('want', 'w').write('%.9g %.9g %.9g %.9g\n' % (a.min(), a.max(), a.mean(dtype='f8'), a.std(dtype='f8')))
P
    dorg-info x.nii >info
    has format NIfTI-2 info
    has type float32 info
    has stored_axes SLA info
    has voxels '6 x 7 x 5' info
    has pitch_mm '2 x 3 x 4' info
    has not_zero "209 voxels, 5.016 mL" info
    read -r min max mean sd <want
    has min "$min" info
    has max "$max" info
    awk -v m="$mean" -v s="$sd" '/^mean:/ { print $2 - m } /^sd:/ { print $2 - s }' info >off
    [ "$(wc -l <off)" -eq 2 ]
    within -1e-5 1e-5 <off
    [ "$(dorg-info --get voxels x.nii)" = $'6\t7\t5' ]
    [ "$(dorg-info --get pitch_mm x.nii)" = $'2\t3\t4' ]
    [ "$(dorg-info --get size_mm x.nii)" = $'12\t21\t20' ]
    [ "$(dorg-info --get not_zero x.nii)" = 209 ]
    [ "$(dorg-info --get not_zero_ml - <x.nii)" = 5.016 ]
}

@test "a table" {
    printf '#dorg-tab 1\n#@ stage one\n#@ stage two\n#key 00000000000000ab\nid\tz\tx\n1\t0\t2\n7\t0\t-3\n#end\n' >t.tab
    dorg-info t.tab >info
    has kind table info
    has rows 2 info
    has key 00000000000000ab info
    has "column x" "min -3, max 2, mean -0.5" info
    grep ^history: info >h
    printf 'history: stage one\nhistory: stage two\n' | cmp - h
    sed '/^[17]\t/d' t.tab | dorg-info >info
    has rows 0 info
    has "column x" "no rows" info
}

@test "records" {
    "$B"/test/gen/texture 1 30 2 8 2 >r.rec
    dorg-info r.rec >info
    has kind records info
    has records 30 info
    has of regions info
    has pixels '2 x 8 x 8' info
    n=$(awk '/^label/ { n += $3 } END { print n }' info)
    [ "$n" -eq 30 ]
    "$B"/test/gen/texture 1 0 2 8 2 | dorg-info >info
    has records 0 info
}

@test "a net" {
    [ -x "$B/bin/dorg-train" ] || skip "no dorg-train"
    printf 'input channels=2 size=8\nconv name=c filters=300 kernel=3 init_w=0.1\nrelu\nfc name=f outputs=2\nsoftmax\ntrain batch=4 epochs=1 rate_w=const:0.1 rate_b=const:0.1\n' >n.cfg
    "$B"/test/gen/texture 1 20 2 8 2 >r.rec
    dorg-train --cfg n.cfg --engine ref -o a.net r.rec
    dorg-info a.net >info
    dorg-info <a.net | cmp - info
    has kind net info
    grep -q 'dorg-train' info
    # 300 filters of 2 x 3 x 3 and a bias, at 6 x 6 places; two outputs of all that
    [ "$(dorg-info --get parameters a.net)" = 27302 ]
    [ "$(dorg-info --get m_macs a.net)" = 0.2 ]
    refuses 3 dorg-info --get pitch_mm -o out a.net
}

@test "a forest" {
    [ -x "$B/bin/dorg-rftrain" ] || skip "no dorg-rftrain"
    awk 'BEGIN {
        printf "#dorg-tab 1\n#key 00000000000000ab\nid\tz\tx\ty\tcoverage\ttruth\n"
        for (i = 1; i <= 200; i++) {
            x = i * 7 % 50
            t = x < 30 ? 0 : 1
            printf "%d\t%d\t%d\t%d\t%d\t%d\n", i, i / 20, x, i * 13 % 31, t, t
        }
        print "#end"
    }' >t.tab
    dorg-rftrain -k 5 t.tab >f.forest
    dorg-info f.forest >info
    has kind forest info
    has trees 5 info
    grep -q '^feature x: importance 0\.[0-9]' info
    dorg-cmp f.forest f.forest
    dorg-rftrain -k 5 --seed 9 t.tab >g.forest
    run -1 dorg-cmp f.forest g.forest
    head -c -5 f.forest >cut
    refuses 3 dorg-cmp cut cut
    refuses 3 dorg-info cut
}

@test "refusals leave nothing on standard output" {
    dorg-phantom --seed 1 --size 16,16,16 >v.nii
    head -c 5000 v.nii >cut
    refuses 3 dorg-info cut
    { cat v.nii; echo; } >long
    refuses 3 dorg-info long
    echo junk >junk
    refuses 3 dorg-info junk -o out
    refuses 3 dorg-info /dev/null
    refuses 4 dorg-info missing
    refuses 2 dorg-info a b
    refuses 2 dorg-info --get volume missing
    refuses 3 dorg-info --get parameters -o out v.nii
    refuses 3 dorg-info --get not_zero -o out cut
    printf '#dorg-tab 1\nid\n#end\n' >t.tab
    refuses 3 dorg-info --get voxels -o out t.tab
    grep -q 'has no voxels' refuse.err
    refuses 4 dorg-info v.nii -o /dev/full
}
