# What only real scans can show, at DORG_DATA.
load helper

@test "scans: the download's miniature; the axes that its series states put the lungs on top" {
    needs_data
    needs_python nibabel
    make -s -f "$ROOT/pipelines/pancreas-ct.mk" TCIA="$DORG_DATA/nih-mini-tcia" OUT=o
    [ "$(cut -f1 o/cohort.tsv | paste -sd,)" = case,0001 ]
    gzip -dc "$DORG_DATA"/nih-mini-tcia/TCIA*/label0001.nii.gz | tail -c $((512 * 512 * 40)) | cmp - <(zcat o/0001/truth.nii.gz | tail -c $((512 * 512 * 40)))
    dorg-info "$DORG_DATA/nih-pancreas-ct/PANCREAS_0001_label.nii.gz" >info
    grep '^voxels: 512 x 512 x 240$' info
    grep '^not_zero: .* 57\.8' info
    /usr/bin/python3 - o/0001/ct.nii.gz "$DORG_DATA/nih-pancreas-ct/PANCREAS_0001_ct.nii.gz" <<'P'
import sys
import nibabel as nib
import numpy as np
ct, whole = (nib.as_closest_canonical(nib.load(f)) for f in sys.argv[1:])
x, y = (np.asanyarray(v.dataobj) for v in (ct, whole))
assert nib.aff2axcodes(nib.load(sys.argv[1]).affine) == ("L", "A", "I")
assert np.array_equal(x, y[:, :, 100:140])
body = y[100:412, 100:412]
air = ((body > -950) & (body < -500)).mean(axis=(0, 1))
assert air[-40:].mean() > 2 * air[:40].mean(), air
P
}

@test "scans: an odd volume is read or refused, whole and damaged; never a crash" {
    needs_data
    for f in "$DORG_DATA"/odd/*; do
        rc=0
        dorg-info "$f" >out.txt 2>err || rc=$?
        case $rc in
        0)
            [ -s out.txt ]
            [ ! -s err ]
            ;;
        3 | 4)
            [ ! -s out.txt ]
            [ "$(wc -l <err)" -eq 1 ]
            ;;
        *) echo "$f: exit $rc"; cat err; return 1 ;;
        esac
    done
    "$B/test/fuzz/fuzz" vol 60 1 "$DORG_DATA"/odd/*.nii "$DORG_DATA"/odd/*.nii.gz
}

@test "scans: the optimal DSC of entropy rate superpixels beats slic and squares" {
    needs_data
    scan 0003_slab89-93
    for m in ers slic grid; do
        dorg-superpix -j 2 --method $m "$ct" | dorg-spscore --ct "$ct" "$truth" - >$m.tab
        awk '!/^#/ && $1 == 1 { print $6 }' $m.tab
    done >opt
    awk '{ v[NR] = $1 } END { exit !(v[1] > 0.84 && v[1] < 0.86 && v[1] > v[2] && v[1] > v[3] && v[3] > 0.8) }' opt
}

@test "scans: segmented with the model in the box" {
    needs_data
    dice() {
        dorg-dice --no-surface "$@" | LC_ALL=C awk -F'\t' '/^#/ { next }
            !n { for (i = 1; i <= NF; i++) at[$i] = i; n = 1; next } { print $at["dsc"] }'
    }
    data=$DORG_DATA/nih-0006-slab
    run -0 make --no-print-directory -C "$ROOT/pipelines" segment CT="$data/PANCREAS_0006_slab58-137_ct.nii.gz" OUT="$PWD/mask.nii.gz"
    # the model has seen this patient: a test that it runs, not of how good it is
    dice mask.nii.gz "$data/PANCREAS_0006_slab58-137_label.nii.gz" | within 0.6 1
}
