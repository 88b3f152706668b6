# dorg-dicom, dorg-orient, dorg-relabel, and the importers made of them
load helper

tcia() {
    /usr/bin/python3 "$ROOT/test/gen/tcia.py" "$@" || skip "no python3"
}
series() { # the files of a case
    find "$1" -path "*PANCREAS_$2*" -name '*.dcm'
}
numbers() { # NIfTI affine rows, and the first voxels as int16
    /usr/bin/python3 -c '
import struct, sys
b = open(sys.argv[1], "rb").read()
print("%g %g %g %g  %g %g %g %g  %g %g %g %g" % struct.unpack_from("<12f", b, 280))
at = int(struct.unpack_from("<f", b, 108)[0])
print(struct.unpack_from("<h", b, 70)[0], *struct.unpack_from("<%dh" % int(sys.argv[2]), b, at))' "$1" "$2"
}

close() { # the same voxels, and matrices but for rounding
    paste <(numbers "$1" 9) <(numbers "$2" 9) | agree 1e-4 2
}

@test "dicom: slices by position, whatever the files are called" {
    tcia t manifest
    mapfile -t f < <(series t 0001)
    dorg-dicom -o a.nii "${f[@]}"
    mapfile -t f < <(series t 0001 | sort -r)
    dorg-dicom -o b.nii "${f[@]}"
    tail -c +1000 a.nii | cmp - <(tail -c +1000 b.nii)
    run -0 numbers a.nii 3
    # rows run to the front, columns to the left, slices to the feet
    [ "${lines[0]}" = "-0.9 -0 -0 -0  -0 0.8 -0 -0  0 0 -1.5 -100" ]
    [ "${lines[1]}" = "4 -1000 -1000 -1000" ]
}

@test "dicom: explicit VR, nested sequences and an intercept give the same volume" {
    tcia t doi
    mapfile -t f < <(series t 0001)
    dorg-dicom -o a.nii "${f[@]}"
    mapfile -t f < <(series t 0006)
    dorg-dicom -o b.nii "${f[@]}"
    tail -c 7680 a.nii | cmp - <(tail -c 7680 b.nii)
    cmp <(numbers a.nii 0) <(numbers b.nii 0)
}

@test "dicom: what is no series is refused" {
    tcia t manifest
    mapfile -t f < <(series t 0001)
    mapfile -t g < <(series t 0002)
    mapfile -t h < <(series t 0004)
    refuses 3 dorg-dicom -o out "${h[@]}"
    grep -q 'a slice is missing' refuse.err
    refuses 3 dorg-dicom -o out "${f[@]}" "${g[@]}"
    grep -q 'another series' refuse.err
    refuses 3 dorg-dicom -o out "${f[@]}" "${f[0]}"
    refuses 3 dorg-dicom -o out "$ROOT/README"
    refuses 4 dorg-dicom -o out nothing.dcm
    refuses 2 dorg-dicom
    refuses 2 dorg-dicom -a RAR "${f[@]}"
    n=$(wc -c <"${f[0]}")
    for k in 0 1 131 132 140 $((n / 8)) $((n / 4)) $((n / 2)) $((n - 1)); do
        head -c "$k" "${f[0]}" >cut.dcm
        refuses 3 dorg-dicom -o out cut.dcm
    done
}

@test "orient: the header changes, the stored voxels and the centre do not" {
    tcia t manifest
    mapfile -t f < <(series t 0001)
    dorg-dicom -o a.nii "${f[@]}"
    dorg-dicom -a RAS -o b.nii "${f[@]}"
    dorg-orient -a RAS -o c.nii a.nii
    tail -c 7680 a.nii | cmp - <(tail -c 7680 b.nii)
    tail -c 7680 a.nii | cmp - <(tail -c 7680 c.nii)
    cmp <(numbers b.nii 4) <(numbers c.nii 4)
    run -0 numbers b.nii 0
    [ "${lines[0]}" = "0.9 0 0 -20.7  0 0.8 0 0  0 0 1.5 -110.5" ]
    dorg-orient -a LAI -o d.nii c.nii
    close a.nii d.nii
    dorg-orient -a PSL a.nii | dorg-orient -a LAI -o d.nii
    close a.nii d.nii
    refuses 2 dorg-orient a.nii
    for bad in RA RASS RRS ras 123; do refuses 2 dorg-orient -o out -a $bad a.nii; done
}

