#!/usr/bin/env bats
# The experiment: who may see which truth, who judges whom, how operating points are chosen,
# and that the columns of Table 1 are what they are called.  A tiny cascade is trained once,
# with all that a run can have: inner folds, averages, levels.
load helper

export TRAINED='phantom1 phantom2' TESTED='phantom101 phantom102'

setup_file() {
    export RUN="$BATS_FILE_TMPDIR/run"
    cd "$BATS_FILE_TMPDIR" || return 1
    printf '%s\n' 'input channels=1 size=12' 'conv name=c filters=4 kernel=3 stride=2' 'bnorm name=b' relu \
        'fc name=f outputs=2 init_w=0.01' softmax \
        'train batch=16 epochs=2 momentum=0.9 decay=5e-4 rate_w=const:0.01 rate_b=const:0.02' >tiny.cfg
    # SRUN: writes down every command, what it read, and runs it
    cat >note <<'SH'
#!/bin/bash
printf '%s\t%s\n' "$(readlink /proc/self/fd/0)" "$*" >>"$NOTES"
exec "$@"
SH
    chmod +x note
    export NOTES="$BATS_FILE_TMPDIR/notes" CFG="$BATS_FILE_TMPDIR/tiny.cfg" NOTE="$BATS_FILE_TMPDIR/note"
    cascade "$RUN" SRUN="$NOTE" models table >log 2>&1 || { tail -20 log; return 1; }
}

# cascade RUN [what else make should know]
cascade() {
    make -s --no-print-directory -f "$ROOT/pipelines/phantom.mk" RUN="$1" SIZE=64,64,20 N_TRAIN=2 N_TEST=2 \
        K=20000 TREES=8 P_NET="$CFG" R_NET="$CFG" AUGMENT= SCALES=1,2 N_T=2 SIGMA=0.7 P_MAX=150 R_MAX=60 \
        E_MAX=40 CUT_STEP=0.1 LAMBDAS='0.5 2 8' INNER=2 INNER_NETS='p r1 r2' AVERAGE=yes \
        LEVEL=dorg-level ENGINE=ref TRAINOPTS=-q "${@:2}"
}
files() { # FOLDER: what it holds, but for logs (they tell times) and lists (they tell paths)
    (cd "$1" && find . -type f ! -name '*.log' ! -name '*.list' | sort)
}
same_folder() { # A B
    [ "$(files "$1" | wc -l)" -gt 5 ] || return 1
    diff <(files "$1") <(files "$2") || return 1
    local f
    for f in $(files "$1"); do cmp "$1/$f" "$2/$f" || return 1; done
}
# same_case A B: all that A holds of a test case, but for what shows the truth itself
same_case() {
    local f n=0
    for f in $(files "$1"); do
        case $f in ./truth.nii.gz | ./opt-mask.nii.gz) continue ;; esac
        cmp "$1/$f" "$2/$f" || return 1
        n=$((n + 1))
    done
    [ "$n" -ge 15 ]
}
masks_of() {
    for m in cand p0-mask g0-mask p1-mask g1-mask p2-mask g2-mask crf; do echo "$1/$m.nii.gz"; done
}
notes() { # PATTERN: the commands so written down
    grep -P "$1" "$NOTES"
}
col() { # COLUMN FILE: a column of a table by name
    awk -F'\t' -v c="$1" '/^#/ { next } !n { for (i = 1; i <= NF; i++) at[$i] = i; n = 1; next } { print $at[c] }' "$2"
}

