#!/usr/bin/env bats
# make strangers, make model: who learns from whom and who judges whom, where the cut comes from,
# what the stages and the table are, what the model holds.  Trained once, on phantoms.
load helper

# Four patients; one has three slices, so that a mean over patients is not one over slices; one is
# there whole, too.
setup_file() {
    export DIR=$BATS_FILE_TMPDIR NOTES=$BATS_FILE_TMPDIR/notes
    export RUN=$DIR/run
    cd "$DIR" || return 1
    mkdir -p data/nih-slices data/nih-pancreas-ct
    printf 'case\tpatient\tz\n' >data/nih-slices/LIST.tsv
    for p in 1 2 3 4; do
        dorg-phantom --seed $p --size 64,56,24 -t t.nii -o ct.nii
        # the third is brighter than the others
        [ $p != 3 ] || /usr/bin/python3 -c '
import array
b = open("ct.nii", "rb").read()
at = len(b) - 2 * 64 * 56 * 24
v = array.array("h", b[at:])
open("ct.nii", "wb").write(b[:at] + array.array("h", (x + 25 for x in v)).tobytes())'
        for z in 11 12 13; do
            [ $p = 2 ] || [ $z != 13 ] || continue
            name=PANCREAS_000${p}_z0$z
            dorg-crop --z $z,$z -o data/nih-slices/${name}_ct.nii.gz ct.nii
            dorg-crop --type u8 --z $z,$z -o data/nih-slices/${name}_label.nii.gz t.nii
            printf '%s\t000%d\t%d\n' $name $p $z >>data/nih-slices/LIST.tsv
        done
        [ $p = 1 ] || continue
        dorg-crop -o data/nih-pancreas-ct/PANCREAS_0001_ct.nii.gz ct.nii
        dorg-crop --type u8 -o data/nih-pancreas-ct/PANCREAS_0001_label.nii.gz t.nii
    done
    # others: one without a label, one with
    mkdir -p data/others data/totalsegmentator
    dorg-phantom --seed 5 --size 64,56,24 -t t.nii -o ct.nii
    dorg-crop -o data/others/cort_liver_ct.nii.gz ct.nii
    dorg-phantom --seed 6 --size 64,56,24 -t t.nii -o ct.nii
    dorg-crop -o data/totalsegmentator/example_ct.nii.gz ct.nii
    dorg-crop --type u8 -o data/totalsegmentator/example_seg_pancreas_v1.nii.gz t.nii
    printf '%s\n' 'input channels=2 size=8' 'fc outputs=2' softmax \
        'train batch=16 epochs=2 rate_w=const:0.001 rate_b=const:0.001' >n.cfg
    # SRUN: writes down every command and the cases of its list, and runs it
    cat >note <<'SH'
#!/bin/bash
said="$*"
while [ $# -gt 0 ]; do set -- "${@:2}"; [ "${1:-}" != -L ] || said="$said $(cut -f1 "$2" | paste -sd' ')"; done
printf '%s\n' "$said" >>"$NOTES"
SH
    sed -i 's/^said=.*/said="$*" all=("$@")/; $a exec "${all[@]}"' note
    chmod +x note
    strangers model SRUN="$DIR/note" >log 2>&1 || { tail -20 log; return 1; }
}

strangers() {
    make --no-print-directory -C "$ROOT/pipelines" "$@" DATA="$DIR/data" RUN="$RUN" MODEL="$DIR/model" \
        P_NET="$DIR/n.cfg" AXIAL=5,12 SIZE=8 FOLDS=3 EPOCHS=2 ENGINE=ref CPUS=1 EVERY=8,8 SLICE_EVERY=6,0 \
        INSIDE=6,0 NEAR=6,0 FAR=12,0 INSIDE_WHOLE=8,8 NEAR_WHOLE=8,8 FAR_WHOLE=16,16 SIGMA_MM=4 CUT_STEP=0.1 \
        WRONG_EVERY=6,0 FAR_OTHERS=12,9 EPOCHS_AGAIN=2 RATE_AGAIN=0.001 VOLUME=20,200 BAND=8 LAMBDA=1.5 CAND_RECALL=0.7
}
notes() { # PATTERN: the commands so written down
    grep -P "$1" "$NOTES"
}
cases() { # PATTERN: names of cases
    (cd "$RUN/cases" && find . -mindepth 1 -maxdepth 1 -name "$1" -printf '%f\n' | sort)
}

# Who judges, and what is looked for wrongly: the commands that make these maps.
judge() { notes "^dorg-pconv .*-n $RUN/models/p$1\\.net .*-L $RUN/maps\\."; }
look() { notes "^dorg-pconv .*-n $RUN/models/first/p$1\\.net .*-L $RUN/wrong/$1/"; }

@test "strangers: no net learns from a patient that it judges; each patient is judged by one" {
    for k in 1 2 3; do
        notes "^dorg-train .* -o $RUN/models/(first/)?p$k\\.net " >learn
        [ "$(wc -l <learn)" -eq 2 ]
        # the second round starts from the first
        [ "$(sed 1d learn | grep -c -- "--warm $RUN/models/first/p$k\\.net ")" -eq 1 ]
        head -n 1 learn | grep -q -- "-o $RUN/models/first/"
        run -1 grep -e --warm -e /wrong/ -e example/ <(head -n 1 learn)
        grep -o 'PANCREAS_[0-9]*' learn | sort -u >learned
        judge $k >judges
        grep -o 'PANCREAS_[0-9]*' judges | sort -u >judged
        grep -oE 'PANCREAS_[0-9]*_(z[0-9]*|whole)/ct' judges >>every
        [ -s judged ]
        [ -z "$(comm -12 learned judged)" ]
        [ "$(cat learned judged | wc -l)" -eq 4 ]
        # of every case it learns from, the organ, what is near it, and what is far, both times
        while read -r round; do
            for c in $(cases 'PANCREAS_*'); do
                n=0
                ! grep -q "${c%_*}" learned || n=3
                [ "$(grep -oE " $c/(organ|near|far)\\.rec" <<<"$round" | sort -u | wc -l)" -eq $n ]
            done
        done <learn
        # each in its raster
        for c in $(cases 'PANCREAS_*'); do
            for of in organ:6,0:8,8 near:6,0:8,8 far:12,0:16,16; do
                IFS=: read -r what slice whole <<<"$of"
                case $c in *_whole) every=$whole ;; *) every=$slice ;; esac
                notes "^dorg-patch .*--every $every .*-o $RUN/cases/$c/$what\\.rec " >patch
                [ "$(wc -l <patch)" -eq 1 ]
            done
        done
        # what it got wrong, of those alone that it had learned from, and of others
        look $k | grep -oE '(PANCREAS_[0-9]*_(z[0-9]*|whole)|example|cort_liver)/ct' | sed 's,/ct,,' | sort >seen
        { grep -oE 'PANCREAS_[0-9]*_(z[0-9]*|whole)/far' learn | sed 's,/far,,' | sort -u; printf '%s\n' example cort_liver; } |
            sort | cmp - seen
        grep -o '\.\./wrong/[^ ]*' learn | sort | cmp - <(sort "$RUN/wrong/$k/list")
        for o in example cort_liver; do [ "$(grep -c " $o/far\\.rec" learn)" -eq 1 ]; done
    done
    [ "$(sort every | uniq -d | wc -l)" -eq 0 ]
    [ "$(sort -u every | wc -l)" -eq 10 ]
}

