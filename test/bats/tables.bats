#!/usr/bin/env bats
# Tables of scores that lose no case, count none twice and can be read by others.
load helper

own_setup() {
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$ROOT/test/gen" /usr/bin/python3 - <<'P'
from nii import write
n = (6, 4, 2)
write("one.nii", n, lambda i, j, k: int(i < 2))
write("three.nii", n, lambda i, j, k: i // 2 + 1)
write("none.nii", n, lambda i, j, k: 0)
write("far.nii", n, lambda i, j, k: 400 * (i > 3), "h")
P
}

rows() {
    grep -v '^#' "$1" | tail -n +2
}

@test "all labels: every case has a row for every label of the cohort" {
    printf 'case\tmask\ttruth\na\tthree.nii\tthree.nii\nb\tgone.nii\tone.nii\nc\tone.nii\tone.nii\nd\tnone.nii\tnone.nii\ne\tfar.nii\tnone.nii\n' >list
    run -5 dorg-dice --no-surface --all-labels -L list -o t.tsv
    [ "$(rows t.tsv | cut -f1,2 | paste -sd' ')" = "$(for c in a b c d e; do printf '%s\t1 %s\t2 %s\t3 %s\t400\n' $c $c $c $c; done | paste -sd' ')" ]
    # dsc and status of label 2: a holds it, b failed, c to e are empty in both
    [ "$(rows t.tsv | awk -F'\t' '$2 == 2 { print $9 }' | paste -sd' ')" = "1 NA NA NA NA" ]
    [ "$(rows t.tsv | awk -F'\t' '$2 == 2 { sub(/:.*/, "", $NF); print $NF }' | paste -sd' ')" = "ok failed both_empty both_empty both_empty" ]
    # of the mean: 1 of a, 0 of b
    for l in 1 2 3 400; do
        [ "$(awk -F'\t' -v l=$l '$1 == "#n_failed" && $2 == l { print $9 }' t.tsv)" = 1 ]
    done
    [ "$(awk -F'\t' '$1 == "#mean" { print $2 ":" $9 }' t.tsv | paste -sd' ')" = "1:0.666666667 2:0.5 3:0.5 400:0" ]
    # the rule for two empty masks holds for such rows as for others
    run -5 dorg-dice --all-labels --empty one -L list -o t.tsv
    [ "$(rows t.tsv | awk -F'\t' '$1 == "d" { print $9, $14 }' | sort -u)" = "1 0" ]
    # labels asked for: the same figures
    run -5 dorg-dice --no-surface --labels 1,2,3,400 -L list -o u.tsv
    run -5 dorg-dice --no-surface --all-labels -L list -o t.tsv
    cmp <(rows t.tsv) <(rows u.tsv)
}

@test "all labels: where no case holds one there is a row all the same" {
    dorg-dice --all-labels none.nii none.nii -o t.tsv
    [ "$(rows t.tsv | awk -F'\t' -v OFS='\t' '{ print $2, $NF }')" = "$(printf 'any\tboth_empty')" ]
    printf 'x\tgone.nii\tone.nii\n' >list
    run -5 dorg-dice --all-labels -L list -o t.tsv
    [ "$(rows t.tsv | cut -f1,2)" = "$(printf 'x\tany')" ]
}

@test "a name that would be a comment, a case twice, an empty field: refused by the row" {
    printf 'mask\ttruth\tcase\none.nii\tone.nii\t#7\none.nii\tone.nii\t8\n' >list
    refuses 3 dorg-dice -o out -L list
    grep -q 'list: row 1: a case called #7 would be a comment' refuse.err
    for head in 'case\tmask\ttruth\n' ''; do
        printf '%b' "${head}#7\\tone.nii\\tone.nii\\n8\\tone.nii\\tone.nii\\n" >list
        refuses 3 dorg-dice -o out -L list
        grep -q 'begins with # and has the fields of a row' refuse.err
        printf '%b' "# made by hand\\n#\\n${head}7\\tone.nii\\tone.nii\\n# the second\\n8\\tone.nii\\tone.nii\\n" >list
        dorg-dice -L list -o t.tsv
        [ "$(rows t.tsv | wc -l)" -eq 2 ]
        printf '%b' "${head}7\\tone.nii\\tone.nii\\n8\\tone.nii\\tone.nii\\n7\\tthree.nii\\tone.nii\\n" >list
        refuses 3 dorg-dice -o out -L list
        grep -q 'list: case 7 comes twice, in rows 1 and 3' refuse.err
        printf '%b' "${head}7\\tone.nii\\tone.nii\\n8\\t\\tone.nii\\n" >list
        refuses 3 dorg-dice -o out -L list
        grep -q 'list: row 2: an empty field' refuse.err
    done
    # a case that 1 and 01 would be to a reader of numbers is two cases
    printf '1\tone.nii\tone.nii\n01\tone.nii\tone.nii\n' >list
    dorg-dice -L list -o t.tsv
    [ "$(rows t.tsv | cut -f1 | paste -sd' ')" = "1 01" ]
    cp one.nii '#x.nii'
    refuses 3 dorg-dice -o out '#x.nii' one.nii
    dorg-dice './#x.nii' one.nii -o t.tsv
    [ "$(rows t.tsv | cut -f1)" = './#x.nii' ]
    refuses 3 dorg-dice -o out one.nii one.nii one.nii three.nii
}

@test "JSON is valid, LaTeX and Markdown are plain, whatever a case is called" {
    /usr/bin/python3 - <<'P'
names = [b'a"b', b"back\\slash", b"tail\\", b"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", b"\xff\xfe", b"cut\xc3", b"\xc0\xaf",
         b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe0\x80\x80", b"$x_1^2~{}%&", b"a|b*c`d<b>[x]", b"'$(true)'"]
open("list", "wb").write(b"case\tmask\ttruth\n" + b"".join(n + b"\tone.nii\tthree.nii\n" for n in names)
                         + b"gone\t\xff\"gone\\.nii\tone.nii\n")
P
    run -5 dorg-dice --all-labels --no-surface --format json -L list -o t.json
    /usr/bin/python3 - <<'P'
import json
t = json.loads(open("t.json", "rb").read().decode())  # strict in both
assert len(t["rows"]) == 14 * 3, len(t["rows"])
names = [r["case"] for r in t["rows"][::3]]
assert names[:4] == ['a"b', "back\\slash", "tail\\", "\u00e4\u20ac\U0001f600"], names
assert names[4] == "\ufffd\ufffd" and names[5] == "cut\ufffd" and names[10] == "$x_1^2~{}%&", names
P
    run -5 dorg-dice --no-surface --format latex -L list -o t.tex
    grep -qF '\$x\_1\textasciicircum{}2\textasciitilde{}\{\}\%\&' t.tex
    grep -qF 'back\textbackslash{}slash' t.tex
    run -5 dorg-dice --no-surface --format md -L list -o t.md
    grep -qF 'a\|b\*c\`d\<b\>\[x\]' t.md
    # every row of Markdown has the columns of its head
    [ "$(grep '^|' t.md | sed 's/\\\\//g; s/\\|//g' | tr -cd '|\n' | awk '{ print length }' | sort -u | wc -l)" -eq 1 ]
}

@test "compare: pairs by name, label and threshold in any order" {
    for t in a b; do printf 'p\tone.nii\tthree.nii\nq\tthree.nii\tone.nii\nr\tone.nii\tone.nii\n' >list; done
    dorg-dice --no-surface --all-labels -L list -o a.tsv
    { grep -v '^#' a.tsv | head -1; rows a.tsv | tac; } >b.tsv
    dorg-dice --compare a.tsv b.tsv -o same.tsv
    dorg-dice --compare a.tsv a.tsv -o want.tsv
    cmp <(grep -v '^#@' want.tsv) <(grep -v '^#@' same.tsv)
    [ "$(grep -v '^#' same.tsv | awk -F'\t' '$1 == "dsc" { print $2 ":" $4 ":" $8 }' | paste -sd' ')" = "1:3:0 2:2:0 3:2:0" ]
    { cat b.tsv; rows a.tsv | head -1; } >twice.tsv
    refuses 3 dorg-dice --compare -o out twice.tsv a.tsv
    grep -q 'case p comes twice in the first table' refuse.err
}

@test "letters that scripts outside have" {
    printf 'a\tthree.nii\tthree.nii\n' >list
    dorg-dice --no-surface --all-labels -L list -o want
    dorg-dice -n -a -L list -o got
    cmp <(grep -v '^#@' want) <(grep -v '^#@' got)
    dorg-dice --no-surface --labels 1,3 -L list -o want
    dorg-dice -nl1,3 -L list -o got
    cmp <(grep -v '^#@' want) <(grep -v '^#@' got)
    dorg-dice -c got want >/dev/null
    refuses 2 dorg-dice -l
    refuses 2 dorg-dice -t 2 one.nii one.nii
}

@test "a list of cases: no output twice, no empty field, no line lost" {
    dorg-phantom --seed 1 --size 40,40,16 -t m.nii -o ct.nii
    printf '%s\n' 'input channels=3 size=8' 'conv name=c filters=4 kernel=3' relu 'fc name=f outputs=2' softmax \
        'train batch=8 epochs=1' >tiny.cfg
    dorg-thresh -p -2000 -o all.nii ct.nii
    dorg-patch --size 8 --stride 3 -t m.nii -o q.rec ct.nii all.nii
    dorg-train -q -E ref --epochs 1 --cfg tiny.cfg --sampling none -o p.net q.rec
    run_list() { refuses 3 dorg-pconv -E ref -n p.net -L list; }
    printf 'out\tct\tmask\na.nii\tct.nii\tm.nii\nb.nii\tct.nii\tm.nii\na.nii\tct.nii\tm.nii\n' >list
    run_list
    grep -q 'list: line 4, column out: a.nii is the output of line 2' refuse.err
    printf 'out\tct\tmask\na.nii\tct.nii\tm.nii\n#b.nii\tct.nii\tm.nii\n' >list
    run_list
    grep -q 'line 3 begins with #' refuse.err
    printf 'out\tct\tmask\na.nii\t\tm.nii\n' >list
    run_list
    [ ! -e a.nii ]
}
