#!/usr/bin/env bats
# dorg-region: a scan, labels and a table in, records out
load helper

own_setup() {
    dorg-phantom --seed 1 --size 48,40,16 -t truth.nii -o ct.nii
    dorg-superpix -k 20000 -o labels.nii ct.nii
    dorg-spfeat -t truth.nii -o sp.tab ct.nii labels.nii
    dorg-gauss3d -s 1 -o map.nii truth.nii
    dorg-edges -o edges.tab labels.nii sp.tab
}

count() {
    od -An -j $(($(stat -c %s "$1") - 12)) -N 8 -t u8 "$1" | tr -d ' '
}

rows() {
    grep -cv '^[#i]' "$1"
}

@test "region: pixels are the equation's, one channel and two, and for pairs" {
    needs_python nibabel
    o=$ROOT/test/oracle/apply.py
    awk '/^[#i]/ || NR % 25 == 0' sp.tab >some.tab
    dorg-region --size 12 -o r.rec ct.nii labels.nii some.tab
    /usr/bin/python3 "$o" records 2 r.rec ct.nii labels.nii - 1,1.5,2.25,3.375
    dorg-region --size 9 --scales 1,2.5 -P map.nii -o r.rec ct.nii labels.nii some.tab
    /usr/bin/python3 "$o" records 2 r.rec ct.nii labels.nii map.nii 1,2.5
    awk '/^[#i]/ || NR % 40 == 0' edges.tab >some.tab
    dorg-region --size 9 --scales 1,2.5 -P map.nii --edges some.tab -o r.rec ct.nii labels.nii sp.tab
    /usr/bin/python3 "$o" records 3 r.rec ct.nii labels.nii map.nii 1,2.5
}

@test "region: a record per row and scale" {
    dorg-region --size 8 -o r.rec ct.nii labels.nii sp.tab
    [ "$(count r.rec)" = $((4 * $(rows sp.tab))) ]
    dorg-region --size 8 --scales 1 ct.nii labels.nii <sp.tab >s.rec
    [ "$(count s.rec)" = "$(rows sp.tab)" ]
    dorg-region --size 8 --scales 1,2,3 --edges edges.tab -o p.rec ct.nii labels.nii sp.tab
    [ "$(count p.rec)" = $((3 * $(rows edges.tab))) ]
    grep -v '^[0-9]' sp.tab | dorg-region --size 8 ct.nii labels.nii >none.rec
    [ "$(count none.rec)" = 0 ]
}

@test "region: labels, --ambiguous, --balance, --max" {
    t=$(awk '/^#/ { next } !k { for (i = 1; i <= NF; i++) if ($i == "truth") k = i; next }
             { n += $k } END { print n }' sp.tab)
    [ "$t" -gt 2 ]
    dorg-region --size 8 --scales 1 --balance -o r.rec ct.nii labels.nii sp.tab
    [ "$(count r.rec)" = $((2 * t)) ]
    dorg-region --size 8 --scales 1,2 --balance --max 4 -o r.rec ct.nii labels.nii sp.tab
    [ "$(count r.rec)" = 8 ]
    a=$(awk '/^#/ { next } !k { for (i = 1; i <= NF; i++) if ($i == "coverage") k = i; next }
             $k > 0.1 && $k < 0.6 { n++ } END { print n + 0 }' sp.tab)
    [ "$a" -gt 0 ]
    dorg-region --size 8 --scales 1 --ambiguous 0.1,0.6 -o r.rec ct.nii labels.nii sp.tab
    [ "$(count r.rec)" = $(($(rows sp.tab) - a)) ]
}

@test "region: -j changes nothing" {
    dorg-region --size 16 -P map.nii -o a.rec ct.nii labels.nii sp.tab
    dorg-region --size 16 -P map.nii -j 3 -o b.rec ct.nii labels.nii sp.tab
    cmp a.rec b.rec
}

@test "region: a scan stored another way gives the same records" {
    needs_python nibabel
    mkdir a b
    for f in ct labels map; do
        /usr/bin/python3 "$ROOT/test/oracle/reorder.py" $f.nii a/$f.nii RAS
        /usr/bin/python3 "$ROOT/test/oracle/reorder.py" $f.nii b/$f.nii SRP
    done
    for d in a b; do
        dorg-region --size 8 -P $d/map.nii -o $d.rec $d/ct.nii $d/labels.nii sp.tab
    done
    cmp a.rec b.rec
}

@test "region: refusals" {
    dorg-gauss3d -s 1 -o wrong.nii ct.nii
    dorg-phantom --seed 1 --size 48,40,17 -o short.nii
    refuses 2 dorg-region -o out ct.nii
    refuses 2 dorg-region --scales 0 -o out ct.nii labels.nii sp.tab
    refuses 2 dorg-region --scales 1,, -o out ct.nii labels.nii sp.tab
    refuses 2 dorg-region --margin 40 -o out ct.nii labels.nii sp.tab
    refuses 2 dorg-region --ambiguous 0.5 -o out ct.nii labels.nii sp.tab
    refuses 2 dorg-region --ambiguous 0.5,0.2 -o out ct.nii labels.nii sp.tab
    refuses 3 dorg-region -o out wrong.nii labels.nii sp.tab
    grep -q 'another scan' refuse.err
    refuses 3 dorg-region -o out short.nii labels.nii sp.tab
    refuses 3 dorg-region -P short.nii -o out ct.nii labels.nii sp.tab
    refuses 3 dorg-region -P ct.nii -o out ct.nii labels.nii sp.tab
    refuses 3 dorg-region -o out ct.nii ct.nii sp.tab
    refuses 3 dorg-region -o out ct.nii labels.nii map.nii
    refuses 3 dorg-region --edges sp.tab -o out ct.nii labels.nii sp.tab
    cut -f 1,2 sp.tab | sed 's/^#.*/&/' >bare.tab
    refuses 3 dorg-region --balance -o out ct.nii labels.nii bare.tab
    refuses 3 dorg-region --ambiguous 0.1,0.2 -o out ct.nii labels.nii bare.tab
    sed 's/^[0-9][0-9]*/&.5/' sp.tab >half.tab
    refuses 3 dorg-region -o out ct.nii labels.nii half.tab
    refuses 4 dorg-region -o out ct.nii labels.nii absent.tab
    refuses 4 dorg-region -o /dev/full ct.nii labels.nii sp.tab
}
