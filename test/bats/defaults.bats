#!/usr/bin/env bats
# What the pipelines do when nobody says anything, where each setting goes, and who is a patient:
# nothing here is trained, make only looks.
load helper

own_setup() {
    for c in a b c d; do
        dorg-phantom --seed 1 --size 32,32,16 -t ${c}t.nii.gz -o $c.nii.gz
    done
}

@test "patients: their scans stay together in inner folds and in what a tree leaves out" {
    printf '%s\t%s\t%s\t%s\n' case ct truth patient a a.nii.gz at.nii.gz 0002 b b.nii.gz bt.nii.gz 7 \
        c c.nii.gz ct.nii.gz 0002 d d.nii.gz dt.nii.gz 9 >cohort.tsv
    plan() { make -n --no-print-directory -f "$ROOT/pipelines/learn.mk" RUN="$PWD/run" COHORT="$PWD/cohort.tsv" INNER=2 "$@" models 2>&1; }
    learns() { sed -n "s:.*-o [^ ]*/$1 ::p" plan | grep -oE '/[a-d]/p.rec' | cut -c 2 | paste -sd ' '; }
    plan >plan || { tail -5 plan; return 1; }
    [ "$(learns p.net)" = 'a b c d' ]
    [ "$(learns p.inner1.net)" = 'd' ]
    [ "$(learns p.inner2.net)" = 'a b c' ]
    for c in a c; do
        for f in dorg-patchfeat dorg-response dorg-spfeat; do
            grep -E "$f .*--group 0002 .*/$c/|/$c/.*--group 0002" plan | grep -q "$f "
        done
    done
    [ "$(grep -oE -- '--group [^ ]*' plan | sort | uniq -c | awk '{ print $1, $3 }')" = '6 0002' ]
    plan INTERLEAVE=yes >plan
    [ "$(learns p.inner1.net)" = 'b' ]
    [ "$(learns p.inner2.net)" = 'a c d' ]
    # without the column every case is a patient; two scans of one patient leave nobody to learn from
    cut -f 1-3 cohort.tsv >no.tsv
    mv no.tsv cohort.tsv
    plan >plan
    [ "$(learns p.inner1.net)" = 'c d' ]
    run -1 grep -e '--group' plan
    printf '%s\t%s\t%s\t%s\n' case ct truth patient a a.nii.gz at.nii.gz 0002 c c.nii.gz ct.nii.gz 0002 >cohort.tsv
    plan >plan
    run -1 grep inner plan
    # a fold of a cross-validation, too
    printf '%s\t%s\t%s\t%s\n' case ct truth patient a a.nii.gz at.nii.gz 0002 b b.nii.gz bt.nii.gz 7 \
        c c.nii.gz ct.nii.gz 0002 d d.nii.gz dt.nii.gz 9 >cohort.tsv
    printf '%s\n' $'case\tfold' $'a\t1' $'b\t1' $'c\t1' $'d\t2' >folds
    make -n -f "$ROOT/pipelines/cv.mk" RUN="$PWD/cv" COHORT="$PWD/cohort.tsv" FOLDS=2 FOLDLIST="$PWD/folds" INNER=2 fold2 >plan 2>&1 ||
        { tail -5 plan; return 1; }
    [ "$(learns p.inner1.net | tr ' ' '\n' | sort -u | paste -sd ' ')" = 'b' ]
    [ "$(learns p.inner2.net | tr ' ' '\n' | sort -u | paste -sd ' ')" = 'a c' ]
}

# settings MAKEFILE VARIABLE...: what they are when nobody says anything
settings() {
    local mk=$1 v
    shift
    # shellcheck disable=SC2016
    for v in "$@"; do printf '$(info %s=$(%s))\n' "$v" "$v"; done >show.mk
    printf 'include %s\n' "$ROOT/pipelines/$mk" | cat - show.mk >all.mk
    printf 'shown: ;@:\n' >>all.mk
    make -s --no-print-directory -f all.mk shown RUN="$PWD/shown" COHORT="$PWD/cohort.tsv" NETS=nets J=1 | grep =
}