@test "relabel: by index, tested by HU" {
    tcia t manifest
    mapfile -t f < <(series t 0001)
    dorg-dicom -o ct.nii "${f[@]}"
    dorg-relabel -o mask.nii ct.nii t/*/label0001.nii.gz
    cmp <(head -c 352 mask.nii | tail -c 72 | head -c 48) <(head -c 352 ct.nii | tail -c 72 | head -c 48)
    [ "$(dorg-dice --no-surface mask.nii mask.nii | awk -F'\t' '!/^#/ && $1 != "case" { print $4 }')" = $((8 * 6 * 4)) ]
    refuses 3 dorg-relabel -o out ct.nii t/*/label0003.nii.gz
    grep -q 'label0003.nii.gz: the label does not fit: 0.000' refuse.err
    dorg-relabel --flip y -o turned.nii ct.nii t/*/label0003.nii.gz
    tail -c 3840 mask.nii | cmp - <(tail -c 3840 turned.nii)
    refuses 3 dorg-relabel -o out --flip z ct.nii t/*/label0001.nii.gz
    refuses 3 dorg-relabel -o out --least 0.01 --flip z ct.nii t/*/label0001.nii.gz
    grep -q 'fits better flipped in z' refuse.err
    dorg-relabel --least 0 --flip z ct.nii t/*/label0001.nii.gz >/dev/null
    refuses 3 dorg-relabel -o out --labels 2 ct.nii t/*/label0001.nii.gz
    # without --labels all but 0 are the organ; with it, those
    zcat t/*/label0001.nii.gz >one.nii
    head -c 352 one.nii >two.nii
    tail -c +353 one.nii | tr '\1' '\2' >>two.nii
    dorg-relabel ct.nii two.nii | dorg-cmp - mask.nii
    dorg-relabel --labels 2 ct.nii two.nii | dorg-cmp - mask.nii
    refuses 3 dorg-relabel -o out --labels 1 ct.nii two.nii
    # both ends of the range count
    refuses 3 dorg-relabel -o out --range=-1000,10 ct.nii t/*/label0001.nii.gz
    refuses 3 dorg-relabel -o out --range=1000,2000 ct.nii t/*/label0001.nii.gz
    refuses 2 dorg-relabel --flip q ct.nii mask.nii
    refuses 2 dorg-relabel --flip yy ct.nii mask.nii
    refuses 2 dorg-relabel --range 20 ct.nii mask.nii
    refuses 2 dorg-relabel ct.nii
}

@test "relabel: by header, however either file is stored" {
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$ROOT/test/gen" /usr/bin/python3 - <<'P'
from nii import write
n, mm = (24, 20, 8), (1, 1, 3)
organ = lambda i, j, k: 3 <= i < 9 and 4 <= j < 10 and 2 <= k < 5
box = lambda x, y, z, dx=0: [[x, 0, 0, dx], [0, y, 0, 0], [0, 0, z, 0]]
write("ct.nii", n, lambda i, j, k: 100 if organ(i, j, k) else -100, "h", mm, box(1, 1, 3))
write("same.nii", n, lambda i, j, k: int(organ(i, j, k)), "B", mm, box(1, 1, 3))
write("turned.nii", n, lambda i, j, k: int(organ(23 - i, 19 - j, k)), "B", mm, [[-1, 0, 0, 23], [0, -1, 0, 19], [0, 0, 3, 0]])
write("swapped.nii", (20, 8, 24), lambda j, k, i: int(organ(i, j, 7 - k)), "B", (1, 3, 1),
      [[0, 0, 1, 0], [1, 0, 0, 0], [0, -3, 0, 21]])
write("near.nii", n, lambda i, j, k: int(organ(i, j, k)), "B", mm, box(1, 1, 3, 0.05))
write("moved.nii", n, lambda i, j, k: int(organ(i, j, k)), "B", mm, box(1, 1, 3, 50))
write("wide.nii", n, lambda i, j, k: int(organ(i, j, k)), "B", mm, box(1.1, 1, 3))
write("none.nii", n, lambda i, j, k: int(organ(i, j, k)), "B", mm)
write("wrong.nii", n, lambda i, j, k: int(organ(i, 19 - j, k)), "B", mm, box(1, 1, 3))
write("empty.nii", n, lambda i, j, k: 0, "B", mm, box(1, 1, 3))
P
    dorg-relabel --header ct.nii same.nii -o want.nii
    run -0 dorg-cmp want.nii same.nii
    for l in turned swapped near; do
        dorg-relabel --header ct.nii $l.nii -o got.nii
        run -0 dorg-cmp want.nii got.nii
    done
    # by index the turned one covers another part of the body, and is refused for its HU
    refuses 3 dorg-relabel -o out ct.nii turned.nii
    for l in moved wide; do
        refuses 3 dorg-relabel --header -o out ct.nii $l.nii
        grep -q "$l.nii: the grids differ: corner" refuse.err
    done
    refuses 3 dorg-relabel --header -o out ct.nii none.nii
    grep -q 'none.nii: the header of the label states no orientation' refuse.err
    refuses 3 dorg-relabel --header -o out ct.nii wrong.nii
    grep -q 'wrong.nii: the label does not fit: ' refuse.err
    refuses 3 dorg-relabel --header -o out ct.nii empty.nii
    dorg-relabel --header --allow-empty ct.nii empty.nii -o got.nii
    dorg-info got.nii | grep -q '^not_zero: 0 voxels'
    refuses 2 dorg-relabel --header --flip y -o out ct.nii same.nii
}

