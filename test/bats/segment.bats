#!/usr/bin/env bats
# segment: a scan in; a mask, a volume, a word of confidence and a picture out
load helper

# A model of one small net that has learned what is bright from a phantom.
own_setup() {
    mkdir model
    dorg-phantom --seed 1 --size 64,56,24 -t truth.nii -o ct.nii
    dorg-tissue -o tissue.nii ct.nii
    printf '%s\n' 'input channels=2 size=8' 'fc outputs=2' softmax \
        'train batch=16 epochs=6 rate_w=const:0.001 rate_b=const:0.001' >n.cfg
    dorg-patch --stride 1 --size 8 --axial 5,12 -w 0,200 --balance -t truth.nii -o p.rec ct.nii tissue.nii
    dorg-train -q -E ref --cfg n.cfg --no-flip -o model/p1.net p.rec
    printf '%s\n' WINDOW=0,200 TISSUE_HU=10,230 BELOW=-20,90 EVERY=8,8 SLICE_EVERY=5,0 SIGMA_MM=4 CUT=0.5 VOLUME=20,200 BAND=8 LAMBDA=1.5 BY_HU=0.5 PITCH=0.5,20 \
        THICK=20 BRIGHT=0,255 >model/settings
}

segment() {
    make --no-print-directory -C "$ROOT/pipelines" segment MODEL="$PWD/model" J=1 "$@"
}

@test "segment: mask, picture, volume and a word; nothing else is left" {
    run -0 segment CT=ct.nii OUT=out/mask.nii.gz
    dorg-info out/mask.nii.gz >info
    grep -q '^type: uint8' info
    ml=$(awk '$1 == "not_zero:" { print $4 }' info)
    LC_ALL=C awk -F= -v ml="$ml" '$1 == "volume_ml" { n++; if ($2 - ml > 0.06 || ml - $2 > 0.06) bad = 1 }
        END { exit bad || n != 1 }' out/mask.txt
    [ "$(grep -c '^confidence=\(good\|fair\|doubtful\)$' out/mask.txt)" = 1 ]
    [ "$(head -c 4 out/mask.png | tail -c 3)" = PNG ]
    [ "$(find out -type f | wc -l)" = 4 ]
    [ "$(find out -mindepth 1 | wc -l)" = 4 ]
    # the same for programs
    /usr/bin/python3 - out/mask.json "$ml" <<'P'
import json, re, sys
j = json.load(open(sys.argv[1]))
(label,) = j["labels"]
assert abs(label["volume_ml"] - float(sys.argv[2])) < 1e-3 and label["label"] == 1
assert label["hu_min"] <= label["hu_mean"] <= label["hu_max"] and label["hu_sd"] > 0
text = dict(line.rstrip().split("=", 1) for line in open("out/mask.txt") if not line.startswith("doubt="))
assert j["notes"]["confidence"] == text["confidence"] and j["notes"]["certainty"] == float(text["certainty"])
assert j["notes"]["model"] == "model" and j["notes"]["CUT"] == 0.5 and j["notes"]["EVERY"] == "8,8"
doubts = [line.rstrip()[6:] for line in open("out/mask.txt") if line.startswith("doubt=")]
assert j["warnings"] == doubts
assert re.fullmatch(r"[0-9.]+", j["version"])
assert any(line.startswith("dorg-pconv ") for line in j["history"]), j["history"]
P
}

@test "segment: it is what the stages give one by one, and several nets are averaged" {
    dorg-train -q -E ref --seed 2 --cfg n.cfg --no-flip -o model/p2.net p.rec
    run -1 dorg-cmp model/p1.net model/p2.net
    run -0 segment CT=ct.nii OUT=mask.nii
    dorg-tissue --below=-20,90 -o where.nii ct.nii
    run -1 dorg-cmp tissue.nii where.nii
    dorg-pconv -E auto --every 8,8 --coarse 2 -q -n model/p1.net -n model/p2.net -m where.nii ct.nii | dorg-gauss3d --mm -s 4 |
        tee g0.nii | dorg-thresh -p 0.5 --volume 20,200 | dorg-clean -k 1 --fill-slices -o cut.nii
    used=$(dorg-thresh -v -p 0.5 --volume 20,200 -o /dev/null g0.nii 2>&1 | sed -n 's/.*: cut at //p')
    dorg-refine --band 8 -l 1.5 --intensity 0.5 -P g0.nii -p "$used" ct.nii cut.nii | dorg-clean -k 1 --fill-slices -o want.nii
    dorg-cmp want.nii mask.nii
}

