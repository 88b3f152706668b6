#!/usr/bin/env bats
# dorg-rftrain --learner boost, tables' groups, the cut that spares odd cases
load helper

# made SEED ROWS [GROUP [FLIP]]: a table of 5 features, truth where the first two add up to much
made() {
    awk -v key="$1" -v n="$2" -v group="$3" -v flip="${4:-0}" 'BEGIN { srand(key)
        printf "#dorg-tab 1\n#key %016x\n", key
        if (group) print "#group " group
        print "id\tz\ta\tb\tc\td\te\tarea_mm2\tcoverage\ttruth"
        for (i = 1; i <= n; i++) {
            printf "%d\t%d", i, i / 10
            for (k = 0; k < 5; k++) { x[k] = int(100 * rand()); printf "\t%d", x[k] }
            t = x[0] + x[1] + 20 * rand() > 150
            if (flip) t = 1 - t
            printf "\t%d\t%d\t%d\n", 10 + 5 * rand(), t, t
        }
        print "#end" }'
}

own_setup() {
    for s in 1 2 3; do made $s 400 >f$s.tab; done
}

column() {
    awk -F'\t' -v n="$2" '/^#/ { next } !k { for (i = 1; i <= NF; i++) if ($i == n) k = i; next }
        { print $k }' "$1"
}

B="--learner boost -k 20 --rate 0.3"

@test "boosting: its definition, tree by tree" {
    needs_python numpy
    run -0 /usr/bin/python3 "$ROOT/test/oracle/boost.py" exact .
    echo "$output"
}

@test "boosting: as good as scikit-learn's on three generated problems" {
    needs_python sklearn
    run -0 /usr/bin/python3 "$ROOT/test/oracle/boost.py" auc .
    echo "$output"
}

@test "boosting: repeats itself whatever -j; another seed, other trees; a pipe is as good" {
    dorg-rftrain $B -o a.forest f1.tab f2.tab f3.tab
    dorg-rftrain $B -j 3 -o b.forest f1.tab f2.tab f3.tab
    cmp a.forest b.forest
    dorg-rftrain $B --seed 2 -o c.forest f1.tab f2.tab f3.tab
    run -1 dorg-cmp a.forest c.forest
    dorg-rftrain $B f1.tab - f3.tab <f2.tab >d.forest
    dorg-cmp a.forest d.forest
    dorg-info a.forest >info
    grep -qx 'learner: boost' info
    grep -qx 'folds: 3' info
    grep -qx 'trees: 60' info
    dorg-rftrain -k 60 -o e.forest f1.tab f2.tab f3.tab
    run -1 dorg-cmp a.forest e.forest
    dorg-info e.forest >info
    run -1 grep learner info
}

@test "boosting: learns; each case is judged by the fold that never saw it" {
    dorg-rftrain $B --unweighted -o a.forest f1.tab f2.tab
    made 9 400 >new.tab
    dorg-rfcand --keep-all -f a.forest -o new.p new.tab
    paste <(column new.p p) <(column new.p truth) |
        awk '{ n[$2]++; s[$2] += $1 } END { exit !(s[1] / n[1] > 0.4 + s[0] / n[0]) }'
    # two cases, two folds: the trees that judge the first learned from the second alone
    made 1 400 "" 1 >f1.tab
    dorg-rftrain $B --unweighted -o b.forest f1.tab f2.tab
    made 1 400 >f1.tab
    dorg-rfcand --keep-all --oob -f a.forest f1.tab >a.tab
    dorg-rfcand --keep-all --oob -f b.forest f1.tab >b.tab
    cmp <(column a.tab p) <(column b.tab p)
    dorg-rfcand --keep-all -f a.forest f1.tab >a.tab
    dorg-rfcand --keep-all -f b.forest f1.tab >b.tab
    run -1 cmp -s <(column a.tab p) <(column b.tab p)
}

@test "boosting: a tree sees its share of the features, rounded up" {
    for c in 0.4 0.5 0.6; do dorg-rftrain $B --without area_mm2 --columns $c -o $c.forest f1.tab f2.tab; done
    dorg-cmp 0.5.forest 0.6.forest # of five features three
    run -1 dorg-cmp 0.4.forest 0.5.forest
}

