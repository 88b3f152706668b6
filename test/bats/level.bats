# dorg-level: a map or a table in, the same with another mean out
load helper

own_setup() {
    dorg-phantom --seed 1 --size 40,36,16 -t truth.nii -o ct.nii
    dorg-gauss3d -s 2 -o map.nii truth.nii
    dorg-thresh -p 0.001 -o mask.nii map.nii
    printf '#dorg-tab 1\nid\tarea_mm2\tone\tp\n' >t.tab
    awk 'BEGIN { for (i = 1; i <= 50; i++) printf "%d\t%d\t1\t%.4f\n", i, i % 7 + 1, i * i / 5000 }' >>t.tab
    printf '#end\n' >>t.tab
}

@test "level: a map has the mean that was asked for, and its order" {
    dorg-level --share 0.2 -m mask.nii map.nii >a.nii
    dorg-level --mean -m mask.nii a.nii | cut -f 1 | within 0.1999999 0.2000001
    dorg-level --share 0.2 -m mask.nii <map.nii | dorg-cmp a.nii -
    # levelled twice, or back to what it was
    dorg-level --share "$(dorg-level --mean -m mask.nii map.nii | cut -f 1)" -m mask.nii a.nii | dorg-cmp --tolerance 1e-6 map.nii -
    # the voxels over the median stay the same
    needs_python nibabel
    /usr/bin/python3 - <<'P'
import nibabel as nib, numpy as np
a, b, m = (np.asarray(nib.load(f + ".nii").dataobj) for f in ("map", "a", "mask"))
x, y = a[m > 0], b[m > 0]
assert (np.argsort(x, kind="stable") == np.argsort(y, kind="stable")).mean() > 0.99
assert abs(y.mean() - 0.2) < 1e-6 and np.abs(x - y).max() > 0.01
assert (a[m == 0] == b[m == 0]).all()
P
}

@test "level: a table, its rows weighed by area or by another column" {
    dorg-level -c p --share 0.5 t.tab >a.tab
    w() { awk -F'\t' -v k="$2" '/^[0-9]/ { s += $k * $4; n += $k } END { printf "%.6f", s / n }' "$1"; }
    [ "$(w a.tab 2)" = 0.500000 ]
    dorg-level -c p --weight one --share 0.5 <t.tab >b.tab
    [ "$(w b.tab 3)" = 0.500000 ]
    [ "$(w b.tab 2)" != 0.500000 ]
    cmp <(grep -v '^#' t.tab | cut -f 1-3) <(grep -v '^#' a.tab | cut -f 1-3)
    run -0 dorg-level --mean -c p t.tab
    [ "$(awk '{ printf "%.6f %d", $1, $2 }' <<<"$output")" = "$(w t.tab 2) $(awk '/^[0-9]/ { n += $2 } END { print n }' t.tab)" ]
}

@test "level: no further than --most; -v says how far" {
    dorg-level -v --most 0.5 --share 0.99 -m mask.nii map.nii 2>err >a.nii
    grep -q 'log odds moved by 0.5000$' err
    dorg-level --most 0 --share 0.99 -m mask.nii map.nii | dorg-cmp --tolerance 1e-7 map.nii -
    dorg-thresh -p 5 -o none.nii map.nii
    dorg-level --share 0.5 -m none.nii map.nii | dorg-cmp map.nii -
}

@test "level: refusals" {
    refuses 2 dorg-level -o out --share 0.1 map.nii
    refuses 2 dorg-level -o out -m mask.nii map.nii
    refuses 2 dorg-level -o out -m mask.nii --share 0.1 --mean map.nii
    refuses 2 dorg-level -o out -m mask.nii -c p --share 0.1 map.nii
    refuses 2 dorg-level -o out -m mask.nii --share 1.1 map.nii
    refuses 3 dorg-level -o out -m mask.nii --share 0.1 ct.nii
    refuses 3 dorg-level -o out -m mask.nii --share 0.1 t.tab
    refuses 3 dorg-level -o out -c q --share 0.1 t.tab
    refuses 3 dorg-level -o out -c id --share 0.1 t.tab
    refuses 3 dorg-level -o out -c p --weight q --share 0.1 t.tab
    dorg-phantom --seed 1 --size 40,36,17 -o /dev/null -t other.nii
    refuses 3 dorg-level -o out -m other.nii --share 0.1 map.nii
    refuses 4 dorg-level -o out -m absent.nii --share 0.1 map.nii
    refuses 4 dorg-level -o /dev/full -m mask.nii --share 0.1 map.nii
    refuses 4 dorg-level -o /dev/full -c p --mean t.tab
}
