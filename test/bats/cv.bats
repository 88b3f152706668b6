# cross-validation: folds that grow, costs, and the whole thing on three tiny phantoms
load helper

@test "extend-folds: a longer cohort keeps every fold; new scans go to their patient" {
    printf 'case\tpatient\n' >c
    for i in 1 2 3 4 5 6; do printf 'c%d\tp%d\n' $i $i; done >>c
    "$ROOT/pipelines/extend-folds" c f.tsv 3 1
    cp f.tsv first
    "$ROOT/pipelines/extend-folds" c f.tsv 3 1
    cmp f.tsv first
    printf 'c7\tp7\nc1b\tp1\nc8\tp8\n' >>c
    "$ROOT/pipelines/extend-folds" c f.tsv 3 1
    cmp first <(head -n "$(wc -l <first)" f.tsv)
    [ "$(awk '$1 == "c1" { a = $2 } $1 == "c1b" { b = $2 } END { print a == b }' f.tsv)" = 1 ]
    run -0 awk -F'\t' '!/^#/ && $1 != "case" { n[$2]++ } END { print n[1] + n[2] + n[3], (n[1] > 2) + (n[2] > 2) + (n[3] > 2) }' f.tsv
    [ "$output" = "9 3" ]
}

@test "cv: make -n tells, cost estimates, nothing runs" {
    make -s -f "$ROOT/pipelines/phantom-cohort.mk" N=3 OUT="$PWD/ph" SIZE=48,48,16
    make -n -f "$ROOT/pipelines/cv.mk" COHORT=ph/cohort.tsv RUN=run FOLDS=3 >plan
    for c in superpix spfeat rftrain patch train pconv rconv gauss3d thresh graphcut dice; do grep -q "dorg-$c" plan; done
    [ -z "$(find run -name '*.nii.gz' -o -name '*.net' -o -name '*.tab')" ]
    run -0 make -s -C "$ROOT/pipelines" cv-cost COHORT="$PWD/ph/cohort.tsv" RUN="$PWD/run" FOLDS=3
    grep -q '^cases  *3 (48 slices' <<<"$output"
    grep -q '^in all .* h at' <<<"$output"
    run -2 make -s -f "$ROOT/pipelines/cv.mk" COHORT=nothing.tsv
}

@test "cv: three phantoms, three folds, one broken: every case in the table, none lost" {
    make -s -f "$ROOT/pipelines/phantom-cohort.mk" N=3 OUT="$PWD/ph" SIZE=64,64,16
    printf 'input channels=3 size=16\nconv name=c filters=8 kernel=5 stride=2\nrelu\nfc name=f outputs=2 init_w=0.01\nsoftmax\ntrain batch=32 epochs=2 momentum=0.9 decay=5e-4 rate_w=const:0.01 rate_b=const:0.01\n' >tiny.cfg
    cat >run.sh <<SH
make -f "$ROOT/pipelines/cv.mk" COHORT=ph/cohort.tsv RUN="$PWD/run" FOLDS=3 P_NET="$PWD/tiny.cfg" R_NET="$PWD/tiny.cfg" P_MAX=200 R_MAX=100 E_MAX=60 N_T=0 TREES=5 SCALES=1 LAMBDAS=1 TRAINOPTS=-q
SH
    bash run.sh >log 2>&1 || { tail -30 log; return 1; }
    for t in test train; do [ -s run/results/$t/table1.tsv ]; done
    [ "$(grep -vc '^#\|^case' run/results/test/g2-mask.tsv)" -eq 3 ]
    [ "$(grep -vc '^#\|^case' run/results/train/g2-mask.tsv)" -eq 6 ]
    [ "$(awk -F'\t' '$1 == "failed" { print $9 }' run/results/test/table1.tsv)" = 0 ]
    # again: nothing is trained or segmented twice
    touch mark && sleep 1
    bash run.sh >log 2>&1
    [ -z "$(find run -name '*.net' -newer mark)" ] && [ -z "$(find run -name '*-mask.nii.gz' -newer mark)" ]
    # a result that cannot be read
    echo junk >run/fold1/cases/$(awk -F'\t' '$2 == 1 { print $1; exit }' run/folds.tsv)/g2-mask.nii.gz
    run -2 bash run.sh
    grep -q '^failed: phantom' <<<"$output"
    [ "$(awk -F'\t' '$1 == "#n_failed" { print $9 }' run/results/test/g2-mask.tsv)" = 1 ]
    [ "$(awk -F'\t' '$1 == "#n" { print $9 }' run/results/test/g2-mask.tsv)" = 3 ]
}
