#!/usr/bin/env bats
# dorg-spfeat, dorg-paint, dorg-kde, dorg-patchfeat, dorg-response, dorg-rftrain, dorg-rfcand
load helper

own_setup() {
    F=$BATS_FILE_TMPDIR
    cp "$F"/*.nii "$F"/*.tab .
}

setup_file() {
    load helper
    cd "$BATS_FILE_TMPDIR" || return 1
    for s in 1 2 3; do
        dorg-phantom --seed $s --size 64,56,24 -t t$s.nii -o ct$s.nii
        dorg-superpix -k 9000 -o sp$s.nii ct$s.nii
        dorg-spfeat -t t$s.nii -o f$s.tab ct$s.nii sp$s.nii
    done
}

# rows TABLE: how many
rows() { grep -vc -e '^#' -e '^id' "$1"; }

# column TABLE NAME: its values
column() {
    awk -F'\t' -v n="$2" '/^#/ { next } !k { for (i = 1; i <= NF; i++) if ($i == n) k = i; next }
        { print $k }' "$1"
}

@test "features are what numpy and scipy say" {
    needs_python nibabel
    needs_python scipy
    dorg-kde -o kde.tab ct1.nii t1.nii
    dorg-gauss3d -s 1 -o map.nii t1.nii
    dorg-spfeat --context -t t1.nii --kde kde.tab -P map.nii -o x.tab ct1.nii sp1.nii
    /usr/bin/python3 "$ROOT/test/oracle/spfeat.py" ct1.nii sp1.nii t1.nii map.nii kde.tab x.tab
    # no bone: the spine is a guess
    dorg-gauss3d -s 4 -o blunt.nii ct1.nii
    dorg-spfeat --context -t t1.nii --kde kde.tab -P map.nii -o x.tab blunt.nii sp1.nii
    /usr/bin/python3 "$ROOT/test/oracle/spfeat.py" blunt.nii sp1.nii t1.nii map.nii kde.tab x.tab
}

@test "landmarks: every column from its definition; of a slice cut to 0...255 HU the same" {
    needs_python nibabel
    needs_python scipy
    oracle() { /usr/bin/python3 "$ROOT/test/oracle/landmarks.py" "$@"; }
    oracle make ct.nii sp.nii cut.nii
    dorg-spfeat --landmarks -o a.tab ct.nii sp.nii
    run -0 oracle check ct.nii sp.nii a.tab
    grep -q 'lungs: 15' <<<"$output"
    dorg-spfeat --landmarks -o b.tab cut.nii sp.nii
    run -0 oracle check cut.nii sp.nii b.tab
    grep -q 'lungs: None' <<<"$output"
    n=$(grep ^id a.tab | tr '\t' '\n' | grep -nx below_lungs_mm | cut -d: -f1)
    # where things lie in the image is measured from the body, which air shapes
    drop="9-11,$n"
    [ "$(grep ^id a.tab | cut -f9-11)" = "$(printf 'x_mm\ty_mm\tz_mm')" ]
    cmp <(grep -v '^#' a.tab | cut --complement -f"$drop") <(grep -v '^#' b.tab | cut --complement -f"$drop")
    run -0 oracle check ct1.nii sp1.nii <(dorg-spfeat --landmarks ct1.nii sp1.nii)
}

@test "landmarks: -j changes nothing; a lone slice has no lungs; no learner takes the scan's columns" {
    dorg-spfeat --landmarks -t t1.nii -o a.tab ct1.nii sp1.nii
    dorg-spfeat --landmarks -j 3 -t t1.nii -o b.tab ct1.nii sp1.nii
    cmp a.tab b.tab
    column a.tab below_lungs_mm | awk '$1 == -10000 { exit 1 }'
    dorg-crop --z 20,20 -o ct.nii ct1.nii
    dorg-crop --z 20,20 --type i32 -o sp.nii sp1.nii
    dorg-spfeat --landmarks -o one.tab ct.nii sp.nii
    [ "$(column one.tab below_lungs_mm | sort -u)" = -10000 ]
    dorg-rftrain -k 3 -o a.forest a.tab
    dorg-info a.forest | grep '^feature' >features
    grep -q '^feature tissue_24_3:' features
    run -1 grep -e below_lungs -e volume_mm3 features
    # maps and context beside them, each column once
    dorg-spfeat --landmarks --context -P t1.nii -o c.tab ct1.nii sp1.nii
    [ "$(grep ^id c.tab | wc -w)" = $(($(grep ^id a.tab | wc -w) - 2 + 12 + 78)) ]
    cp t1.nii rel.nii
    refuses 3 dorg-spfeat --landmarks -P rel.nii -o out ct1.nii sp1.nii
}

@test "features: -j changes nothing, a map of kde is -k, the slices may come in any order" {
    dorg-spfeat -j 3 -t t1.nii -o x.tab ct1.nii sp1.nii
    cmp f1.tab x.tab
    dorg-spfeat --context -t t1.nii -o a.tab ct1.nii sp1.nii
    dorg-spfeat -j 3 --context -t t1.nii -o b.tab ct1.nii sp1.nii
    cmp a.tab b.tab
    [ "$(head -9 a.tab | grep ^id | wc -w)" = $(($(head -9 f1.tab | grep ^id | wc -w) + 78)) ]
    dorg-kde -o k.tab ct1.nii t1.nii
    dorg-kde --kde k.tab -o kde.nii ct1.nii
    dorg-spfeat -P kde.nii -o a.tab ct1.nii sp1.nii
    dorg-spfeat --kde k.tab -o b.tab ct1.nii sp1.nii
    cmp <(grep -v '^#' a.tab) <(grep -v '^#' b.tab)
}

@test "features: refusals" {
    refuses 2 dorg-spfeat ct1.nii
    refuses 2 dorg-spfeat --label-rule most -t t1.nii ct1.nii sp1.nii
    refuses 3 dorg-spfeat -P ct2.nii -P ct2.nii -o out ct1.nii sp1.nii
    dorg-phantom --seed 1 --size 32,28,16 -o small.nii
    refuses 3 dorg-spfeat -o out small.nii sp1.nii
    refuses 3 dorg-spfeat -P small.nii -o out ct1.nii sp1.nii
    refuses 3 dorg-spfeat -t small.nii -o out ct1.nii sp1.nii
    refuses 3 dorg-spfeat -o out ct1.nii t1.nii # a mask is one superpixel in many slices
    refuses 3 dorg-spfeat --kde f1.tab -o out ct1.nii sp1.nii
    refuses 4 dorg-spfeat -o out none.nii sp1.nii
}

@test "paint: what comes back is what went in" {
    dorg-paint -c id -o id.nii sp1.nii f1.tab
    dorg-cmp id.nii sp1.nii
    # as probabilities, which maps are
    dorg-tab --set 'share=mean_hu + 1100' --set 'share=share / 4000' -o share.tab f1.tab
    dorg-paint -j 3 -c share -o m.nii sp1.nii share.tab
    dorg-spfeat -P m.nii -o x.tab ct1.nii sp1.nii
    paste <(column share.tab share) <(column x.tab min_m) <(column x.tab max_m) |
        awk '{ print $1 - $2; print $3 - $1 }' | within -2000 1e-4
    awk -F'\t' '/^#|^id/ || $1 % 2' f1.tab >odd.tab
    dorg-paint --value 1 -o mask.nii sp1.nii odd.tab
    dorg-spfeat -P mask.nii -o x.tab ct1.nii sp1.nii
    cmp <(column x.tab id | awk '{ print $1 % 2 }') <(column x.tab mean_mask)
    dorg-paint --value 0.25 -o q.nii sp1.nii odd.tab
    [ "$(column <(dorg-spfeat -P q.nii ct1.nii sp1.nii) max_q | sort -n | tail -1)" = 0.25 ]
}

@test "paint: refusals" {
    refuses 2 dorg-paint -c id --value 1 sp1.nii f1.tab
    refuses 2 dorg-paint
    refuses 3 dorg-paint -c nothing -o out sp1.nii f1.tab
    head -c 20000 f1.tab >cut.tab
    refuses 3 dorg-paint -o out sp1.nii cut.tab
    awk -F'\t' -v OFS='\t' '/^#end/ { print "9999999" substr(last, index(last, "\t")) }
        { print; last = $0 }' f1.tab >alien.tab
    refuses 3 dorg-paint -o out sp1.nii alien.tab
}

@test "kde: the response lies where the organ's HU do; refusals" {
    dorg-kde -o k.tab ct1.nii t1.nii ct2.nii t2.nii
    [ "$(rows k.tab)" = 4096 ]
    column k.tab y | within 0 1
    # both densities integrate to 1 (the table's steps are 1 HU)
    for f in f_in f_out; do
        column k.tab $f | awk '{ s += $1 } END { print s }' | within 0.98 1.02
    done
    refuses 2 dorg-kde ct1.nii
    refuses 2 dorg-kde --kde k.tab ct1.nii ct2.nii
    refuses 3 dorg-kde --kde f1.tab -o out ct1.nii
    dorg-thresh -p 5000 -o none.nii ct1.nii
    refuses 3 dorg-kde -o out ct1.nii none.nii
}

@test "forest: trains, keeps the organ, repeats itself whatever -j" {
    dorg-rftrain -k 40 -o a.forest f1.tab f2.tab f3.tab
    dorg-rftrain -k 40 -j 3 -o b.forest f1.tab f2.tab f3.tab
    cmp a.forest b.forest
    dorg-rftrain -k 40 --seed 2 -o c.forest f1.tab f2.tab f3.tab
    ! cmp -s a.forest c.forest || return 1
    for s in 1 2 3; do
        dorg-rfcand --oob -f a.forest -o c$s.tab f$s.tab
        dorg-rfcand -j 3 --oob -f a.forest f$s.tab | cmp - c$s.tab
    done
    # mean recall of voxels over the cases, out of bag, is what was asked for
    for s in 1 2 3; do
        echo "$(paste <(column c$s.tab area_mm2) <(column c$s.tab coverage) |
            awk '{ s += $1 * $2 } END { print s }')" "$(paste <(column f$s.tab area_mm2) \
            <(column f$s.tab coverage) | awk '{ s += $1 * $2 } END { print s }')"
    done | awk '{ s += $1 / $2 } END { print s / NR }' | within 0.9699 1
    [ "$(rows c1.tab)" -lt "$(rows f1.tab)" ]
}

@test "forest: a cascade; --keep-all drops nothing; -p cuts; columns by name" {
    dorg-rftrain -k 30 -o 1.forest f1.tab f2.tab f3.tab
    dorg-rftrain -k 30 -f 1.forest -o 2.forest f1.tab f2.tab f3.tab
    dorg-rftrain -k 30 -j 3 -f 1.forest f1.tab f2.tab f3.tab | cmp - 2.forest
    dorg-rfcand --keep-all -f 1.forest -f 2.forest -o all.tab f1.tab
    [ "$(rows all.tab)" = "$(rows f1.tab)" ]
    for c in p1 p2 p; do grep -m 1 -v "^#" all.tab | grep -q "	$c\b"; done
    cmp <(column all.tab p2) <(column all.tab p)
    dorg-rfcand -p 0.5 -f 1.forest -f 2.forest -o half.tab f1.tab
    [ "$(rows half.tab)" = "$(column all.tab p | awk '$1 >= 0.5' | wc -l)" ]
    # another order of columns, the same answer
    awk -F'\t' -v OFS='\t' '/^#/ { print; next } { t = $4; $4 = $9; $9 = t; print }' f1.tab >turned.tab
    dorg-rfcand --keep-all -f 1.forest -f 2.forest turned.tab >x.tab
    cmp <(column x.tab p) <(column all.tab p)
    refuses 2 dorg-rfcand -f 2.forest f1.tab
    refuses 2 dorg-rfcand -f 2.forest -f 1.forest f1.tab
    refuses 2 dorg-rftrain -f 2.forest -o out f1.tab
}

@test "forest: --without leaves columns out, and wants them there" {
    dorg-rftrain -k 5 --without rel_z,p50_hu -o a.forest f1.tab f2.tab
    cut -f1-5,7- f1.tab >less1.tab
    cut -f1-5,7- f2.tab >less2.tab
    head -9 f1.tab | grep -e '^id' | cut -f6 | grep -x rel_z
    dorg-rftrain -k 5 --without p50_hu -o b.forest less1.tab less2.tab
    dorg-rfcand --keep-all -f a.forest f3.tab | grep -v '^#' >a
    dorg-rfcand --keep-all -f b.forest f3.tab | grep -v '^#' >b
    cmp a b
    refuses 3 dorg-rftrain --without rel_q -o out f1.tab
    grep -q 'no column rel_q' refuse.err
}

@test "patches, densities: --shift adds HU, each value in turn" {
    dorg-kde -o k.tab ct1.nii t1.nii
    dorg-patchfeat --stride 3 --kde k.tab -t t1.nii -o one.tab ct1.nii
    dorg-patchfeat --stride 3 --kde k.tab -t t1.nii --shift=-20,0,20 -o three.tab ct1.nii
    dorg-patchfeat -j 3 --stride 3 --kde k.tab -t t1.nii --shift=-20,0,20 ct1.nii | cmp - three.tab
    voxels=$((64 * 56 * 24))
    # the middle third is the plain table, its ids further up
    awk -F'\t' -v OFS='\t' -v n=$voxels '/^[0-9]/ && $1 > n && $1 <= 2 * n { $1 -= n; print }' three.tab >middle
    cmp middle <(grep '^[0-9]' one.tab)
    # where nothing is cut off, the mean of the middle pixels moves by 20; never by more
    awk -F'\t' -v n=$voxels '/^#/ { next } !c { for (i = 1; i <= NF; i++) if ($i == "core_hu") c = i; next }
        { m[$1] = $c }
        END { for (i in m) if (i + 0 <= n && (i + n) in m) { seen++; d = m[i + n] - m[i]
                whole += d > 19.9; if (d > 20.1) exit 1 }
            exit !(seen > 100 && whole > 0.3 * seen) }' three.tab
    dorg-kde --shift=-20,0,20 -o k3.tab ct1.nii t1.nii
    # the densities are wider: a lower top
    top() { column "$1" f_in | sort -g | tail -1; }
    awk -v a="$(top k.tab)" -v b="$(top k3.tab)" 'BEGIN { print b / a }' | within 0.1 0.9
    refuses 2 dorg-patchfeat --shift=a ct1.nii
    refuses 2 dorg-kde --shift=9999 ct1.nii t1.nii
}

# many ROWS KEY: a table of 12 features, truth where the first is large
many() {
    awk -v n="$1" -v key="$2" 'BEGIN { srand(key); printf "#dorg-tab 1\n#key %016x\nid\tz", key
        for (k = 1; k <= 12; k++) printf "\tf%d", k; print "\ttruth"
        for (i = 1; i <= n; i++) { printf "%d\t%d", i, i / 500; for (k = 1; k <= 12; k++) {
                x = int(256 * rand()); if (k == 1) t = x > 240; printf "\t%d", x } print "\t" t + 0 }
        print "#end" }'
}

# peak FILE...: MB of memory at the peak of training on two threads
peak() { dorg-rftrain -v -j 2 -k 2 -o x.forest "$@" 2>&1 | sed -n 's/.* \([0-9.]*\) MB at the peak/\1/p'; }

@test "forest: a row takes the memory the page states, features + 42 + 16 a thread, tables none" {
    [ -z "${DORG_SANITIZED:-}" ] || skip "the sanitizers' own memory is in the way"
    many 120000 1 >a.tab
    for i in 1 2 3 4; do sed "s/^#key .*/#key 000000000000000$i/" a.tab >a$i.tab; done
    one=$(peak a1.tab)
    four=$(peak a1.tab a2.tab a3.tab a4.tab)
    # arrays grow by a quarter
    awk -v a="$one" -v b="$four" 'BEGIN { print (b - a) * 1e6 / 360000, "bytes a row"
        exit !(b > a && (b - a) * 1e6 <= 1.25 * 360000 * (12 + 42 + 2 * 16)) }'
}

