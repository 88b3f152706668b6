#!/usr/bin/env bats
# dorg-pconv: a scan, a mask and a net in, a map out
load helper

own_setup() {
    dorg-phantom --seed 1 --size 48,40,16 -t truth.nii -o ct.nii
    dorg-gauss3d -s 1 truth.nii | dorg-thresh -p 0.02 -o mask.nii
}

# net KIND CHANNELS SIZE CLASSES OUT [conv]: a small random net
net() {
    /usr/bin/python3 "$ROOT/test/oracle/mknet.py" "$1" "$2" "$3" "$4" 1 "$5" "${@:6}"
}

@test "pconv: the map is the equations'" {
    needs_python nibabel
    net 1 3 12 2 p.net
    for stride in 1 3 4; do
        dorg-pconv -E ref -n p.net -m mask.nii --stride $stride -o p0.nii ct.nii
        /usr/bin/python3 "$ROOT/test/oracle/apply.py" pconv p.net ct.nii mask.nii $stride p0.nii
    done
}

@test "pconv: axial patches, the means of the equation" {
    needs_python nibabel
    net 4 3 9 2 p.net mm=1.1,2.9,7
    dorg-pconv -E ref -n p.net -m mask.nii --stride 4 -o p0.nii ct.nii
    /usr/bin/python3 "$ROOT/test/oracle/apply.py" pconv p.net ct.nii mask.nii 4 p0.nii
    net 4 3 9 2 other.net mm=1.1,2.9,8
    refuses 3 dorg-pconv -E ref -n p.net -n other.net -m mask.nii -o out ct.nii
    net 4 5 9 2 many.net mm=1,2,3,4
    refuses 3 dorg-pconv -E ref -n many.net -m mask.nii -o out ct.nii
}

@test "pconv: axial patches of a scan and a map" {
    needs_python nibabel
    dorg-gauss3d -s 1.5 truth.nii -o map.nii
    net 5 4 9 2 p.net mm=1.1,7
    dorg-pconv -E ref -n p.net -m mask.nii --stride 4 -P map.nii -o p0.nii ct.nii
    /usr/bin/python3 "$ROOT/test/oracle/apply.py" pconv p.net ct.nii mask.nii 4 p0.nii map.nii
    printf 'ct\tmask\tout\tmap\nct.nii\tmask.nii\tlisted.nii\tmap.nii\n' >list
    dorg-pconv -q -E ref -n p.net --stride 4 -L list
    dorg-cmp p0.nii listed.nii
    refuses 3 dorg-pconv -E ref -n p.net -m mask.nii -o out ct.nii
    grep -q 'needs a probability map' refuse.err
    refuses 3 dorg-pconv -E ref -n p.net -m mask.nii -P ct.nii -o out ct.nii
    dorg-phantom --seed 1 --size 24,20,16 -t small.nii -o /dev/null
    refuses 3 dorg-pconv -E ref -n p.net -m mask.nii -P small.nii -o out ct.nii
    net 4 2 9 2 plain.net mm=1.1,7
    refuses 3 dorg-pconv -E ref -n plain.net -m mask.nii -P map.nii -o out ct.nii
    grep -q 'takes no probability map' refuse.err
    refuses 3 dorg-pconv -E ref -n p.net -n plain.net -m mask.nii -P map.nii -o out ct.nii
    cut -f 1-3 list >short
    run -5 dorg-pconv -q -E ref -n p.net --stride 4 -L short
    [ ! -e out ]
}

