# dorg-edges: labels in, pairs of neighbours out
load helper

# small: a 4 x 3 x 2 label volume and a CT, as NIfTI, and a table with rows 1 to 4
own_setup() {
    /usr/bin/python3 - <<'PY' || skip "no python3 numpy"
import struct
import numpy as np
def nii(path, a, code):
    h = bytearray(352)
    struct.pack_into("<i", h, 0, 348)
    struct.pack_into("<8h", h, 40, 3, *a.shape[::-1], 1, 1, 1, 1)
    struct.pack_into("<2h", h, 70, code, a.itemsize * 8)
    struct.pack_into("<8f", h, 76, 1, 1, 1, 1, 1, 1, 1, 1)
    struct.pack_into("<3f", h, 108, 352, 1, 0)
    struct.pack_into("<2h", h, 252, 0, 1)
    struct.pack_into("<12f", h, 280, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0)
    h[344:348] = b"n+1\0"
    open(path, "wb").write(bytes(h) + a.tobytes())
l = np.array([[[1, 1, 2, 2], [1, 3, 3, 2], [0, 0, 3, 0]],
              [[4, 4, 5, 5], [4, 4, 5, 5], [4, 4, 5, 5]]], "<i4")
nii("labels.nii", l, 8)
nii("ct.nii", (l * 10).astype("<f4"), 16)
nii("neg.nii", -l, 8)
nii("flat.nii", l[:1], 8)
PY
    printf '#dorg-tab 1\nid\tp\n1\t0.9\n2\t0.2\n4\t0.5\n5\t1\n#end\n' >sp.tab
}

@test "edges: borders of a slice, counted in pixel sides" {
    dorg-edges -o out.tab labels.nii
    run -0 grep -v '^#' out.tab
    [ "$output" = "$(printf 'id\ta\tb\tz\tlength\n1\t1\t2\t0\t1\n2\t1\t3\t0\t2\n3\t2\t3\t0\t2\n4\t4\t5\t1\t3')" ]
}

@test "edges: with a CT, contrast and the case's key" {
    dorg-edges ct.nii labels.nii >out.tab
    run -0 awk -F'\t' '!/^#/ { print $6 }' out.tab
    [ "$output" = "$(printf 'contrast_hu\n10\n20\n10\n10')" ]
    grep -q '^#key ' out.tab
}

@test "edges: --3d adds overlaps and their share" {
    dorg-edges --3d labels.nii >out.tab
    run -0 awk -F'\t' '!/^#/ && $6 > 0 { print $2, $3, $4, $5, $6, $7 }' out.tab
    [ "$output" = "$(printf 'a b z length overlap overlap_share\n1 4 0 0 3 1\n2 5 0 0 3 1\n3 4 0 0 1 0.333333333\n3 5 0 0 2 0.666666667')" ]
}

@test "edges: --between leaves the pairs of a slice out" {
    dorg-edges --between labels.nii >out.tab
    run -0 awk -F'\t' '!/^#/ { print $1, $2, $3, $5 }' out.tab
    [ "$output" = "$(printf 'id a b length\n1 1 4 0\n2 2 5 0\n3 3 4 0\n4 3 5 0')" ]
}

@test "edges: a table keeps pairs whose ends are both in it, as operand or option" {
    dorg-edges labels.nii sp.tab >a.tab
    dorg-edges labels.nii - <sp.tab >b.tab
    dorg-edges ct.nii labels.nii sp.tab >c.tab
    run -0 awk -F'\t' '!/^#/ && NR > 1 && $1 != "id" { print $1, $2, $3 }' a.tab
    [ "$output" = "$(printf '1 1 2\n2 4 5')" ]
    cmp <(grep -v '^#@' a.tab) <(grep -v '^#@' b.tab)
    [ "$(grep -vc '^#' c.tab)" -eq 3 ]
}

@test "edges: from a pipe; -j changes nothing" {
    dorg-edges --3d ct.nii labels.nii >a.tab
    dorg-edges --3d -j 3 ct.nii - <labels.nii >b.tab
    cmp <(grep -v '^#@' a.tab) <(grep -v '^#@' b.tab)
}

@test "edges: refusals" {
    refuses 2 dorg-edges
    refuses 2 dorg-edges --3dd labels.nii
    refuses 3 dorg-edges -o out neg.nii
    refuses 3 dorg-edges -o out ct.nii flat.nii
    refuses 3 dorg-edges -o out sp.tab
    refuses 4 dorg-edges -o out absent.nii
    refuses 4 dorg-edges -o /dev/full labels.nii
}

@test "edges: the table may come through any pipe, and so may the labels" {
    dorg-phantom --seed 1 --size 48,40,16 -t t.nii -o c.nii
    dorg-superpix -k 3000 -o l.nii c.nii
    dorg-spfeat c.nii l.nii | awk '/^#/ || /^id/ || $1 % 3' >s.tab
    dorg-edges l.nii s.tab | grep -v '^#@' >want
    dorg-edges l.nii - <s.tab | grep -v '^#@' | cmp - want
    dorg-edges l.nii <(cat s.tab) | grep -v '^#@' | cmp - want
    dorg-edges - s.tab <l.nii | grep -v '^#@' | cmp - want
    dorg-edges <(cat l.nii) <(cat s.tab) | grep -v '^#@' | cmp - want
    dorg-edges c.nii l.nii | grep -v '^#@' >want
    dorg-edges c.nii - <l.nii | grep -v '^#@' | cmp - want
    dorg-edges <(cat c.nii) <(cat l.nii) | grep -v '^#@' | cmp - want
    dorg-edges c.nii l.nii s.tab | grep -v '^#@' >want
    dorg-edges c.nii l.nii - <s.tab | grep -v '^#@' | cmp - want
    refuses 3 dorg-edges -o out l.nii <(echo nothing)
}