@test "strangers: a map is that of the net that has not seen the patient, at the distance for it" {
    for c in PANCREAS_0001_z011 PANCREAS_0003_z012 PANCREAS_0001_whole; do
        net=
        for k in 1 2 3; do
            judge $k >judges
            grep -q "$c" judges || continue
            net=$RUN/models/p$k.net
        done
        every=6,0 coarse=1
        [ $c != PANCREAS_0001_whole ] || { every=8,8; coarse=2; }
        d=$RUN/cases/$c
        dorg-tissue --hu 10,230 -o tissue.nii.gz "$d/ct.nii.gz"
        dorg-cmp tissue.nii.gz "$d/tissue.nii.gz"
        # of a whole scan, the levels where an organ can be
        dorg-tissue --hu 10,230 --below 0,200 -o where.nii.gz "$d/ct.nii.gz"
        dorg-cmp where.nii.gz "$d/where.nii.gz"
        run dorg-cmp tissue.nii.gz where.nii.gz
        [ $c != PANCREAS_0001_whole ] || [ "$status" = 1 ]
        dorg-pconv -q -E ref --every $every --coarse $coarse -n "$net" -m where.nii.gz -o p0.nii.gz "$d/ct.nii.gz"
        dorg-cmp p0.nii.gz "$d/p0.nii.gz"
        dorg-gauss3d --mm -s 4 p0.nii.gz | dorg-cmp - "$d/g0.nii.gz"
    done
}