@test "pconv: --every in millimetres is the strides that are nearest to it" {
    net 1 3 12 2 p.net
    # the phantom's voxels: 7.2 x 7.2 x 7.5 mm or so; read them
    dorg-info ct.nii >info
    read -r x z < <(awk '/^pitch_mm:/ { print $2, $6 }' info)
    mm=$(awk -v x="$x" -v z="$z" 'BEGIN { print 2.9 * x "," 2.2 * z }')
    dorg-pconv -E ref -n p.net -m mask.nii --stride 3 --z-stride 2 -o a.nii ct.nii
    dorg-pconv -E ref -n p.net -m mask.nii --every "$mm" -o b.nii ct.nii
    dorg-cmp a.nii b.nii
    dorg-pconv -E ref -n p.net -m mask.nii --every 0.01,0 -o c.nii ct.nii
    dorg-pconv -E ref -n p.net -m mask.nii --stride 1 -o d.nii ct.nii
    dorg-cmp c.nii d.nii
    refuses 2 dorg-pconv -E ref -n p.net -m mask.nii --every 3 -o out ct.nii
}

@test "pconv: batches, threads and pipes change nothing" {
    needs_python numpy
    net 1 3 12 2 p.net conv
    dorg-pconv -E ref -n p.net -m mask.nii -o a.nii ct.nii
    for o in '--batch 1' '--batch 7' '--batch 5000' '-j 2'; do
        # shellcheck disable=SC2086
        dorg-pconv -E ref $o -n p.net -m mask.nii <ct.nii >b.nii
        dorg-cmp a.nii b.nii
    done
}

@test "pconv: several nets, the mean of their maps" {
    needs_python nibabel
    net 1 3 12 2 a.net
    net 1 3 12 2 b.net conv
    net 1 3 14 2 large.net
    for n in a b; do
        dorg-pconv -E ref -n $n.net -m mask.nii -o $n.nii ct.nii
    done
    dorg-pconv -E ref -n a.net -n b.net -n b.net -m mask.nii -o mean.nii ct.nii
    dorg-pconv -E ref --batch 7 -n a.net -n b.net -n b.net -m mask.nii ct.nii | dorg-cmp mean.nii -
    dorg-pconv -E ref -n a.net -n a.net -m mask.nii ct.nii | dorg-cmp a.nii -
    /usr/bin/python3 - <<'EOF'
import nibabel as nib, numpy as np
a, b, mean = (np.asarray(nib.load(f).dataobj, float) for f in ("a.nii", "b.nii", "mean.nii"))
assert np.abs(a - b).max() > 0.1
assert np.abs((a + 2 * b) / 3 - mean).max() < 1e-6
EOF
    refuses 3 dorg-pconv -E ref -n a.net -n large.net -m mask.nii -o out ct.nii
    refuses 4 dorg-pconv -E ref -n a.net -n absent.net -m mask.nii -o out ct.nii
}

@test "pconv: every engine here agrees with the reference" {
    needs_python numpy
    net 1 3 16 2 p.net conv
    dorg-pconv -E ref -n p.net -m mask.nii -o ref.nii ct.nii
    dorg-pconv -n p.net -m mask.nii -o auto.nii ct.nii
    dorg-cmp --tolerance 0.02 ref.nii auto.nii
    dorg-pconv --precision f32 -n p.net -m mask.nii -o auto.nii ct.nii
    dorg-cmp --tolerance 1e-4 ref.nii auto.nii
    refuses 4 dorg-pconv -E ref --precision int8 -n p.net -m mask.nii -o out ct.nii
    grep -q avx512_vnni /proc/cpuinfo || return 0 # t_engine_int8 says so
    [ -e "$B/lib/dorg/dorg-onednn.so" ] || return 0
    for j in 1 3; do dorg-pconv -E onednn --precision int8 -j $j -n p.net -m mask.nii -o $j.nii ct.nii; done
    dorg-cmp --tolerance 0.05 ref.nii 1.nii
    run -1 dorg-cmp ref.nii 1.nii
    dorg-cmp 1.nii 3.nii
}

