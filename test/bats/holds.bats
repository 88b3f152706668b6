#!/usr/bin/env bats
# dorg-holds: volumes and HU of what a mask holds
load helper

own_setup() {
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$ROOT/test/gen" /usr/bin/python3 - <<'P'
from nii import write
mm = (2, 5, 10)
sform = [[2, 0, 0, 0], [0, 5, 0, 0], [0, 0, 10, 0]]
write("ct.nii", (4, 2, 1), lambda i, j, k: [[-10, 20, 40, 60], [1, 2, 3, 100]][j][i], "h", mm=mm, sform=sform)
write("labels.nii", (4, 2, 1), lambda i, j, k: [[7, 0, 7, 7], [0, 300, 0, 0]][j][i], "h", mm=mm, sform=sform)
write("none.nii", (4, 2, 1), lambda i, j, k: 0, mm=mm, sform=sform)
write("less.nii", (4, 2, 1), lambda i, j, k: -(i == 1), "h", mm=mm, sform=sform)
write("other.nii", (3, 2, 1), lambda i, j, k: 1, mm=mm, sform=sform)
P
}

@test "holds: counted by hand, label by label" {
    dorg-holds -o got ct.nii labels.nii
    [ "$(grep -v '^#' got | tr '\t' ' ' | paste -sd'|')" = \
        'label voxels volume_ml hu_mean hu_sd hu_min hu_max|7 3 0.3 30 36.0555128 -10 60|300 1 0.1 2 NA 2 2' ]
    [ "$(dorg-holds ct.nii none.nii | tail -n 1)" = $'1\t0\t0\tNA\tNA\tNA\tNA' ]
    cmp <(dorg-holds - labels.nii <ct.nii | tail -n 2) <(tail -n 2 got)
}

@test "holds: JSON with notes, warnings and the mask's history" {
    dorg-thresh -p 5 -o mask.nii labels.nii
    dorg-holds --format json --note 'reader=B "x"' --note n=-1.5e1 --note z=007x --warning 'say "so"' --warning two \
        -o got.json ct.nii mask.nii
    /usr/bin/python3 -c '
import json
j = json.load(open("got.json"))
assert j["notes"] == {"reader": "B \"x\"", "n": -15, "z": "007x"}, j["notes"]
assert j["warnings"] == ["say \"so\"", "two"]
assert j["labels"] == [{"label": 1, "voxels": 4, "volume_ml": 0.4, "hu_mean": 23, "hu_sd": j["labels"][0]["hu_sd"], "hu_min": -10, "hu_max": 60}]
assert abs(j["labels"][0]["hu_sd"] - 32.5986) < 1e-3
assert len(j["history"]) == 1 and j["history"][0].startswith("dorg-thresh ")
assert j["command"].startswith("dorg-holds ")'
    dorg-holds --format json ct.nii none.nii >got.json
    /usr/bin/python3 -c '
import json
j = json.load(open("got.json"))
assert j["labels"][0]["hu_mean"] is None and j["notes"] == {} and j["warnings"] == [] and j["history"] == []'
}

@test "holds: a list, and refusals" {
    printf 'case\tct\tlabels\tout\na\tct.nii\tlabels.nii\ta.tsv\nb\tct.nii\tother.nii\tb.tsv\n' >list
    run -5 dorg-holds -L list
    dorg-holds ct.nii labels.nii | tail -n 3 | cmp - <(tail -n 3 a.tsv)
    [ ! -e b.tsv ]
    refuses 3 dorg-holds -o out ct.nii other.nii
    refuses 3 dorg-holds -o out ct.nii less.nii
    refuses 3 dorg-holds -o out labels.nii ct.nii
    refuses 2 dorg-holds -o out --note x ct.nii labels.nii
    refuses 2 dorg-holds -o out --note =x ct.nii labels.nii
    refuses 2 dorg-holds -o out --format json --note a=1 --note a=2 ct.nii labels.nii
    refuses 2 dorg-holds -o out ct.nii
    refuses 4 dorg-holds -o out ct.nii gone.nii
}