@test "forest: a pipe is as good as a file" {
    dorg-rftrain -k 10 -o a.forest f1.tab f2.tab
    dorg-rftrain -k 10 f1.tab - <f2.tab >b.forest
    # only the history differs: the names of the operands
    dorg-rfcand --keep-all -f a.forest f3.tab >a.tab
    dorg-rfcand --keep-all -f b.forest f3.tab >b.tab
    cmp <(grep -v '^#' a.tab) <(grep -v '^#' b.tab)
}

@test "forest: one class, constants, missing columns, disorder, truncation, NaN" {
    awk -F'\t' -v OFS='\t' '/^#|^id/ || $NF == 0' f1.tab >none.tab
    refuses 3 dorg-rftrain -o out none.tab
    grep -q 'truth 1' refuse.err
    awk -F'\t' -v OFS='\t' '/^#/ { print; next } { print $1, $2, (NR == h || /^id/) ? "flat" : 5, $NF }' \
        f1.tab >flat.tab
    refuses 3 dorg-rftrain -o out flat.tab
    grep -q constant refuse.err
    cut -f1-20 f1.tab >no-truth.tab
    refuses 3 dorg-rftrain -o out no-truth.tab
    grep -q 'no column truth' refuse.err
    sed 's/	p50_hu	/	other	/' f2.tab >renamed.tab
    refuses 3 dorg-rftrain -o out f1.tab renamed.tab
    grep -q 'no column p50_hu' refuse.err
    dorg-rftrain -k 5 -o a.forest f1.tab
    refuses 3 dorg-rfcand -f a.forest -o out renamed.tab
    grep -q 'no column p50_hu' refuse.err
    { grep -e '^#[^e]' -e '^id' f1.tab; grep '^[0-9]' f1.tab | sort -rn; echo '#end'; } >back.tab
    refuses 3 dorg-rftrain -o out back.tab
    refuses 3 dorg-rfcand -f a.forest -o out back.tab
    head -c 20000 f1.tab >short.tab
    refuses 3 dorg-rftrain -o out f2.tab short.tab
    refuses 3 dorg-rfcand -f a.forest -o out short.tab
    awk -F'\t' -v OFS='\t' '$1 == 9 { $5 = "nan" } { print }' f1.tab >nan.tab
    refuses 3 dorg-rftrain -o out nan.tab
    awk -F'\t' -v OFS='\t' '$1 == 9 { $NF = 2 } { print }' f1.tab >two.tab
    refuses 3 dorg-rftrain -o out two.tab
    cut -f1-13,15- f1.tab >no-x.tab
    refuses 3 dorg-rftrain -f a.forest -o out no-x.tab
    grep -q 'no column x_mm' refuse.err
    refuses 2 dorg-rftrain --bag some f1.tab
    refuses 2 dorg-rfcand f1.tab
    refuses 3 dorg-rfcand -f f1.tab -o out f1.tab
    refuses 4 dorg-rfcand -f none -o out f1.tab
    head -c 3000 a.forest >short.forest
    refuses 3 dorg-rfcand -f short.forest -o out f1.tab
}