@test "segment: of a few slices no volume is asked, and pieces stay" {
    dorg-crop --z 10,13 --type i16 -o part.nii ct.nii
    run -0 segment CT=part.nii OUT=mask.nii
    dorg-tissue part.nii | dorg-pconv -E auto --every 5,0 -q -n model/p1.net -m - part.nii | dorg-gauss3d --mm -s 4 -o g0.nii
    dorg-thresh -p 0.5 g0.nii | dorg-clean -k 0 --fill-slices -o cut.nii
    dorg-refine --band 8 -l 1.5 --intensity 0.5 -P g0.nii -p 0.5 part.nii cut.nii | dorg-clean -k 0 --fill-slices -o want.nii
    dorg-cmp want.nii mask.nii
    grep '^doubt=too little of the body' mask.txt
}

@test "segment: nothing found is said, and fails" {
    needs_python nibabel
    /usr/bin/python3 - <<'EOF'
import nibabel as nib, numpy as np
a = nib.load("ct.nii")
nib.save(nib.Nifti1Image(np.full(a.shape, -1000, "i2"), a.affine), "air.nii")
EOF
    run -3 dorg segment air.nii -o "a mask.nii.gz" MODEL="$PWD/model" J=1
    [[ $output != *dorg-pconv* ]]
    [[ $output != *'***'* ]]
    grep -qx 'doubt=nothing was found' "a mask.txt"
    run -2 segment CT=air.nii OUT=mask.nii.gz
    [[ $output == *'not to be trusted'* ]]
    grep -qx 'doubt=nothing was found' mask.txt
    grep -qx 'confidence=doubtful' mask.txt
    grep -q '"volume_ml": 0, "hu_mean": null' mask.json
    grep -q '"warnings": ."nothing was found"' mask.json
    dorg-info mask.nii.gz | grep -q '^not_zero: 0 '
}

@test "segment: dorg segment takes any name, and has a code for a mask not to be trusted" {
    segment CT=ct.nii OUT='the mask.nii.gz'
    dir="Anna's \"scans\" (2) \$HOME #1"
    mkdir "$dir"
    cp ct.nii "$dir/a scan.nii"
    run -0 dorg segment -v "$dir/a scan.nii" -o "$dir/new folder/the mask.nii.gz" MODEL="$PWD/model" J=1
    [[ $output == *dorg-pconv* ]]
    dorg-cmp 'the mask.nii.gz' "$dir/new folder/the mask.nii.gz"
    cmp 'the mask.txt' "$dir/new folder/the mask.txt"
    cmp 'the mask.png' "$dir/new folder/the mask.png"
    [ "$(find "$dir/new folder" -mindepth 1 | sed 's,.*/,,' | sort | paste -sd,)" = 'the mask.json,the mask.nii.gz,the mask.png,the mask.txt' ]
    run -2 dorg segment "$dir/no scan.nii" -o "$dir/mask.nii" MODEL="$PWD/model"
    run -2 dorg segment ct.nii -o "$dir/mask.mha" MODEL="$PWD/model"
    [[ $output == *'OUT ends in .nii, .nii.gz or .nii.zst'* ]]
}

@test "segment: make takes such names, too: of scan, mask, model and run, and of the folder one stands in" {
    segment CT=ct.nii OUT=mask.nii
    mkdir "Anna's \"scans\" (2)"
    mv ct.nii "Anna's \"scans\" (2)/my  \"scan\".nii"
    mv model "Anna's \"scans\" (2)/the model"
    cd "Anna's \"scans\" (2)"
    find . | LC_ALL=C sort >../before
    make --no-print-directory -C "$ROOT/pipelines" segment CT='my  "scan".nii' OUT="it's.nii  a mask.nii" MODEL='the model' RUN='on the way' J=1
    find . | LC_ALL=C sort | LC_ALL=C comm -13 ../before - | sed "s,^./,," >../new
    [ "$(paste -sd, ../new)" = "it's.nii  a mask.json,it's.nii  a mask.nii,it's.nii  a mask.png,it's.nii  a mask.txt" ]
    dorg-cmp ../mask.nii "it's.nii  a mask.nii"
    cmp ../mask.txt "it's.nii  a mask.txt"
    grep -q '"model": "the model"' "it's.nii  a mask.json"
}