@test "boosting: rows, slabs and cases are dealt to folds" {
    for bag in row slab case; do
        dorg-rftrain $B --bag $bag --slab 4 -o $bag.forest f1.tab f2.tab
        dorg-rfcand --keep-all --oob -f $bag.forest f1.tab >oob.tab
        dorg-rfcand --keep-all -f $bag.forest f1.tab >all.tab
        run -1 cmp -s <(column oob.tab p) <(column all.tab p)
    done
    dorg-info slab.forest | grep -qx 'folds: 5'
    dorg-info case.forest | grep -qx 'folds: 2'
    # a lone case: slabs
    dorg-rftrain $B --folds 3 -o lone.forest f1.tab
    dorg-info lone.forest | grep -qx 'bag: slab'
    # its second level
    awk -F'\t' -v OFS='\t' '/^#/ { print; next } /^id/ { print "id", "x_mm", "y_mm", $0; next }
        { print $1, $1 % 10, $1 % 7, $0 }' f1.tab | cut -f1-3,5- >p1.tab
    dorg-rftrain $B -o 1.forest p1.tab
    dorg-rftrain $B -f 1.forest -o 2.forest p1.tab
    dorg-rfcand --oob --keep-all -f 1.forest -f 2.forest p1.tab >c.tab
    [ "$(column c.tab p2 | sort -u | wc -l)" -gt 10 ]
}

@test "groups: what judges a patient never saw another table of the same patient" {
    made 4 400 ann >a1.tab
    made 5 400 ann >a2.tab
    made 5 400 ann 1 >a2x.tab
    made 6 400 bob >b.tab
    for learner in "$B" "-k 40"; do
        dorg-rftrain $learner --unweighted -o 1.forest a1.tab a2.tab b.tab
        dorg-rftrain $learner --unweighted -o 2.forest a1.tab a2x.tab b.tab
        for k in 1 2; do dorg-rfcand --keep-all --oob -f $k.forest a1.tab >$k.tab; done
        cmp <(column 1.tab p) <(column 2.tab p)
        # without the name it is another case
        for s in a1 a2 a2x b; do grep -v '^#group' $s.tab >$s.plain; done
        dorg-rftrain $learner --unweighted -o 1.forest a1.plain a2.plain b.plain
        dorg-rftrain $learner --unweighted -o 2.forest a1.plain a2x.plain b.plain
        for k in 1 2; do dorg-rfcand --keep-all --oob -f $k.forest a1.plain >$k.tab; done
        run -1 cmp -s <(column 1.tab p) <(column 2.tab p)
    done
    dorg-info 1.forest | grep -qx 'training_cases: 3'
    dorg-rftrain $B -o 1.forest a1.tab a2.tab b.tab
    dorg-info 1.forest | grep -qx 'training_cases: 2'
    # rows that come out still name it
    dorg-rfcand -f 1.forest a1.tab | grep -qx '#group ann'
}

@test "groups: dorg-spfeat and dorg-patchfeat write the name; dorg-response asks by it" {
    dorg-phantom --seed 1 --size 48,40,16 -t t.nii -o ct.nii
    dorg-superpix -k 3000 -o sp.nii ct.nii
    dorg-spfeat --group "patient 7" -o a.tab ct.nii sp.nii
    grep -qx '#group patient 7' a.tab
    dorg-patchfeat --stride 2 --group p7 -t t.nii -o p7.tab ct.nii
    grep -qx '#group p7' p7.tab
    dorg-phantom --seed 2 --size 48,40,16 -t t2.nii -o ct2.nii
    dorg-patchfeat --stride 2 --group p8 -t t2.nii -o p8.tab ct2.nii
    dorg-rftrain $B -o p.forest p7.tab p8.tab
    dorg-response --stride 2 -f p.forest -o all.nii ct.nii
    dorg-response --stride 2 -f p.forest --oob --group p7 -o out7.nii ct.nii
    dorg-response --stride 2 -f p.forest --oob --group p8 -o out8.nii ct.nii
    dorg-response --stride 2 -f p.forest --oob -o unknown.nii ct.nii
    dorg-cmp all.nii unknown.nii
    run -1 dorg-cmp all.nii out7.nii
    run -1 dorg-cmp out8.nii out7.nii
    refuses 2 dorg-spfeat --group "" -o out ct.nii sp.nii
    refuses 2 dorg-spfeat --group "$(printf 'a%.0s' $(seq 64))" -o out ct.nii sp.nii
    refuses 2 dorg-response -f p.forest --oob --group "$(printf 'a\tb')" -o out ct.nii
}