@test "leaks: with the test cases' truth junk, gone, empty or everything, models and test masks stay the same" {
    for how in unreadable wrong; do
        for c in $TRAINED $TESTED; do
            mkdir -p "$how/cases/$c"
            cp -p "$RUN/cases/$c/ct.nii.gz" "$RUN/cases/$c/truth.nii.gz" "$how/cases/$c"
        done
    done
    echo junk >unreadable/cases/phantom101/truth.nii.gz
    rm unreadable/cases/phantom102/truth.nii.gz
    dorg-thresh -p 2 -o wrong/cases/phantom101/truth.nii.gz "$RUN/cases/phantom101/truth.nii.gz"
    dorg-thresh -p -1 -o wrong/cases/phantom102/truth.nii.gz "$RUN/cases/phantom102/truth.nii.gz"
    run -1 cmp -s "$RUN/cases/phantom101/truth.nii.gz" wrong/cases/phantom101/truth.nii.gz
    for how in unreadable wrong; do
        touch "$how"/cases/*/*.nii.gz
        old=()
        for c in $TESTED; do old+=(-o "$PWD/$how/cases/$c/truth.nii.gz" -o "$PWD/$how/cases/$c/ct.nii.gz"); done
        mapfile -t want < <(for c in $TESTED; do masks_of "$PWD/$how/cases/$c"; done)
        mkdir -p "$how/vars"
        cp -p "$RUN/vars/PHANTOM" "$how/vars"
        cascade "$PWD/$how" -j2 "${old[@]}" models "${want[@]}" >log 2>&1 || { tail -20 log; return 1; }
        same_folder "$RUN/models" "$how/models"
        for c in $TESTED; do same_case "$how/cases/$c" "$RUN/cases/$c"; done
    done
    [ ! -e unreadable/cases/phantom102/truth.nii.gz ]
}

@test "leaks: when a test truth changes, tables are made again and nothing else" {
    cp -a "$RUN" run
    sleep 0.1
    for c in $TESTED; do touch "run/cases/$c/truth.nii.gz"; done
    cascade "$PWD/run" -n models table >plan 2>&1
    run -0 grep -oE 'dorg-[a-z0-9]+' plan
    # opt-mask is made with the truth, and the tables
    run -1 grep -E 'dorg-(train|rftrain|patch|patchfeat|kde|region|tps|pconv|rconv|rfcand|response|gauss3d|graphcut|level)' plan
    run -1 grep -E -- '--sweep' plan
}

@test "leaks: no command that learns or calibrates names a test case" {
    notes 'dorg-(train|rftrain|kde|patchfeat|patch|region|tps) ' >learn
    [ "$(wc -l <learn)" -ge 20 ]
    run -1 grep phantom10 learn
    for m in p0 g0 p1 g1 p2 g2; do
        [ "$(cut -f1 "$RUN/models/sweep.$m.tsv.list" | paste -sd ' ')" = "$TRAINED" ]
        [ "$(col case "$RUN/models/sweep.$m.tsv" | uniq | paste -sd ' ')" = "$TRAINED" ]
        # that map, and that case's truth
        run -0 awk -F'\t' -v m="$m" '$2 ~ "/" $1 "/" m "\\.nii\\.gz$" && $3 ~ "/" $1 "/truth\\.nii\\.gz$"' "$RUN/models/sweep.$m.tsv.list"
        [ "${#lines[@]}" -eq 2 ]
    done
}

@test "forests: training cases are judged out of bag at every level, others by all trees" {
    m=$RUN/models
    for c in $TRAINED $TESTED; do
        d=$RUN/cases/$c
        dorg-response -f "$m/patch.forest" --kde "$m/kde.tab" --oob -o oob.nii.gz "$d/ct.nii.gz"
        dorg-response -f "$m/patch.forest" --kde "$m/kde.tab" -o all.nii.gz "$d/ct.nii.gz"
        dorg-rfcand -f "$m/rf1.forest" -f "$m/rf2.forest" --oob <"$d/sp.tab" >oob.tab
        dorg-rfcand -f "$m/rf1.forest" -f "$m/rf2.forest" <"$d/sp.tab" >all.tab
        case $c in
        phantom10*) is=all ;;
        *)
            is=oob
            # and the two differ, so that this says something
            run -1 cmp -s <(zcat oob.nii.gz | tail -c +1000) <(zcat all.nii.gz | tail -c +1000)
            run -1 cmp -s <(grep -v '^#' oob.tab) <(grep -v '^#' all.tab)
            ;;
        esac
        cmp <(grep -v '^#' $is.tab) <(grep -v '^#' "$d/cand.tab")
        cmp <(zcat $is.nii.gz | tail -c 20000) <(zcat "$d/response.nii.gz" | tail -c 20000)
    done
}

@test "forests: a tenth of its area in the organ makes a superpixel a positive, for them alone" {
    for c in $TRAINED; do
        paste <(col coverage "$RUN/cases/$c/rf.tab") <(col truth "$RUN/cases/$c/rf.tab") <(col truth "$RUN/cases/$c/sp.tab") >t
        run -0 awk '{ rf += $2 != ($1 >= 0.1); net += $3 != ($1 >= 0.5); between += $1 >= 0.1 && $1 < 0.5 } END { print rf + 0, net + 0, (between > 0) }' t
        [ "$output" = '0 0 1' ]
    done
    [ "$(notes 'dorg-rftrain ' | grep -c 'rf.tab')" -eq 2 ]
    # level 1 learns to keep 99%, level 2 97%, both from hard labels
    [ "$(notes 'dorg-rftrain .*rf.tab' | grep -oE -- '--recall [0-9.]+' | paste -sd ' ')" = '--recall 0.99 --recall 0.97' ]
    [ "$(notes 'dorg-rftrain .*rf.tab' | grep -c -- '--hard')" -eq 2 ]
    # the second from what the first keeps
    notes 'dorg-rftrain .*rf.tab' | tail -1 | grep -q 'rf1.forest'
}

@test "nets: no training case is judged by a net that learned from it; others by all, averaged" {
    # net of a training command, cases it names
    notes 'dorg-train ' | awk '{ out = ""; for (i = 2; i <= NF; i++) if ($i == "-o") { out = $(i + 1); sub(/.*\//, "", out) }
        s = out; for (i = 2; i <= NF; i++) if ($i ~ /\.rec$/) { n = split($i, p, "/"); s = s " " p[n - 1] } print s }' | sort >trained
    [ "$(grep -c . trained)" -eq 10 ]
    [ "$(grep '^p.net' trained)" = 'p.net phantom1 phantom2' ]
    [ "$(grep '^edge.net' trained)" = 'edge.net phantom1 phantom2' ]
    for n in p r1 r2; do
        [ "$(grep "^$n.inner1" trained)" = "$n.inner1.net phantom2" ]
        [ "$(grep "^$n.inner2" trained)" = "$n.inner2.net phantom1" ]
        where=$(case $n in p) echo dorg-pconv ;; *) echo "dorg-rconv .*/$n\\." ;; esac)
        for c in $TRAINED $TESTED; do
            used=$(notes "$where.*/$c/" | grep -oE "/$n(\.inner[0-9])?\.net" | tr -d / | sort | paste -sd ' ')
            case $c in
            phantom1) [ "$used" = "$n.inner1.net" ] ;;
            phantom2) [ "$used" = "$n.inner2.net" ] ;;
            *) [ "$used" = "$n.inner1.net $n.inner2.net $n.net" ] ;;
            esac
        done
    done
    # training cases' maps are not levelled, the others' are
    [ "$(notes 'dorg-level ' | grep -oE '/cases/[a-z0-9]+/cand' | sort | uniq -c | awk '{ print $1 $2 }' | paste -sd ' ')" = \
        "1/cases/phantom101/cand 1/cases/phantom102/cand" ]
    [ "$(notes 'dorg-level ' | wc -l)" -eq 6 ]
}

