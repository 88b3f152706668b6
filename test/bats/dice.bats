# dorg-dice: masks and truths in, tables out
load helper

# tiny NIfTI files from python's struct: no library needed
nifti() { # name, numbers nx ny nz, pitch, type (u1|f4), values...
    /usr/bin/python3 - "$@" <<'PY'
import struct, sys
name, nx, ny, nz, mm, kind = sys.argv[1], *map(int, sys.argv[2:5]), float(sys.argv[5]), sys.argv[6]
code, size, fmt = (2, 1, "B") if kind == "u1" else (16, 4, "f")
v = [float(x) if fmt == "f" else int(x) for x in sys.argv[7:]]
h = bytearray(352)
struct.pack_into("<i", h, 0, 348)
struct.pack_into("<8h", h, 40, 3, nx, ny, nz, 1, 1, 1, 1)
struct.pack_into("<2h", h, 70, code, size * 8)
struct.pack_into("<8f", h, 76, 1, mm, mm, mm, 1, 1, 1, 1)
struct.pack_into("<3f", h, 108, 352, 1, 0)
struct.pack_into("<2h", h, 252, 0, 1)
struct.pack_into("<12f", h, 280, mm, 0, 0, 0, 0, mm, 0, 0, 0, 0, mm, 0)
h[344:348] = b"n+1\0"
open(name, "wb").write(bytes(h) + struct.pack("<%d%s" % (nx * ny * nz, fmt), *v))
PY
}

own_setup() {
    nifti p.nii 6 1 1 2 u1 0 1 1 0 0 0
    nifti t.nii 6 1 1 2 u1 0 0 1 1 1 0
    nifti none.nii 6 1 1 2 u1 0 0 0 0 0 0
    nifti other.nii 5 1 1 2 u1 0 0 1 1 1
    nifti map.nii 6 1 1 2 f4 0 0.5 0.25 1 0.3 0.5
}

# field COLUMN FILE: that column of the rows
field() {
    awk -F'\t' -v want="$1" '/^#/ { next } !at { for (i = 1; i <= NF; i++) if ($i == want) at = i; next } { print $at }' "$2"
}

@test "dice: one pair, counted by hand" {
    dorg-dice --tolerance 1 p.nii t.nii -o got
    [ "$(field dsc got)" = 0.4 ]
    [ "$(field tp got)" = 1 ]
    [ "$(field fn got)" = 2 ]
    [ "$(field assd_mm got)" = 1.6 ]
    [ "$(field hd_mm got)" = 4 ]
    [ "$(field hd95_mm got)" = 3.8 ]
    [ "$(field nsd got)" = 0.4 ]
    # 3 and 2 voxels of 8 mm3
    [ "$(field ref_ml got)" = 0.024 ]
    [ "$(field pred_ml got)" = 0.016 ]
    [ "$(field diff_ml got)" = -0.008 ]
    [ "$(field status got)" = ok ]
    [ "$(field case got)" = p.nii ]
}

@test "dice: standard input, and jobs, give the same bytes" {
    dorg-dice p.nii t.nii | grep -v '^#@' | sed 's/^p.nii/-/' >a
    dorg-dice -j 4 - t.nii <p.nii | grep -v '^#@' >b
    cmp a b
    dorg-dice p.nii t.nii t.nii p.nii none.nii t.nii >a
    dorg-dice -j 3 p.nii t.nii t.nii p.nii none.nii t.nii >b
    cmp a b
}

@test "dice: refusals" {
    refuses 2 dorg-dice
    refuses 2 dorg-dice p.nii
    refuses 2 dorg-dice p.nii t.nii p.nii
    refuses 2 dorg-dice --empty maybe p.nii t.nii
    refuses 2 dorg-dice --format xml p.nii t.nii
    refuses 2 dorg-dice --sweep 0 p.nii t.nii
    refuses 2 dorg-dice --sweep 0.5,0.1,0.1 p.nii t.nii
    refuses 2 dorg-dice --sweep 0,1 p.nii t.nii
    refuses 2 dorg-dice --all-labels --labels 1 p.nii t.nii
    refuses 2 dorg-dice -L list p.nii
    refuses 2 dorg-dice --compare a.tsv
    refuses 2 dorg-dice --compare --format md a.tsv b.tsv
    refuses 2 dorg-dice --labels 0 p.nii t.nii
    refuses 2 dorg-dice --labels 1,2,1 p.nii t.nii
    refuses 3 dorg-dice -o out p.nii other.nii
    refuses 3 dorg-dice -o out --ignore-geometry p.nii other.nii
    refuses 3 dorg-dice map.nii t.nii
    refuses 4 dorg-dice -o out p.nii nothing.nii
    printf 'one\n' >list
    refuses 3 dorg-dice -o out -L list
    printf 'case\ttruth\na\tb\n' >list
    refuses 3 dorg-dice -o out -L list
    : >list
    refuses 3 dorg-dice -L list
}