@test "strangers: what a net got wrong is what it is sure of and the organ is not close to" {
    net=$RUN/models/first/p1.net n=0
    same() {
        dorg-cmp "$1" "$2"
        diff <(dorg-info "$1" | grep ^label) <(dorg-info "$2" | grep ^label)
    }
    for c in $(cut -d/ -f4 "$RUN/wrong/1/list" | sed 's/\.rec$//') $(cases '*_whole') $(cases '*_z012'); do
        d=$RUN/cases/$c every=6,0 raster=6,0 coarse=1
        [ -e "$RUN/wrong/1/$c.nii.gz" ] || continue # a case that net 1 does not learn from
        case $c in *_z*) ;; *) every=8,8 raster=8,8 coarse=2 ;; esac
        case $c in
        PANCREAS*) dorg-gauss3d --mm -s 2 "$d/truth.nii.gz" | dorg-thresh -p 0.01 | dorg-tissue --outside - -o not.nii "$d/ct.nii.gz" ;;
        example) dorg-gauss3d --mm -s 6 "$d/truth.nii.gz" | dorg-thresh -p 0.01 | dorg-tissue --outside - -o not.nii "$d/ct.nii.gz" ;;
        cort_liver)
            dorg-tissue --below -30,200 -o in.nii "$d/ct.nii.gz"
            dorg-tissue --outside in.nii -o not.nii "$d/ct.nii.gz"
            ;;
        esac
        dorg-cmp not.nii "$d/not.nii.gz"
        [ "$(dorg-info --get not_zero not.nii)" -gt 0 ]
        dorg-pconv -q -E ref --every $every --coarse $coarse -n "$net" -m not.nii -o p.nii "$d/ct.nii.gz"
        dorg-thresh -p 0.5 -o wrong.nii p.nii
        if [ "$(dorg-info --get not_zero wrong.nii)" = 0 ]; then
            run -1 grep "/$c\\.rec" "$RUN/wrong/1/list"
            continue
        fi
        grep -qx "../wrong/1/$c\\.rec" "$RUN/wrong/1/list"
        dorg-thresh -p 2 -o none.nii wrong.nii
        dorg-patch --axial 5,12 --size 8 -w 0,200 --every $raster -t none.nii -o want.rec "$d/ct.nii.gz" wrong.nii
        same want.rec "$RUN/wrong/1/$c.rec"
        n=$((n + 1))
    done
    [ $n -gt 2 ]
    # far from the organ, of others
    for c in example cort_liver; do
        d=$RUN/cases/$c
        dorg-thresh -p 2 -o none.nii "$d/not.nii.gz"
        dorg-patch --axial 5,12 --size 8 -w 0,200 --every 12,9 -t none.nii -o want.rec "$d/ct.nii.gz" "$d/not.nii.gz"
        same want.rec "$d/far.rec"
    done
}

@test "strangers: what is near the organ is the tissue within 14 mm of it" {
    d=$RUN/cases/PANCREAS_0001_whole
    dorg-gauss3d --mm -s 6 "$d/truth.nii.gz" | dorg-thresh -p 0.01 -o around.nii
    dorg-tissue --hu 10,230 -m around.nii "$d/ct.nii.gz" | dorg-cmp - "$d/near.nii.gz"
    run -1 dorg-cmp "$d/near.nii.gz" "$d/tissue.nii.gz"
    run -1 dorg-cmp "$d/near.nii.gz" "$d/truth.nii.gz"
}

