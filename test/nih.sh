#!/bin/bash
# nih.sh N FOLDER: a miniature of the Pancreas-CT download, N phantoms as DICOM series with labels,
# goes from the download to the table by itself: import, folds, cross-validation.  Every case is
# judged once, none fails, the scans of one patient share a fold, and a second make does nothing.
set -eu -o pipefail
n=$1 dir=$2
here=$(cd "$(dirname "$0")/.." && pwd)
export PATH=$here/build/bin:$PATH LC_ALL=C
mkdir -p "$dir"
cd "$dir"
fail() { echo "nih.sh: $*" >&2; exit 1; }
pipeline() { make -s --no-print-directory -j"$(nproc)" -C "$here/pipelines" "$@"; }

# ---- the download ----
labels=download/TCIA_pancreas_labels-02-05-2017
mkdir -p $labels
for i in $(seq "$n"); do
    id=$(printf %04d "$i")
    series=download/manifest-1599750808610/Pancreas-CT/PANCREAS_$id/11-24-2015/1.2.826.0.1
    [ ! -d "$series" ] || continue
    mkdir -p "${series%/*}"
    dorg-phantom --seed "$i" --size 56,56,20 -t truth.nii -o ct.nii
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here/test/gen /usr/bin/python3 "$here/test/gen/series.py" ct.nii truth.nii "$series" $labels/label"$id".nii.gz
done

# ---- import ----
# (voxels of 6 mm hold part of what lies beside the organ)
pipeline pancreas-ct TCIA=download OUT=nih RELABEL='dorg-relabel --least 0.8' >import.log 2>&1 || { tail -5 import.log; fail 'import'; }
cases() { tail -n +2 "$1" | wc -l; }
[ "$(cases nih/cohort-82.tsv)" = "$n" ] || fail "$(cases nih/cohort-82.tsv) of $n cases imported"
[ ! -s nih/refused.tsv ] || fail 'a case was refused'
if [ "$n" = 82 ]; then [ "$(cases nih/cohort.tsv)" = 80 ] || fail 'not 80 cases without the withdrawn ones'; fi
gzip -dc nih/0001/truth.nii.gz >back.nii
dorg-phantom --seed 1 --size 56,56,20 -t truth.nii -o ct.nii
dorg-cmp ct.nii nih/0001/ct.nii.gz || fail 'a scan is not what it was'
dorg-cmp truth.nii back.nii || fail 'a label is not where it was'

# ---- folds and cross-validation ----
printf '%s\n' 'input channels=3 size=12' 'conv name=c filters=6 kernel=3' 'bnorm name=b' relu 'pool kernel=3 stride=2' \
    'fc name=f outputs=2' softmax 'train batch=32 epochs=1 rate_w=cosine:0.02,10 rate_b=cosine:0.02,10' >tiny.cfg
cv() {
    pipeline cv COHORT=nih/cohort-82.tsv RUN=cv P_NET=tiny.cfg R_NET=tiny.cfg K=20000 TREES=4 N_T=1 P_MAX=60 R_MAX=40 E_MAX=40 \
        SCALES=1 CUT_STEP=0.2 LAMBDAS=1 INNER=0 IN_SAMPLE= TRAINOPTS=-q
}
cv >cv.log 2>&1 || { tail -20 cv.log; fail 'cross-validation'; }
for t in cv/results/test/*-mask.tsv cv/results/test/crf.tsv; do
    [ "$(grep -c '^0' "$t")" = "$n" ] || fail "$t: not every case once"
    [ "$(awk -F'\t' '$1 == "#n_failed" { print $9 }' "$t")" = 0 ] || fail "$t: a case failed"
done
[ "$(awk -F'\t' '$1 == "n" { print $2 }' cv/results/test/table1.tsv)" = "$n" ] || fail 'Table 1 lacks cases'
if [ "$n" -ge 70 ]; then
    [ "$(awk -F'\t' '$1 == "0002" || $1 == "0025" || $1 == "0070" { print $2 }' cv/folds.tsv | sort -u | wc -l)" = 1 ] ||
        fail 'the scans of one patient are in several folds'
fi
touch mark
sleep 1
cv >again.log 2>&1 || fail 'the second make'
[ -z "$(find cv -newer mark \( -name '*.net' -o -name '*.nii.gz' -o -name '*.forest' \))" ] || fail 'something was made twice'
[ -z "$(find nih cv -name '*.part')" ] || fail 'something half-made was left'
echo "$n cases from the download to the table"
tail -n +2 cv/results/test/table1.tsv | head -1
