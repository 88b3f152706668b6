#!/usr/bin/env bats
# DICOM as scanners, archives and anonymisers write it: read as the standard says, or refused
# with the file's name.
load helper

py() {
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$ROOT/test/gen" /usr/bin/python3 -
}

@test "pixels of fewer bits: their sign, their place in the word, what lies above them" {
    py <<'P'
from dicom import write
hu = [-1024, -1000, -1, 0, 40, 300, 1000, 2047, -500]
for name, stored, high in (("low", 12, 11), ("high", 12, 15), ("middle", 13, 14), ("all", 16, 15)):
    for overlay in (0, 1):
        for k in range(2):
            other = 0xFFFF & ~(((1 << stored) - 1) << (high + 1 - stored)) if overlay else 0
            write("%s%d%d.dcm" % (name, overlay, k), k, [((v & ((1 << stored) - 1)) << (high + 1 - stored)) | other for v in hu],
                  3, 3, stored=stored, high=high, signed=1, inter="0")
            write("u%s%d%d.dcm" % (name, overlay, k), k, [((v + 1024) << (high + 1 - stored)) | other for v in hu],
                  3, 3, stored=stored, high=high)
P
    dorg-dicom all00.dcm all01.dcm -o want.nii
    dorg-info want.nii | grep -qx 'min: -1024'
    dorg-info want.nii | grep -qx 'max: 2047'
    for f in low middle high all; do
        for o in 0 1; do
            for u in '' u; do
                dorg-dicom $u$f${o}0.dcm $u$f${o}1.dcm -o got.nii
                run -0 dorg-cmp want.nii got.nii
            done
        done
    done
    py <<'P'
from dicom import write
for name, stored, high in (("none", 0, 0), ("deep", 17, 16), ("low", 12, 10), ("up", 12, 16)):
    write("bad-%s.dcm" % name, 0, [0] * 4, 2, 2, stored=stored or 17, high=high)
write("slope0.dcm", 0, [0] * 4, 2, 2, slope="0")
write("byte.dcm", 0, [0] * 4, 2, 2, bits=8)
P
    for f in bad-none bad-deep bad-low bad-up slope0 byte; do
        refuses 3 dorg-dicom -o out $f.dcm
        grep -q "$f.dcm: " refuse.err
    done
}

