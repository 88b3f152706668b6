#!/usr/bin/env bats
# dorg-patch: a scan and a mask in, records out
load helper

own_setup() {
    dorg-phantom --seed 1 --size 48,40,16 -t truth.nii -o ct.nii
    dorg-thresh -p 1 -o mask.nii truth.nii
}

# field FILE OFFSET TYPE: a number of the header
field() {
    od -An -j "$2" -N 4 -t "$3" "$1" | tr -d ' '
}

@test "patch: the header says what was cut" {
    dorg-patch --size 16 --stride 2 -w -50,150 --pitch 1.5 -t truth.nii -o p.rec ct.nii mask.nii
    [ "$(head -c 7 p.rec)" = DORGREC ]
    [ "$(field p.rec 12 u4)" = 1 ]
    [ "$(field p.rec 16 u4)" = 3 ]
    [ "$(field p.rec 20 u4)" = 16 ]
    [ "$(field p.rec 32 f4)" = -50 ]
    [ "$(field p.rec 36 f4)" = 150 ]
    [ "$(field p.rec 40 f4)" = 1.5 ]
}

@test "patch: pixels are the equation's, at the scan's pitch and at another" {
    needs_python nibabel
    for pitch in 0 1.7; do
        dorg-patch --size 13 --stride 2 --pitch $pitch -t truth.nii -o p.rec ct.nii mask.nii
        /usr/bin/python3 - "$ROOT/test/oracle" $pitch <<'PY'
import struct, sys
sys.argv[1:], where, pitch = ["none"], sys.argv[1], float(sys.argv[2])
src = open(where + "/apply.py").read().rsplit("\n\n", 1)[0]
exec(src)
v, mm, truth = windowed(volume("ct.nii")), pitches("ct.nii"), volume("truth.nii")
b = open("p.rec", "rb").read()
at, one, worst, n = 64 + struct.unpack("<I", b[28:32])[0], 32 + 3 * 169, 0, 0
fake = mm.copy()
while b[at:at + 8] != b"DORGEND\n":
    i, i2, z, s, d, label = struct.unpack("<QQ4I", b[at:at + 32])
    x, y = i % v.shape[0], i // v.shape[0] % v.shape[1]
    assert z == i // v.shape[0] // v.shape[1] and x % 2 == y % 2 == s == d == i2 == 0
    assert label == truth[x, y, z] == 1
    got = np.frombuffer(b, "u1", 507, at + 32).reshape(3, 13, 13)
    p = pitch or mm[0]
    u = (np.arange(13) - 6) * p
    c, r = np.meshgrid(u, u)
    o = np.zeros_like(c)
    want = np.stack([at_point(v, x + c / mm[0], y + r / mm[1], z + o),
                     at_point(v, x + o, y + c / mm[1], z + r / mm[2]),
                     at_point(v, x + c / mm[0], y + o, z + r / mm[2])])
    worst, n, at = max(worst, np.abs(got - want).max()), n + 1, at + one
assert n > 3 and worst <= 1, (n, worst)
PY
    done
}

@test "patch: axial patches tell their pitches, and a net keeps them" {
    dorg-patch --size 8 --stride 2 --axial 1,2.5,6 -t truth.nii -o p.rec ct.nii mask.nii
    [ "$(field p.rec 12 u4)" = 4 ]
    [ "$(field p.rec 16 u4)" = 3 ]
    [ "$(field p.rec 40 f4)" = 1 ]
    [ "$(field p.rec 44 f4)" = 2.5 ]
    [ "$(field p.rec 48 f4)" = 6 ]
    dorg-info p.rec >info
    grep -qx 'of: axial patches' info
    grep -qx 'pitch_mm: 1,2.5,6' info
    dorg-patch --size 8 --stride 2 --axial 1,2.5,6 -t truth.nii -j 3 ct.nii mask.nii | cmp p.rec -
    dorg-patch --size 8 --stride 2 --axial 1,2.5,7 -t truth.nii -o q.rec ct.nii mask.nii
    run -1 dorg-cmp p.rec q.rec
    printf '%s\n' 'input channels=3 size=8' 'fc outputs=2' softmax 'train batch=8 epochs=1' >n.cfg
    dorg-thresh -p -2000 -o all.nii ct.nii
    dorg-patch --size 8 --balance --axial 1,2.5,6 -t truth.nii -o t.rec ct.nii all.nii
    dorg-train -q -E ref --cfg n.cfg -o n.net t.rec
    dorg-info n.net | grep 'axial patches.* 1,2.5,6 mm apart'
    dorg-netconv -o n.safetensors n.net
    dorg-netconv -o back.net n.safetensors
    dorg-cmp n.net back.net
    refuses 3 dorg-train -q -E ref --cfg n.cfg -o out t.rec q.rec
    refuses 2 dorg-patch --axial 1,2,3,4,5 -o out ct.nii mask.nii
    refuses 2 dorg-patch --axial 0 -o out ct.nii mask.nii
}