@test "forest: out of bag is for cases it was trained on" {
    dorg-rftrain -k 20 -o a.forest f1.tab f2.tab
    dorg-rfcand --keep-all --oob -f a.forest f3.tab | grep -v '^#' >a
    dorg-rfcand --keep-all -f a.forest f3.tab | grep -v '^#' >b
    cmp a b
    dorg-rfcand --keep-all --oob -f a.forest f1.tab | grep -v '^#' >a
    dorg-rfcand --keep-all -f a.forest f1.tab | grep -v '^#' >b
    ! cmp -s a b || return 1
}

@test "patches: a response map higher in the organ; -j changes nothing; refusals" {
    dorg-kde -o k.tab ct1.nii t1.nii ct2.nii t2.nii
    for s in 1 2; do dorg-patchfeat --stride 2 --kde k.tab -t t$s.nii -o p$s.tab ct$s.nii; done
    dorg-patchfeat -j 3 --stride 2 --kde k.tab -t t1.nii ct1.nii | cmp - p1.tab
    dorg-patchfeat --share 0.25 --stride 2 --kde k.tab -t t1.nii -o few.tab ct1.nii
    [ "$(column few.tab truth | grep -c 1)" = "$(column p1.tab truth | grep -c 1)" ]
    [ "$(rows few.tab)" -lt $(($(rows p1.tab) / 3)) ]
    dorg-rftrain -k 20 -o p.forest p1.tab p2.tab
    dorg-response --stride 2 --kde k.tab -f p.forest -o r.nii ct3.nii
    dorg-response -j 3 --stride 2 --kde k.tab -f p.forest -o r3.nii ct3.nii
    cmp r.nii r3.nii
    dorg-spfeat -t t3.nii -P r.nii -o x.tab ct3.nii sp3.nii
    paste <(column x.tab truth) <(column x.tab mean_r) |
        awk '{ n[$1]++; s[$1] += $2 } END { print s[1] / n[1] - s[0] / n[0] }' | within 0.2 1
    refuses 2 dorg-response ct3.nii
    refuses 3 dorg-response -f p.forest -o out ct3.nii # made with densities, used without
    dorg-rftrain -k 2 -o sp.forest f1.tab
    refuses 3 dorg-response -f sp.forest --kde k.tab -o out ct3.nii
}

@test "forest: as good as scikit-learn's on three generated problems" {
    needs_python sklearn
    run -0 /usr/bin/python3 "$ROOT/test/oracle/forest.py" auc .
    echo "$output"
}

@test "forest: as good as scikit-learn's on superpixels" {
    needs_python sklearn
    { grep -v '^#end' f1.tab; echo '#end'; } >real.tab
    run -0 /usr/bin/python3 "$ROOT/test/oracle/forest.py" real . real.tab
    echo "$output"
}
