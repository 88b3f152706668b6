#!/usr/bin/env bats
# Every reader against mutated inputs: 0, bad data or no memory; never a crash, and the same
# answer twice.  ROUNDS=100000 SEED=7 bats test/bats/fuzz.bats digs deeper.
load helper

own_setup() {
    ROUNDS=${ROUNDS:-1500}
    SEED=${SEED:-1}
    dorg-phantom --seed 1 --size 40,40,16 -t truth.nii -o ct.nii
    dorg-phantom --seed 1 --size 40,40,16 -o ct.nii.gz
    dorg-superpix -k 20000 -o labels.nii ct.nii
    dorg-spfeat -t truth.nii -o sp.tab ct.nii labels.nii
    dorg-region --size 8 -o r.rec ct.nii labels.nii sp.tab
}

@test "volumes" {
    "$B/test/fuzz/fuzz" vol "$ROUNDS" "$SEED" ct.nii ct.nii.gz labels.nii
}

@test "tables" {
    head -30 sp.tab >short.tab
    echo '#end' >>short.tab
    "$B/test/fuzz/fuzz" tab "$ROUNDS" "$SEED" short.tab
}

@test "records" {
    "$B/test/fuzz/fuzz" rec "$((ROUNDS / 10))" "$SEED" r.rec
}

@test "nets" {
    printf '%s\n' 'input channels=1 size=8' 'conv name=c filters=4 kernel=3' relu \
        'fc name=f outputs=2' softmax 'train batch=8 epochs=1' >tiny.cfg
    dorg-train -q -E ref --cfg tiny.cfg -o tiny.net r.rec
    "$B/test/fuzz/fuzz" net "$((ROUNDS / 4))" "$SEED" tiny.net
}

@test "DICOM" {
    /usr/bin/python3 "$ROOT/test/gen/tcia.py" t doi
    mapfile -t f < <(find t -path '*PANCREAS_0006*' -name '*.dcm' | sort)
    mapfile -t g < <(find t -path '*PANCREAS_0001*' -name '*.dcm' | sort)
    "$B/test/fuzz/fuzz" dicom "$((ROUNDS / 2))" "$SEED" "${f[0]}" "${g[0]}"
}