@test "levels: the mean over the training cases' candidates, by voxels or by area; other cases are brought to it" {
    m=$RUN/models
    for x in p0 r1 r2; do
        for c in $TRAINED; do
            d=$RUN/cases/$c
            if [ $x = p0 ]; then dorg-level --mean -m "$d/cand.nii.gz" "$d/p0.nii.gz"; else dorg-level --mean -c p "$d/$x.tab"; fi
        done >means
        [ "$(wc -l <means)" -eq 2 ]
        [ "$(cut -f 2 means | sort -u | wc -l)" -eq 2 ]
        awk '{ s += $1 * $2; w += $2 } END { printf "%.12g\t%.12g\n", s / w, w }' means >want
        paste "$m/level.$x" want | agree 1e-6 1
    done
    for c in $TESTED; do
        d=$RUN/cases/$c
        dorg-pconv -E ref --stride 2 -n "$m/p.net" -n "$m/p.inner1.net" -n "$m/p.inner2.net" -m "$d/cand.nii.gz" "$d/ct.nii.gz" >p0.nii
        dorg-level --share "$(cut -f 1 "$m/level.p0")" -m "$d/cand.nii.gz" p0.nii | dorg-cmp - "$d/p0.nii.gz"
        run -1 dorg-cmp p0.nii "$d/p0.nii.gz"
    done
}