@test "sequences of undefined length, also in UN, nested, and in either representation" {
    py <<'P'
import struct
from dicom import IMPLICIT, element, open_ended, write
place = element(0x00200032, "DS", "9\\9\\9")  # a nested one is not the slice's
hidden = element(0x00200032, "DS", "9\\9\\9", False)
item = struct.pack("<HHI", 0xFFFE, 0xE000, len(place)) + place
more = {
    "plain": b"",
    "un": open_ended(0x00191010, "UN", hidden + element(0x00191011, "LO", "ABCD", False)),
    "nested": open_ended(0x00081115, "SQ", place + open_ended(0x00191010, "UN", hidden) + open_ended(0x00081140, "SQ", place)),
    "defined": element(0x00081115, "SQ", item),
    "unsized": element(0x00191010, "UN", b"\xfe\xff\x00\xe0 not an item"),
}
for name, m in more.items():
    for k in range(2):
        write("%s%d.dcm" % (name, k), k, [1, 2, 3, 4], 2, 2, more=m)
implicit = struct.pack("<HHI", 0x0008, 0x1115, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + hidden
implicit += struct.pack("<HHIHHI", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
for k in range(2):
    write("implicit%d.dcm" % k, k, [1, 2, 3, 4], 2, 2, more=implicit, syntax=IMPLICIT)
deep = place
for _ in range(100):
    deep = open_ended(0x00081115, "SQ", deep)
write("deep.dcm", 0, [1, 2, 3, 4], 2, 2, more=deep)
write("open.dcm", 0, [1, 2, 3, 4], 2, 2, more=more["nested"][:-8])
P
    dorg-dicom plain0.dcm plain1.dcm -o want.nii
    for f in un nested defined unsized implicit; do
        dorg-dicom ${f}0.dcm ${f}1.dcm -o got.nii
        run -0 dorg-cmp want.nii got.nii
    done
    for f in deep open; do refuses 3 dorg-dicom -o out $f.dcm; done
}

@test "what follows the pixels is padding" {
    py <<'P'
from dicom import element, write
pixels = [1, 2, 3, 4, 5, 6]
for k in range(2):
    write("plain%d.dcm" % k, k, pixels, 2, 3)
    write("element%d.dcm" % k, k, pixels, 2, 3, tail=element(0xFFFCFFFC, "OB", b"\0" * 100))
    write("block%d.dcm" % k, k, pixels, 2, 3, tail=b"\0" * 413)
    write("text%d.dcm" % k, k, pixels, 2, 3, tail=b"\r\n")
    write("within%d.dcm" % k, k, pixels + [0] * 3, 2, 3)
write("twice.dcm", 0, pixels * 2 + [0], 2, 3)
write("short.dcm", 0, pixels[1:], 2, 3)
write("none.dcm", 0, None, 2, 3)
P
    dorg-dicom plain0.dcm plain1.dcm -o want.nii
    for f in element block text within; do
        dorg-dicom ${f}0.dcm ${f}1.dcm -o got.nii
        run -0 dorg-cmp want.nii got.nii
    done
    for f in twice short none; do refuses 3 dorg-dicom -o out $f.dcm; done
}

@test "slope and intercept are each slice's own, the type is that of all" {
    py <<'P'
from dicom import write
def series(name, slopes, inters, pixels=(1000, 1001, 1002, 1003)):
    for k, (s, i) in enumerate(zip(slopes, inters)):
        write("%s%d.dcm" % (name, k), k, list(pixels), 2, 2, slope=s, inter=i)
series("whole", ("1", "2", "1"), ("-1024", "0", "-24"))
series("half", ("1", "1.5", "1"), ("-1024", "-1024", "-1024"))
series("last", ("1", "1", "1"), ("-1024", "-1024", "-0.5"))
series("large", ("1", "1", "40"), ("0", "0", "0"))
series("low", ("1", "1", "1"), ("-33000", "-33000", "-33000"), (1000, 1001, 1002, 60000))
P
    dorg-dicom whole?.dcm -o v.nii
    dorg-info v.nii | grep -qx 'type: int16'
    dorg-info v.nii | grep -qx 'max: 2006'
    dorg-dicom low?.dcm -o v.nii
    dorg-info v.nii | grep -qx 'type: int16'
    dorg-info v.nii | grep -qx 'min: -32000'
    dorg-info v.nii | grep -qx 'max: 27000'
    for f in half last large; do
        dorg-dicom $f?.dcm -o v.nii
        dorg-info v.nii | grep -qx 'type: float32'
    done
    dorg-info v.nii | grep -qx 'max: 40120'
    dorg-dicom half2.dcm half1.dcm half0.dcm -o v.nii
    dorg-crop --z 1,1 v.nii -o s.nii
    dorg-info s.nii | grep -qx 'min: 476'
    dorg-info s.nii | grep -qx 'max: 480.5'
}

@test "positions count: numbers may start anywhere, skip, be missing, and only say which end is first" {
    py <<'P'
from dicom import write
up = lambda k: "0\\0\\%g" % (2 * k)
down = lambda k: "0\\0\\%g" % (-2 * k)
for k in range(4):
    write("one%d.dcm" % k, k, [k] * 4, 2, 2)
    write("late%d.dcm" % k, k, [k] * 4, 2, 2, number=k + 57)
    write("odd%d.dcm" % k, k, [k] * 4, 2, 2, number=2 * k)
    write("none%d.dcm" % k, k, [k] * 4, 2, 2, number=False)
    write("down%d.dcm" % k, k, [k] * 4, 2, 2, position=down(k))
    write("turned%d.dcm" % k, k, [k] * 4, 2, 2, number=9 - k)
    if k != 2:
        write("gap%d.dcm" % k, k, [k] * 4, 2, 2, number=k - (k > 2))
    write("uneven%d.dcm" % k, k, [k] * 4, 2, 2, position=up(k + 0.12 * (k == 2)))
    write("even%d.dcm" % k, k, [k] * 4, 2, 2, position=up(k + 0.04 * (k == 2)))
write("copy.dcm", 1, [1] * 4, 2, 2, number=77)
P
    dorg-dicom one?.dcm -o want.nii
    for f in late odd none even; do
        dorg-dicom $f?.dcm -o got.nii
        run -0 dorg-cmp want.nii got.nii
    done
    # stored from the other end, in the same places
    dorg-dicom turned?.dcm -o got.nii
    run -0 dorg-cmp want.nii got.nii
    dorg-info got.nii | grep -qx 'stored_axes: LPI'
    dorg-info want.nii | grep -qx 'stored_axes: LPS'
    dorg-dicom down?.dcm -o got.nii
    dorg-info got.nii | grep -qx 'stored_axes: LPI'
    refuses 3 dorg-dicom -o out gap?.dcm
    grep -q 'a slice is missing: gap1.dcm and gap3.dcm lie 4.000 mm apart, others 2.000' refuse.err
    refuses 3 dorg-dicom -o out uneven?.dcm
    grep -q 'not evenly spaced: uneven2.dcm lies 0.240 mm off, at most 0.1 are allowed' refuse.err
    refuses 3 dorg-dicom -o out one?.dcm copy.dcm
    grep -q 'one1.dcm and copy.dcm lie at one place\|copy.dcm and one1.dcm lie at one place' refuse.err
}

@test "orientation and pitch may differ as far as no pixel moves by more than 0.1 mm" {
    py <<'P'
from dicom import write
n = 64
for name, axes, pitch in (("same", "1\\0\\0\\0\\1\\0", "0.7\\0.7"), ("digits", "1.000000\\0\\0\\0\\0.9999999\\0.000447", "0.7\\0.70000001"),
                          ("tilted", "1\\0\\0\\0\\0.99995\\0.0099998", "0.7\\0.7"), ("wide", "1\\0\\0\\0\\1\\0", "0.7\\0.71")):
    write("%s.dcm" % name, 1, [5] * n * n, n, n, axes=axes, pitch=pitch)
write("first.dcm", 0, [5] * n * n, n, n, pitch="0.7\\0.7")
write("long.dcm", 0, [5] * 4, 2, 2, axes="1\\0\\0\\0\\2\\0")
write("skew.dcm", 0, [5] * 4, 2, 2, axes="1\\0\\0\\0.1\\0.99\\0")
write("turned.dcm", 0, [5] * 4, 2, 2, axes="1\\0\\0\\0\\1")
P
    for f in same digits; do dorg-dicom first.dcm $f.dcm >/dev/null; done
    for f in tilted wide; do
        refuses 3 dorg-dicom -o out first.dcm $f.dcm
        grep -q "$f.dcm has another pitch or orientation than first.dcm: its last pixel lies 0[.][0-9]* mm off, at most 0.1" refuse.err
    done
    for f in long skew turned; do refuses 3 dorg-dicom -o out $f.dcm; done
}

@test "several frames, and other transfer syntaxes, are refused by name" {
    py <<'P'
from dicom import write
write("frames.dcm", 0, list(range(20)), 2, 2, frames=5)
write("one.dcm", 0, [1, 2, 3, 4], 2, 2, frames=1)
for name, uid in (("jpeg", "4.70"), ("j2k", "4.90"), ("rle", "5"), ("big", "2"), ("zip", "1.99"), ("new", "4.201")):
    write(name + ".dcm", 0, [1, 2, 3, 4], 2, 2, syntax="1.2.840.10008.1.2." + uid)
P
    dorg-dicom one.dcm >/dev/null
    refuses 3 dorg-dicom -o out frames.dcm
    grep -q 'frames.dcm: a multi-frame file of 5 frames, expected one slice a file; dcm2niix' refuse.err
    while read -r f name; do
        refuses 3 dorg-dicom -o out $f.dcm
        grep -q "$f.dcm: $name.*transfer syntax 1.2.840.10008.1.2[.0-9]*); dcm2niix converts it" refuse.err
    done <<'N'
jpeg compressed: JPEG lossless
j2k compressed: JPEG 2000 lossless
rle compressed: run lengths
big big-endian
zip compressed: deflate
new compressed, or of an unknown kind
N
}

@test "a folder: all DICOM files below it, one series" {
    mkdir -p study/a/b other empty
    py <<'P'
from dicom import write
for k in range(4):
    write(("study/a/%d" if k % 2 else "study/a/b/%d.dcm") % k, k, [k] * 4, 2, 2)
    write("%d.dcm" % k, k, [k] * 4, 2, 2)
write("study/DICOMDIR", 9, [0] * 4, 2, 2)
write("other/scout.dcm", 0, [0] * 4, 2, 2, series="9.9")
P
    echo 'read me' >study/LICENSE
    printf '\0\5\26\7' >study/a/._1
    dorg-dicom ?.dcm -o want.nii
    dorg-dicom -v study -o got.nii 2>err
    run -0 dorg-cmp want.nii got.nii
    grep -q '4 slices' err
    dorg-dicom 0.dcm 2.dcm study/a/1 ./3.dcm -o got.nii
    run -0 dorg-cmp want.nii got.nii
    refuses 3 dorg-dicom -o out study other
    grep -q 'another series' refuse.err
    refuses 3 dorg-dicom -o out empty
    grep -q 'empty: no DICOM file in this folder' refuse.err
    refuses 4 dorg-dicom -o out absent
}

@test "a tilted gantry is a sheared grid, an oblique or sagittal series a turned one" {
    py <<'P'
from math import cos, radians, sin
from dicom import write
c, s = cos(radians(15)), sin(radians(15))
lean = "1\\0\\0\\0\\%.6f\\%.6f" % (c, -s)
for k in range(4):
    write("tilt%d.dcm" % k, k, [k] * 6, 2, 3, axes=lean)
    write("oblique%d.dcm" % k, k, [k] * 6, 2, 3, axes=lean, position="0\\%.6f\\%.6f" % (2 * k * s, 2 * k * c))
    write("sagittal%d.dcm" % k, k, [k] * 6, 2, 3, axes="0\\1\\0\\0\\0\\-1", position="%d\\0\\0" % (3 * k))
P
    places() { dorg-dicom "$1"?.dcm | dorg-info | grep -E '^(stored_axes|to_mm|pitch)' | paste -sd' '; }
    [ "$(places tilt)" = "pitch_mm: 1 x 1 x 2 stored_axes: LPS to_mm_x: 1 0 0 -2 to_mm_y: 0 0.965926 0 -0.965926 to_mm_z: 0 0.258819 2 -0.258819" ]
    [ "$(places oblique)" = "pitch_mm: 1 x 1 x 2 stored_axes: LPS to_mm_x: 1 0 0 -2 to_mm_y: 0 0.965926 -0.517638 -0.965926 to_mm_z: 0 0.258819 1.931852 -0.258819" ]
    [ "$(places sagittal)" = "pitch_mm: 3 x 1 x 1 stored_axes: PIL to_mm_x: 3 0 0 -9 to_mm_y: 0 1 0 -2 to_mm_z: 0 0 1 -1" ]
}

@test "a folder's links are followed; one within itself is refused, one to nowhere passed over" {
    mkdir -p store study loop/a
    py <<'P'
from dicom import write
for k in range(3):
    write("store/%d" % k, k, [k] * 4, 2, 2)
    write("loop/a/%d" % k, k, [k] * 4, 2, 2)
P
    dorg-dicom store/? -o want.nii
    ln -s ../store study/all
    ln -s nowhere study/broken
    mkfifo study/pipe
    for d in study study/; do
        dorg-dicom $d -o got.nii
        run -0 dorg-cmp want.nii got.nii
    done
    ln -s ../../loop loop/a/again
    refuses 3 dorg-dicom -o out loop
    grep -q 'loop/a/again: a folder within itself' refuse.err
    ln -s ../store/1 study/twice
    refuses 3 dorg-dicom -o out study
    grep -q 'lie at one place' refuse.err
}