@test "the cut: --odd lets the oddest cases lose more, and only those" {
    made 7 400 "" 1 >odd.tab # learned the other way round
    cases="f1.tab f2.tab f3.tab odd.tab"
    keep() { # keep FOREST TABLE: recall
        dorg-rfcand --oob -f "$1" "$2" >kept.tab
        awk -v a="$(paste <(column kept.tab area_mm2) <(column kept.tab coverage) | awk '{ s += $1 * $2 } END { print s + 0 }')" \
            -v b="$(paste <(column "$2" area_mm2) <(column "$2" coverage) | awk '{ s += $1 * $2 } END { print s }')" \
            'BEGIN { print a / b }'
    }
    dorg-rftrain $B --recall 0.9 --odd 0 -o none.forest $cases
    for t in $cases; do awk -v r="$(keep none.forest $t)" 'BEGIN { exit !(r >= 0.8999) }'; done
    dorg-rftrain $B --recall 0.9 --odd 0.25 -o one.forest $cases
    for t in f1.tab f2.tab f3.tab; do awk -v r="$(keep one.forest $t)" 'BEGIN { exit !(r >= 0.8999) }'; done
    awk -v r="$(keep one.forest odd.tab)" 'BEGIN { exit !(r < 0.9) }'
    cut() { dorg-info "$1" | sed -n 's/^cut: //p'; }
    awk -v a="$(cut none.forest)" -v b="$(cut one.forest)" 'BEGIN { exit !(a < b) }'
    # the highest: some case that counts has just its recall
    dorg-rftrain $B --recall 0.9 --odd 0.24 -o c.forest $cases
    [ "$(cut c.forest)" = "$(cut none.forest)" ]
}

# stack SLICES: a table of one superpixel of 1000 mm3 each at 4 places of every slice
stack() {
    awk -v n="$1" 'BEGIN { print "#dorg-tab 1\n#key 00000000000000aa"
        print "id\tz\tx_mm\ty_mm\tz_mm\ta\tvolume_mm3\tbelow_lungs_mm\tcoverage\ttruth"
        for (z = 0; z < n; z++) for (k = 0; k < 4; k++) {
            t = k == 2 && z != 3
            printf "%d\t%d\t%d\t%d\t%g\t%d\t1000\t%d\t%d\t%d\n", 1 + 4 * z + k, z, 50 * (k % 2),
                50 * (k > 1) + z % 3, 2.5 * z, 10 * k + z % 2, 100 - 20 * z, t, t }
        print "#end" }'
}

@test "candidates: --along is a Gaussian mean over the nearest of each slice" {
    stack 12 >s.tab
    dorg-rftrain --learner boost -k 9 --min-leaf 1 --bag row --seed 3 -o s.forest s.tab
    dorg-rfcand --keep-all -f s.forest -o a.tab s.tab
    dorg-rfcand --keep-all --along 4 -f s.forest -o b.tab s.tab
    dorg-rfcand -j 3 --keep-all --along 4 -f s.forest s.tab | dorg-cmp - b.tab
    cmp <(column a.tab p1) <(column b.tab p1)
    # the nearest is the one at the same place: k
    paste <(column a.tab p) <(column b.tab p) | awk '{ p[NR - 1] = $1; q[NR - 1] = $2 }
        END { for (i = 0; i < NR; i++) { s = w = 0
                for (z = 0; z < NR / 4; z++) { d = (z - int(i / 4)) * 2.5
                    if (d > 10 || d < -10) continue
                    g = exp(-d * d / 32); w += g; s += g * p[4 * z + i % 4] }
                e = s / w - q[i]; if (e > 1e-6 || e < -1e-6) exit 1; moved += q[i] != p[i] }
            exit !(moved > 10) }'
    stack 1 >one.tab
    dorg-rfcand --keep-all -f s.forest one.tab >a.tab
    dorg-rfcand --keep-all --along 4 -f s.forest one.tab >b.tab
    cmp <(column a.tab p) <(column b.tab p)
}