@test "pancreas-ct: both layouts give the same cohort; bad pairs are refused by name" {
    for layout in manifest doi; do
        tcia $layout $layout
        run -2 --separate-stderr make -s -f "$ROOT/pipelines/pancreas-ct.mk" TCIA=$layout OUT=o-$layout B="$B"
        # shellcheck disable=SC2154
        for bad in 0003 0004 0005 0007; do grep -q "refused: PANCREAS_$bad: ." <<<"$stderr"; done
        [ "$(grep -c '^refused: ' <<<"$stderr")" -eq 4 ]
        [ "$(cut -f1,4 o-$layout/cohort-82.tsv | paste -sd' ')" = "$(printf 'case\tpatient 0001\t0001 0002\t0002 0006\t0006 0025\t0002')" ]
        [ "$(cut -f1 o-$layout/cohort.tsv | paste -sd,)" = case,0001,0002,0006 ]
        dorg-info o-$layout/0001/ct.nii.gz | grep -qx 'stored_axes: LAI'
    done
    dorg-folds -k 3 o-doi/cohort-82.tsv | awk '$1 == "0002" { a = $2 } $1 == "0025" { b = $2 } END { exit a != b }'
    zcat o-doi/0002/ct.nii.gz | tail -c 7680 | cmp - <(zcat o-manifest/0002/ct.nii.gz | tail -c 7680)
    before=$(stat -c %Y o-doi/0001/ct.nii.gz)
    run -2 make -s -f "$ROOT/pipelines/pancreas-ct.mk" TCIA=doi OUT=o-doi B="$B"
    [ "$(stat -c %Y o-doi/0001/ct.nii.gz)" = "$before" ]
}

@test "pancreas-ct: compressed slices go through dcm2niix, or are refused by name" {
    tcia t doi rle
    mkdir two
    printf '#!/bin/bash\nwhile [ "$1" != -o ]; do shift; done\n: >"$2/a.nii"; : >"$2/b.nii"\n' >two/dcm2niix
    chmod +x two/dcm2niix
    PATH=$PWD/two:$PATH run -2 --separate-stderr make -s -f "$ROOT/pipelines/pancreas-ct.mk" TCIA=t OUT=o B="$B"
    grep -q 'refused: PANCREAS_0008: dcm2niix made 2 volumes' <<<"$stderr"
    command -v dcm2niix >/dev/null || skip "no dcm2niix"
    run -2 make -s -f "$ROOT/pipelines/pancreas-ct.mk" TCIA=t OUT=o B="$B" retry
    [ "$(cat o/0008/status)" = ok ]
    # rows run the other way, in the scan and in its label; the same mask at the same place
    dorg-info o/0008/ct.nii.gz | grep -qx 'stored_axes: LPI'
    dorg-dice --no-surface o/0008/truth.nii.gz o/0001/truth.nii.gz -o got
    [ "$(awk -F'\t' '!/^#/ && $1 != "case" { print $9 }' got)" = 1 ]
    [ "$(dorg-info o/0008/ct.nii.gz | grep -E '^(mean|sd|to_mm_x)')" = "$(dorg-info o/0001/ct.nii.gz | grep -E '^(mean|sd|to_mm_x)')" ]
}

