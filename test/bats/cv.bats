# cross-validation: folds that grow, costs, and the whole thing on three tiny phantoms
load helper

@test "cv: make -n tells, cost estimates, nothing runs" {
    make -s -f "$ROOT/pipelines/phantom-cohort.mk" N=3 OUT="$PWD/ph" SIZE=48,48,16
    make -n -f "$ROOT/pipelines/cv.mk" COHORT=ph/cohort.tsv RUN=run FOLDS=3 >plan 2>said
    run -1 grep 'No rule' said
    grep -q 'in-sample/phantom1/g2-mask.nii.gz' plan
    for c in superpix spfeat rftrain patch train pconv rconv gauss3d thresh graphcut dice; do grep -q "dorg-$c" plan; done
    [ -z "$(find run -name '*.nii.gz' -o -name '*.net' -o -name '*.tab')" ]
    cost() { make -s -C "$ROOT/pipelines" cv-cost COHORT="$PWD/ph/cohort.tsv" RUN="$PWD/run" FOLDS=3 P_MAX=100000 R_MAX=100000 E_MAX=100000 "$@"; }
    run -0 --separate-stderr cost RATE=1
    grep -q '^cases  *3 (48 slices' <<<"$output"
    grep -q '^in all .* h, one job at a time' <<<"$output"
    grep -qE '^disk +[0-9.]+ GB$' <<<"$output"
    # hours WHAT VARIABLE=VALUE...: per thousand
    hours() { cost RATE=0.01 "${@:2}" | awk -v what="$1" 'index($0, what) == 1 { for (i = 1; i <= NF; i++) if ($i == "h" || $i == "h,") print $(i - 1); exit }'; }
    # is WANTED the quotient of the two, within a thousandth
    quotient() { awk -v w="$1" -v a="$2" -v b="$3" 'BEGIN { q = a / b; exit !(b > 0 && q > w * 0.999 && q < w * 1.001) }'; }
    # every case is judged in each of three folds, and in two of them again in-sample
    quotient 1.66667 "$(hours applying)" "$(hours applying IN_SAMPLE=)"
    quotient 2 "$(hours 'training P' TRAINOPTS='-q --epochs 14')" "$(hours 'training P' TRAINOPTS='--epochs 7')"
    quotient 2 "$(hours 'training P' INNER=2)" "$(hours 'training P' INNER=0)"
    quotient 3 "$(hours 'training R1' N_T=5)" "$(hours 'training R1' N_T=1)"
    quotient 1.5 "$(hours 'training R1' N_T=2)" "$(hours 'training R1' N_T=2 ORIGINALS=)"
    quotient 2 "$(hours 'training the edge' SCALES=1,2)" "$(hours 'training the edge' SCALES=1)"
    quotient 0.5 "$(hours 'training P' RATE=0.02,0.01,0.01)" "$(hours 'training P')"
    # without a rate it is measured
    run -0 --separate-stderr cost P_NET="$ROOT/pipelines/nets/demo.cfg" R_NET="$ROOT/pipelines/nets/demo.cfg"
    grep -qE '^training P, .* [1-9][0-9]* images a second' <<<"$output"
    grep -q 'measuring how fast this machine trains' <<<"$stderr"
    run -2 make -s -f "$ROOT/pipelines/cv.mk" COHORT=nothing.tsv
}

@test "cv: a cohort of many cases is planned at all" {
    printf 'case\tct\ttruth\n' >list.tsv
    for c in $(seq 40); do
        echo "ct $c" >ct$c.nii
        echo "truth $c" >truth$c.nii
        printf 'c%s\t%s\t%s\n' $c ct$c.nii truth$c.nii >>list.tsv
    done
    # walking every path from a mask to what was learned from took hours
    timeout 300 make -n -f "$ROOT/pipelines/cv.mk" COHORT=list.tsv RUN=run FOLDS=4 fold1 >plan 2>said
    [ "$(grep 'dorg-patch .*p.rec' plan | sort -u | wc -l)" = 30 ]
    timeout 300 make -n -f "$ROOT/pipelines/learn.mk" COHORT=list.tsv RUN=models >plan 2>said
    [ "$(grep 'dorg-patch .*p.rec' plan | sort -u | wc -l)" = 40 ]
}

tiny_cv() { # RUN, then what else make should know
    local run=$1
    shift
    make -f "$ROOT/pipelines/cv.mk" COHORT=ph/cohort.tsv RUN="$PWD/$run" FOLDS=3 P_NET="$PWD/tiny.cfg" \
        R_NET="$PWD/tiny.cfg" P_MAX=200 R_MAX=100 E_MAX=60 N_T=0 TREES=5 SCALES=1 LAMBDAS=1 TRAINOPTS=-q "$@"
}
tiny_cohort() {
    make -s -f "$ROOT/pipelines/phantom-cohort.mk" N="$1" OUT="$PWD/ph" SIZE=64,64,16
    printf 'input channels=3 size=16\nconv name=c filters=8 kernel=5 stride=2\nrelu\nfc name=f outputs=2 init_w=0.01\nsoftmax\ntrain batch=32 epochs=2 momentum=0.9 decay=5e-4 rate_w=const:0.01 rate_b=const:0.01\n' >tiny.cfg
}
of() { # ROW FILE: the DSC of that row, or the like of a summary
    awk -F'\t' -v r="$1" '$1 == r { print $9 }' "$2"
}

