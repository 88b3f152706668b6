#!/usr/bin/env bats
# dorg-rconv: a scan, labels, a table and a net in, the table with p out
load helper

own_setup() {
    dorg-phantom --seed 1 --size 48,40,16 -t truth.nii -o ct.nii
    dorg-superpix -k 20000 -o labels.nii ct.nii
    dorg-spfeat -t truth.nii ct.nii labels.nii | awk '/^[#i]/ || NR % 5 == 0' >sp.tab
    dorg-gauss3d -s 1 -o map.nii truth.nii
    dorg-edges -o edges.tab ct.nii labels.nii sp.tab
}

net() {
    /usr/bin/python3 "$ROOT/test/oracle/mknet.py" "$1" "$2" "$3" "$4" 1 "$5" "${@:6}"
}

# column FILE NAME: id and the value, a line each
column() {
    awk -v name="$2" '/^#/ { next } !k { for (i = 1; i <= NF; i++) if ($i == name) k = i; next }
        { print $1, $k }' "$1"
}

# agrees A B TOLERANCE: two lists of id and value, equal within the tolerance
agrees() {
    paste -d ' ' "$1" "$2" | awk -v t="$3" '
        $1 != $3 || NF != 4 || $2 $4 !~ /^[-+.0-9e]+$/ || ($2 - $4) ^ 2 > t ^ 2 { print; bad = 1 }
        END { exit bad || !NR }'
}

@test "rconv: p is the equations', one channel and two" {
    needs_python nibabel
    net 2 1 12 2 r1.net
    net 2 2 12 2 r2.net
    awk '/^[#i]/ || NR % 4 == 0' sp.tab >few.tab
    ids=$(awk '/^[0-9]/ { print $1 }' few.tab | paste -s -d ,)
    for m in - map.nii; do
        n=$([ $m = - ] && echo 1 || echo 2)
        # shellcheck disable=SC2046
        dorg-rconv -E ref -n r$n.net $([ $m = - ] || echo -P $m) -o out.tab ct.nii labels.nii few.tab
        column out.tab p >got
        /usr/bin/python3 "$ROOT/test/oracle/apply.py" rconv r$n.net ct.nii labels.nii $m \
            1,1.5,2.25,3.375 "$ids" | cut -d ' ' -f 1,3 >want
        agrees got want 3e-3
    done
}

@test "rconv: pairs get three probabilities" {
    needs_python nibabel
    net 3 2 10 3 e.net
    awk '/^[#i]/ || NR % 7 == 0' edges.tab >few.tab
    dorg-rconv -E ref -n e.net --scales 1,2 -P map.nii --edges few.tab -o out.tab ct.nii labels.nii
    dorg-rconv -E ref -n e.net --scales 1,2 -P map.nii --edges few.tab -o too.tab ct.nii labels.nii sp.tab
    cmp <(grep -v '^#' out.tab) <(grep -v '^#' too.tab)
    ids=$(awk '/^[0-9]/ { print $2 "+" $3 }' few.tab | paste -s -d ,)
    /usr/bin/python3 "$ROOT/test/oracle/apply.py" rconv e.net ct.nii labels.nii map.nii 1,2 "$ids" >want
    for k in inside outside border; do
        column out.tab p_$k | cut -d ' ' -f 2 | paste -d ' ' <(cut -d ' ' -f 1 want) - >got
        f=$([ $k = inside ] && echo 2 || { [ $k = outside ] && echo 3 || echo 4; })
        cut -d ' ' -f 1,$f want >w
        agrees got w 3e-3
    done
}

@test "rconv: mean, median and maximum of the scales, and the scales one by one" {
    needs_python numpy
    net 2 1 12 2 r.net
    for how in mean median max; do
        dorg-rconv -E ref -n r.net --average $how --per-scale -o $how.tab ct.nii labels.nii sp.tab
        for s in 1 2 3 4; do
            column $how.tab p_s$s | cut -d ' ' -f 2 >s$s
        done
        column $how.tab p >got
        paste -d ' ' s1 s2 s3 s4 | awk -v how=$how '{
            for (i = 1; i <= 4; i++) for (j = i + 1; j <= 4; j++)
                if ($j + 0 < $i + 0) { t = $i; $i = $j; $j = t }
            print how == "mean" ? ($1 + $2 + $3 + $4) / 4 : how == "max" ? $4 : ($2 + $3) / 2
        }' | paste -d ' ' <(cut -d ' ' -f 1 got) - >want
        agrees got want 1e-6
    done
    run -1 cmp <(column mean.tab p) <(column max.tab p)
}

@test "rconv: several nets, the average of their outputs" {
    needs_python numpy
    net 2 1 12 2 a.net
    net 2 1 12 2 b.net conv
    net 2 2 12 2 two.net
    for n in a b; do
        dorg-rconv -E ref -n $n.net -o $n.tab ct.nii labels.nii sp.tab
    done
    dorg-rconv -E ref -n a.net -n b.net -o mean.tab ct.nii labels.nii sp.tab
    paste -d ' ' <(column a.tab p) <(column b.tab p) | awk '{ print $1, ($2 + $4) / 2 }' >want
    column mean.tab p >got
    agrees got want 1e-6
    run -1 agrees got <(column a.tab p) 1e-2
    refuses 3 dorg-rconv -E ref -n a.net -n two.net -o out ct.nii labels.nii sp.tab
}

