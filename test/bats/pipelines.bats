#!/usr/bin/env bats
# The cascade as a Makefile: it runs to the end, it does nothing twice, and a changed stage
# rebuilds what depends on it and no more.
load helper

setup_file() {
    export CASCADE="$BATS_FILE_TMPDIR/run"
    mkdir -p "$CASCADE"
    printf '%s\n' 'input channels=1 size=12' 'conv name=c filters=6 kernel=3' 'bnorm name=b' relu \
        'pool kernel=3 stride=2' 'fc name=f outputs=2' softmax \
        'train batch=32 epochs=1 rate_w=cosine:0.02,10 rate_b=cosine:0.02,10' >"$CASCADE/tiny.cfg"
}

cascade() {
    make -s --no-print-directory -f "$ROOT/pipelines/phantom.mk" RUN="$CASCADE" SIZE=56,56,20 \
        N_TRAIN=2 N_TEST=1 K=20000 TREES=8 P_NET="$CASCADE/tiny.cfg" R_NET="$CASCADE/tiny.cfg" \
        N_T=1 P_MAX=400 R_MAX=200 E_MAX=200 CUT_STEP=0.1 LAMBDAS='0.5 2' "$@"
}

# what would run, one command name a line
would() {
    cascade -n "$@" | grep -oE '(^|[|] *)dorg-[a-z0-9]+' | tr -d '| ' | sort | uniq -c
}

@test "the whole cascade trains, segments and makes the table and the pictures" {
    cascade -j2 >log 2>&1 || { tail -20 log; return 1; }
    t=$CASCADE/results/test/table1.tsv
    [ "$(head -1 "$t" | tr '\t' ' ')" = 'DSC (%) Opt. S_RF P0 G(P0) P1 G(P1) P2 G(P2) CRF(P2)' ]
    awk -F'\t' '$1 == "Mean" && NF == 10 && $2 > 20 { ok = 1 } END { exit !ok }' "$t"
    awk -F'\t' '$1 == "n" && $2 == 1 { n = 1 } $1 == "failed" && $10 == 0 { f = 1 } END { exit !(n && f) }' "$t"
    for p in candidates p0 map final; do
        [ "$(head -c 8 "$CASCADE/results/pictures/phantom101-$p.png" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ]
    done
    dorg-dice "$CASCADE/cases/phantom101/seg.nii.gz" "$CASCADE/cases/phantom101/truth.nii.gz" >/dev/null
}

@test "a second make has nothing to do" {
    cascade -q "$CASCADE/results/test/table1.tsv"
}

@test "SMOOTH=cat rebuilds maps, cuts and masks, and trains nothing" {
    would SMOOTH=cat >plan
    grep -q 'dorg-thresh' plan
    run -1 grep -E 'dorg-(train|rftrain|superpix|phantom|pconv|rconv|region)' plan
    cascade SMOOTH=cat >log 2>&1 || { tail -20 log; return 1; }
    cmp <(zcat "$CASCADE/cases/phantom101/p2.nii.gz" | tail -c 10000) \
        <(zcat "$CASCADE/cases/phantom101/g2.nii.gz" | tail -c 10000)
    cascade -q SMOOTH=cat "$CASCADE/results/test/table1.tsv"
}

@test "another candidate stage retrains the nets, not the forests" {
    would CANDS=cat >plan
    grep -q 'dorg-train' plan
    run -1 grep -E 'dorg-(rftrain|superpix|phantom|kde)' plan
}

@test "the history of a mask tells the whole chain" {
    dorg-info "$CASCADE/cases/phantom101/seg.nii.gz" >info
    for c in phantom superpix spfeat rfcand rconv paint gauss3d thresh; do
        grep -q "dorg-$c" info || [ "$c" = gauss3d ]
    done
}

@test "two threads a command give every file of the cascade the same bytes" {
    mkdir one two
    cp "$CASCADE/tiny.cfg" one
    cp "$CASCADE/tiny.cfg" two
    for n in one two; do
        j=1
        [ $n = one ] || j=2
        cascade RUN="$PWD/$n" P_NET="$PWD/$n/tiny.cfg" R_NET="$PWD/$n/tiny.cfg" J=$j -j2 \
            "$PWD/$n/results/test/table1.tsv" >log 2>&1 || { tail -20 log; return 1; }
    done
    compared=0
    while read -r f; do
        cmp "one/$f" "two/$f"
        compared=$((compared + 1))
    done < <(cd one && find cases models results -type f ! -name '*.list' ! -name '*.log')
    [ $compared -gt 80 ]
}
