# shellcheck shell=bash
# Loaded by bats files that run every command of test/fault/commands: the small files it names.
own_setup() {
    dorg-phantom --seed 1 --size 40,40,16 -t truth.nii -o ct.nii
    dorg-superpix -k 20000 -o labels.nii ct.nii
    dorg-spfeat -t truth.nii -o sp.tab ct.nii labels.nii
    dorg-paint -c coverage -o map.nii labels.nii sp.tab
    gzip -k map.nii
    dorg-thresh -p 0.01 -o mask.nii map.nii
    dorg-region --size 8 -o r.rec ct.nii labels.nii sp.tab
    dorg-rftrain -k 3 -o rf.forest sp.tab
    dorg-edges -o edges.tab ct.nii labels.nii sp.tab
    printf '%s\n' 'input channels=1 size=8' 'conv name=c filters=4 kernel=3' relu \
        'fc name=f outputs=2' softmax 'train batch=8 epochs=1' >tiny.cfg
    dorg-train -q -E ref --epochs 1 --cfg tiny.cfg -o tiny.net r.rec
    dorg-patch --size 8 --stride 2 -t truth.nii -o q.rec ct.nii mask.nii
    dorg-train -q -E ref --epochs 1 --cfg tiny.cfg --sampling none -o p.net q.rec
    printf '%s\n' a b c >cases.txt
    printf 'case\tct\tpatient\n1\tct.nii\t1\n2\tmap.nii\t2\n' >cohort.tsv
    mkdir -p series/a/b
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$ROOT/test/gen" /usr/bin/python3 - <<'P'
from dicom import write
for k in range(4):
    write("series/a/%s%d" % ("b/" * (k % 2), k), k, [k] * 4, 2, 2)
P
    dorg-rconv -E ref --scales 1 -n tiny.net -o p.tab ct.nii labels.nii sp.tab
}