@test "Opt.: the best labelling of the superpixels, which no other beats" {
    for c in $TESTED; do
        d=$RUN/cases/$c
        for rule in optimal coverage:0.5; do
            dorg-spfeat --label-rule $rule -t "$d/truth.nii.gz" "$d/ct.nii.gz" "$d/sp.nii.gz" |
                dorg-paint -c truth "$d/sp.nii.gz" - | dorg-thresh -p 0.5 -o $rule.nii
        done
        dorg-cmp optimal.nii "$d/opt-mask.nii.gz"
        dorg-dice --no-surface optimal.nii "$d/truth.nii.gz" coverage:0.5.nii "$d/truth.nii.gz" >dice
        [ "$(col dsc dice | paste -sd ' ' | awk '{ print ($1 >= $2) }')" = 1 ]
        dorg-cmp -q optimal.nii coverage:0.5.nii || echo differs >>differ
    done
    [ -s differ ]
}

@test "nets: R2 and the edge net see P0 and R1 does not; each map is its own net's" {
    [ "$(notes 'dorg-rconv .*/r1\.' | grep -c p0.nii.gz || :)" -eq 0 ]
    [ "$(notes 'dorg-rconv .*/r2\.' | grep -c p0.nii.gz)" -eq 4 ]
    [ "$(notes 'dorg-rconv .*/edge\.' | grep -c p0.nii.gz)" -eq 4 ]
    [ "$(notes 'dorg-region ' | grep -c p0.nii.gz)" -eq 4 ]
    [ "$(dorg-info "$RUN/cases/phantom1/r1.rec" | sed -n 's/^pixels: \([0-9]\).*/\1/p')" = 1 ]
    [ "$(dorg-info "$RUN/cases/phantom1/r2.rec" | sed -n 's/^pixels: \([0-9]\).*/\1/p')" = 2 ]
    [ "$(dorg-info "$RUN/cases/phantom1/p.rec" | sed -n 's/^pixels: \([0-9]\).*/\1/p')" = 3 ]
    for c in $TRAINED $TESTED; do
        d=$RUN/cases/$c
        run -1 cmp -s "$d/p1.nii.gz" "$d/p2.nii.gz"
        for k in 1 2; do
            dorg-paint -c p "$d/sp.nii.gz" "$d/r$k.tab" | dorg-cmp - "$d/p$k.nii.gz"
        done
        for k in 0 1 2; do
            dorg-gauss3d -s 0.7 "$d/p$k.nii.gz" | dorg-cmp - "$d/g$k.nii.gz"
        done
    done
}

@test "the paper's choices: optimal labels for all that learns, deformed regions alone" {
    cp -a "$RUN" run
    d=$PWD/run/cases/phantom1
    cascade "$PWD/run" LABEL_RULE=optimal RF_COVERAGE= ORIGINALS= "$d/rf.tab" "$d/r1.rec" >log 2>&1 || { tail -20 log; return 1; }
    dorg-spfeat --label-rule optimal -t "$d/truth.nii.gz" "$d/ct.nii.gz" "$d/sp.nii.gz" >best.tab
    [ "$(col truth "$d/sp.tab")" = "$(col truth best.tab)" ]
    cmp "$d/rf.tab" "$d/sp.tab"
    dorg-region --scales 1,2 -w -100,200 --balance --seed 1 --max 60 --size 12 "$d/ct.nii.gz" "$d/sp.nii.gz" "$d/cand.tab" |
        dorg-tps -k 2 --only --seed 1 | cmp <(tail -c 10000 "$d/r1.rec") <(tail -c 10000)
}

