# make cohort: a list of scans to masks, whatever happens on the way
load helper

@test "cohort: three spoilt scans, a make killed outright, a full disk: the others' masks as in peace" {
    run -0 "$ROOT/test/cohort.sh" 8 "$PWD/Anna's scans (2)"
    grep -q '^5 masks as in peace, 3 named failures; killed once' <<<"$output"
    cd "Anna's scans (2)"
    cohort() { "$ROOT/pipelines/run" cohort COHORT=list.tsv SETTINGS=scans/settings.mk MODELS=train/models FINAL=p0 "$@"; }
    # what it tells
    make -s -C "$ROOT/pipelines" status RUN=peace >said
    grep -q "^$PWD/peace: 8 done, 0 failed, 0 running, 0 to do$" said
    grep -qE '^dorg-pconv +8 ' said
    [ "$(cut -f3 peace/log | sort | uniq -c | paste -sd' ' | tr -s ' ')" = ' 8 begun 8 done' ]
    [ "$(cut -f1 peace/results.tsv | grep -c '^phantom')" = 8 ]
    [ "$(find peace/cases/phantom1 -type f | sed 's,.*/,,' | sort | paste -sd' ')" = '.lock log seg.nii.gz status' ]
    # a scan that is mended is tried again by itself; so is what retry is asked for
    mv scans/phantom4/ct.nii.gz safe.nii.gz
    cp safe.nii.gz scans/phantom4/ct.nii.gz
    dorg-phantom --seed 3 --size 56,56,20 -t t.nii.gz -o scans/phantom3/ct.nii.gz
    run -5 cohort RUN=peace
    grep -q 'phantom3: done' <<<"$output"
    [ "$(cut -f2 peace/status.tsv | sort | uniq -c | paste -sd' ' | tr -s ' ')" = ' 6 done 2 failed 1 state' ]
    # shards: each case once, side by side on one folder
    cohort RUN=parts SHARD=1/2 >1.log 2>&1 &
    cohort RUN=parts SHARD=2/2 >2.log 2>&1 || [ $? = 5 ]
    wait $! || [ $? = 5 ]
    [ "$(cat 1.log 2.log | grep -c ': done in')" = 6 ]
    [ "$(cat 1.log 2.log | grep -cE '^failed: ')" = 2 ]
    for c in 1 3 4 6 7 8; do
        cmp peace/cases/phantom$c/seg.nii.gz parts/cases/phantom$c/seg.nii.gz
    done
    make -s -C "$ROOT/pipelines" status RUN=parts 2>failures | grep -q ': 6 done, 2 failed, 0 running, 0 to do$'
    # other models: every mask again; the same: none
    touch mark
    sleep 1
    echo 0.4 >train/models/cut.p0
    run -5 cohort RUN=parts
    [ "$(find parts/cases -name seg.nii.gz -newer mark | wc -l)" = 6 ]
    # one scan alone, and its page, in a folder called like this
    make -s -C "$ROOT/pipelines" real CT=scans/phantom1/ct.nii.gz TRUTH=scans/phantom1/truth.nii.gz MODELS=train/models FINAL=p0 OUT='one scan' >said
    run -1 grep warning said
    grep -qxF "mask: $PWD/one scan/cases/ct/seg.nii.gz" said
    grep -qxF "  $PWD/one scan/results/pictures/ct-final.png" said
    cmp 'one scan/cases/ct/seg.nii.gz' parts/cases/phantom1/seg.nii.gz
    # K, and the resolution it is meant for, came with the models
    grep -qx 'K ?= 20000' train/models/settings.mk
    dorg-info scans/phantom1/ct.nii.gz >info
    mm=$(awk '/^pitch_mm:/ { print $2 }' info)
    # of both training phantoms, the least and the greatest
    dorg-info train/cases/phantom1/ct.nii.gz >one
    dorg-info train/cases/phantom2/ct.nii.gz >two
    grep -qx "PIXEL_MM ?= $(awk '/^pitch_mm:/ { print $2 }' one two | sort -g | paste -sd ,)" train/models/settings.mk
    grep -qx "SLICE_MM ?= $(awk '/^pitch_mm:/ { print $6 }' one two | sort -g | paste -sd ,)" train/models/settings.mk
    sed -i "s/^PIXEL_MM.*/PIXEL_MM ?= $(awk -v x="$mm" 'BEGIN { print 1.3 * x "," 1.4 * x }')/" train/models/settings.mk
    make -s -C "$ROOT/pipelines" real CT=scans/phantom1/ct.nii.gz TRUTH=scans/phantom1/truth.nii.gz MODELS=train/models FINAL=p0 OUT='one scan' >said
    grep -q '^real: warning: voxels of .* mm; the models know pixels of .* may not fit$' said
}

@test "cohort: names what is missing, first; status of nothing is an error" {
    printf 'case\tct\na\ta.nii\n' >list.tsv
    run -2 make -s -C "$ROOT/pipelines" cohort MODELS=none
    grep -q 'usage: make cohort' <<<"$output"
    run -2 make -s -C "$ROOT/pipelines" cohort COHORT=list.tsv MODELS=none
    grep -q "MODELS: no such file or folder: $PWD/none" <<<"$output"
    run -2 make -s -C "$ROOT/pipelines" status RUN=none
    grep -q 'no cohort was begun in' <<<"$output"
    [ ! -e dorg ]
}

@test "trainings on one GPU take turns, and say so" {
    mkdir dev
    : >dev/nvidia0
    export DORG_DEV=$PWD/dev TMPDIR=$PWD
    turn=$ROOT/pipelines/turn
    [ "$("$turn" echo -d cuda:0 here)" = '-d cuda:0 here' ]
    "$turn" bash -c 'echo first >>order; touch go; sleep 1; echo end >>order' -d cuda:0 &
    until [ -e go ]; do sleep 0.05; done
    "$turn" bash -c 'echo other >>order' -d cuda:1
    "$turn" bash -c 'echo cpu >>order' -d cpu
    run -0 "$turn" bash -c 'echo second >>order' -d cuda:0
    wait
    [ "$output" = 'GPU 0 is training another net: waiting for my turn' ]
    [ "$(paste -sd' ' order)" = 'first other cpu end second' ]
    run -7 "$turn" bash -c 'exit 7'
}
