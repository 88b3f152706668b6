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
    cascade -n "$@" | sed 's,^[^ ]*/turn *,,' | grep -oE '(^|[|] *)dorg-[a-z0-9]+' | tr -d '| ' | sort | uniq -c
}

@test "numbers go through commands: no awk in the pipelines, but for two models for people" {
    run -0 grep -rlw awk "$ROOT/pipelines"
    [ "$(sed "s:^$ROOT/pipelines/::" <<<"$output" | sort | paste -sd ' ')" = 'cost cost.awk replay' ]
}

@test "the whole cascade trains, segments and makes the table and the pictures" {
    cascade -j2 >log 2>&1 || { tail -20 log; return 1; }
    t=$CASCADE/results/test/table1.tsv
    [ "$(head -1 "$t" | tr '\t' ' ')" = 'DSC (%) Opt. S_RF P0 G(P0) P1 G(P1) P2 G(P2) CRF(P2)' ]
    [ "$(awk -F'\t' '{ print NF }' "$t" | sort -u)" = 10 ]
    awk -F'\t' '$1 == "Mean" { print $2 }' "$t" | within 20 100
    [ "$(awk -F'\t' '$1 == "n" || $1 == "failed"' "$t" | cut -f 2- | tr '\t' ' ')" = "1 1 1 1 1 1 1 1 1
0 0 0 0 0 0 0 0 0" ]
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

@test "make -n only looks: what it was told is not what was done" {
    would TRAINOPTS='--epochs 3' N_TEST=2 >plan
    grep -q 'dorg-train' plan
    cascade -q SMOOTH=cat "$CASCADE/results/test/table1.tsv"
    run -1 cascade -q SMOOTH=cat TRAINOPTS='--epochs 3' "$CASCADE/results/test/table1.tsv"
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

# same_files A B: every result of a cascade, byte for byte
same_files() {
    local compared=0 f
    while read -r f; do
        cmp "$1/$f" "$2/$f"
        compared=$((compared + 1))
    done < <(cd "$1" && find cases models results -type f ! -name '*.list' ! -name '*.log')
    [ $compared -gt 80 ]
}

@test "two threads, or runs killed in the middle of a stage: every file has the same bytes" {
    for n in one two killed; do
        mkdir $n
        cp "$CASCADE/tiny.cfg" $n
        printf 'cascade RUN="%s" P_NET="%s/tiny.cfg" R_NET="%s/tiny.cfg"' "$PWD/$n" "$PWD/$n" "$PWD/$n" >go.$n
        printf ' "$@" "%s/results/test/table1.tsv"\n' "$PWD/$n" >>go.$n
    done
    . ./go.one -j2 >log 2>&1 || { tail -20 log; return 1; }
    . ./go.two -j2 J=2 >log 2>&1 || { tail -20 log; return 1; }
    same_files one two
    # each 15th command is stopped when it has written 64 bytes, and make and all with it
    cat >killer <<'SH'
#!/bin/bash
echo >>"$COUNT"
(($(wc -l <"$COUNT") % 15)) && exec "$@"
"$@" | head -c 64
kill -9 0
SH
    chmod +x killer
    export COUNT=$PWD/count ROOT CASCADE
    declare -f cascade >fun
    kills=0
    until setsid bash -c '. ./fun; . ./go.killed SRUN="$PWD/killer"' >log 2>&1; do
        kills=$((kills + 1))
        run -1 grep 'Error' log
        [ $kills -lt 20 ]
    done
    [ $kills -ge 3 ]
    same_files one killed
}

@test "timed: seconds, peak memory, exit status and output, with GNU time or without" {
    work=(awk 'BEGIN { for (i = 0; i < 6000000; i++) s += i }')
    run -0 "$ROOT/pipelines/timed" log "${work[@]}"
    GNU_TIME=none run -0 "$ROOT/pipelines/timed" log "${work[@]}"
    GNU_TIME=none run -1 "$ROOT/pipelines/timed" log false -o gone.nii
    [ "$(cut -f 1,5,6 log)" = "awk	0	-
awk	0	-
false	1	gone.nii" ]
    sed -n 1p log | cut -f 3 | within 0.05 60
    sed -n 2p log | cut -f 3 | within 0.05 60
    [ "$(sed -n '2,3p' log | cut -f 4)" = "NA
NA" ]
    grep -qE '^false	[0-9]+\.[0-9][0-9]	[0-9]+\.[0-9][0-9]	NA' log
}