@test "pconv: an empty mask gives an empty map; nothing is set outside the mask" {
    needs_python numpy
    net 1 3 12 2 p.net
    dorg-thresh -p 5000 -o none.nii ct.nii
    dorg-pconv -E ref -n p.net -m none.nii -o p0.nii ct.nii
    dorg-thresh -p 1e-9 p0.nii | dorg-cmp - none.nii
    dorg-pconv -E ref -n p.net -m mask.nii -o p0.nii ct.nii
    dorg-thresh -p 1e-9 p0.nii | dorg-cmp - mask.nii
}

@test "pconv: a scan stored another way gives the same map" {
    needs_python nibabel
    net 1 3 12 2 p.net
    mkdir a b
    for f in ct mask; do
        /usr/bin/python3 "$ROOT/test/oracle/reorder.py" $f.nii a/$f.nii RAS
        /usr/bin/python3 "$ROOT/test/oracle/reorder.py" $f.nii b/$f.nii AIL
    done
    for d in a b; do
        dorg-pconv -E ref -n p.net -m $d/mask.nii -o $d/p0.nii $d/ct.nii
    done
    /usr/bin/python3 "$ROOT/test/oracle/reorder.py" b/p0.nii back.nii RAS
    dorg-cmp a/p0.nii back.nii
}

@test "pconv: a list of cases goes on after a failed one" {
    needs_python numpy
    net 1 3 12 2 p.net
    printf 'out\tct\tmask\na.nii.gz\tct.nii\tmask.nii\nb.nii\tabsent.nii\tmask.nii\nc.nii\tct.nii\tmask.nii\n' >list.tsv
    run -5 --separate-stderr dorg-pconv -E ref -n p.net -L list.tsv
    [ -z "$output" ]
    [[ "$stderr" == *"case failed: absent.nii"* ]]
    [[ "$stderr" == *"1 of 3 cases failed"* ]]
    [ ! -e b.nii ]
    dorg-pconv -E ref -n p.net -m mask.nii -o one.nii ct.nii
    dorg-cmp a.nii.gz one.nii
    dorg-cmp c.nii one.nii
    printf 'ct.nii\tmask.nii\td.nii\n' >bare.tsv
    dorg-pconv -E ref -n p.net -L bare.tsv
    dorg-cmp d.nii one.nii
}

@test "pconv: refusals" {
    needs_python numpy
    net 1 3 12 2 p.net
    net 2 1 12 2 r.net
    net 1 3 12 3 three.net
    dorg-phantom --seed 1 --size 48,40,17 -t other.nii -o /dev/null
    refuses 2 dorg-pconv -m mask.nii -o out ct.nii
    refuses 2 dorg-pconv -n p.net -o out ct.nii
    refuses 2 dorg-pconv -n p.net -m mask.nii -L list.tsv
    refuses 2 dorg-pconv -n p.net -L list.tsv -o out
    refuses 2 dorg-pconv -n p.net -m mask.nii -E best -o out ct.nii
    refuses 2 dorg-pconv -n p.net -m mask.nii --precision f8 -o out ct.nii
    refuses 3 dorg-pconv -n r.net -m mask.nii -o out ct.nii
    grep -q 'trained on regions' refuse.err
    refuses 3 dorg-pconv -n three.net -m mask.nii -o out ct.nii
    refuses 3 dorg-pconv -n ct.nii -m mask.nii -o out ct.nii
    refuses 3 dorg-pconv -n p.net -m other.nii -o out ct.nii
    refuses 3 dorg-pconv -n p.net -m ct.nii -o out ct.nii
    printf 'ct.nii\tmask.nii\n' >two.tsv
    refuses 3 dorg-pconv -n p.net -L two.tsv
    refuses 4 dorg-pconv -n absent.net -m mask.nii -o out ct.nii
    refuses 4 dorg-pconv -n p.net -L absent.tsv
    refuses 4 dorg-pconv -n p.net -m mask.nii -o /dev/full ct.nii
    DORG_PLUGINS=/nonexistent refuses 4 dorg-pconv -E cuda -n p.net -m mask.nii -o out ct.nii
    DORG_PLUGINS=/nonexistent refuses 4 dorg-pconv -d cuda -n p.net -m mask.nii -o out ct.nii
}