@test "nets: every region is deformed N_t times by thin-plate splines, in training alone" {
    d=$RUN/cases/phantom1
    n() { dorg-info "$1" | sed -n 's/^records: //p'; }
    dorg-region --scales 1,2 -w -100,200 --balance --seed 1 --max 60 --size 12 "$d/ct.nii.gz" "$d/sp.nii.gz" "$d/cand.tab" >plain.rec
    [ "$(n "$d/r1.rec")" -eq $((3 * $(n plain.rec))) ]
    dorg-tps -k 2 --seed 1 <plain.rec | cmp <(tail -c 20000 "$d/r1.rec") <(tail -c 20000)
    for f in r1 r2 edge; do
        dorg-info "$d/$f.rec" | grep -q 'dorg-tps .*--'
    done
    for f in "$RUN"/cases/phantom10*/*.rec; do [ ! -e "$f" ]; done
}

@test "operating points: of a sweep the threshold of the best mean DSC, of each map its own" {
    cp -a "$RUN" run
    # what was chosen is the best of what was tried, and that is what masks at it have
    for m in p0 g0 p1 g1 p2 g2; do
        run -0 awk -F'\t' '$1 == "#mean" && (t == "" || $9 > best) { best = $9; t = $3 } END { print t }' "run/models/sweep.$m.tsv"
        [ "$(cat "run/models/cut.$m")" = "$output" ]
    done
    for c in $TRAINED; do
        dorg-thresh -p "$(cat run/models/cut.p2)" -o "$c.nii" "run/cases/$c/p2.nii.gz"
        printf '%s\t%s\t%s\n' "$c" "$c.nii" "run/cases/$c/truth.nii.gz"
    done >l
    [ "$(dorg-dice --no-surface -L l | awk -F'\t' '$1 == "#mean" { print $9 }')" = \
        "$(awk -F'\t' -v t="$(cat run/models/cut.p2)" '$1 == "#mean" && $3 == t { print $9 }' run/models/sweep.p2.tsv)" ]
    # the same of curves made by hand: the best neither first nor last, the worst elsewhere
    i=2 old=()
    for m in p0 g0 p1 g1 p2 g2; do
        awk -F'\t' -v OFS='\t' -v b="0.$i" '$1 == "#mean" { $9 = $3 == b ? 0.9 : $3 == "0.9" ? 0.1 : 0.5 + $3 / 10 } 1' "run/models/sweep.$m.tsv" >s
        mv s "run/models/sweep.$m.tsv"
        rm "run/models/cut.$m"
        old+=(-o "$PWD/run/models/sweep.$m.tsv")
        i=$((i + 1))
    done
    rm run/cases/phantom10*/*-mask.nii.gz
    mapfile -t want < <(for c in $TESTED; do masks_of "$PWD/run/cases/$c"; done)
    cascade "$PWD/run" "${old[@]}" "${want[@]}" >log 2>&1 || { tail -20 log; return 1; }
    i=2
    for m in p0 g0 p1 g1 p2 g2; do
        [ "$(cat run/models/cut.$m)" = "0.$i" ]
        for c in $TESTED; do
            dorg-thresh -p 0.$i "run/cases/$c/$m.nii.gz" | dorg-cmp - "run/cases/$c/$m-mask.nii.gz"
        done
        i=$((i + 1))
    done
}

