# pipelines/calibrate.mk: maps and truths of training cases in, operating points out
load helper

# Two phantoms whose maps are the truth itself: no smoothing and any threshold above 0 is best
own_setup() {
    for i in 1 2; do
        local c=cases/c$i
        mkdir -p "$c"
        dorg-phantom --seed $i --size 64,56,24 -t "$c/truth.nii.gz" -o "$c/ct.nii.gz"
        dorg-superpix -k 5000 -o "$c/sp.nii.gz" "$c/ct.nii.gz"
        dorg-spfeat -t "$c/truth.nii.gz" "$c/ct.nii.gz" "$c/sp.nii.gz" >sp.tab
        # p: 0.2 outside and 0.6 inside, by the truth's own rule
        awk -F'\t' -v OFS='\t' '/^#/ { print; next }
            !n { for (n = 1; n <= NF; n++) at[$n] = n; print "id", "z", "p"; next }
            { print $1, $2, 0.2 + 0.4 * $at["truth"] }' sp.tab >"$c/r2.tab"
        dorg-edges -o "$c/edgep.tab" "$c/ct.nii.gz" "$c/sp.nii.gz" "$c/r2.tab"
        cp "$c/truth.nii.gz" "$c/p2.nii.gz"
    done
}

calibrate() {
    make -s -f "$ROOT/pipelines/calibrate.mk" RUN="$PWD" MAPS=p2 SIGMAS='0 1' CUT_STEP=0.1 \
        LAMBDAS='0.01 100' "$@"
}

@test "calibrate: the best sigma, threshold and lambda, and the grid they were taken from" {
    calibrate TRAIN='c1 c2' >said
    [ "$(grep -v '^#' calibration/calib.mk)" = "$(printf 'SIGMA := 0\nP2 := 0.1\nLAMBDA := 0.01')" ]
    [ "$(wc -l <calibration/grid.p2.tsv)" -eq 23 ]
    run -0 awk -F'\t' '$1 == 0 && $2 == 0.5 { print $3, $4 }' calibration/grid.p2.tsv
    [ "$output" = "1 0" ]
    diff said calibration/calib.mk
    if command -v gnuplot; then grep -q '<svg' calibration/heat.p2.svg; fi
}

@test "calibrate: sigma is the best of the last map, each threshold the best at it" {
    needs_python nibabel
    # a map of which a fifth is wrong, voxel by voxel, is better smoothed
    /usr/bin/python3 -c '
import nibabel as nib, numpy as np
for c in "c1", "c2":
    a = nib.load("cases/%s/truth.nii.gz" % c)
    t = np.asarray(a.dataobj) != 0
    wrong = np.random.default_rng(1).random(t.shape) < 0.2
    nib.save(nib.Nifti1Image((t ^ wrong).astype("f4"), a.affine), "cases/%s/p1.nii.gz" % c)'
    calibrate TRAIN='c1 c2' MAPS='p1 p2' >/dev/null
    grep -qx 'SIGMA := 0' calibration/calib.mk
    calibrate TRAIN='c1 c2' MAPS='p2 p1' >/dev/null
    grep -qx 'SIGMA := 1' calibration/calib.mk
    for m in p1 p2; do
        best=$(awk -F'\t' '$1 == 1 && $3 > top { top = $3; t = $2 } END { print t }' calibration/grid.$m.tsv)
        grep -qx "${m^} := $best" calibration/calib.mk
    done
}

@test "calibrate: refuses the test cases of the fold whose folder it works in" {
    printf 'case\tfold\nc1\t1\nc2\t2\n' >folds.tsv
    mkdir fold1
    mv cases fold1
    run -2 calibrate RUN="$PWD/fold1" TRAIN='c1 c2'
    grep -q ' c1: test cases in .*folds.tsv' <<<"$output"
    run -2 calibrate RUN="$PWD/fold1" TRAIN=c1
    [ -z "$(find . -name calib.mk)" ]
    calibrate RUN="$PWD/fold1" TRAIN=c2 >/dev/null
    [ -s fold1/calibration/calib.mk ]
    run -2 calibrate RUN="$PWD/fold1" TRAIN=c2 FOLDLIST="$PWD/folds.tsv" FOLD=2
}

@test "calibrate: a new sigma rebuilds, nothing else does; no cases, no result" {
    calibrate TRAIN=c1 >/dev/null
    touch mark
    calibrate TRAIN=c1 >/dev/null
    [ -z "$(find calibration -newer mark)" ]
    calibrate TRAIN=c1 SIGMAS='0 2' >/dev/null
    grep -q '^2' calibration/grid.p2.tsv
    run -2 calibrate
}