@test "candidates: --below keeps a range of the body, where lungs were seen" {
    stack 12 >s.tab
    dorg-rftrain --learner boost -k 9 --min-leaf 1 --bag row -o s.forest s.tab
    dorg-rfcand -p 1e-9 --below 0,60 -f s.forest -o a.tab s.tab
    [ "$(column a.tab below_lungs_mm | sort -nu | tr '\n' ' ')" = "0 20 40 60 " ]
    dorg-rfcand --keep-all --below 0,60 -f s.forest -o a.tab s.tab
    [ "$(paste <(column a.tab below_lungs_mm) <(column a.tab p) | awk '$2 == 0 { print $1 }' | sort -nu | tr '\n' ' ')" = "-120 -100 -80 -60 -40 -20 80 100 " ]
    awk -F'\t' -v OFS='\t' '/^#|^id/ { print; next } { $8 = -10000; print }' s.tab >none.tab
    dorg-rfcand -p 1e-9 --below 0,60 -f s.forest -o a.tab none.tab
    [ "$(column a.tab id | wc -l)" = 48 ]
    refuses 2 dorg-rfcand --below 0 -f s.forest -o out s.tab
    cut -f1-7,9- s.tab >no.tab
    refuses 3 dorg-rfcand --below 0,60 -f s.forest -o out no.tab
    grep -q 'no column below_lungs_mm' refuse.err
}

@test "candidates: --max-ml keeps the best of a case, up to a volume" {
    stack 12 >s.tab
    dorg-rftrain --learner boost -k 9 --min-leaf 1 --bag row -o s.forest s.tab
    dorg-rfcand --keep-all -f s.forest -o all.tab s.tab
    for ml in 1 5 20.5; do
        dorg-rfcand -p 0 --max-ml $ml -f s.forest -o a.tab s.tab
        paste <(column all.tab p) <(column all.tab id) | sort -k1,1gr -k2,2n | head -${ml%.*} | cut -f2 | sort -n >best
        cmp best <(column a.tab id)
    done
    dorg-rfcand -p 0 --max-ml 0 -f s.forest -o a.tab s.tab
    [ "$(column a.tab id | wc -l)" = 48 ]
    # below the cut nothing comes back
    dorg-rfcand -p 0.5 -f s.forest -o a.tab s.tab
    dorg-rfcand -p 0.5 --max-ml 40 -f s.forest s.tab | dorg-cmp - a.tab
    cut -f1-6,8- s.tab >no.tab
    refuses 3 dorg-rfcand --max-ml 5 -f s.forest -o out no.tab
    grep -q 'no column volume_mm3' refuse.err
}

@test "boosting: refusals" {
    refuses 2 dorg-rftrain --learner bush -o out f1.tab
    refuses 2 dorg-rftrain --learner boost --folds 1 -o out f1.tab
    refuses 2 dorg-rftrain --learner boost --rate 0 -o out f1.tab
    refuses 3 dorg-rftrain --learner boost --bag case -o out f1.tab
    grep -q 'two cases' refuse.err
    awk -F'\t' -v OFS='\t' '/^#|^id/ { print; next } { $9 = $10 = 0; print }' f2.tab >none.tab
    refuses 3 dorg-rftrain --learner boost -o out f1.tab none.tab
    grep -q 'one class only' refuse.err
    dorg-rftrain $B -o a.forest f1.tab f2.tab
    head -c 3000 a.forest >short.forest
    refuses 3 dorg-rfcand -f short.forest -o out f1.tab
    # folds that do not divide the trees, one fold
    for n in 3 1; do
        { head -c 72 a.forest; printf "\\x0$n"; tail -c +74 a.forest; } >bad.forest
        refuses 3 dorg-rfcand -f bad.forest -o out f1.tab
        grep -q "in $n folds" refuse.err
    done
    sed 's/^#key.*/&\n#group /' f1.tab >noname.tab
    refuses 3 dorg-rftrain -o out noname.tab
}
