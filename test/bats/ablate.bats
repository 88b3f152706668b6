# pipelines/ablate.mk: its tables, and the whole of it on tiny phantoms; slabs.mk's usage
load helper

# scores FILE DSC...: a table as of dorg-dice
scores() {
    local f=$1 i=0
    shift
    mkdir -p "$(dirname "$f")"
    printf '#dorg-dice 1\n' >"$f"
    printf '%s\n' case label threshold n_ref n_pred tp fp fn dsc jaccard precision recall volume_error \
        assd_mm hd_mm hd95_mm nsd status | paste -s >>"$f"
    for v in "$@"; do printf 'c%d\tany\tNA\t9\t9\t9\t0\t0\t%s\t1\t1\t1\t0\t2\t2\t2\t1\tok\n' $((++i)) "$v" >>"$f"; done
    printf '%s\n' "$@" | awk '
        function row(name, v) { printf "#%s\tany\tNA\t9\t9\t9\t0\t0\t%s\t1\t1\t1\t0\t2\t2\t2\t1\t-\n", name, v }
        { s += $1 } END { row("mean", s / NR); row("sd", 0.1); row("min", 0.1); row("max", 0.9); row("n", NR) }' >>"$f"
}

@test "ablate.sh: differences are paired by case, and p is Wilcoxon's" {
    for d in a b; do
        scores $d/g0-mask.tsv 0.5 0.5 0.5 0.5 0.5 0.5
        scores $d/g1-mask.tsv 0.6 0.6 0.6 0.6 0.6 0.6
    done
    # against G(P0): 0.1 to 0.5 better, all six: p = 2 / 2^6; means are not medians
    scores a/g2-mask.tsv 0.6 0.7 0.8 0.9 1.0 0.86
    scores b/g2-mask.tsv 0.59 0.68 0.77 0.86 0.95 0.80
    mkdir out
    "$ROOT/pipelines/ablate.sh" a b out 'G(P0):g0-mask' 'G(R2):g2-mask'
    grep -q '^# 6 test cases: no p can be below 0.031$' out/ablation.tsv
    run -0 awk -F'\t' '$1 == "G(R2)" { print $2, $3, $4, $9, $10, $11, $13, $14 }' out/ablation.tsv
    [ "${lines[0]}" = "same 6 81.0 +31.0 0.0312 +21.0 NA NA" ]
    [ "${lines[1]}" = "inner 6 77.5 +27.5 0.0312 +17.5 -3.5 0.0312" ]
    run -0 awk -F'\t' '$1 == "G(R2)" && $2 == "inner" && $3 == "c2" { print $4, $5, $6, $7 }' out/ablation-cases.tsv
    [ "$output" = "68.00 +18.00 +8.00 -2.00" ]
    [ -z "$(find out -type d -name 'ablation.*')" ]
    # what is not there is not compared with
    rm ?/g1-mask.tsv
    "$ROOT/pipelines/ablate.sh" a b out 'G(R2):g2-mask'
    run -0 awk -F'\t' '$1 == "G(R2)" && $2 == "inner" { print $11, $12 }' out/ablation.tsv
    [ "$output" = 'NA NA' ]
    run -0 awk -F'\t' '$3 == "c2" { print $2, $4, $5, $6, $7 }' out/ablation-cases.tsv
    [ "$output" = 'same 70.00 +20.00 NA NA
inner 68.00 +18.00 NA -2.00' ]
}

@test "ablate: two tiny trainings, every variant in the table; a second call trains nothing" {
    printf 'input channels=3 size=16\nconv name=c filters=8 kernel=5 stride=2\nrelu\nfc name=f outputs=2 init_w=0.01\nsoftmax\ntrain batch=32 epochs=2 momentum=0.9 decay=5e-4 rate_w=const:0.01 rate_b=const:0.01\n' >tiny.cfg
    cat >run.sh <<SH
make -f "$ROOT/pipelines/ablate.mk" RUN="$PWD/run" N_TRAIN=2 N_TEST=2 INNER=2 SIZE=64,64,16 P_NET="$PWD/tiny.cfg" R_NET="$PWD/tiny.cfg" P_MAX=200 R_MAX=100 E_MAX=60 N_T=0 TREES=5 SCALES=1 LAMBDAS=1 TRAINOPTS=-q
SH
    bash run.sh >log 2>&1 || { tail -30 log; return 1; }
    [ "$(grep -c . run/results/ablation.tsv)" -eq 31 ] # 14 rows twice, header, two comments
    [ "$(awk -F'\t' '!/^#/ && $3 != 2 && n++' run/results/ablation.tsv)" = "" ]
    [ "$(awk -F'\t' 'NR > 1 { n++ } END { print n }' run/results/ablation-cases.tsv)" -eq 56 ]
    # what does not depend on inner folds is there once
    cmp run/same/models/p.net run/inner/models/p.net
    [ run/same/models/p.net -ot run/inner/models/p.inner1.net ]
    [ ! -e run/same/models/p.inner1.net ]
    # and what lies between stays
    for f in crf-hu.tab crf-3d.tab between.tab refine.nii.gz largest.nii.gz; do [ -s run/inner/cases/phantom102/$f ]; done
    touch mark
    sleep 1
    bash run.sh >log 2>&1
    [ -z "$(find run -name '*.net' -newer mark)" ]
    [ -z "$(find run -name '*-mask.nii.gz' -newer mark)" ]
}

@test "compare-nets: two nets on the same patches, both in the tables; a second call trains nothing" {
    mkdir nets
    for n in 8 4; do
        printf 'input channels=3 size=16\nconv name=c filters=%d kernel=5 stride=2\nbnorm name=n\nrelu\nfc name=f outputs=2 init_w=0.01\nsoftmax\ntrain batch=32 epochs=2 momentum=0.9 decay=5e-4 rate_w=const:0.01 rate_b=const:0.01\n' $n >nets/n$n.cfg
    done
    cat >run.sh <<SH
make -f "$ROOT/pipelines/compare-nets.mk" RUN="$PWD/run" NETS="$PWD/nets" A=n8 B=n4 N_TRAIN=2 N_TEST=2 SIZE=64,64,16 P_MAX=200 V_MAX=50 R_MAX=60 TREES=5 SCALES=1 STACK=\$1 EPOCHS=2 TRAINOPTS=-q
SH
    bash run.sh >log 2>&1 || { tail -30 log; return 1; }
    run -0 cut -f 1,2,3,4 run/results/ablation.tsv
    [ "${lines[2]}" = "$(printf 'row\tnet\tn\tdsc')" ]
    [ "$(awk -F'\t' '!/^#/ { print $1, $2, $3, $11, $12 }' run/results/ablation.tsv)" = "row net n vs_g_p1 p
P0 n8 2 NA NA
P0 n4 2 NA NA
G(P0) n8 2 NA NA
G(P0) n4 2 NA NA" ]
    [ "$(awk -F'\t' 'NR > 1 { print $1, $2, NF }' run/results/nets.tsv)" = "n8 1218 7
n4 610 7" ]
    awk 'NR > 1' run/results/nets.tsv | cut -f 6,7 | tr '\t' '\n' | within 0 1
    awk 'NR > 1' run/results/nets.tsv | cut -f 4 | within 1e-9 1e9
    cmp run/n8/cases/phantom1/p.rec run/n4/cases/phantom1/p.rec
    run -1 cmp -s run/n8/models/p.net run/n4/models/p.net
    touch mark
    sleep 1
    bash run.sh yes >log 2>&1 || { tail -30 log; return 1; }
    [ -z "$(find run -name 'p.net' -newer mark)" ]
    [ "$(awk -F'\t' '!/^#/ { n++ } END { print n }' run/results/ablation.tsv)" -eq 9 ]
}

@test "slabs: without its four files it says what it needs" {
    run -2 make -s -C "$ROOT/pipelines" slabs
    grep -q 'usage: make slabs CT=' <<<"$output"
}

@test "slabs, ablate: many cases are planned at all" {
    touch ct.nii truth.nii
    timeout 300 make -n -f "$ROOT/pipelines/slabs.mk" CT=ct.nii TRUTH=truth.nii TEST_CT=ct.nii TEST_TRUTH=truth.nii \
        THICK=1 RUN=slabs >plan 2>said
    [ "$(grep -c '^dorg-patch .*/slab[0-9]*/p.rec' plan)" -eq 80 ]
    timeout 300 make -n -f "$ROOT/pipelines/ablate-run.mk" PIPE=phantom N_TRAIN=60 RUN=phantoms ablation >plan 2>said
    [ "$(grep -c '^dorg-patch .*/phantom[0-9]*/p.rec' plan)" -eq 60 ]
    [ "$(grep -c '^dorg-clean .*/largest.nii.gz' plan)" -eq 3 ]
}

@test "slabs: folds from all over, all their nets on a new patient, whose maps are levelled" {
    for i in 1 2 3; do
        dorg-phantom --seed $i --size 56,56,20 -t t$i.nii.gz -o c$i.nii.gz
    done
    printf '%s\n' 'input channels=1 size=12' 'conv name=c filters=6 kernel=3' 'bnorm name=b' relu \
        'pool kernel=3 stride=2' 'fc name=f outputs=2' softmax \
        'train batch=32 epochs=1 rate_w=cosine:0.02,10 rate_b=cosine:0.02,10' >tiny.cfg
    slabs() {
        make --no-print-directory -f "$ROOT/pipelines/slabs.mk" CT=c1.nii.gz TRUTH=t1.nii.gz \
            TEST_CT='c2.nii.gz c3.nii.gz' TEST_TRUTH='t2.nii.gz t3.nii.gz' RUN="$PWD/run" FIRST=6 LAST=17 \
            THICK=3 INNER=2 K=20000 TREES=8 P_NET=tiny.cfg R_NET=tiny.cfg N_T=0 P_MAX=300 R_MAX=100 \
            E_MAX=60 CUT_STEP=0.1 LAMBDAS=1 SCALES=1 TRAINOPTS=-q "$@"
    }
    slabs -j2 models table >log 2>&1 || { tail -30 log; return 1; }
    # a slab's fold is left out by the net that judges it: slabs 1 and 3, 2 and 4
    run -0 grep -oE 'slab[0-9]+' <(grep 'p.inner1.net.log' log)
    [ "$(sort -u <<<"$output" | paste -s -d ' ')" = 'slab2 slab4' ]
    grep -qE 'dorg-pconv .*p.inner1.net -m .*slab3/' log
    grep -qE 'dorg-rconv .*r2.net .*r2.inner1.net .*r2.inner2.net .*test2/' log
    # the new patients' maps have the mean of the old one's
    for c in test1 test2; do
        dorg-level --mean -m run/cases/$c/cand.nii.gz run/cases/$c/p0.nii.gz | cut -f 1 >got
        cut -f 1 run/models/level.p0 | paste got - | awk '{ print $1 / $2 }' | within 0.999 1.001
        dorg-level --mean -c p run/cases/$c/r2.tab | cut -f 1 >got
        cut -f 1 run/models/level.r2 | paste got - | awk '{ print $1 / $2 }' | within 0.999 1.001
    done
    slabs -q LEVEL=dorg-level run/results/test/table1.tsv
    slabs -n LEVEL= table >plan 2>&1
    run -1 grep -E 'dorg-(rftrain|superpix)|PTRAIN|p.net.log' plan
    run -2 slabs TEST_TRUTH=t2.nii.gz
    grep -q 'TEST_CT names 2 scans, TEST_TRUTH 1 labels' <<<"$output"
}