@test "pconv: auto that comes down to the plain C engine says so in a line, unless -q" {
    needs_python numpy
    net 1 3 12 2 p.net
    export DORG_PLUGINS=/nonexistent
    for d in '' '-d cpu'; do
        # shellcheck disable=SC2086
        dorg-pconv $d -n p.net -m mask.nii -o a.nii ct.nii 2>err
        [ "$(wc -l <err)" -eq 1 ]
        grep -q '^dorg-pconv: the plain C engine runs, .*no plug-in /nonexistent/dorg-onednn.so' err
    done
    dorg-pconv -q -n p.net -m mask.nii -o a.nii ct.nii 2>err
    [ ! -s err ]
    dorg-pconv -E ref -n p.net -m mask.nii -o b.nii ct.nii 2>err
    [ ! -s err ]
    dorg-cmp a.nii b.nii
    refuses 3 dorg-pconv -n p.net -m ct.nii -o out ct.nii
}

@test "pconv: a real scan, and the same scan stored another way" {
    needs_python nibabel
    scan 0001_third
    net 1 3 12 2 p.net
    mkdir a b
    for f in a:RAS b:SPL; do
        /usr/bin/python3 "$ROOT/test/oracle/reorder.py" "$ct" "${f%:*}/ct.nii" "${f#*:}"
        /usr/bin/python3 "$ROOT/test/oracle/reorder.py" "$truth" "${f%:*}/label.nii" "${f#*:}"
    done
    dorg-pconv -E ref -n p.net -m "$truth" -o p0.nii "$ct"
    dorg-thresh -p 1e-9 p0.nii | dorg-cmp - "$truth"
    for k in a b; do
        dorg-pconv -E ref -n p.net -m $k/label.nii -o $k/p0.nii $k/ct.nii
    done
    /usr/bin/python3 "$ROOT/test/oracle/reorder.py" b/p0.nii back.nii RAS
    dorg-cmp a/p0.nii back.nii
    /usr/bin/python3 "$ROOT/test/oracle/reorder.py" p0.nii own.nii RAS
    dorg-cmp a/p0.nii own.nii
}

@test "pconv: in two steps, the samples that the definition names and no others" {
    needs_python nibabel
    dorg-thresh -p 20 -o mask.nii ct.nii # with holes, and pieces that no coarse sample is near
    net 1 3 12 2 p.net
    map() { dorg-pconv -E ref -n p.net -m mask.nii --stride 2 "$@" ct.nii; }
    map -o full.nii
    map --coarse 1 --near 1 -o one.nii
    dorg-cmp full.nii one.nii
    map --coarse 3 --near 0 -o all.nii
    dorg-cmp full.nii all.nii
    median=$(/usr/bin/python3 -c '
import nibabel as nib, numpy as np
p, m = (np.asanyarray(nib.load(f + ".nii").dataobj) for f in ("full", "mask"))
print(np.quantile(p[m > 0], 0.8))')
    for near in "$median" 1; do
        map --coarse 3 --near "$near" -j 3 -o two.nii
        /usr/bin/python3 "$ROOT/test/oracle/coarse.py" full.nii mask.nii 2 3 "$near" two.nii
    done
    run -1 dorg-cmp full.nii two.nii
    printf 'ct\tmask\tout\nct.nii\tmask.nii\tlisted.nii\n' >list.tsv
    dorg-pconv -E ref -n p.net --stride 2 --coarse 3 --near 1 -L list.tsv
    dorg-cmp two.nii listed.nii
    refuses 2 dorg-pconv --coarse 0 -n p.net -m mask.nii -o out ct.nii
    refuses 2 dorg-pconv --near 1.5 -n p.net -m mask.nii -o out ct.nii
}
