#!/usr/bin/env bats
# What headers may say, and what is made of it.
load helper

py() {
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$ROOT/test/gen" /usr/bin/python3 -
}

# column FILE NAME: of the first row of a table
column() {
    awk -F'\t' -v want="$2" '/^#/ { next } !at { for (i = 1; i <= NF; i++) if ($i == want) at = i; next } { print $at; exit }' "$1"
}

@test "labels are whole numbers to the last bit of a float" {
    py <<'P'
import struct
from nii import write
f32 = lambda x: struct.unpack("<f", struct.pack("<f", x))[0]
n = (6, 5, 4)
label = lambda i, j, k: (i * j + k) % 4
write("truth.nii", n, label)
write("slope.nii", n, lambda i, j, k: 85 * label(i, j, k), slope=f32(3 / 255))
write("near.nii", n, lambda i, j, k: label(i, j, k) + 0.00009, "f")
write("off.nii", n, lambda i, j, k: label(i, j, k) + 0.0002, "f")
write("half.nii", n, lambda i, j, k: label(i, j, k) / 2, "f")
large = lambda i, j, k: 14175 * (i > 2)
write("large.nii", n, large, "h")
write("wide.nii", n, lambda i, j, k: 32767 * (i > 2), "h", slope=f32(14175 / 32767))
P
    for f in slope near; do
        dorg-dice -o got.tsv $f.nii truth.nii
        [ "$(column got.tsv dsc)" = 1 ]
        [ "$(column got.tsv n_ref)" = "$(column got.tsv tp)" ]
    done
    dorg-dice -o got.tsv wide.nii large.nii
    [ "$(column got.tsv dsc)" = 1 ]
    refuses 3 dorg-dice -o out off.nii truth.nii
    refuses 3 dorg-dice -o out half.nii truth.nii
    grep -q 'half.nii: stored voxel ([0-9], [0-9], [0-9]) is 0.5' refuse.err
}

@test "an input is opened once, so it may be a pipe" {
    py <<'P'
from nii import write
write("w.nii", (7, 5, 3), lambda i, j, k: (0, 7, 255, 300, 40000)[(i + j + k) % 5], "i")
write("flipped.nii", (7, 5, 3), lambda i, j, k: (0, 7, 255, 300, 40000)[(6 - i + j + 2 - k) % 5],
      "i", sform=[[-1, 0, 0, 6], [0, 1, 0, 0], [0, 0, -1, 2]])
write("plain.nii", (7, 5, 3), lambda i, j, k: (0, 7, 255, 300, 40000)[(i + j + k) % 5], "i",
      sform=[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])
P
    dorg-dice --all-labels w.nii w.nii | grep -v '^#' >want
    dorg-dice --all-labels <(cat w.nii) <(cat w.nii) | grep -v '^#' >got
    cmp <(cut -f2- want) <(cut -f2- got)
    [ "$(wc -l <got)" -eq 5 ]
    # labels that turn out wide half-way, in another axis order
    dorg-dice --all-labels <(cat flipped.nii) plain.nii | grep -v '^#' >got
    [ "$(cut -f9 got | sort -u | paste -sd' ')" = "1 dsc" ]
}

@test "two forms: the sform counts, each moves by its own directions, and it is said once" {
    py <<'P'
from math import cos, radians, sin, sqrt
from nii import write
f = lambda i, j, k: i + 10 * j + 100 * k
h = radians(20) / 2  # about z
write("apart.nii", (6, 5, 4), f, "h", (0.8, 0.9, 2.5), [[-0.8, 0, 0, 7], [0, 0.9, 0, -3], [0, 0, 2.5, 11]],
      (0, 0, sin(h)), (1, 2, 3), -1)
write("agree.nii", (6, 5, 4), f, "h", (1, 1, 1), [[1, 0, 0, 7], [0, 1, 0, -3], [0, 0, 1, 11]], (0, 0, 0), (7, -3, 11))
P
    run -0 --separate-stderr dorg-crop --x 1,3 --y 2,4 --z 1,2 apart.nii -o box.nii
    # shellcheck disable=SC2154
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ "$stderr" == "dorg-crop: warning: apart.nii: qform and sform place a corner "*" mm apart; the sform counts" ]]
    run -0 --separate-stderr dorg-crop -q --x 1,3 --y 2,4 --z 1,2 apart.nii -o box.nii
    [ -z "$stderr" ]
    run -0 --separate-stderr dorg-crop --x 1,3 agree.nii -o other.nii
    [ -z "$stderr" ]
    py <<'P'