@test "strangers: the cut is the best of the slices, each judged by the net that has not seen it" {
    cut -f1 "$RUN/sweep.tsv.list" | sort >listed
    cases '*_z*' | cmp - listed
    run -0 awk -F'\t' '$2 !~ "/" $1 "/g0\\.nii\\.gz$" || $3 !~ "/" $1 "/truth\\.nii\\.gz$"' "$RUN/sweep.tsv.list"
    [ -z "$output" ]
    awk -F'\t' '/^#/ { next } !n { for (i = 1; i <= NF; i++) at[$i] = i; n = 1; next }
        { sum[$at["threshold"]] += $at["dsc"]; k++ }
        END { for (t in sum) if (best == "" || sum[t] > sum[best] || (sum[t] == sum[best] && t + 0 < best + 0)) best = t; print best }' \
        "$RUN/sweep.tsv" >best
    [ "$(cat "$RUN/models/cut")" = "$(cat best)" ]
    # another threshold would have been another mask
    [ "$(awk -F'\t' '$1 == "#mean" { print $9 }' "$RUN/sweep.tsv" | sort -u | wc -l)" -gt 3 ]
}

@test "strangers: candidates are cut as high as their recall on the slices allows" {
    awk -F'\t' -v least=0.7 '/^#/ { next } !n { for (i = 1; i <= NF; i++) at[$i] = i; n = 1; next }
        { sum[$at["threshold"]] += $at["recall"]; k[$at["threshold"]]++ }
        END { best = 0.1; for (t in sum) if (sum[t] / k[t] >= least && t + 0 > best) best = t; print best }' "$RUN/sweep.tsv" >best
    [ "$(cat "$RUN/models/cand")" = "$(cat best)" ]
    [ "$(cat best)" != 0.1 ] # the lowest would have been taken without any
    [ "$(cat best)" != 0.9 ]
}

@test "strangers: each stage is what it is called" {
    cut=$(cat "$RUN/models/cut")
    d=$RUN/cases/PANCREAS_0002_z013
    dorg-cmp "$d/where.nii.gz" "$d/m-where.nii.gz"
    dorg-thresh -p "$cut" "$d/p0.nii.gz" | dorg-cmp - "$d/m-p0.nii.gz"
    dorg-thresh -p "$cut" "$d/g0.nii.gz" | dorg-cmp - "$d/m-g0.nii.gz"
    dorg-thresh -p "$(cat "$RUN/models/cand")" "$d/g0.nii.gz" | dorg-cmp - "$d/m-cand.nii.gz"
    refined() { dorg-refine --band 8 -l 1.5 --intensity 0.5 -P "$d/g0.nii.gz" -p "$1" "$d/ct.nii.gz" "$2"; }
    refined "$cut" "$d/m-g0.nii.gz" | dorg-clean -k 0 --fill-slices | dorg-cmp - "$d/m-seg.nii.gz"
    d=$RUN/cases/PANCREAS_0001_whole
    dorg-thresh -p "$cut" "$d/g0.nii.gz" | dorg-clean -k 1 --fill-slices | dorg-cmp - "$d/m-largest.nii.gz"
    used=$(dorg-thresh -v -p "$cut" --volume 20,200 -o volume.nii.gz "$d/g0.nii.gz" 2>&1 | sed -n 's/.*: cut at //p')
    dorg-cmp volume.nii.gz "$d/m-volume.nii.gz"
    dorg-clean -k 1 --fill-slices -o both.nii.gz volume.nii.gz
    dorg-cmp both.nii.gz "$d/m-both.nii.gz"
    refined "$used" both.nii.gz | dorg-clean -k 1 --fill-slices | dorg-cmp - "$d/m-seg.nii.gz"
}

@test "strangers: the table counts every patient once, and names the worst" {
    for row in slices:where slices:cand slices:p0 slices:g0 slices:seg whole:where whole:g0 whole:both whole:seg; do
        stage=${row#*:} what=slices
        [ "${row%:*}" = slices ] || what=PANCREAS_0001_whole
        for c in $(cases "$([ $what = slices ] && echo '*_z*' || echo $what)"); do
            printf '%s\t%s\t%s\n' "$c" "$RUN/cases/$c/m-$stage.nii.gz" "$RUN/cases/$c/truth.nii.gz"
        done >list
        dorg-dice --no-surface -L list -o dice
        awk -F'\t' -v w=$what -v s="$stage" '$1 == w && $2 == s' "$RUN/table.tsv" >got
        /usr/bin/python3 - <<'P' >want
from collections import defaultdict
rows = [l.rstrip("\n").split("\t") for l in open("dice") if not l.startswith("#")]
at = {n: i for i, n in enumerate(rows[0])}
of = defaultdict(list)
for r in rows[1:]:
    v = [r[at[n]] for n in ("recall", "precision", "dsc")]
    of[r[0].split("_")[1]].append([0 if x == "NA" else float(x) for x in v])
means = {p: [sum(x) / len(x) for x in zip(*v)] for p, v in of.items()}
worst = min(means, key=lambda p: means[p][2])
print(len(means), len(rows) - 1, *("%.1f" % (100 * sum(m[i] for m in means.values()) / len(means)) for i in range(3)),
      worst, "%.1f" % (100 * means[worst][2]), sep="\t")
P
        [ "$(cut -f 3- got)" = "$(cat want)" ]
    done
    [ "$(cut -f 3 got)" = 1 ]
    [ "$(head -1 "$RUN/table.tsv" | tr '\t' ' ')" = 'judged stage patients cases recall precision dsc worst_patient dsc_of_it' ]
    [ "$(awk -F'\t' '$1 == "slices" && $2 == "g0" { print $3, $4 }' "$RUN/table.tsv")" = "4 9" ]
}

@test "by-patient: what is not defined is 0, and so many cases of a patient are one patient" {
    printf '%s\t%s\t%s\t%s\n' case recall precision dsc X_b_1 1 NA NA X_a_1 0.5 0.25 0.5 X_b_2 1 1 0.75 >t.tsv
    "$ROOT/pipelines/by-patient" what stage t.tsv >got
    printf 'what\tstage\t2\t3\t75.0\t37.5\t43.8\tb\t37.5\n' | cmp - got
}

@test "strangers: the model is all nets, what they were made with, the cut, and how bright their patients were" {
    for k in 1 2 3; do cmp "$DIR/model/p$k.net" "$RUN/models/p$k.net"; done
    [ "$(find "$DIR/model" -name '*.net' | wc -l)" -eq 3 ]
    cmp "$RUN/table.tsv" "$DIR/model/table.tsv"
    cmp "$RUN/mean/table.tsv" "$DIR/model/mean.tsv"
    run -1 cmp "$RUN/table.tsv" "$RUN/mean/table.tsv"
    run -1 cmp "$RUN/models/cut" "$RUN/mean/models/cut" # another cut, so that it shows which is taken
    for s in AXIAL=5,12 WINDOW=0,200 TISSUE_HU=10,230 BELOW=0,200 EVERY=8,8 COARSE=2 SLICE_EVERY=6,0 SIGMA_MM=4 VOLUME=20,200 BAND=8 \
        LAMBDA=1.5 BY_HU=0.5 "CUT=$(cat "$RUN/mean/models/cut")"; do
        [ "$(grep -cxF "$s" "$DIR/model/settings")" -eq 1 ]
    done
    for c in $(cases '*_z*'); do
        printf '%s\t%s\n' "$c" "$(dorg-tissue --hu 10,230 --mean "$RUN/cases/$c/ct.nii.gz" | cut -f1)"
    done | awk -F'\t' '{ split($1, p, "_"); sum[p[2]] += $2; n[p[2]]++ }
        END { lo = 1e9; for (i in sum) { m = sum[i] / n[i]; if (m < lo) lo = m; if (m > hi) hi = m }
              printf "BRIGHT=%.0f,%.0f\n", 0.95 * lo, 1.05 * hi }' >want
    grep -qxF "$(cat want)" "$DIR/model/settings"
    grep -q '3 patch nets' "$DIR/model/CARD"
    grep -q '9 axial slices of 4 patients' "$DIR/model/CARD"
}

@test "strangers: with LEAVE=2 a patient is judged by the mean of all nets that have not seen him" {
    notes "^dorg-pconv .*-L $RUN/mean/maps" >judges
    while read -r line; do
        grep -o 'PANCREAS_[0-9]*_[^ /]*' <<<"$line" | grep -v whole/ | sort -u >judged
        sed 's/_[^_]*$//' judged | sort -u >patients
        grep -o 'p[0-9]-[0-9]\.net' <<<"$line" | sort -u >nets
        [ "$(wc -l <nets)" -eq 2 ]
        while read -r net; do
            notes "^dorg-train .* -o [^ ]*/$net " | grep -o 'PANCREAS_[0-9]*' | sort -u >learned
            [ -s learned ]
            [ -z "$(comm -12 learned patients)" ]
        done <nets
        cat judged >>every
    done <judges
    [ "$(sort every | uniq -d | wc -l)" -eq 0 ]
    [ "$(wc -l <every)" -eq 10 ]
    run -2 strangers strangers LEAVE=3
    grep -q 'LEAVE=3: 1 or 2' <<<"$output"
}

@test "strangers: where a record cannot be cut, no net learns from the others" {
    cp -a "$RUN" copy
    RUN=$PWD/copy
    rm "$RUN/wrong/1/list"
    touch "$RUN/models/first/p1.net"
    cat >fail <<SH
#!/bin/bash
case "\$*" in "dorg-patch "*/wrong/1/*) [ -e $PWD/failed ] || { >$PWD/failed; exit 3; } ;; esac
exec "\$@"
SH
    chmod +x fail
    run -2 strangers strangers SRUN="$PWD/fail"
    [ -e failed ]
    [ ! -e "$RUN/wrong/1/list" ]
    run -1 grep dorg-train <<<"$output"
}
