#!/usr/bin/env bats
# What other programs make of our files, and we of theirs.
load helper

own_setup() {
    dorg-phantom --seed 1 --size 48,40,16 --pitch 3,3.5,7 -t truth.nii.gz -o ct.nii.gz
    # a scan that lies askew, stored from left to right and from front to back
    dorg-orient -a LAS -o turned.nii.gz ct.nii.gz
    dorg-gauss3d -s 1 -o map.nii.gz truth.nii.gz
    dorg-thresh -p 0.5 -o mask.nii.gz map.nii.gz
    dorg-holds ct.nii.gz mask.nii.gz -o holds.tsv
}

# python_with MODULE: a python3 that has it, Debian's first
python_with() {
    for p in /usr/bin/python3 python3; do
        if "$p" -c "import $1" 2>/dev/null; then
            echo "$p"
            return
        fi
    done
    return 1
}

@test "label descriptions for ITK-SNAP and 3D Slicer name what is in a mask, in one colour" {
    /usr/bin/python3 - "$ROOT/pipelines/labels" <<'P'
import re, sys
# ITK-SNAP: lines that begin with # are passed over; else index, three colours of 0 to 255, opacity of
# 0 to 1, two flags, and the name in quotes
snap = {}
for line in open(sys.argv[1] + "/itksnap.txt"):
    if line.startswith("#"):
        continue
    m = re.fullmatch(r'\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+([01](?:\.\d+)?)\s+([01])\s+([01])\s+"([^"]+)"\n', line)
    assert m, line
    assert int(m[1]) not in snap and max(map(int, m.group(2, 3, 4))) <= 255 and float(m[5]) <= 1
    snap[int(m[1])] = (m[8], tuple(map(int, m.group(2, 3, 4))), float(m[5]), m[6], m[7])
# 3D Slicer: the first line says what it is; else index, a name without blanks, four numbers of 0 to 255
lines = open(sys.argv[1] + "/slicer.ctbl").read().splitlines()
assert lines[0].startswith("# Color table file")
slicer = {}
for line in lines:
    if line.startswith("#"):
        continue
    index, name, *rgba = line.split(" ")
    assert len(rgba) == 4 and all(0 <= int(v) <= 255 for v in rgba) and int(index) not in slicer
    slicer[int(index)] = (name, tuple(map(int, rgba[:3])), int(rgba[3]))
assert set(snap) == set(slicer) == {0, 1}
assert snap[0] == ("Clear Label", (0, 0, 0), 0, "0", "0") and slicer[0] == ("background", (0, 0, 0), 0)
assert snap[1][0] == slicer[1][0] == "pancreas" and snap[1][1] == slicer[1][1]
assert snap[1][2:] == (1, "1", "1") and slicer[1][2] == 255
P
    # a mask holds no other label, and says that it holds labels (NIFTI_INTENT_LABEL)
    [ "$(dorg-info mask.nii.gz | sed -n 's/^min: //p; s/^max: //p' | paste -sd' ')" = '0 1' ]
    [ "$(zcat mask.nii.gz | od -An -j 68 -N 2 -t d2 | tr -d ' ')" = 1002 ]
    for page in "$ROOT/README" "$ROOT/man/dorg.7"; do
        grep -q 'labels/itksnap.txt' "$page"
        grep -q 'labels/slicer.ctbl' "$page"
    done
}