@test "dice: a list with a failing case goes on, exits 5, and names it" {
    printf 'case\tmask\ttruth\na\tp.nii\tt.nii\nb\tgone.nii\tt.nii\nc\tp.nii\tother.nii\nd\tt.nii\tt.nii\n' >list
    run -5 --separate-stderr dorg-dice -L list -o got
    [ "$(field case got | paste -sd,)" = a,b,c,d ]
    [ "$(field dsc got | paste -sd,)" = 0.4,NA,NA,1 ]
    [ "$(field status got | grep -c '^failed: ')" -eq 2 ]
    # shellcheck disable=SC2154
    [ "$(grep -c 'case failed: [bc]: ' <<<"$stderr")" -eq 2 ]
    # (0.4 + 0 + 0 + 1) / 4
    [ "$(awk -F'\t' '$1 == "#mean" { print $9 }' got)" = 0.35 ]
    [ "$(awk -F'\t' '$1 == "#n_failed" { print $9 }' got)" = 2 ]
    [ "$(awk -F'\t' '$1 == "#n" { print $9 }' got)" = 4 ]
    # those below 0.4, and those that failed; not the one at 0.4
    [ "$(sed -n 's/^#outlier \([^	]*\).*/\1/p' got | paste -sd,)" = b,c ]
}

@test "dice: lists with and without names, two and three columns" {
    printf 'p.nii\tt.nii\n' >two
    printf '# a comment\n\nx\tp.nii\tt.nii\n' >three
    printf 'truth\tpatient\tseg\tcase\nt.nii\t7\tp.nii\tx\n' >named
    dorg-dice -L two -o a
    dorg-dice -L three -o b
    dorg-dice -L named -o c
    [ "$(field case a)" = p.nii ]
    [ "$(field case b)" = x ]
    [ "$(field case c)" = x ]
    [ "$(field dsc a) $(field dsc b) $(field dsc c)" = "0.4 0.4 0.4" ]
}

@test "dice: empty masks, by each rule" {
    dorg-dice none.nii none.nii -o got
    [ "$(field dsc got) $(field hd_mm got) $(field status got)" = "NA NA both_empty" ]
    dorg-dice --empty one none.nii none.nii -o got
    [ "$(field dsc got) $(field hd_mm got)" = "1 0" ]
    dorg-dice --empty zero none.nii none.nii -o got
    [ "$(field dsc got) $(field hd_mm got)" = "0 inf" ]
    dorg-dice none.nii t.nii -o got
    [ "$(field dsc got) $(field hd95_mm got) $(field status got)" = "0 inf pred_empty" ]
    dorg-dice --empty one t.nii none.nii -o got
    [ "$(field dsc got) $(field status got)" = "0 ref_empty" ]
}

@test "dice: labels" {
    nifti lp.nii 4 1 1 1 u1 7 7 2 0
    nifti lt.nii 4 1 1 1 u1 7 2 2 9
    dorg-dice --all-labels lp.nii lt.nii -o got
    [ "$(field label got | paste -sd,)" = 2,7,9 ]
    dorg-dice --labels 9,7 lp.nii lt.nii -o got
    [ "$(field label got | paste -sd,)" = 9,7 ]
    [ "$(field dsc got | paste -sd,)" = 0,0.666666667 ]
}

@test "dice: a sweep equals cutting at each threshold" {
    dorg-dice --sweep 0.05 map.nii t.nii -o sweep
    [ "$(field threshold sweep | wc -l)" -eq 21 ]
    for p in 0 0.25 0.3 0.5 0.55 1; do
        dorg-thresh -p $p map.nii | dorg-dice --no-surface - t.nii -o one
        [ "$(field dsc one)" = "$(awk -F'\t' -v p=$p '$3 == p && $1 == "map.nii" { print $9 }' sweep)" ]
    done
    [ "$(awk -F'\t' '$1 == "#best" { print $3 }' sweep)" = 0.05 ]
    dorg-dice --sweep 0.02,0.98,0.02 map.nii t.nii -o sweep
    [ "$(field threshold sweep | sed -n '1p;$p' | paste -sd,)" = 0.02,0.98 ]
}

@test "dice: JSON is JSON; LaTeX and Markdown hold every case" {
    printf '%s\n' $'a"\\x_1\tp.nii\tt.nii' $'b\tgone.nii\tt.nii' >list
    run -5 --separate-stderr dorg-dice -q -L list --format json -o got.json
    /usr/bin/python3 -c '
import json
j = json.load(open("got.json"))
assert j["rows"][0]["case"] == "a\"\\x_1" and j["rows"][0]["dsc"] == 0.4
assert j["rows"][1]["dsc"] is None and j["rows"][1]["status"].startswith("failed: ")
assert [s for s in j["summary"] if s["statistic"] == "mean"][0]["assd_mm"] == "inf"'
    for f in latex md; do
        run -5 --separate-stderr dorg-dice -q -L list --format $f -o got
        [ "$(grep -c '40.0' got)" -ge 1 ]
        grep -q 'failed' got
    done
}

@test "dice: of one pair Markdown is a short table, without a summary" {
    nifti a.nii 3 1 1 20 u1 1 1 0
    nifti b.nii 3 1 1 20 u1 0 1 0
    dorg-dice --format md a.nii b.nii -o got
    [ "$(head -3 got | paste -sd ' ')" = '| a.nii | ok | |---|---:| | DSC (%) | 66.7 |' ]
    grep -qx '| Truth (mL) | 8.0 |' got
    grep -qx '| Mask (mL) | 16.0 |' got
    grep -qx '| Difference (mL) | 8.0 |' got
    [ "$(wc -l <got)" -eq 12 ]
    [ "$(dorg-dice --format latex a.nii b.nii | grep -c median)" = 0 ]
    [ "$(dorg-dice --format md a.nii b.nii b.nii a.nii | grep -c '^| median')" = 1 ]
}

@test "dice: volumes of a list, and how they agree" {
    nifti a.nii 4 1 1 10 u1 1 1 0 0
    nifti b.nii 4 1 1 10 u1 0 1 1 1
    nifti c.nii 4 1 1 10 u1 0 1 0 0
    printf '%s\n' $'1\ta.nii\tb.nii' $'2\tb.nii\ta.nii' $'3\tb.nii\tc.nii' $'4\tgone.nii\tc.nii' $'5\tnone.nii\tnone.nii' >list
    run -5 dorg-dice -q -L list -o got
    [ "$(field diff_ml got | paste -sd,)" = -1,1,2,NA,0 ]
    [ "$(dorg-tab --reduce n=n:diff_ml,bias=mean:diff_ml,sd=sd:diff_ml got |
        dorg-tab --set w=1.96*sd --set low=bias-w --set high=bias+w -c n,bias,low,high --no-names)" = $'4\t0.5\t-2.03034912\t3.03034912' ]
    # a sweep: every threshold's volume
    nifti map.nii 4 1 1 10 f4 0 0.5 1 0.25
    dorg-dice --sweep 0.5 map.nii a.nii -o got
    [ "$(field pred_ml got | paste -sd,)" = 4,2,1 ]
    [ "$(field diff_ml got | paste -sd,)" = 2,0,-1 ]
}

@test "dice: tables without volumes can be compared still" {
    dorg-dice p.nii t.nii -o new
    awk -F'\t' -v OFS='\t' '/^#/ { print; next } { for (i = 18; i <= NF - 3; i++) $i = $(i + 3); NF -= 3; print }' new >old
    [ "$(field diff_ml old)" = '' ]
    [ "$(dorg-dice --compare --reps 100 old new | awk -F'\t' '$1 == "dsc" { print $8 }')" = 0 ]
    awk -F'\t' -v OFS='\t' '/^#/ { print; next } { for (i = 17; i < NF; i++) $i = $(i + 1); NF--; print }' new >no-nsd
    refuses 3 dorg-dice --compare no-nsd new
}

@test "dice: --compare matches cases by name, and needs some" {
    printf 'a\tp.nii\tt.nii\nb\tt.nii\tt.nii\nc\tp.nii\tt.nii\n' >la
    printf 'b\tp.nii\tt.nii\na\tt.nii\tt.nii\nd\tp.nii\tt.nii\n' >lb
    printf 'e\tp.nii\tt.nii\n' >le
    for l in la lb le; do dorg-dice -L $l -o $l.tsv; done
    awk '{ print } /^a\t/' la.tsv >twice.tsv
    dorg-dice --compare la.tsv lb.tsv -o got
    [ "$(awk -F'\t' '$1 == "dsc" { print $4, $6, $7, $8, $9 }' got)" = "2 0.7 0.7 0 0.848528137" ]
    grep -q '^#only_in_a.c$' got
    grep -q '^#only_in_b.d$' got
    refuses 3 dorg-dice --compare la.tsv le.tsv
    refuses 3 dorg-dice --compare la.tsv twice.tsv
    refuses 3 dorg-dice --compare la.tsv la
}

@test "dice: Wilcoxon and t equal scipy's to 1e-12 on 200 random pairs" {
    needs_python scipy
    needs_python nibabel
    /usr/bin/python3 "$ROOT/test/oracle/dice.py" tests 5 200 >want
    [ "$(wc -l <want)" -eq 200 ]
    dorg-dice --no-surface p.nii t.nii -o one
    while IFS=$'\t' read -r d w wp t tp; do
        tr , '\n' <<<"$d" | awk -F'\t' -v OFS='\t' '
            FNR == NR { if (/^#/) next; if (!head) { head = $0; n = NF; next } next }
            FNR == 1 { print head >"a"; print head >"b" }
            {
                line = "\tany\tNA"
                for (i = 4; i <= n; i++) rest = i == 4 ? "0" : rest "\t" (i == n ? "ok" : i == 9 ? "DSC" : "0")
                x = rest; sub("DSC", "0", x); print "c" FNR line "\t" x >"a"
                x = rest; sub("DSC", $1, x); print "c" FNR line "\t" x >"b"
            }' one -
        dorg-dice --compare --reps 100 a b | awk -F'\t' -v w="$w" -v wp="$wp" -v t="$t" -v tp="$tp" '
            function off(x, y) { return (x > y ? x - y : y - x) > 1e-12 * (1 + (y > 0 ? y : -y)) }
            $1 == "dsc" { seen = 1; if (off($13, w) || off($14, wp) || off($16, t) || off($18, tp)) { print; exit 1 } }
            END { if (!seen) exit 1 }' || { echo "differs: $d"; return 1; }
    done <want
}

@test "dice: equals scipy's distance transforms on random anisotropic masks" {
    needs_python scipy
    needs_python nibabel
    local args=() i
    for i in 0 1 2 3 4 5 6 7 8 9 10 11; do args+=("p$i.nii" "t$i.nii"); done
    /usr/bin/python3 "$ROOT/test/oracle/dice.py" make 11 .
    /usr/bin/python3 "$ROOT/test/oracle/dice.py" score 2 "${args[@]}" >want
    dorg-dice -j 2 "${args[@]}" | awk -F'\t' -v OFS='\t' '!/^#/ && $1 != "case" { print $9, $10, $11, $12, $14, $15, $16, $17 }' >got
    paste got want | agree 1e-7 12
}

@test "dice: each label equals scipy's of that label" {
    needs_python scipy
    needs_python nibabel
    /usr/bin/python3 "$ROOT/test/oracle/dice.py" multi 3 .
    for l in 1 2 3 4; do /usr/bin/python3 "$ROOT/test/oracle/dice.py" label $l 1.5 lp.nii lt.nii; done >want
    for how in --all-labels "--labels 1,2,3,4"; do
        # shellcheck disable=SC2086
        dorg-dice $how --tolerance 1.5 lp.nii lt.nii | awk -F'\t' -v OFS='\t' '!/^#/ && $1 != "case" { print $9, $10, $11, $12, $14, $15, $16, $17 }' >got
        paste got want | agree 1e-7 4
    done
    cut -f 1 want | within 0.2 0.95
}

@test "dice: grids must agree to the tolerance that is stated" {
    cp t.nii moved.nii
    # 0.02 mm in x, the sform's fourth number
    /usr/bin/python3 -c 'import struct; f = open("moved.nii", "r+b"); f.seek(292); f.write(struct.pack("<f", 0.02))'
    refuses 3 dorg-dice -o out p.nii moved.nii
    grep -q 'mm' refuse.err
    refuses 3 dorg-dice -o out --grid-tolerance 0.019 p.nii moved.nii
    for o in '--grid-tolerance 0.021' --ignore-geometry; do
        # shellcheck disable=SC2086
        [ "$(dorg-dice $o p.nii moved.nii | awk -F'\t' '!/^#/ && $1 != "case" { print $9 }')" = 0.4 ]
    done
    printf 'a\tp.nii\tmoved.nii\nb\tt.nii\tt.nii\n' >list
    run -5 dorg-dice -q -L list -o got
    [ "$(field dsc got | paste -sd,)" = NA,1 ]
    [ "$(awk -F'\t' '$1 == "#mean" { print $9 }' got)" = 0.5 ]
}

@test "dice: equals scipy on masks of a net (made by another tool, where they are there)" {
    needs_python nibabel
    local a=$DORG_DATA/totalsegmentator/example_seg_fast_pancreas_v1.nii.gz b dsc=0.7512
    b=${a/fast_/}
    if [ ! -e "$a" ]; then
        scan none
        dsc=0.9
        b=$truth
        a=$PWD/smooth.nii
        dorg-gauss3d -s 0.8 "$truth" | dorg-thresh -p 0.5 -o "$a"
    fi
    /usr/bin/python3 "$ROOT/test/oracle/dice.py" score 2 "$a" "$b" "$b" "$a" >want
    dorg-dice "$a" "$b" "$b" "$a" | awk -F'\t' -v OFS='\t' '!/^#/ && $1 != "case" { print $9, $10, $11, $12, $14, $15, $16, $17 }' >got
    paste got want | agree 1e-7 2
    [[ $(head -n 1 got) == "$dsc"* ]]
}