@test "operating points: of the CRF's weights the one of the best mean DSC, by cuts of the training cases" {
    cp -a "$RUN" run
    [ "$(awk -F'\t' 'NR > 1 { print $1 }' run/models/lambda.tsv | paste -sd ' ')" = '0.5 2 8' ]
    for c in $TRAINED; do
        d=run/cases/$c
        dorg-graphcut --cut "$(cat run/models/cut.p2)" -l 2 -e "$d/edgep.tab" "$d/r2.tab" | dorg-paint -c label "$d/sp.nii.gz" - | dorg-thresh -p 0.5 -o "$c.nii"
        printf '%s\t%s\t%s\n' "$c" "$c.nii" "$d/truth.nii.gz"
    done >l
    [ "$(dorg-dice --no-surface -L l | awk -F'\t' '$1 == "#mean" { print $9 }')" = "$(awk -F'\t' '$1 == 2 { print $2 }' run/models/lambda.tsv)" ]
    awk -F'\t' -v OFS='\t' 'NR > 1 { $2 = $1 == 2 ? 0.9 : $1 == 8 ? 0.1 : 0.5 } 1' run/models/lambda.tsv >l
    mv l run/models/lambda.tsv
    rm run/models/lambda run/cases/phantom101/crf.*
    cascade "$PWD/run" -o "$PWD/run/models/lambda.tsv" "$PWD/run/cases/phantom101/crf.nii.gz" >log 2>&1 || { tail -20 log; return 1; }
    [ "$(cat run/models/lambda)" = 2 ]
    d=run/cases/phantom101
    dorg-graphcut --cut "$(cat run/models/cut.p2)" -l 2 -e $d/edgep.tab $d/r2.tab | dorg-paint -c label $d/sp.nii.gz - | dorg-thresh -p 0.5 | dorg-cmp - $d/crf.nii.gz
}

@test "operating points: without a boundary term the CRF is P2 at P2's own cut" {
    cp -a "$RUN" run
    d=$PWD/run/cases/phantom101
    rm "$d"/crf.* run/models/lambda*
    median=$(grep -v '^#' "$d/r2.tab" | awk -F'\t' '!n { for (n = 1; n <= NF; n++) at[$n] = n; next } { print $at["p"] }' | sort -g | awk '{ v[NR] = $1 } END { print v[int(NR / 2)] }')
    echo "$median" >run/models/cut.p2
    cascade "$PWD/run" LAMBDAS=0 "$d/crf.nii.gz" "$d/p2-mask.nii.gz" >log 2>&1 || { tail -20 log; return 1; }
    dorg-thresh -p "$(awk -v m="$median" 'BEGIN { printf "%.9g", m * 1.000001 }')" "$d/p2.nii.gz" | dorg-cmp - "$d/crf.nii.gz"
    cascade "$PWD/run" LAMBDAS=0 CRF_CUT= "$d/crf.nii.gz" >log 2>&1 || { tail -20 log; return 1; }
    dorg-thresh -p 0.500001 "$d/p2.nii.gz" | dorg-cmp - "$d/crf.nii.gz"
}

# table FILE MEAN SD MIN MAX: one of dorg-dice, with these
table() {
    printf '#dorg-dice 1\n' >"$1"
    printf '%s\n' case label threshold n_ref n_pred tp fp fn dsc jaccard precision recall volume_error \
        assd_mm hd_mm hd95_mm nsd status | paste -s >>"$1"
    for c in $TESTED; do printf '%s\tany\tNA\t9\t9\t9\t0\t0\t0.6\t0.1\t0.2\t0.3\t0\t2\t2\t2\t1\tok\n' "$c"; done >>"$1"
    printf '%s\n' "#mean $2" "#sd $3" "#median 0.5" "#min $4" "#max $5" '#n 7' '#n_excluded 1' '#n_infinite 0' '#n_failed 2' |
        awk -v OFS='\t' '{ print $1, "any", "NA", 9, 9, 9, 0, 0, $2, 0.01, 0.02, 0.03, 0, 2, 2, 2, 1, "-" }' >>"$1"
}

@test "Table 1: every column is the stage it is called, every row the figure it is called" {
    cp -a "$RUN" run
    r=$PWD/run/results/test
    k=0 old=()
    for m in opt-mask cand p0-mask g0-mask p1-mask g1-mask p2-mask g2-mask crf; do
        # its list names that mask and the case's truth
        run -0 awk -F'\t' -v m="$m" '$2 ~ "/" $1 "/" m "\\.nii\\.gz$" && $3 ~ "/" $1 "/truth\\.nii\\.gz$" { print $1 }' "$r/$m.tsv.list"
        [ "$(paste -sd ' ' <<<"$output")" = "$TESTED" ]
        k=$((k + 1))
        table "$r/$m.tsv" 0.${k}1 0.0$k 0.${k}05 0.${k}5
        old+=(-o "$r/$m.tsv")
    done
    rm "$r/table1.tsv"
    cascade "$PWD/run" "${old[@]}" table >log 2>&1 || { tail -20 log; return 1; }
    [ "$(tr '\t' ' ' <"$r/table1.tsv")" = "DSC (%) Opt. S_RF P0 G(P0) P1 G(P1) P2 G(P2) CRF(P2)
Mean 11.0 21.0 31.0 41.0 51.0 61.0 71.0 81.0 91.0
Std 1.0 2.0 3.0 4.0 5.0 6.0 7.0 8.0 9.0
Min 10.5 20.5 30.5 40.5 50.5 60.5 70.5 80.5 90.5
Max 15.0 25.0 35.0 45.0 55.0 65.0 75.0 85.0 95.0
n 7 7 7 7 7 7 7 7 7
failed 2 2 2 2 2 2 2 2 2
excluded 1 1 1 1 1 1 1 1 1" ]
    # the page shows the same, in the same order
    command -v gnuplot >/dev/null || skip "no gnuplot"
    make -s -C "$ROOT/pipelines" report RUN="$PWD/run" >log 2>&1 || { tail log; return 1; }
    row() { grep "^<tr class=$1>" run/report.html | head -1 | sed 's/<[^>]*>/ /g; s/  */ /g; s/^ //; s/ $//'; }
    [ "$(row opt-mask)" = 'Opt. 11.0 ± 1.0 10.5 – 15.0 7, 2 failed, 1 excluded 80.5 ± 3.6 70.9 – 85.9' ]
    [ "$(row cand)" = 'S RF 21.0 ± 2.0 20.5 – 25.0 7, 2 failed, 1 excluded 26.1 ± 7.1 14.2 – 45.8' ]
    [ "$(row p0-mask)" = 'P 0 31.0 ± 3.0 30.5 – 35.0 7, 2 failed, 1 excluded 60.9 ± 10.4 22.9 – 80.1' ]
    [ "$(row g0-mask)" = 'G(P 0 ) 41.0 ± 4.0 40.5 – 45.0 7, 2 failed, 1 excluded 69.5 ± 9.3 35.3 – 84.4' ]
    [ "$(row p1-mask)" = 'P 1 51.0 ± 5.0 50.5 – 55.0 7, 2 failed, 1 excluded 56.8 ± 11.4 1.3 – 77.4' ]
    [ "$(row g1-mask)" = 'G(P 1 ) 61.0 ± 6.0 60.5 – 65.0 7, 2 failed, 1 excluded 62.9 ± 16.1 0.0 – 87.3' ]
    [ "$(row p2-mask)" = 'P 2 71.0 ± 7.0 70.5 – 75.0 7, 2 failed, 1 excluded 64.9 ± 8.1 33.1 – 77.9' ]
    [ "$(row g2-mask)" = 'G(P 2 ) 81.0 ± 8.0 80.5 – 85.0 7, 2 failed, 1 excluded 71.8 ± 10.7 25.0 – 86.9' ]
    [ "$(row crf)" = 'CRF(P 2 ) 91.0 ± 9.0 90.5 – 95.0 7, 2 failed, 1 excluded 68.2 ± 4.1 59.6 – 74.2' ]
}

# cross RUN COHORT TARGET: two folds, phantom1 in the first, phantom2 and phantom101 in the second
cross() {
    make -f "$ROOT/pipelines/cv.mk" RUN="$PWD/$1" COHORT="$PWD/$2" FOLDS=2 FOLDLIST="$PWD/folds" K=20000 TREES=8 \
        P_NET="$CFG" R_NET="$CFG" SCALES=1,2 N_T=1 SIGMA=0.7 P_MAX=150 R_MAX=60 E_MAX=40 CUT_STEP=0.1 LAMBDAS='0.5 2' \
        INNER=2 AVERAGE=yes LEVEL=dorg-level ENGINE=ref TRAINOPTS=-q "$3"
}

@test "cross-validation: every case is judged once, by the fold that has not seen it; no fold sees its test cases' truth" {
    printf '%s\n' $'case\tfold' $'phantom1\t1' $'phantom2\t2' $'phantom101\t2' >folds
    for c in phantom1 phantom2 phantom101; do
        printf '%s\t%s\t%s\t%s\n' $c "$RUN/cases/$c/ct.nii.gz" "$RUN/cases/$c/truth.nii.gz" $c
    done | cat <(printf 'case\tct\ttruth\tpatient\n') - >cohort.tsv
    cross run cohort.tsv all >log 2>&1 || { tail -20 log; return 1; }
    for m in opt-mask cand p0-mask g0-mask p1-mask g1-mask p2-mask g2-mask crf; do
        [ "$(sed "s:$PWD/run/::; s:\t$PWD.*::" "run/results/test/$m.tsv.list" | tr '\t' ' ' | LC_ALL=C sort)" = \
            "phantom1 fold1/cases/phantom1/$m.nii.gz
phantom101 fold2/cases/phantom101/$m.nii.gz
phantom2 fold2/cases/phantom2/$m.nii.gz" ]
        [ "$(sed "s:$PWD/run/::; s:\t$PWD.*::" "run/results/train/$m.tsv.list" | tr '\t' ' ' | LC_ALL=C sort)" = \
            "phantom101@1 fold1/cases/phantom101/$m.nii.gz
phantom1@2 fold2/cases/phantom1/$m.nii.gz
phantom2@1 fold1/cases/phantom2/$m.nii.gz" ]
        [ "$(sed "s:$PWD/run/::; s:\t$PWD.*::" "run/results/in-sample/$m.tsv.list" | tr '\t' ' ' | LC_ALL=C sort)" = \
            "phantom101@1 fold1/in-sample/phantom101/$m.nii.gz
phantom1@2 fold2/in-sample/phantom1/$m.nii.gz
phantom2@1 fold1/in-sample/phantom2/$m.nii.gz" ]
        for t in test train in-sample; do
            dorg-dice -L run/results/$t/$m.tsv.list | cmp <(grep -v '^#@' run/results/$t/$m.tsv) <(grep -v '^#@' -)
        done
    done
    [ "$(grep -c '@' <<<"$(col case run/results/train/g2-mask.tsv)")" -eq 3 ]
    for t in test train in-sample; do
        for x in '2 opt-mask' '3 cand' '4 p0-mask' '5 g0-mask' '6 p1-mask' '7 g1-mask' '8 p2-mask' '9 g2-mask' '10 crf'; do
            read -r k m <<<"$x"
            want=$(awk -F'\t' '$1 == "#mean" { a = $9 } $1 == "#sd" { printf "%.1f %.1f", 100 * a, 100 * $9 }' "run/results/$t/$m.tsv")
            [ "$(awk -F'\t' -v k="$k" '$1 == "Mean" { a = $k } $1 == "Std" { print a, $k }' run/results/$t/table1.tsv)" = "$want" ]
        done
    done
    # in-sample: all trees, all nets
    m=run/fold1/models d=run/fold1/in-sample/phantom2
    dorg-rfcand -f $m/rf1.forest -f $m/rf2.forest <$d/sp.tab | cmp <(grep -v '^#' $d/cand.tab) <(grep -v '^#' -)
    run -1 cmp -s <(grep -v '^#' $d/cand.tab) <(grep -v '^#' run/fold1/cases/phantom2/cand.tab)
    dorg-pconv -E ref --stride 3 -n $m/p.net -n $m/p.inner1.net -n $m/p.inner2.net -m $d/cand.nii.gz $d/ct.nii.gz |
        dorg-level --share "$(cut -f 1 $m/level.p0)" -m $d/cand.nii.gz | dorg-cmp - $d/p0.nii.gz
    # the test half of Fig. 5 is of the test cases
    [ "$(col case run/results/test/sweep.g1.tsv | sort -u | paste -sd ' ')" = 'phantom1 phantom101 phantom2' ]
    [ "$(LC_ALL=C sort run/results/test/sweep.g1.tsv.list | sed "s:$PWD/run/::" | cut -f 2 | paste -sd ' ')" = \
        'fold1/cases/phantom1/g1.nii.gz fold2/cases/phantom101/g1.nii.gz fold2/cases/phantom2/g1.nii.gz' ]
    # the second fold without the truth of its test cases: one unreadable, one empty
    echo junk >junk.nii.gz
    : >empty.nii.gz
    awk -F'\t' -v OFS='\t' -v d="$PWD" '$1 == "phantom2" { $3 = d "/junk.nii.gz" } $1 == "phantom101" { $3 = d "/empty.nii.gz" } 1' cohort.tsv >blind.tsv
    cross blind blind.tsv fold2 >log 2>&1 || { tail -20 log; return 1; }
    same_folder run/fold2/models blind/fold2/models
    for c in phantom2 phantom101; do same_case blind/fold2/cases/$c run/fold2/cases/$c; done
    # and the first without its own
    awk -F'\t' -v OFS='\t' -v d="$PWD" '$1 == "phantom1" { $3 = d "/junk.nii.gz" } 1' cohort.tsv >blind.tsv
    cross blind1 blind.tsv fold1 >log 2>&1 || { tail -20 log; return 1; }
    same_folder run/fold1/models blind1/fold1/models
    same_case blind1/fold1/cases/phantom1 run/fold1/cases/phantom1
}