from math import sqrt
from nii import forms, read
def qform(name):
    pix, (b, c, d), off, _ = forms(name)
    a = sqrt(max(0, 1 - b * b - c * c - d * d))
    r = [[a*a+b*b-c*c-d*d, 2*b*c-2*a*d, 2*b*d+2*a*c], [2*b*c+2*a*d, a*a+c*c-b*b-d*d, 2*c*d-2*a*b],
         [2*b*d-2*a*c, 2*c*d+2*a*b, a*a+d*d-c*c-b*b]]
    mm = (pix[1], pix[2], pix[3] * (-1 if pix[0] < 0 else 1))
    return [[r[i][j] * mm[j] for j in range(3)] + [off[i]] for i in range(3)]
at = lambda m, i: [sum(m[r][c] * i[c] for c in range(3)) + m[r][3] for r in range(3)]
(nx, ny, nz), big = read("apart.nii")
(mx, my, mz), small = read("box.nii")
assert (mx, my, mz) == (3, 3, 2)
for k in range(mz):
    for j in range(my):
        for i in range(mx):
            v = int(small[i + mx * (j + my * k)])
            was = (v % 10, v // 10 % 10, v // 100)
            for was_m, is_m in ((qform("apart.nii"), qform("box.nii")), (forms("apart.nii")[3], forms("box.nii")[3])):
                assert max(abs(p - q) for p, q in zip(at(was_m, was), at(is_m, (i, j, k)))) < 1e-4
P
}

@test "distances on a sheared grid are those of its matrix" {
    py <<'P'
from math import radians, sin, cos, tan
from random import Random
from nii import write
r = Random(3)
out = open("want", "w")
for case in range(6):
    shear = tan(radians((20, -30, 8, 45, 12, 25)[case]))
    a = [[0.8, 0.3 * (case == 4), 0.5 * (case > 2)], [0, 1.1, 2.5 * shear], [0, 0, 2.5]]
    t = radians(10 * case)
    turn = [[cos(t), -sin(t), 0], [sin(t), cos(t), 0], [0, 0, 1]]
    m = [[sum(turn[i][k] * a[k][j] for k in range(3)) for j in range(3)] + [case] for i in range(3)]
    mm = [sum(m[i][j] ** 2 for i in range(3)) ** 0.5 for j in range(3)]
    n = (70, 9, 8) if case == 5 else (11, 12, 7)
    box = lambda: [sorted(r.sample(range(x + 1), 2)) for x in n]
    sets = []
    for name in ("p", "t"):
        b = box() if case else [[2, 7], [3, 9], [1, 5]]
        holes = {(r.randrange(n[0]), r.randrange(n[1]), r.randrange(n[2])) for _ in range(40)}
        inside = {(i, j, k) for i in range(*b[0]) for j in range(*b[1]) for k in range(*b[2])} ^ holes
        write("%s%d.nii" % (name, case), n, lambda i, j, k: int((i, j, k) in inside), mm=mm, sform=m)
        near = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))
        surface = [v for v in inside if not all(tuple(x + y for x, y in zip(v, d)) in inside for d in near)]
        sets.append([[sum(m[q][c] * v[c] for c in range(3)) for q in range(3)] for v in surface])
    way = lambda s, t: [min(sum((x - y) ** 2 for x, y in zip(u, v)) for v in t) ** 0.5 for u in s]
    d, back = way(*sets), way(*sets[::-1])
    det = a[0][0] * a[1][1] * a[2][2] # of a triangle
    print("%.4f %.4f" % (sum(d + back) / len(d + back), max(d + back)), file=out)
    print("%.5g" % (det / 1000), file=open("ml%d" % case, "w"))