@test "segment: what cannot be written is told before the work, and not as a doubt" {
    for out in /dev/null/mask.nii /proc/no/mask.nii model/p1.net/mask.nii; do
        run -2 segment CT=ct.nii OUT=$out RUN=own
        [[ $output == *"OUT: "*"$out cannot be written"* ]]
        [ ! -e own ]
    done
    mkdir mask.nii
    run -2 segment CT=ct.nii OUT=mask.nii RUN=own
    [[ $output == *"mask.nii cannot be written"* ]]
    [ ! -e own ]
    ln -s /dev/full m.json
    run -2 segment CT=ct.nii OUT=m.nii
    [[ $output == *"segment: error: $PWD/m.json could not be written"* ]]
    [[ $output != *"not to be trusted"* ]]
    rm -r m.*
    ln -s /dev/full m.txt
    run -2 segment CT=ct.nii OUT=m.nii
    [[ $output == *"segment: error: $PWD/m.txt could not be written"* ]]
    [[ $output != *"not to be trusted"* ]]
}

@test "segment: a run that was stopped goes on with what is still asked for; what it did not make it leaves" {
    dorg-phantom --seed 2 --size 64,56,24 -o other.nii
    touch -d '3 days ago' other.nii
    segment CT=ct.nii OUT=first.nii SIGMA_MM=3
    segment CT=other.nii OUT=second.nii
    run -1 dorg-cmp first.nii second.nii
    mkdir -p way/scan
    echo mine | tee way/mine >way/scan/mine
    segment CT=ct.nii OUT=mask.nii RUN=way KEEP=yes
    [ -s way/scan/g0.nii.gz ]
    # another setting, then another and older scan
    segment CT=ct.nii OUT=mask.nii RUN=way KEEP=yes SIGMA_MM=3
    dorg-cmp first.nii mask.nii
    segment CT=other.nii OUT=mask.nii RUN=way
    dorg-cmp second.nii mask.nii
    [ "$(find way -type f | sort | paste -sd,)" = way/mine,way/scan/mine ]
    # make -n only looks
    make -n --no-print-directory -C "$ROOT/pipelines" segment CT="$PWD/ct.nii" OUT="$PWD/none/mask.nii" MODEL="$PWD/model" >plan
    grep -q dorg-refine plan
    [ ! -e none ]
}

@test "segment: a pitch or contrast that the model does not know is said" {
    sed -i 's/^PITCH=.*/PITCH=0.5,1.1/; s/^BRIGHT=.*/BRIGHT=1,2/' model/settings
    segment CT=ct.nii OUT=mask.nii.gz || true
    grep '^doubt=soft tissue of .*: another contrast phase?$' mask.txt
    grep -qx 'confidence=doubtful' mask.txt
    grep '^doubt=pixels of .* the model knows 0.5 to 1.1 mm' mask.txt
}

@test "segment: settings are data; a line that is none is passed over" {
    # shellcheck disable=SC2016
    printf '%s\n' 'EVERY=$(shell touch ran)' 'CUT=0.5;touch ran' 'HERE=/tmp' 'SMOOTH=touch ran' >>model/settings
    run -0 segment CT=ct.nii OUT=mask.nii.gz
    [ ! -e ran ]
    [ ! -e "$ROOT/pipelines/ran" ]
}

