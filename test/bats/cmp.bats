# dorg-cmp: the judge of other tests, so tried hardest: it must say no, and never say yes
# to what it could not read
load helper

own_setup() {
    dorg-phantom --seed 1 --size 16,17,18 >v.nii
    printf '#dorg-tab 1\n#@ a stage\n#key 00000000000000ab\nid\tz\tmean_hu\n1\t0\t40.5\n7\t0\t-3\n9\t1\t1e-3\n#end\n' >t.tab
    "$B"/test/gen/texture 1 5 2 8 2 >r.rec
}

# poke FILE OFFSET HEX: change bytes in place
poke() {
    printf "$(echo "$3" | sed 's/../\\x&/g')" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# voxels_at FILE: where its voxels begin
voxels_at() {
    echo $(($(stat -c %s "$1") - 16 * 17 * 18 * 2))
}

# differs A B [PATTERN]: exit 1, one line on stdout, silence on stderr
differs() {
    run -1 --separate-stderr dorg-cmp "$1" "$2"
    [ "${#lines[@]}" -eq 1 ] && [ -z "$stderr" ] || { echo "$output / $stderr"; return 1; }
    [ -z "${3:-}" ] || grep -q -- "$3" <<<"$output" || { echo "$output"; return 1; }
}

@test "equal files: exit 0 and silence" {
    for f in v.nii t.tab r.rec; do
        cp "$f" "copy.$f"
        run -0 dorg-cmp "$f" "copy.$f"
        [ -z "$output" ]
    done
    run -0 bash -c 'dorg-cmp v.nii - < copy.v.nii'
}

@test "one changed voxel, first, last or in between" {
    at=$(voxels_at v.nii)
    for k in 0 1234 4895; do
        cp v.nii w.nii
        old=$(od -An -td2 -j $((at + 2 * k)) -N 2 v.nii | tr -d ' ')
        new=$(printf '%04x' $(((old + 1) & 0xffff)))
        poke w.nii $((at + 2 * k)) "${new:2:2}${new:0:2}"
        differs v.nii w.nii "^1 of 4896 voxels differ"
        run -0 dorg-cmp --tolerance 1 v.nii w.nii
        run -1 dorg-cmp --tolerance 0.999 v.nii w.nii
    done
}

@test "the worst of several differences is told, with its place" {
    cp v.nii w.nii
    at=$(voxels_at v.nii)
    poke w.nii $((at + 2 * 5)) ff7f
    poke w.nii $((at + 2 * (3 + 16 * (2 + 17 * 4)))) 0080
    differs v.nii w.nii "2 of 4896 voxels differ, most at (5, 0, 0)"
    poke w.nii $((at + 2 * 5)) 0000
    poke w.nii $((at + 2 * (3 + 16 * (2 + 17 * 4)))) ff7f
    differs v.nii w.nii "2 of 4896 voxels differ, most at (3, 2, 4): .* and 32767"
}

@test "a shifted grid, another pitch, another size" {
    at=$((4 * 70))
    cp v.nii w.nii
    poke w.nii $((at + 12)) 0000803f # srow_x[3]: 1 mm to the right
    differs v.nii w.nii "grids differ"
    dorg-phantom --seed 1 --size 16,17,19 >w.nii
    differs v.nii w.nii "16 x 17 x 18"
    dorg-phantom --seed 1 --size 16,17,18 --pitch 10,10,10 >w.nii
    differs v.nii w.nii "grids differ"
}

@test "how voxels are stored does not matter" {
    gzip -k v.nii
    dorg-cmp v.nii v.nii.gz
    needs_python nibabel
    /usr/bin/python3 - <<'P'
import nibabel as nib, numpy as np
v = nib.load('v.nii')
a = np.asarray(v.dataobj)
nib.save(nib.Nifti1Image(a.astype('f8'), v.affine), 'double.nii')
nib.save(nib.Nifti2Image(a.astype('f4'), v.affine), 'two.nii')
m = np.array([[-1, 0, 0, 15], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.]])
nib.save(nib.Nifti1Image(a[::-1].copy(), v.affine @ m), 'flipped.nii')
nib.save(nib.Nifti1Pair(a, v.affine), 'pair.hdr')
P
    for f in double two flipped; do dorg-cmp v.nii $f.nii; done
    dorg-cmp pair.hdr v.nii
}