P
    for c in 0 1 2 3 4 5; do
        dorg-dice -o got.tsv p$c.nii t$c.nii
        printf '%.4f %.4f\n' "$(column got.tsv assd_mm)" "$(column got.tsv hd_mm)"
        # volumes by the matrix, too
        ref=$(column got.tsv n_ref)
        [ "$(dorg-tab --set v=ref_ml/n_ref -c v --no-names got.tsv | awk '{ printf "%.5g", $1 }')" = "$(<ml$c)" ]
        [ "$(dorg-info t$c.nii | awk '$1 == "not_zero:" { printf "%.4g", $4 }')" = "$(awk -v n="$ref" '{ printf "%.4g", n * $1 }' ml$c)" ]
    done >got
    cmp want got
    # what cannot take it says so
    refuses 3 dorg-gauss3d --mm -s 2 -o out p0.nii
    grep -q 'p0.nii: a sheared grid: its axes y and z meet at [0-9.]* degrees' refuse.err
    refuses 3 dorg-refine -q -P p0.nii -o out t0.nii p0.nii
    grep -q 'a sheared grid' refuse.err
    dorg-gauss3d -s 2 p0.nii >/dev/null
}

@test "planes at 45 degrees: one order, however they are stored" {
    py <<'P'
from math import sqrt
from nii import write
c, n = sqrt(0.5), 6
for eps in (0, 1e-7, -1e-7):
    m = {"x": (c, c + eps, 0), "y": (-c, c - eps, 0), "z": (0, 0, 1)}
    organ = lambda p: int(1 <= p[0] < 3 and 2 <= p[1] < 6 and p[2] < 4)
    k = 0
    for order in ("xyz", "yxz", "zxy", "zyx", "xzy", "yzx"):
        for flips in range(8):
            flip = [flips >> t & 1 for t in range(3)]
            rows = [[0.0] * 4 for _ in range(3)]
            for t, a in enumerate(order):
                for r in range(3):
                    rows[r][t] = m[a][r] * (-1 if flip[t] else 1)
                    rows[r][3] += m[a][r] * (n - 1) if flip[t] else 0
            def f(i, j, l):
                at = [0, 0, 0]
                for t, x in enumerate((i, j, l)):
                    at["xyz".index(order[t])] = n - 1 - x if flip[t] else x
                return organ(at)
            write("v%g.%d.nii" % (eps, k), (n, n, n), f, sform=rows)
            k += 1
P
    for eps in 1e-07 -1e-07; do
        printf 'mask\ttruth\tcase\n' >list
        for k in $(seq 0 47); do printf 'v%s.%d.nii\tv0.0.nii\t%d\n' "$eps" "$k" "$k"; done >>list
        dorg-dice --no-surface -L list -o got.tsv
        [ "$(grep -v '^#' got.tsv | cut -f9 | sort -u | paste -sd' ')" = "1 dsc" ]
    done
}

@test "a pitch counts by its size, and must be one" {
    py <<'P'
from nii import write
f = lambda i, j, k: i + 10 * j + 100 * k
for name, mm in (("plus", (0.8, 0.9, 2)), ("minus", (-0.8, -0.9, -2))):
    write(name + ".nii", (4, 3, 2), f, "h", mm)
    write(name + "-q.nii", (4, 3, 2), f, "h", mm, quatern=(0, 0, 1), offset=(5, 6, 7))
eye = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
for name, mm in (("tiny", (1, 1, 3.5e-310)), ("small", (1, 1e-40, 1)), ("large", (1, 1e39, 1)), ("inf", (1, 1, float("inf")))):
    write(name + ".nii", (4, 3, 2), f, "h", mm, sform=eye, version=2)
write("flat.nii", (4, 3, 1), f, "h", (1, 1, 1), sform=[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1e-40, 0]], version=2)
P
    for q in '' -q; do
        dorg-info plus$q.nii | grep -v '^format' >want
        dorg-info minus$q.nii | grep -v '^format' >got
        cmp want got
    done
    for f in tiny small large inf flat; do refuses 3 dorg-crop -o out $f.nii; done
}

