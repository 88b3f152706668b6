#!/usr/bin/env bats
# make -C pipelines calibrate-superpix: a cohort in, a curve over K, lambda, sigma, and a K out
load helper

own_setup() {
    printf 'case\tct\ttruth\n' >cohort.tsv
    for i in 1 2; do
        dorg-phantom --seed $i --size 64,56,24 -t t$i.nii.gz -o c$i.nii.gz
        printf 'p%s\t%s\t%s\n' $i "$PWD/c$i.nii.gz" "$PWD/t$i.nii.gz" >>cohort.tsv
    done
}

calibrate() {
    make -s -f "$ROOT/pipelines/calibrate-superpix.mk" COHORT=cohort.tsv RUN="$PWD/run" K=16000 \
        KS='4000 16000' LAMBDAS='0.5 5' SIGMAS='5 20' "$@"
}

# opt K LAMBDA SIGMA: the mean optimal DSC of the two cases
opt() {
    for i in 1 2; do
        dorg-superpix -k "$1" -l "$2" -s "$3" c$i.nii.gz | dorg-spscore t$i.nii.gz - |
            awk '/^[0-9]/ { print $6 }'
    done | awk '{ s += $1 } END { printf "%.9g\n", s / NR }'
}

@test "calibrate-superpix: each point is tried, and K is read off the curve" {
    calibrate TARGET=0.01 >/dev/null
    [ "$(awk -F'\t' 'NR > 1 { print $1, $2, $3, $4 }' run/curve.tsv)" = "4000 0.5 5 2
16000 0.5 5 2
16000 0.5 20 2
16000 5 5 2" ]
    [ "$(cat run/k.mk)" = "K ?= 4000" ] # the first is good enough
    [ "$(awk -F'\t' '$1 == 4000 { print $5 }' run/curve.tsv)" = "$(opt 4000 0.5 5)" ]
    [ "$(awk -F'\t' '$2 == 5 { print $5 }' run/curve.tsv)" = "$(opt 16000 5 5)" ]
    [ "$(awk -F'\t' '$3 == 20 { print $5 }' run/curve.tsv)" = "$(opt 16000 0.5 20)" ]
    awk -F'\t' '$1 == 4000 { print $10 }' run/curve.tsv | within 1000 4100 # air has less
    # the standard deviation of two is their difference over the root of 2
    awk '/^[0-9]/ { print $6 }' run/4000_0.5_5/p1.tab run/4000_0.5_5/p2.tab |
        awk 'NR == 1 { a = $1 } END { printf "%.5f\n", sqrt((a - $1) ^ 2 / 2) }' >sd
    [ "$(awk -F'\t' '$1 == 4000 { printf "%.5f", $6 }' run/curve.tsv)" = "$(cat sd)" ]
    if command -v gnuplot; then grep -q '</svg>' run/curve.svg; fi
    half=$(awk -F'\t' '$2 == 0.5 && $3 == 5 { s += $5 / 2 } END { print s }' run/curve.tsv)
    rm run/k.mk
    calibrate TARGET="$half" >/dev/null
    [ "$(cat run/k.mk)" = "K ?= 8000" ] # halfway in the logarithm
    rm run/k.mk
    calibrate TARGET=1.1 >/dev/null
    [ "$(cat run/k.mk)" = "K ?= 16000" ] # the last, for want of better
}

@test "calibrate-superpix: refuses cases that a list of folds calls test cases" {
    printf 'case\tfold\np1\t1\np2\t2\nother\t2\n' >folds.tsv
    run -2 calibrate FOLDLIST="$PWD/folds.tsv"
    grep -q 'p1 p2: test cases in .*/folds.tsv' <<<"$output"
    run -2 calibrate FOLDLIST="$PWD/folds.tsv" FOLD=2
    grep -q ' p2: test cases in ' <<<"$output"
    # of the folder of a cross-validation, without being told
    mkdir cv
    cp folds.tsv cv
    run -2 calibrate RUN="$PWD/cv/superpix"
    [ -z "$(find run cv -name '*.tab')" ]
    sed -i 2d cohort.tsv
    calibrate FOLDLIST="$PWD/folds.tsv" FOLD=1 KS=16000 LAMBDAS=0.5 SIGMAS=5 >/dev/null
    [ "$(cut -f 4 run/curve.tsv | tail -1)" = 1 ]
}

@test "calibrate-superpix: no cohort, no result" {
    run -2 make -s -f "$ROOT/pipelines/calibrate-superpix.mk" RUN="$PWD/run"
    [ ! -e run ]
}