@test "tables: a missing row, another id, value, column, name, order, case" {
    sed '/^7/d' t.tab >u.tab
    differs t.tab u.tab "3 and 2 rows"
    sed 's/^7/8/' t.tab >u.tab
    differs t.tab u.tab "id 7 and 8"
    sed 's/40.5/40.6/' t.tab >u.tab
    differs t.tab u.tab "id 1, mean_hu: 40.5 and 40.6"
    run -0 dorg-cmp --tolerance 0.11 t.tab u.tab
    run -0 dorg-cmp --relative 0.01 t.tab u.tab
    run -1 dorg-cmp --relative 0.001 t.tab u.tab
    sed 's/mean_hu/sd_hu/' t.tab >u.tab
    differs t.tab u.tab "mean_hu and sd_hu"
    awk -F '\t' -v OFS='\t' '/^#/ { print; next } { print $1, $2 }' t.tab >u.tab
    differs t.tab u.tab "3 and 2 columns"
    sed 's/ab$/cd/' t.tab >u.tab
    differs t.tab u.tab "cases"
    sed -e '/^#key/d' -e 's/a stage/another/' t.tab >u.tab
    run -0 dorg-cmp t.tab u.tab
}

@test "records: a pixel, a label, an id, one more, another window" {
    "$B"/test/gen/texture 1 6 2 8 2 >s.rec
    differs r.rec s.rec "5 and 6 records"
    "$B"/test/gen/texture 2 5 2 8 2 >s.rec
    differs r.rec s.rec "^record [01] has label"
    for a in 0 0.2; do dorg-tps -k 1 --amplitude $a --only r.rec >tps$a.rec; done
    differs tps0.rec tps0.2.rec "pixels differ, most at record"
    run -0 dorg-cmp --tolerance 255 tps0.rec tps0.2.rec
    differs tps0.rec r.rec "different samples"
    "$B"/test/gen/texture 1 5 1 8 2 >s.rec
    differs r.rec s.rec "1 x 8 x 8"
    "$B"/test/gen/texture 1 5 2 8 3 >s.rec
    run -1 dorg-cmp --tolerance 255 r.rec s.rec
    cp r.rec s.rec
    poke s.rec 40 0000803f # pitch 1 mm
    differs r.rec s.rec "pitch"
}

@test "nothing at all is not equal to nothing at all" {
    : >empty
    refuses 3 dorg-cmp empty empty
    refuses 3 dorg-cmp v.nii empty
    refuses 3 dorg-cmp empty v.nii
    refuses 3 dorg-cmp /dev/null /dev/null
    grep -q 'nothing at all' refuse.err
    printf '\x1f\x8b' >broken.gz
    refuses 3 dorg-cmp broken.gz broken.gz
    gzip <empty >empty.gz
    refuses 3 dorg-cmp empty.gz empty.gz
}

@test "junk is not equal to itself" {
    echo "hello, hello" >junk
    refuses 3 dorg-cmp junk junk
    head -c 1000 /dev/zero >zeros
    refuses 3 dorg-cmp zeros zeros
}

@test "half a number at the end, or one too many, on either side" {
    for f in v.nii t.tab r.rec; do
        n=$(stat -c %s $f)
        head -c $((n - 1)) $f >cut
        refuses 3 dorg-cmp cut cut
        refuses 3 dorg-cmp $f cut
        refuses 3 dorg-cmp cut $f
        { cat $f; printf x; } >long
        refuses 3 dorg-cmp long long
        refuses 3 dorg-cmp $f long
    done
}

@test "a difference does not hide damage that comes later" {
    "$B"/test/gen/texture 2 5 2 8 2 | head -c -3 >cut.rec
    refuses 3 dorg-cmp r.rec cut.rec
    sed -e 's/40.5/1/' -e '/#end/d' t.tab >cut.tab
    refuses 3 dorg-cmp t.tab cut.tab
}