@test "cv: three phantoms, three folds; again; one more; one result broken" {
    tiny_cohort 4
    cp ph/cohort.tsv all.tsv
    head -4 all.tsv >ph/cohort.tsv
    tiny_cv run >log 2>&1 || { tail -30 log; return 1; }
    for t in test train; do [ -s run/results/$t/table1.tsv ]; done
    [ "$(grep -vc '^#\|^case' run/results/test/g2-mask.tsv)" -eq 3 ]
    [ "$(grep -vc '^#\|^case' run/results/train/g2-mask.tsv)" -eq 6 ]
    [ "$(awk -F'\t' '$1 == "failed" { print $9 }' run/results/test/table1.tsv)" = 0 ]
    # again: nothing is trained or segmented twice
    touch mark
    sleep 1
    tiny_cv run >log 2>&1
    [ -z "$(find run -name '*.net' -newer mark)" ]
    [ -z "$(find run -name '*-mask.nii.gz' -newer mark)" ]
    # a longer cohort: the new case falls into fold 1, whose models stay
    cp all.tsv ph/cohort.tsv
    tiny_cv run >log 2>&1 || { tail -30 log; return 1; }
    new=$(tail -1 run/folds.tsv | cut -f2)
    [ "$(tail -1 run/folds.tsv | cut -f1)" = phantom4 ]
    [ -z "$(find "run/fold$new" -name '*.net' -newer mark)" ]
    [ "$(find run/fold? -name p.net -newer mark | wc -l)" -eq 2 ]
    [ "$(find run/cases -name sp.nii.gz -newer mark)" = run/cases/phantom4/sp.nii.gz ]
    [ "$(of '#n' run/results/test/g2-mask.tsv)" = 4 ]
    # a result that cannot be read
    mean=$(of '#mean' run/results/test/opt-mask.tsv)
    c=$(awk -F'\t' '$2 == 1 { print $1; exit }' run/folds.tsv)
    echo junk >run/fold1/cases/$c/opt-mask.nii.gz
    echo junk >run/fold1/cases/$c/g2-mask.nii.gz
    run -2 tiny_cv run
    grep -q '^failed: phantom' <<<"$output"
    [ "$(of '#n_failed' run/results/test/g2-mask.tsv)" = 1 ]
    [ "$(of '#n' run/results/test/g2-mask.tsv)" = 4 ]
    awk -v a="$mean" -v b="$(of '#mean' run/results/test/opt-mask.tsv)" 'BEGIN { print b / a }' | within 0.01 0.9
}

@test "cv: a scan that cannot be read fails alone; an empty truth is in the table; a folder with blanks" {
    mkdir "Anna's scans (2)"
    cd "Anna's scans (2)"
    tiny_cohort 6
    printf '%s\n' $'case\tfold' $'phantom1\t1' $'phantom2\t1' $'phantom3\t1' $'phantom4\t2' $'phantom5\t2' $'phantom6\t2' >folds
    echo junk >ph/phantom3/ct.nii.gz
    dorg-thresh -p 2 ph/phantom6/truth.nii.gz -o ph/phantom6/none.nii.gz
    mv ph/phantom6/none.nii.gz ph/phantom6/truth.nii.gz
    run -2 tiny_cv run FOLDS=2 FOLDLIST="$PWD/folds" INNER=0
    grep -q '^failed: phantom3: ' <<<"$output"
    [ "$(grep -c '^failed: ' <<<"$output")" -eq 1 ]
    grep -q '^fold 2 learns without: phantom3$' <<<"$output"
    t=run/results/test/g2-mask.tsv
    [ "$(of '#n_failed' $t)" = 1 ]
    # Opt.: nothing to find and nothing found is neither 0 nor 1, and is counted
    o=run/results/test/opt-mask.tsv
    [ "$(of phantom6 $o) $(of '#n' $o) $(of '#n_excluded' $o)" = 'NA 5 1' ]
    # candidates were found: an organ invented is 0 and counts
    s=run/results/test/cand.tsv
    [ "$(of phantom6 $s) $(of '#n' $s) $(of '#n_excluded' $s)" = '0 6 0' ]
    want=$(awk -F'\t' '!/^#/ && $1 != "case" { s += $9 == "NA" ? 0 : $9 } END { printf "%.6f", s / 6 }' $s)
    [ "$(printf %.6f "$(of '#mean' $s)")" = "$want" ]
    [ "$(awk -F'\t' '$1 == "excluded" { print $2, $3 }' run/results/test/table1.tsv)" = '1 0' ]
    [ "$(awk -F'\t' '$1 == "failed" { print $2, $9 }' run/results/test/table1.tsv)" = '1 1' ]
}