@test "pancreas-ct: a mended case is looked at again, and it alone" {
    tcia t doi
    make -s -f "$ROOT/pipelines/pancreas-ct.mk" TCIA=t OUT=o B="$B" || :
    [ "$(cut -f1 o/refused.tsv | paste -sd,)" = 0003,0004,0005,0007 ]
    before=$(stat -c %Y o/0001/status)
    cp t/TCIA*/label0001.nii.gz t/TCIA*/label0003.nii.gz
    cp t/TCIA*/label0001.nii.gz t/TCIA_pancreas_labels-02-05-2017/label0005.nii.gz
    sleep 1
    run -2 make -s -f "$ROOT/pipelines/pancreas-ct.mk" TCIA=t OUT=o B="$B" retry
    [ "$(cut -f1 o/refused.tsv | paste -sd,)" = 0004,0007 ]
    [ "$(cut -f1 o/cohort.tsv | paste -sd,)" = case,0001,0002,0003,0005,0006 ]
    [ "$(stat -c %Y o/0001/status)" = "$before" ]
}

@test "pancreas-ct: a scan or a label that is replaced is imported anew, and it alone" {
    tcia t doi
    importing() {
        make -s -f "$ROOT/pipelines/pancreas-ct.mk" TCIA=t OUT=o B="$B" >log 2>&1 || :
        grep -o '^PANCREAS_[0-9]*: ok' log | sort | paste -sd' '
    }
    [ "$(importing)" = "PANCREAS_0001: ok PANCREAS_0002: ok PANCREAS_0006: ok PANCREAS_0025: ok" ]
    [ "$(importing)" = "" ]
    before=$(dorg-info o/0002/truth.nii.gz | grep key)
    # an older file of the same size, as rsync -t brings it
    l=t/TCIA_pancreas_labels-02-05-2017/label0002.nii.gz
    /usr/bin/python3 - $l <<'P'
import gzip, sys
b = bytearray(gzip.open(sys.argv[1]).read())
at = [i for i in range(352, len(b)) if b[i]]
for i in at[:20]:
    b[i] = 0
with gzip.GzipFile(sys.argv[1], "wb", mtime=0) as f:
    f.write(bytes(b))
P
    touch -d 2015-01-01 $l
    [ "$(importing)" = "PANCREAS_0002: ok" ]
    [ "$(dorg-info o/0002/truth.nii.gz | grep key)" != "$before" ]
    [ "$(importing)" = "" ]
    f=$(series t 0006 | sort | head -1)
    cp "$f" again.dcm
    mv again.dcm "$f"
    [ "$(importing)" = "PANCREAS_0006: ok" ]
    rm "$f"
    [ "$(importing)" = "" ]
    grep -q '^PANCREAS_0006: refused: ' log
    [ "$(cut -f1 o/cohort.tsv | paste -sd,)" = case,0001,0002 ]
}

@test "pancreas-ct: what dcm2niix warns of, or leaves out, is refused" {
    tcia t doi rle
    mkdir bin
    said() { # LINE SLICES
        make_nii="PYTHONDONTWRITEBYTECODE=1 PYTHONPATH='$ROOT/test/gen' /usr/bin/python3 -c"
        # shellcheck disable=SC2016
        printf '%s\n' '#!/bin/bash' 'while [ "$1" != -o ]; do shift; done' "echo '$1'" 'cd "$2" || exit' \
            "$make_nii 'from nii import write; write(\"v.nii\", (24, 20, $2), lambda i, j, k: 0, \"h\")'" >bin/dcm2niix
        chmod +x bin/dcm2niix
        rm -rf o
        PATH=$PWD/bin:$PATH make -s -f "$ROOT/pipelines/pancreas-ct.mk" TCIA=t OUT=o B="$B" >log 2>&1 || :
        cat o/0008/status
    }
    [ "$(said 'Warning: Interslice distance varies in this volume (incompatible with NIfTI format).' 8)" = 'refused: dcm2niix says: Warning: Interslice distance varies in this volume (incompatible with NIfTI format).' ]
    [ "$(said 'Error: missing images' 8)" = 'refused: dcm2niix says: Error: missing images' ]
    [ "$(said 'Convert 8 DICOM' 7)" = 'refused: dcm2niix made 7 slices of 8' ]
    [[ "$(said 'Convert 8 DICOM' 8)" == 'refused: '*'the label does not fit'* ]]
}