@test "NaN and infinity are errors, in every place they can be" {
    sed 's/40.5/nan/' t.tab >u.tab
    refuses 3 dorg-cmp u.tab u.tab
    refuses 3 dorg-cmp t.tab u.tab
    sed 's/40.5/inf/' t.tab >u.tab
    refuses 3 dorg-cmp u.tab u.tab
    dorg-thresh -p 0 v.nii >m.nii
    dorg-cmp m.nii m.nii
    needs_python nibabel
    /usr/bin/python3 - <<'P'
import nibabel as nib, numpy as np
v = nib.load('v.nii')
for name, bad in (('nan', np.nan), ('inf', np.inf)):
    a = np.asarray(v.dataobj).astype('f4')
    a[3, 4, 5] = bad
    nib.save(nib.Nifti1Image(a, v.affine), name + '.nii')
P
    for x in nan inf; do
        refuses 3 dorg-cmp $x.nii $x.nii
        refuses 3 dorg-cmp v.nii $x.nii
    done
}

@test "two kinds are not compared" {
    refuses 3 dorg-cmp v.nii t.tab
    refuses 3 dorg-cmp t.tab r.rec
    refuses 3 dorg-cmp r.rec v.nii
    grep -q 'r.rec is a record stream, v.nii a volume' refuse.err
}

@test "nets: a parameter, a layer, damage" {
    [ -x "$B/bin/dorg-train" ] || skip "no dorg-train"
    printf 'input channels=2 size=8\nconv name=c filters=3 kernel=3 init_w=0.1\nrelu\nfc name=f outputs=2\nsoftmax\ntrain batch=4 epochs=1 rate_w=const:0.1 rate_b=const:0.1\n' >n.cfg
    "$B"/test/gen/texture 1 20 2 8 2 >r.rec
    dorg-train --cfg n.cfg --engine ref -o a.net r.rec
    dorg-cmp a.net a.net
    "$B"/test/gen/texture 2 20 2 8 2 >s.rec
    dorg-train --cfg n.cfg --engine ref -o b.net s.rec
    differs a.net b.net "parameters differ"
    run -0 dorg-cmp --tolerance 1e30 a.net b.net
    sed 's/filters=3/filters=4/' n.cfg >m.cfg
    dorg-train --cfg m.cfg --engine ref -o c.net r.rec
    differs a.net c.net "layers"
    head -c -2 a.net >cut.net
    refuses 3 dorg-cmp cut.net cut.net
    refuses 3 dorg-cmp a.net r.rec
}

@test "usage" {
    refuses 2 dorg-cmp
    refuses 2 dorg-cmp v.nii
    refuses 2 dorg-cmp v.nii v.nii v.nii
    refuses 2 dorg-cmp --tolerance -1 v.nii v.nii
    refuses 2 dorg-cmp --tolerance x v.nii v.nii
    refuses 2 dorg-cmp - -
    refuses 4 dorg-cmp v.nii missing.nii
}

@test "cmp: numbers are compared as they are stored" {
    nii8 64 64 '\0\0\0\0\0\0\0360\077' >a.nii            # 1
    nii8 64 64 '\0070\0337\0006\0\0\0\0360\077' >b.nii   # 1 + 1e-10
    run -0 dorg-cmp a.nii a.nii
    run -1 dorg-cmp a.nii b.nii
    [[ $output == *'8 of 8 voxels differ'* ]]
    run -0 dorg-cmp --tolerance 1.1e-10 a.nii b.nii
    run -1 dorg-cmp --tolerance 0.9e-10 a.nii b.nii
    nii8 8 32 '\0\0\0\001' >a.nii                         # int32: 2^24
    nii8 8 32 '\001\0\0\001' >b.nii
    run -1 dorg-cmp a.nii b.nii
    nii8 768 32 '\0\0050\0153\0356' >a.nii                 # uint32: 4e9
    nii8 768 32 '\001\0050\0153\0356' >b.nii
    run -1 dorg-cmp a.nii b.nii
    run -0 dorg-cmp --tolerance 1 a.nii b.nii
    nii8 1024 64 '\0\0\0\0\0\0\020\0' >a.nii            # int64: 2^52
    nii8 1024 64 '\001\0\0\0\0\0\020\0' >b.nii
    run -1 dorg-cmp a.nii b.nii
    nii8 1024 64 '\001\0\0\0\0\0\0100\0' >b.nii          # 2^54 + 1: no double
    refuses 3 dorg-cmp a.nii b.nii
}
