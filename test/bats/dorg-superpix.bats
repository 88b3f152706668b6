#!/usr/bin/env bats
# dorg-superpix, dorg-spscore: what goes in, what comes out, what is refused
load helper

# nii FILE TYPE NX NY NZ EXPRESSION-IN-x,y,z: a NIfTI-1 volume, written from the format alone
nii() {
    /usr/bin/python3 - "$@" <<'P'
import struct, sys, array, math
f, t, nx, ny, nz, expr = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]), sys.argv[6]
code, bits = {'f': (16, 32), 'h': (4, 16), 'B': (2, 8), 'i': (8, 32)}[t]
h = bytearray(352)
struct.pack_into('<i', h, 0, 348)
struct.pack_into('<8h', h, 40, 3, nx, ny, nz, 1, 1, 1, 1)
struct.pack_into('<hh', h, 70, code, bits)
struct.pack_into('<8f', h, 76, 1, 1, 1, 1, 1, 1, 1, 1)
struct.pack_into('<f', h, 108, 352)
struct.pack_into('<h', h, 254, 1)
for r in range(3):
    struct.pack_into('<4f', h, 280 + 16 * r, *[float(c == r) for c in range(4)])
h[344:348] = b'n+1\0'
v = [eval(expr) for z in range(nz) for y in range(ny) for x in range(nx)]
open(f, 'wb').write(bytes(h) + array.array(t, v).tobytes())
P
}

# ids FILE: the number of distinct labels, the least and the largest
ids() {
    /usr/bin/python3 - "$1" <<'P'
import struct, sys, array
b = open(sys.argv[1], 'rb').read()
off = int(struct.unpack_from('<f', b, 108)[0])
v = array.array('i', b[off:])
print(len(set(v)), min(v), max(v))
P
}

own_setup() { nii ct.nii h 30 20 3 '(x // 10) * 60 + 7 * ((x * 31 + y * 17 + z) % 5)'; }

@test "a stream in, a stream out; -j does not show" {
    dorg-superpix -k 5000 <ct.nii >a.nii
    dorg-superpix -k 5000 -j 3 -o b.nii <ct.nii
    cmp a.nii b.nii
    [ "$(ids a.nii)" = "33 1 33" ] # round(5000 * 600 / 512^2) = 11 a slice
}

@test "K is scaled to the slice, at least 1, at most a pixel each" {
    dorg-superpix ct.nii >a.nii
    [ "$(ids a.nii)" = "3 1 3" ] # 500 * 600 / 512^2 = 1.14
    dorg-superpix -k 0.001 ct.nii >a.nii
    [ "$(ids a.nii)" = "3 1 3" ]
    dorg-superpix -k 1e9 ct.nii >a.nii
    [ "$(ids a.nii)" = "1800 1 1800" ]
}

@test "the three methods, and one that is none" {
    dorg-superpix -k 10000 --method slic ct.nii >s.nii
    dorg-superpix -k 10000 --method grid ct.nii >g.nii
    [ "$(ids g.nii)" = "72 1 72" ] # 23 asked for: 6 x 4 cells a slice
    read -r n least most < <(ids s.nii)
    [ "$least" = 1 ]
    [ "$n" = "$most" ]
    [ "$n" -ge 36 ]
    [ "$n" -le 140 ]
    refuses 2 dorg-superpix --method best -o out ct.nii
}

# voxels FILE N: the N labels at its end, one a line
voxels() { tail -c $((4 * $2)) "$1" | od -An -v -t d4 -w4 | tr -d ' '; }

@test "slic and grid: the labels of the definitions, tried pixel by pixel" {
    needs_python nibabel
    for seed in 1 2 3 4 5 6; do
        /usr/bin/python3 "$ROOT/test/oracle/slic.py" make $seed u8.nii
        k=$((1500 * seed * seed)) m=$((2 * seed))
        /usr/bin/python3 "$ROOT/test/oracle/slic.py" label $k $m u8.nii >want
        dorg-superpix --method slic -w 0,255 -k $k --compactness $m -o slic.nii u8.nii
        voxels slic.nii "$(wc -l <want)" | cmp want
        /usr/bin/python3 "$ROOT/test/oracle/slic.py" grid $k u8.nii >want
        dorg-superpix --method grid -k $k -o grid.nii u8.nii
        voxels grid.nii "$(wc -l <want)" | cmp want
    done
}

@test "air outside the body is one superpixel; with --air it is cut up, K exactly" {
    nii air.nii h 40 30 2 '-1000 if (x - 18) ** 2 + (y - 15) ** 2 > 100 else 40 + 9 * (x % 4)'
    dorg-superpix -k 5000 air.nii >a.nii
    dorg-superpix -k 5000 --air air.nii >b.nii
    [ "$(ids b.nii)" = "46 1 46" ]
    read -r n least most < <(ids a.nii)
    [ "$least" = 1 ]
    [ "$n" = "$most" ]
    [ "$n" -gt 30 ]
    [ "$n" -lt 46 ]
}

@test "values far out of range are clamped, constants are cut evenly" {
    nii far.nii f 8 8 1 '(-1e30, 3e38)[x > 3]'
    nii step.nii f 8 8 1 '(-100, 200)[x > 3]'
    dorg-superpix -k 8192 -s 0.5 far.nii | tail -c 256 >far.raw
    dorg-superpix -k 8192 -s 0.5 step.nii | tail -c 256 >step.raw
    cmp far.raw step.raw
    nii flat.nii f 16 16 2 '40'
    dorg-superpix -k 16384 -o flat.out flat.nii
    [ "$(ids flat.out)" = "32 1 32" ]
}