@test "a 2-D image is one slice" {
    py <<'P'
from nii import write
f = lambda i, j, k: 5 * i + j
write("flat.nii", (4, 3, 0), f, "h", (0.8, 0.9, 0), n_dims=2)
import struct
b = bytearray(open("flat.nii", "rb").read())
open("flat.nii", "wb").write(bytes(b) + struct.pack("<12h", *[f(i, j, 0) for j in range(3) for i in range(4)]))
P
    dorg-info flat.nii >got
    grep -qx 'voxels: 4 x 3 x 1' got
    grep -qx 'pitch_mm: 0.8 x 0.9 x 1' got
    grep -qx 'max: 17' got
    dorg-crop flat.nii -o back.nii
    run -0 dorg-cmp flat.nii back.nii
}

@test "a tolerance in mm reaches voxels that lie so far apart" {
    py <<'P'
from nii import write
for mm in (0.1, 0.3, 0.7, 0.8, 0.9, 1.1):
    for name, s in (("p", 0), ("t", 1)):
        write("%s%g.nii" % (name, mm), (8, 8, 8), lambda i, j, k: int(2 <= i - s < 5 and 2 <= j < 6 and 2 <= k < 6), mm=(mm,) * 3)
P
    for mm in 0.1 0.3 0.7 0.8 0.9 1.1; do
        dorg-dice --tolerance $mm -o got.tsv p$mm.nii t$mm.nii
        [ "$(column got.tsv nsd)" = 1 ]
    done
}

@test "more than the machine holds is refused before it is asked for" {
    py <<'P'
from nii import write
import struct
write("bomb.nii", (1, 1, 1), lambda i, j, k: 0, "f")
b = bytearray(open("bomb.nii", "rb").read())
struct.pack_into("<3h", b, 42, 1000, 1000, 1000)
open("bomb.nii", "wb").write(bytes(b))
P
    zstd -q bomb.nii
    (
        ulimit -v 1000000
        refuses 4 dorg-thresh -o out bomb.nii.zst
        refuses 4 dorg-info -o out bomb.nii.zst
    )
    # of which nothing is there: no memory is touched for it
    refuses 3 dorg-thresh -o out bomb.nii.zst
    grep -q 'stop at byte 4 of 4000000000' refuse.err
}

@test "a history has an end" {
    {
        echo '#dorg-tab 1'
        awk 'BEGIN { for (i = 0; i < 120000; i++) print "#@ once more" }'
        printf 'id\n1\n#end\n'
    } >long.tab
    refuses 3 dorg-info -o out long.tab
    grep -q 'a history of more than 1048576 bytes' refuse.err
}

@test "what others make is refused with what it is and what converts it" {
    printf 'NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 2\n\n' >a.nrrd
    printf 'ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\nElementType = MET_SHORT\n' >a.mha
    printf 'NDims = 3\nDimSize = 2 2 2\n' >b.mhd
    head -c 128 /dev/zero >a.dcm
    printf 'DICM\2\0' >>a.dcm
    printf '\x89HDF\r\n\x1a\n0123456789' >a.mnc
    printf 'BZh91AY&SY' >a.nii.bz2
    printf 'PK\3\4aaaaaaaaaa' >a.zip
    while read -r f words; do
        refuses 3 dorg-thresh -o out $f
        grep -q "$f: not NIfTI but .*$words" refuse.err
        refuses 3 dorg-info -o out $f
        grep -q "$words" refuse.err
    done <<'W'
a.nrrd an NRRD file: c3d FILE -o FILE.nii.gz (Debian: convert3d) converts it
a.mha a MetaImage file: c3d FILE -o FILE.nii.gz
b.mhd a MetaImage file: c3d FILE -o FILE.nii.gz
a.dcm a DICOM file: dorg-dicom
a.mnc MINC2 file: mnc2nii FILE FILE.nii
a.nii.bz2 bzip2: bunzip2
a.zip zip archive: unzip
W
    head -c 700 /dev/zero >zeros.nii
    refuses 3 dorg-thresh -o out zeros.nii
    grep -q 'header size 0, expected 348 or 540' refuse.err
}