@test "defaults: the paper's constants, and those of dorg-choices(7)" {
    for c in a b c d; do printf '%s\t%s\t%s\t%s\n' $c "$PWD/$c.nii.gz" "$PWD/${c}t.nii.gz" $c; done |
        cat <(printf 'case\tct\ttruth\tpatient\n') - >cohort.tsv
    settings learn.mk K WINDOW SIGMA STRIDE SCALES N_T ORIGINALS LABEL_RULE RECALL RF_COVERAGE HARD TREES PITCH P_NET R_NET \
        E_NET INNER INNER_NETS AVERAGE LEVEL LEVEL0 CONTEXT SHIFT AUGMENT RF_OPTS P_MAX R_MAX E_MAX SEED \
        CUT_STEP LAMBDAS CRF_CUT FINAL CLEAN MAPS >got
    diff got - <<'W'
K=500
WINDOW=-100,200
SIGMA=3
STRIDE=3
SCALES=1,1.5,2.25,3.375
N_T=8
ORIGINALS=yes
LABEL_RULE=coverage:0.5
RECALL=0.97
RF_COVERAGE=0.1
HARD=--hard
TREES=100
PITCH=0
P_NET=nets/deeporgan.cfg
R_NET=nets/deeporgan.cfg
E_NET=nets/deeporgan.cfg
INNER=3
INNER_NETS=p
AVERAGE=
LEVEL=
LEVEL0=yes
CONTEXT=yes
SHIFT=0
AUGMENT=
RF_OPTS=
P_MAX=100000
R_MAX=100000
E_MAX=100000
SEED=1
CUT_STEP=0.02
LAMBDAS=0 0.0625 0.125 0.25 0.5 1 2 4 8 16
CRF_CUT=yes
FINAL=g2
CLEAN=cat
MAPS=p0 g0 p1 g1 p2 g2
W
    [ "$(settings cv.mk FOLDS FOLD_SEED FINAL K SIGMA STRIDE SCALES | paste -sd ' ')" = \
        'FOLDS=4 FOLD_SEED=1 FINAL=g2 K=500 SIGMA=3 STRIDE=3 SCALES=1,1.5,2.25,3.375' ]
    [ "$(settings calibrate-superpix.mk TARGET K LAMBDA SIGMA | paste -sd ' ')" = 'TARGET=0.805 K=500 LAMBDA=0.5 SIGMA=5' ]
    # the demonstration, whose pixels are larger than a scanner's
    [ "$(settings phantom.mk K SIGMA STRIDE N_T PITCH SIZE | paste -sd ' ')" = 'K=5000 SIGMA=1.5 STRIDE=2 N_T=2 PITCH=2 SIZE=160,160,56' ]
    # phantoms that are tested on are none of those learned from
    [ "$(settings phantom.mk TRAIN TEST | paste -sd ' ')" = \
        'TRAIN=phantom1 phantom2 phantom3 phantom4 phantom5 phantom6 TEST=phantom101 phantom102 phantom103' ]
}

@test "defaults: every one of them reaches the command it is for" {
    reaches() { # COMMAND VARIABLE=VALUE
        make -n --no-print-directory -f "$ROOT/pipelines/phantom.mk" RUN="$PWD/none" N_TRAIN=2 N_TEST=1 models table "$2" >plan 2>&1 || { tail -5 plan; return 1; }
        grep -F -- "${2#*=}" plan >lines
        grep -qE "$1" lines
    }
    reaches dorg-superpix K=31415
    reaches dorg-superpix WINDOW=-27,182
    reaches dorg-gauss3d SIGMA=2.718
    reaches dorg-pconv STRIDE=27
    reaches dorg-patch STRIDE=27
    reaches dorg-rconv SCALES=1,2.718
    reaches dorg-region SCALES=1,2.718
    reaches dorg-tps N_T=27
    reaches dorg-spfeat LABEL_RULE=dice:0.2718
    reaches dorg-rftrain RECALL=0.2718
    reaches dorg-rftrain TREES=27182
    reaches dorg-patch P_MAX=27182
    reaches dorg-region R_MAX=27182
    reaches dorg-region E_MAX=27182
    reaches sweep CUT_STEP=0.2718
    reaches graphcut LAMBDAS=0.2718
    # samples of both classes alike, of a tenth of the voxels; each net by its own description
    reaches 'dorg-patch .*--balance' P_MAX=27182
    reaches 'dorg-region .*--balance' R_MAX=27182
    reaches 'dorg-patchfeat .*--share 0\.1 ' SHIFT=27
    for n in p:P r1:R r2:R edge:E; do
        cp "$ROOT/pipelines/nets/demo.cfg" "own.${n%:*}.cfg"
        reaches "dorg-train .* -o [^ ]*/${n%:*}\\.net " "${n#*:}_NET=$PWD/own.${n%:*}.cfg"
    done
}