@test "segment: refusals" {
    run -2 segment CT=ct.nii
    [[ $output == *'usage: make segment'* ]]
    rm model/settings
    run -2 segment CT=ct.nii OUT=mask.nii.gz
    [[ $output == *'no settings in'* ]]
    run -2 segment CT=absent.nii OUT=mask.nii.gz MODEL="$ROOT/pipelines/models/nih"
    [ ! -e mask.nii.gz ]
    echo junk >junk.nii
    run -2 segment CT=junk.nii OUT=mask.nii.gz MODEL="$ROOT/pipelines/models/nih"
    [[ $output == *"$PWD/junk.nii cannot be read as a scan"* ]]
    [ -z "$(find . -name 'mask*')" ]
}

@test "segment: the model in the box is whole, small, and reads" {
    model=$ROOT/pipelines/models/nih
    [ -e "$model/settings" ] || skip "no model was made"
    [ -e "$model/CARD" ]
    [ "$(du -sk "$model" | cut -f 1)" -le 4096 ]
    n=0
    for net in "$model"/p*.net; do
        dorg-info "$net" | grep -q 'axial patches'
        n=$((n + 1))
    done
    [ "$n" -ge 1 ]
    grep -q 'CC BY 3.0' "$model/CARD"
}

@test "segment: a folder of DICOM files is a scan like its volume" {
    needs_python struct
    /usr/bin/python3 "$ROOT/test/gen/tcia.py" t doi
    series=$(dirname "$(find t -path '*PANCREAS_0001*' -name '*.dcm' | sort | head -n 1)")
    dorg-dicom -o volume.nii "$series"
    run segment CT="$series" OUT=a.nii
    [ -s a.nii ]
    run segment CT=volume.nii OUT=b.nii
    dorg-cmp a.nii b.nii
    mkdir empty
    run -2 segment CT=empty OUT=c.nii
    [ ! -e c.nii ]
}

@test "segment: over a list, a mask and a word each; what is doubtful is done, and named" {
    dorg-thresh -p 9999 -o air.nii ct.nii
    echo junk >junk.nii
    cp truth.nii t2.nii
    cp truth.nii t3.nii
    printf '%s\t%s\t%s\n' case ct truth a ct.nii truth.nii b air.nii t2.nii c junk.nii t3.nii >list.tsv
    cohort() { "$ROOT/pipelines/run" cohort COHORT=list.tsv MODELS=model RUN=run "$@" 2>&1; }
    run -5 cohort
    segment CT=ct.nii OUT=mask.nii.gz
    cmp mask.nii.gz run/cases/a/seg.nii.gz
    cmp mask.txt run/cases/a/seg.txt
    [ "$(head -c 4 run/cases/a/seg.png | tail -c 3)" = PNG ]
    [ "$(cut -f1,2 run/status.tsv | paste -sd' ')" = $'case\tstate a\tdone b\tdone c\tfailed' ]
    [[ $(awk -F'\t' '$1 == "b" { print $4 }' run/status.tsv) == 'doubtful: nothing was found'* ]]
    grep -q '^doubtful: b: nothing was found' <<<"$output"
    grep -q '^failed: c: ' <<<"$output"
    grep -q 'run: 2 done, [12] of them doubtful, 1 failed, 0 running, 0 to do$' <<<"$output"
    [ "$(awk -F'\t' '$1 == "#n_failed" { print $9 }' run/results.tsv)" = 1 ]
    [ "$(find run/cases/a -type f | sed 's,.*/,,' | sort | paste -sd' ')" = '.lock log seg.json seg.nii.gz seg.png seg.txt status' ]
    # once more: what is done stays, the doubtful one too; other settings: made anew
    touch mark
    sleep 1
    run -5 cohort
    [ -z "$(find run -name seg.nii.gz -newer mark)" ]
    mkdir local
    run -5 cohort CUT=0.9 SCRATCH=local
    [ -n "$(ls local)" ]
    [ -z "$(find local -type f ! -name .lock)" ]
    [ "$(find run -name seg.nii.gz -newer mark | wc -l)" = 2 ]
    segment CT=ct.nii OUT=high.nii.gz CUT=0.9
    cmp high.nii.gz run/cases/a/seg.nii.gz
    cut -f1-2 list.tsv >plain.tsv
    make -n -s -C "$ROOT/pipelines" cohort COHORT=plain.tsv RUN=none >plan
    grep -q "MODEL=$ROOT/pipelines/models/nih" plan
}