@test "pancreas-ct: 0025 and 0070 are other crops of 0002: not among the 80, one patient among the 82" {
    tcia t doi
    d=$(find t -type d -name PANCREAS_0001) l=$(find t -name label0001.nii.gz)
    find t -mindepth 1 -type d -name 'PANCREAS_000[2-9]' -prune -exec rm -r {} +
    rm -rf "${d%/*}"/PANCREAS_00[27]?
    for c in 0002 0025 0070; do
        cp -r "$d" "${d%/*}/PANCREAS_$c"
        cp "$l" "${l%/*}/label$c.nii.gz"
    done
    make -s -f "$ROOT/pipelines/pancreas-ct.mk" TCIA=t OUT=o B="$B" >said 2>&1 || { cat said; return 1; }
    [ "$(cut -f1,4 o/cohort-82.tsv | paste -sd' ')" = "$(printf 'case\tpatient 0001\t0001 0002\t0002 0025\t0002 0070\t0002')" ]
    [ "$(cut -f1,4 o/cohort-80.tsv | paste -sd' ')" = "$(printf 'case\tpatient 0001\t0001 0002\t0002')" ]
    cmp o/cohort-80.tsv o/cohort.tsv
}

@test "msd: a Decathlon folder gives a cohort" {
    tcia t manifest
    mkdir -p msd/imagesTr msd/labelsTr
    for i in 1 2; do
        mapfile -t f < <(series t 000$i)
        dorg-dicom -o msd/imagesTr/pancreas_$i.nii.gz "${f[@]}"
        dorg-relabel -o msd/labelsTr/pancreas_$i.nii.gz msd/imagesTr/pancreas_$i.nii.gz t/*/label000$i.nii.gz
    done
    cp msd/labelsTr/pancreas_2.nii.gz msd/labelsTr/pancreas_3.nii.gz
    run -2 --separate-stderr make -s -f "$ROOT/pipelines/msd.mk" MSD=msd OUT=o
    grep -q 'refused: pancreas_3: no image' <<<"$stderr"
    [ "$(cut -f1 o/cohort.tsv | paste -sd,)" = case,pancreas_1,pancreas_2 ]
    while IFS=$'\t' read -r _ ct truth _; do
        [ "$ct" = ct ] || dorg-dice --no-surface "$truth" "$truth" >/dev/null
    done <o/cohort.tsv
    # of several labels, those named make up the organ
    /usr/bin/python3 - msd/labelsTr/pancreas_1.nii.gz <<'P'
import gzip, struct, sys
b = bytearray(gzip.open(sys.argv[1]).read())
first = int(struct.unpack_from("<f", b, 108)[0])
at = [i for i in range(first, len(b)) if b[i]]
for i in at[:10]:
    b[i] = 2
gzip.open(sys.argv[1], "wb").write(bytes(b))
P
    rm msd/labelsTr/pancreas_3.nii.gz
    voxels() { dorg-info "$1/pancreas_1/truth.nii.gz" | sed -n 's/not_zero: \([0-9]*\).*/\1/p'; }
    make -s -f "$ROOT/pipelines/msd.mk" MSD=msd OUT=both LABELS=1,2
    make -s -f "$ROOT/pipelines/msd.mk" MSD=msd OUT=one LABELS=1
    [ "$(voxels both)" -eq $((8 * 6 * 4)) ]
    [ "$(voxels one)" -eq $((8 * 6 * 4 - 10)) ]
    # an organ that a case does not have is an empty truth, which the tables count
    make -s -f "$ROOT/pipelines/msd.mk" MSD=msd OUT=two LABELS=2
    [ "$(voxels two)" -eq 10 ]
    dorg-info two/pancreas_2/truth.nii.gz | grep -q '^not_zero: 0 voxels'
}

@test "phantom-cohort: seeds from FIRST on; another list, no phantom made anew" {
    make -s -f "$ROOT/pipelines/phantom-cohort.mk" N=2 FIRST=11 OUT="$PWD/ph" SIZE=32,32,16
    [ "$(cut -f1,4 ph/cohort.tsv | paste -sd' ')" = "$(printf 'case\tpatient phantom11\tphantom11 phantom12\tphantom12')" ]
    cmp <(zcat ph/phantom12/ct.nii.gz) <(dorg-phantom --size 32,32,16 --seed 12 -t t.nii)
    touch mark
    sleep 1
    make -s -f "$ROOT/pipelines/phantom-cohort.mk" N=3 FIRST=11 OUT="$PWD/ph" SIZE=32,32,16
    [ "$(find ph -name ct.nii.gz -newer mark)" = "ph/phantom13/ct.nii.gz" ]
    [ "$(wc -l <ph/cohort.tsv)" = 4 ]
}