@test "rconv: batches, threads and pipes change nothing; p is replaced" {
    needs_python numpy
    net 2 1 12 2 r.net conv
    dorg-rconv -E ref -n r.net -o a.tab ct.nii labels.nii sp.tab
    dorg-rconv -E ref -j 2 --batch 7 -n r.net ct.nii labels.nii <sp.tab >b.tab
    dorg-rconv -E ref -n r.net ct.nii labels.nii a.tab >c.tab
    cmp <(grep -v '^#' a.tab) <(grep -v '^#' b.tab)
    cmp <(grep -v '^#' a.tab) <(grep -v '^#' c.tab)
    grep -v '^[0-9]' sp.tab | dorg-rconv -E ref -n r.net -o none.tab ct.nii labels.nii
    [ "$(grep -c '^[0-9]' none.tab)" = 0 ]
    grep -q '	p$' none.tab
}

@test "rconv: a scan stored another way gives the same table" {
    needs_python nibabel
    net 2 2 12 2 r.net
    mkdir a b
    for f in ct labels map; do
        /usr/bin/python3 "$ROOT/test/oracle/reorder.py" $f.nii a/$f.nii RAS
        /usr/bin/python3 "$ROOT/test/oracle/reorder.py" $f.nii b/$f.nii PIL
    done
    for d in a b; do
        dorg-rconv -E ref -n r.net -P $d/map.nii -o $d.tab $d/ct.nii $d/labels.nii sp.tab
    done
    cmp a.tab b.tab
}

@test "rconv: lists of cases, of superpixels and of pairs" {
    needs_python numpy
    net 2 1 12 2 r1.net
    net 3 2 12 3 e.net
    printf 'ct\tlabels\ttable\tout\nct.nii\tlabels.nii\tsp.tab\ta.tab\nct.nii\ttruth.nii\tsp.tab\tb.tab\n' >list.tsv
    run -5 --separate-stderr dorg-rconv -E ref -n r1.net -L list.tsv
    [[ "$stderr" == *"case failed: ct.nii: superpixel"* ]]
    [ ! -e b.tab ]
    dorg-rconv -E ref -n r1.net -o one.tab ct.nii labels.nii sp.tab
    cmp <(grep -v '^#' a.tab) <(grep -v '^#' one.tab)
    printf 'ct.nii\tlabels.nii\tedges.tab\te.tab\tmap.nii\n' >list.tsv
    dorg-rconv -E ref -n e.net -L list.tsv
    dorg-rconv -E ref -n e.net -P map.nii --edges edges.tab -o one.tab ct.nii labels.nii
    cmp <(grep -v '^#' e.tab) <(grep -v '^#' one.tab)
}

@test "rconv: refusals" {
    needs_python numpy
    net 2 1 12 2 r1.net
    net 2 2 12 2 r2.net
    net 3 1 12 3 e.net
    net 1 3 12 2 p.net
    refuses 2 dorg-rconv -o out ct.nii labels.nii sp.tab
    refuses 2 dorg-rconv -n r1.net -o out ct.nii
    refuses 2 dorg-rconv -n r1.net --average mode -o out ct.nii labels.nii sp.tab
    refuses 2 dorg-rconv -n r1.net -L list.tsv ct.nii
    refuses 2 dorg-rconv -n r1.net -L list.tsv -P map.nii
    refuses 3 dorg-rconv -n p.net -o out ct.nii labels.nii sp.tab
    refuses 3 dorg-rconv -n r2.net -o out ct.nii labels.nii sp.tab
    grep -q 'map' refuse.err
    refuses 3 dorg-rconv -n r1.net -P map.nii -o out ct.nii labels.nii sp.tab
    refuses 3 dorg-rconv -n e.net -o out ct.nii labels.nii sp.tab
    refuses 3 dorg-rconv -n r1.net --edges edges.tab -o out ct.nii labels.nii
    dorg-phantom --seed 9 --size 48,40,16 -o other.nii
    refuses 3 dorg-rconv -n r1.net -o out other.nii labels.nii sp.tab
    refuses 3 dorg-rconv -n r1.net -o out ct.nii truth.nii sp.tab
    head -4 sp.tab >cut.tab
    refuses 3 dorg-rconv -n r1.net -o out ct.nii labels.nii cut.tab
    refuses 3 dorg-rconv -n e.net --edges edges.tab -o out ct.nii labels.nii <(head -12 sp.tab; echo '#end')
    refuses 4 dorg-rconv -n absent.net -o out ct.nii labels.nii sp.tab
    refuses 4 dorg-rconv -n r1.net -o /dev/full ct.nii labels.nii sp.tab
}