@test "PyTorch: the script of dorg-netconv(1) reads a net, and its tensors are those that dorg computes with" {
    page=$ROOT/man/dorg-netconv.1
    awk '/^\.Ss A net in PyTorch/ { on = 1 } /^\.Ed/ { on = 0 } on && body; on && /^\.Bd/ { body = 1 }' "$page" >script.py
    [ "$(wc -l <script.py)" -le 10 ]
    grep -q '^import torch' script.py
    gzip -dk ct.nii.gz truth.nii.gz
    awk '/^\.Sh EXAMPLES/ { on = 1; next } /^\.Sh/ { on = 0 } on && !/^\./' "$page" >run.sh
    bash -eu run.sh
    # where there is no torch, what the script asks of it, by definition
    if ! /usr/bin/python3 -c 'import torch, safetensors.torch' 2>/dev/null; then
        mkdir -p stand-in/safetensors stand-in/torch/nn
        : >stand-in/safetensors/__init__.py
        cat >stand-in/safetensors/torch.py <<'P'
import json, struct
import numpy as np
def load_file(name):
    b = open(name, "rb").read()
    n = struct.unpack("<Q", b[:8])[0]
    head = json.loads(b[8 : 8 + n])
    head.pop("__metadata__", None)
    data = b[8 + n :]
    assert all(t["dtype"] == "F32" for t in head.values())
    assert sorted(sum((t["data_offsets"] for t in head.values()), []))[-1] == len(data)
    return {k: np.frombuffer(data[slice(*t["data_offsets"])], "<f4").reshape(t["shape"]) for k, t in head.items()}
P
        cat >stand-in/torch/__init__.py <<'P'
import numpy as np
from . import nn
def full(shape, value):
    return np.full(shape, value, np.float32)
P
        echo 'from . import functional' >stand-in/torch/nn/__init__.py
        cat >stand-in/torch/nn/functional.py <<'P'
import numpy as np
def conv2d(x, weight, bias, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    k = weight.shape[2]
    side = (x.shape[2] - k) // stride + 1
    y = np.zeros((x.shape[0], weight.shape[0], side, side))
    for i in range(side):
        for j in range(side):
            part = x[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
            y[:, :, i, j] = np.tensordot(part, weight, ([1, 2, 3], [1, 2, 3])) + bias
    return y
P
        export PYTHONPATH=$PWD/stand-in
    fi
    /usr/bin/python3 script.py >said
    "$B/test/gen/forward" ref p.net p.rec >p.txt
    # the same tensors through the rest of the net, on records, are the engine's probabilities
    sed '/^image = /d; /^print/d; s/^\(x = .*\)/for n, image in enumerate(records):\n    \1/; s/^y = /    y = /' script.py >all.py
    cat >head.py <<'P'
import struct, torch
import numpy as np
b = open("p.rec", "rb").read()
channels, h, w, history = struct.unpack("<4I", b[16:32])
size = 32 + channels * h * w
body = b[64 + history : -20]
assert len(body) % size == 0 and len(body) >= 8 * size
make = getattr(torch, "tensor", lambda a: a)
records = [make(np.frombuffer(body[at + 32 : at + size], "u1").astype("f4").reshape(1, channels, h, w))
           for at in range(0, len(body), size)]
want = [list(map(float, line.split())) for line in open("p.txt")]
assert len(want) == len(records)
P
    cat >tail.py <<'P'
    z = np.asarray(net["last.weight"]) @ np.maximum(np.asarray(y), 0).reshape(-1) + np.asarray(net["last.bias"])
    e = np.exp(z - z.max())
    assert np.allclose(e / e.sum(), want[n], atol=2e-5), (n, e / e.sum(), want[n])
assert max(p[1] for p in want) - min(p[1] for p in want) > 0.01
P
    cat head.py all.py tail.py >whole.py
    /usr/bin/python3 whole.py
    # what the page's script printed, summed up by hand
    /usr/bin/python3 - said <<'P'
import json, math, re, struct, sys
b = open("p.safetensors", "rb").read()
n = struct.unpack("<Q", b[:8])[0]
head = json.loads(b[8 : 8 + n])
def tensor(name):
    lo, hi = head[name]["data_offsets"]
    return struct.unpack("<%df" % ((hi - lo) // 4), b[8 + n + lo : 8 + n + hi])
w, bias, mean = tensor("first.weight"), tensor("first.bias"), tensor("mean")
assert head["first.weight"]["shape"] == [4, 3, 5, 5] and head["mean"]["shape"] == [3, 16, 16]
total, count = 0.0, 0
for f in range(4):
    for i in range(7):
        for j in range(7):
            v = bias[f]
            for c in range(3):
                for u in range(5):
                    for t in range(5):
                        y, x = 2 * i + u - 1, 2 * j + t - 1
                        if 0 <= y < 16 and 0 <= x < 16:
                            v += w[((f * 3 + c) * 5 + u) * 5 + t] * (100.0 - mean[(c * 16 + y) * 16 + x])
            total += v
            count += 1
text = open(sys.argv[1]).read()
m = re.fullmatch(r"\[1, 4, 7, 7\] (\S+)\n", text)
assert m and math.isclose(float(m[1]), total / count, rel_tol=1e-4, abs_tol=1e-4), (text, total / count)
P
}

@test "SimpleITK: scan, map and mask lie on one another and hold what dorg says; what it writes is read" {
    python=$(python_with SimpleITK) || skip "no python3 module SimpleITK"
    for ct in ct turned; do
        dorg-orient -a "$([ $ct = ct ] && echo RAS || echo LAS)" -o m.nii.gz mask.nii.gz
        dorg-holds $ct.nii.gz m.nii.gz -o h.tsv
        "$python" - $ct.nii.gz m.nii.gz h.tsv <<'P'
import sys
import SimpleITK as sitk
ct, mask = sitk.ReadImage(sys.argv[1]), sitk.ReadImage(sys.argv[2])
names, row = [line.rstrip("\n").split("\t") for line in open(sys.argv[3]) if not line.startswith("#")]
want = dict(zip(names, row))
# refused where the two do not lie on one grid
stats = sitk.LabelStatisticsImageFilter()
stats.Execute(ct, mask)
assert sitk.Mask(ct, mask).GetSize() == ct.GetSize()
assert sorted(stats.GetLabels()) == [0, 1] and stats.GetCount(1) == int(want["voxels"])
for got, name in ((stats.GetMean(1), "hu_mean"), (stats.GetSigma(1), "hu_sd"), (stats.GetMinimum(1), "hu_min"), (stats.GetMaximum(1), "hu_max")):
    assert abs(got - float(want[name])) < 1e-3 * max(1, abs(got)), (name, got, want[name])
x, y, z = mask.GetSpacing()
assert abs(stats.GetCount(1) * x * y * z / 1000 - float(want["volume_ml"])) < 1e-3
P
    done
    "$python" - <<'P'
import math
import SimpleITK as sitk
m = sitk.ReadImage("map.nii.gz")
assert m.GetPixelID() == sitk.sitkFloat32 and abs(sitk.GetArrayFromImage(m).max() - 1) < 0.2
ct = sitk.ReadImage("ct.nii.gz")
# turned by 10 degrees, and written by SimpleITK
c, s = math.cos(math.radians(10)), math.sin(math.radians(10))
ct.SetDirection([c, -s, 0, s, c, 0, 0, 0, 1])
ct.SetOrigin([12.5, -30, 7])
sitk.WriteImage(ct, "askew.nii.gz")
sitk.WriteImage(sitk.Cast(ct > 60, sitk.sitkUInt8), "askew-mask.nii.gz")
P
    dorg-thresh -p 60.5 askew.nii.gz | dorg-cmp - askew-mask.nii.gz
    dorg-dice --no-surface askew-mask.nii.gz askew-mask.nii.gz | dorg-tab -c dsc --no-names | within 1 1
}

@test "MRtrix3: mrinfo, mrstats and mrconvert agree on scan, map and mask" {
    command -v mrconvert >/dev/null || skip "no MRtrix3"
    for f in ct map mask turned; do
        dorg-info $f.nii.gz >info
        mrinfo -size $f.nii.gz | tr ' ' '\n' | sed '/^$/d' >size
        sed -n 's/^voxels: //p' info | sed 's/ x /\n/g' | cmp - size
        mrinfo -spacing $f.nii.gz | tr ' ' '\n' | sed '/^$/d' >got
        sed -n 's/^pitch_mm: //p' info | sed 's/ x /\n/g' | paste -d' ' - got | agree 1e-4 3
        # where voxel 0 lies
        mrinfo -transform $f.nii.gz | awk 'NF == 4 && NR < 4 { print $4 }' >got
        sed -n 's/^to_mm_[xyz]: .* //p' info | paste -d' ' - got | agree 1e-4 3
    done
    mrstats -quiet -mask mask.nii.gz ct.nii.gz -output count -output mean -output std -output min -output max | tr ' ' '\n' | sed '/^$/d' >got
    dorg-tab -c voxels,hu_mean,hu_sd,hu_min,hu_max --no-names holds.tsv | tr '\t' '\n' | paste -d' ' - got | agree 1e-4 5
    # other axes, another format, and back
    mrconvert -quiet -strides -3,2,1 mask.nii.gz other.mif
    mrconvert -quiet other.mif other.nii.gz
    dorg-cmp mask.nii.gz other.nii.gz
    mrconvert -quiet -strides 3,-1,-2 ct.nii.gz other.nii
    dorg-cmp ct.nii.gz other.nii
    mrcalc -quiet map.nii.gz 0.5 -ge cut.nii
    dorg-cmp mask.nii.gz cut.nii
}