@test "one pixel, one row, one column" {
    for s in "1 1 1" "40 1 2" "1 40 2"; do
        # shellcheck disable=SC2086
        nii thin.nii h $s 'x * 9 + y * 9'
        for m in ers slic grid; do
            dorg-superpix -k 65536 --method $m -o thin.out thin.nii
            [ "$(ids thin.out | cut -d' ' -f2)" = 1 ]
        done
        case $s in # a quarter of the pixels
            "1 1 1") want="1 1 1" ;;
            *) want="20 1 20" ;;
        esac
        dorg-superpix -k 65536 thin.nii >thin.out
        [ "$(ids thin.out)" = "$want" ]
    done
}

@test "refusals" {
    refuses 2 dorg-superpix -k 0 -o out ct.nii
    refuses 2 dorg-superpix -k 5x -o out ct.nii
    refuses 2 dorg-superpix -s 0 -o out ct.nii
    refuses 2 dorg-superpix -l -1 -o out ct.nii
    refuses 2 dorg-superpix -w 100 -o out ct.nii
    refuses 2 dorg-superpix -w 1,2,3 -o out ct.nii
    refuses 2 dorg-superpix -w 200,-100 -o out ct.nii
    refuses 2 dorg-superpix -o out ct.nii ct.nii
    refuses 4 dorg-superpix -o out none.nii
    head -c 1000 ct.nii >short.nii
    refuses 3 dorg-superpix -o out short.nii
    nii nan.nii f 4 4 1 'math.nan if x == 2 else 0'
    refuses 3 dorg-superpix -o out nan.nii
    nii inf.nii f 4 4 1 'math.inf if x == 2 else 0'
    refuses 3 dorg-superpix -o out inf.nii
    refuses 4 dorg-superpix -o /dev/full ct.nii
}

@test "scores: a table, by volume and by slice" {
    nii truth.nii B 30 20 3 'int(z == 1 and 10 <= x < 20)'
    dorg-superpix -k 20000 ct.nii >sp.nii
    dorg-spscore --ct ct.nii truth.nii sp.nii >v.tab
    [ "$(tail -n 1 v.tab)" = "#end" ]
    awk '!/^#/ && $1 == 1 { ok = $2 == 1 && $3 == 138 && $5 == 200 && $6 == 1 && $7 == 1 }
         END { exit !ok }' v.tab # the steps of the CT are the truth's
    dorg-spscore --slices truth.nii sp.nii >z.tab
    [ "$(grep -vc '^#' z.tab)" = 2 ]
    dorg-spscore --slices truth.nii - <sp.nii | cut -f1 | grep -qx 2
}

# close_to WANT GOT COLUMNS: numbers line by line, 1e-9 apart at most
close_to() {
    paste -d' ' "$1" "$2" | awk -v n="$3" '
        NF != 2 * n { bad = 1; print "columns:", $0 }
        { for (i = 1; i <= n; i++) { d = $i - $(i + n)
            if (d > 1e-9 || d < -1e-9) { bad = 1; print "line " NR " column " i ": " $i, $(i + n) } } }
        END { exit bad || !NR }'
}

@test "scores: every measure agrees with its definition, volume by volume and slice by slice" {
    needs_python nibabel
    needs_python scipy.ndimage
    /usr/bin/python3 "$ROOT/test/oracle/spscore.py" make 17 .
    /usr/bin/python3 "$ROOT/test/oracle/spscore.py" all . >want
    for i in 0 1 2 3 4 5 6 7; do
        for r in 0 2; do
            dorg-spscore --tolerance $r --ct ct$i.nii truth$i.nii labels$i.nii |
                awk '/^[0-9]/ { print -1, $6, $7, $8, $9, $10, $11 }'
        done
        dorg-spscore --slices --tolerance 1 --ct ct$i.nii truth$i.nii labels$i.nii |
            awk '/^[0-9]/ { print $2, $6, $7, $8, $9, $10, $11 }'
    done >got
    close_to want got 7
}

@test "scores: the measures of a real slab agree with their definitions" {
    needs_python nibabel
    needs_python scipy.ndimage
    scan 0003_slab89-93
    dorg-superpix -k 60 -o sp.nii "$ct"
    /usr/bin/python3 "$ROOT/test/oracle/spscore.py" score 2 "$ct" "$truth" sp.nii >want
    dorg-spscore --ct "$ct" "$truth" sp.nii | awk '/^[0-9]/ { print -1, $6, $7, $8, $9, $10, $11 }' >got
    close_to want got 7
}

@test "scores: refusals" {
    nii truth.nii B 30 20 3 'x > 20'
    nii none.nii B 30 20 3 '0'
    nii small.nii B 30 20 2 'x > 20'
    dorg-superpix ct.nii >sp.nii
    nii one.nii i 30 20 3 '1'
    refuses 3 dorg-spscore -o out none.nii sp.nii
    refuses 3 dorg-spscore -o out small.nii sp.nii
    refuses 3 dorg-spscore -o out truth.nii one.nii
    refuses 4 dorg-spscore -o out --ct absent.nii truth.nii sp.nii
    refuses 2 dorg-spscore -o out truth.nii
    refuses 2 dorg-spscore -o out --tolerance -1 truth.nii sp.nii
    refuses 2 dorg-spscore -o out -w 1 truth.nii sp.nii
}
