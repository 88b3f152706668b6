#!/usr/bin/env bats
# make candidates: boosted candidates, every patient judged by the fold that never saw it
load helper

# Three patients with two slices each, and one of them whole.
own_setup() {
    mkdir -p data/nih-slices data/nih-pancreas-ct
    printf 'case\tpatient\tz\n' >data/nih-slices/LIST.tsv
    for p in 1 2 3; do
        dorg-phantom --seed $p --size 64,56,24 -t t.nii -o ct.nii
        for z in 11 12; do
            name=PANCREAS_000${p}_z0$z
            dorg-crop --z $z,$z -o data/nih-slices/${name}_ct.nii.gz ct.nii
            dorg-crop --type u8 --z $z,$z -o data/nih-slices/${name}_label.nii.gz t.nii
            printf '%s\t000%d\t%d\n' $name $p $z >>data/nih-slices/LIST.tsv
        done
        [ $p != 1 ] || cp ct.nii whole.nii
        [ $p != 1 ] || cp t.nii whole-t.nii
    done
    dorg-crop -o data/nih-pancreas-ct/PANCREAS_0001_ct.nii.gz whole.nii
    dorg-crop --type u8 -o data/nih-pancreas-ct/PANCREAS_0001_label.nii.gz whole-t.nii
}

candidates() {
    make --no-print-directory -C "$ROOT/pipelines" candidates DATA="$PWD/data" RUN="$PWD/run" K=9000 \
        RECALL=0.8 BELOW=-10000,10000 "$@"
}

@test "candidates: a table by patients, the whole scan in it; made again only where something changed" {
    candidates >said 2>&1
    cut -f1-4 run/table.tsv >head
    printf 'judged\tstage\tpatients\tcases\nslices\tcandidates\t3\t6\nPANCREAS_0001_whole\tcandidates\t1\t1\n' | cmp - head
    awk -F'\t' 'NR > 1 && !($5 > 30 && $6 > 0) { exit 1 }' run/table.tsv
    grep -q 'in 3 folds by case' run/learned
    grep -q '3 cases' run/learned
    candidates >said 2>&1
    run -1 grep dorg- said
    candidates RECALL=0.5 >said 2>&1
    run -1 grep dorg-superpix said
    grep -q dorg-rftrain said
}

@test "candidates: each patient by the fold that never saw it, learned as dorg-choices(7) says" {
    candidates >said 2>&1
    differ=0
    for c in PANCREAS_0001_z011 PANCREAS_0002_z012 PANCREAS_0003_z011 PANCREAS_0001_whole; do
        d=run/cases/$c opts=() from=data/nih-slices/$c
        [ $c != PANCREAS_0001_whole ] || opts=(--along 4 --below=-10000,10000)
        [ $c != PANCREAS_0001_whole ] || from=data/nih-pancreas-ct/PANCREAS_0001
        group=${c#PANCREAS_}
        dorg-superpix -k 9000 -w 0,255 --air ${from}_ct.nii.gz | dorg-cmp - $d/sp.nii.gz
        dorg-spfeat --landmarks --label-rule coverage:0.1 --group "${group%%_*}" -t ${from}_label.nii.gz ${from}_ct.nii.gz $d/sp.nii.gz |
            cmp <(grep -v '^#@' $d/sp.tab) <(grep -v '^#@' -)
        dorg-rfcand --oob "${opts[@]}" -f run/boost.forest $d/sp.tab | dorg-paint --value 1 $d/sp.nii.gz - | dorg-cmp - $d/cand.nii.gz
        dorg-rfcand "${opts[@]}" -f run/boost.forest $d/sp.tab | dorg-paint --value 1 -o all.nii.gz $d/sp.nii.gz -
        dorg-cmp -q all.nii.gz $d/cand.nii.gz || differ=1
    done
    [ $differ = 1 ]
    dorg-info run/boost.forest >info
    for o in learner.boost unweighted hard recall.0.8 odd.0.1 seed.1; do grep -qE -- "dorg-rftrain .*--$o( |$)" info; done
}

@test "candidates: no data, one clear line" {
    run -2 make --no-print-directory -C "$ROOT/pipelines" candidates DATA="$PWD/none" RUN="$PWD/run"
    grep -q 'LIST.tsv' <<<"$output"
}