@test "patch: of axial patches with a map the second half is the map's" {
    dorg-gauss3d -s 1 truth.nii -o map.nii
    dorg-patch --size 8 --stride 2 --axial 1,6 -t truth.nii -P map.nii -o p.rec ct.nii mask.nii
    dorg-info p.rec >info
    grep -qx 'of: axial patches with a map' info
    grep -qx 'pixels: 4 x 8 x 8' info
    grep -qx 'pitch_mm: 1,6' info
    # a map whose values are whole 255ths, as a scan of those HU, gives the same bytes
    dorg-patch --size 8 --stride 2 --axial 1,6 -t truth.nii -o g.rec ct.nii mask.nii
    dorg-patch --size 8 --stride 2 --axial 1,6 -w 0,1 -t truth.nii -o m.rec map.nii mask.nii
    needs_python numpy
    /usr/bin/python3 - <<'PY'
import struct, numpy as np
def pixels(path, c):
    b = open(path, "rb").read()
    at, one = 64 + struct.unpack("<I", b[28:32])[0], 32 + c * 64
    n = struct.unpack("<Q", b[-12:-4])[0]
    return np.frombuffer(b, "u1", n * one, at).reshape(n, one)[:, 32:]
p, g, m = pixels("p.rec", 4), pixels("g.rec", 2), pixels("m.rec", 2)
assert (p[:, :128] == g).all() and (p[:, 128:] == m).all() and m.max() > 100 and len(p) > 9
PY
    dorg-patch --size 8 --stride 2 --axial 1,6 -t truth.nii -P map.nii -j 3 ct.nii mask.nii | cmp p.rec -
    printf '%s\n' 'input channels=4 size=8' 'fc outputs=2' softmax 'train batch=8 epochs=1' >n.cfg
    dorg-thresh -p -2000 -o all.nii ct.nii
    dorg-patch --size 8 --balance --axial 1,6 -t truth.nii -P map.nii -o t.rec ct.nii all.nii
    dorg-train -q -E ref --vary 0,0,0,2 --cfg n.cfg -o n.net t.rec
    dorg-info n.net | grep 'axial patches with a map.* 1,6 mm apart'
    dorg-netconv -o n.safetensors n.net
    dorg-netconv -o back.net n.safetensors
    dorg-cmp n.net back.net
    refuses 2 dorg-patch -P map.nii -o out ct.nii mask.nii
    grep -q 'axial patches only' refuse.err
    refuses 3 dorg-patch --axial 1,6 -P ct.nii -o out ct.nii mask.nii
}

@test "patch: -j and pipes change nothing" {
    dorg-patch --size 16 --stride 2 -o a.rec ct.nii mask.nii
    dorg-patch --size 16 --stride 2 -j 3 ct.nii - <mask.nii >b.rec
    # histories differ in the operand's name alone
    run -1 cmp a.rec b.rec
    cmp <(tail -c 20000 a.rec) <(tail -c 20000 b.rec)
    dorg-patch --size 16 --stride 2 -j 3 ct.nii mask.nii >c.rec
    cmp a.rec c.rec
}

@test "patch: --balance and --max" {
    dorg-thresh -p -2000 -o all.nii ct.nii
    one=$((32 + 3 * 64))
    count() { od -An -j $(($(stat -c %s "$1") - 12)) -N 8 -t u8 "$1" | tr -d ' '; }
    dorg-patch --size 8 --stride 2 --max 50 -o a.rec ct.nii all.nii
    [ "$(count a.rec)" = 50 ]
    [ "$(stat -c %s a.rec)" -gt $((50 * one)) ]
    dorg-patch --size 8 --stride 2 --max 50 --seed 2 -o b.rec ct.nii all.nii
    run -1 cmp a.rec b.rec
    dorg-patch --size 8 --stride 2 --balance --max 11 -t truth.nii -o c.rec ct.nii all.nii
    [ "$(count c.rec)" = 10 ]
    dorg-patch --size 8 --stride 2 -o d.rec ct.nii mask.nii
    dorg-patch --size 8 --stride 2 --balance -t truth.nii -o e.rec ct.nii all.nii
    [ "$(count e.rec)" = $((2 * $(count d.rec))) ]
}

@test "patch: a scan stored another way gives the same records" {
    needs_python nibabel
    mkdir a b
    for f in ct mask; do
        /usr/bin/python3 "$ROOT/test/oracle/reorder.py" $f.nii a/$f.nii RAS
        /usr/bin/python3 "$ROOT/test/oracle/reorder.py" $f.nii b/$f.nii IRP
    done
    dorg-patch --size 16 --stride 2 -o a.rec a/ct.nii a/mask.nii
    dorg-patch --size 16 --stride 2 -o b.rec b/ct.nii b/mask.nii
    cmp a.rec b.rec
}

@test "patch: refusals" {
    dorg-phantom --seed 1 --size 48,40,17 -t other.nii -o /dev/null
    refuses 2 dorg-patch -o out ct.nii
    run -2 dorg-patch - - <mask.nii
    refuses 2 dorg-patch --stride 0 -o out ct.nii mask.nii
    refuses 2 dorg-patch -w 5,5 -o out ct.nii mask.nii
    refuses 2 dorg-patch -w 5 -o out ct.nii mask.nii
    refuses 3 dorg-patch -o out ct.nii other.nii
    refuses 3 dorg-patch -t other.nii -o out ct.nii mask.nii
    refuses 3 dorg-patch --balance -o out ct.nii mask.nii
    refuses 3 dorg-patch -o out mask.nii ct.nii
    refuses 4 dorg-patch -o out ct.nii absent.nii
    refuses 4 dorg-patch -o /dev/full ct.nii mask.nii
}