@test "msd: labels by their headers, tested by HU, made anew when replaced" {
    mkdir -p msd/imagesTr msd/labelsTr
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$ROOT/test/gen" /usr/bin/python3 - <<'P'
from nii import write
n, mm = (24, 20, 8), (1, 1, 3)
organ = lambda i, j, k: 3 <= i < 9 and 4 <= j < 10 and 2 <= k < 5
box = lambda x, dx=0: [[x, 0, 0, dx], [0, 1, 0, 0], [0, 0, 3, 0]]
for c in ("a", "b", "c", "d", "e"):
    write("msd/imagesTr/%s.nii" % c, n, lambda i, j, k: (-60 if c == "d" else 100) if organ(i, j, k) else -100, "h", mm, box(1))
    write("msd/labelsTr/%s.nii" % c, n, lambda i, j, k: int(organ(i, j, k)), "B", mm, box(1, 50 * (c == "c")))
write("msd/labelsTr/b.nii", n, lambda i, j, k: int(organ(23 - i, j, k)), "B", mm, box(-1, 23))
write("new.nii", n, lambda i, j, k: int(organ(i, j, k) and i > 3), "B", mm, box(1))
P
    importing() {
        make -s -f "$ROOT/pipelines/msd.mk" MSD=msd OUT=o "$@" >log 2>&1 || :
        grep -o '^[a-e]: [a-z]*' log | sort | paste -sd' '
    }
    [ "$(importing)" = "a: ok b: ok c: refused d: refused e: ok" ]
    grep -q '^refused: c: .*the grids differ' log
    grep -q '^refused: d: .*the label does not fit' log
    dorg-dice --no-surface o/a/truth.nii.gz o/b/truth.nii.gz -o got
    [ "$(awk -F'\t' '!/^#/ && $1 != "case" { print $9 }' got)" = 1 ]
    [ "$(importing)" = "" ]
    cp new.nii msd/labelsTr/a.nii
    touch -d 2015-01-01 msd/labelsTr/a.nii
    [ "$(importing)" = "a: ok" ]
    dorg-info o/a/truth.nii.gz | grep -q "^not_zero: $((5 * 6 * 3)) voxels"
    touch -d 2016-01-01 msd/imagesTr/e.nii
    [ "$(importing)" = "e: ok" ]
    # other organs have other HU
    [ "$(importing RANGE=-100,0)" = "a: refused b: refused c: refused d: ok e: refused" ]
    [ "$(importing LEAST=0)" = "a: ok b: ok c: refused d: ok e: ok" ]
}

@test "samples: a folder of scans as a cohort, with settings that cv takes" {
    mkdir scans
    for c in 0001_third 0001_half 0003_slab89-93; do
        dorg-phantom --size 32,32,16 -t scans/PANCREAS_${c}_label.nii.gz -o scans/PANCREAS_${c}_ct.nii.gz
    done
    make -s -f "$ROOT/pipelines/samples.mk" DATA=scans OUT="$PWD/s" \
        CASES='PANCREAS_0001_third PANCREAS_0001_half PANCREAS_0003_slab89-93'
    [ "$(cut -f1,4 s/cohort.tsv | paste -sd' ')" = "$(printf 'case\tpatient PANCREAS_0001_third\t0001 PANCREAS_0001_half\t0001 PANCREAS_0003_slab89-93\t0003')" ]
    make -n -f "$ROOT/pipelines/cv.mk" COHORT=s/cohort.tsv RUN=run FOLDS=2 >plan
    grep -q 'dorg-train .*--tps 0.08 --vary 0.15,15,0.25 --cfg .*demo.cfg' plan
    # one patient, one fold
    dorg-folds -k 2 -o folds.tsv s/cohort.tsv
    [ "$(awk -F'\t' '/^PANCREAS_0001/ { print $2 }' folds.tsv | sort -u | wc -l)" = 1 ]
}
