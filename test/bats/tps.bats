# dorg-tps: records in, deformed copies out
load helper

own_setup() {
    texture=$B/test/gen/texture
    "$texture" 1 40 2 32 2 >in.rec
}

# count FILE: the number of records its trailer states
count() {
    tail -c 12 "$1" | head -c 8 | od -An -tu8 | tr -d ' '
}

@test "copies follow their original and count up" {
    dorg-tps -k 3 in.rec >out.rec
    [ "$(count out.rec)" -eq 160 ]
    dorg-tps -k 3 --only in.rec >out.rec
    [ "$(count out.rec)" -eq 120 ]
}

@test "zero amplitude copies pixels exactly" {
    dorg-tps -k 1 --only --amplitude 0 in.rec >out.rec
    needs_python numpy
    /usr/bin/python3 - <<'P'
import numpy as np
def records(f):
    b = open(f, 'rb').read()
    c, hh, w, hist = np.frombuffer(b[16:32], '<u4')
    return np.frombuffer(b[64 + hist:-20], 'u1').reshape(-1, 32 + c * hh * w)
a, b = records('in.rec'), records('out.rec')
assert a.shape == b.shape
assert (a[:, 32:] == b[:, 32:]).all()
assert (b[:, 24] == 1).all() and (a[:, 24] == 0).all()
P
}

@test "the same command, the same bytes, whatever -j; another seed, other bytes" {
    dorg-tps -k 4 in.rec >a.rec
    dorg-tps -k 4 -j 2 in.rec >b.rec
    cmp a.rec b.rec
    dorg-tps -k 4 --seed 2 in.rec >c.rec
    run -1 cmp -s a.rec c.rec
}

@test "a copy does not depend on its place in the stream" {
    "$texture" 1 20 2 32 2 >head.rec
    dorg-tps -k 2 in.rec >a.rec
    dorg-tps -k 2 head.rec >b.rec
    n=$((20 * 3 * (32 + 2 * 32 * 32)))
    for f in a b; do
        h=$(od -An -tu4 -j 28 -N 4 $f.rec | tr -d ' ')
        tail -c +$((64 + h + 1)) $f.rec >$f.body
    done
    cmp -n $n a.body b.body
}

@test "refusals" {
    refuses 2 dorg-tps --kernel cubic -o out in.rec
    refuses 2 dorg-tps --amplitude 0.7 -o out in.rec
    refuses 3 dorg-tps -o out /dev/null
    head -c 3000 in.rec >cut.rec
    refuses 3 dorg-tps -o out cut.rec
    dorg-tps -k 1 in.rec >twice.rec
    refuses 3 dorg-tps -o out twice.rec
    refuses 4 dorg-tps -o out missing.rec
    "$texture" 1 4 1 3 2 >tiny.rec
    refuses 2 dorg-tps -o out tiny.rec
}
