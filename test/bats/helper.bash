# shellcheck shell=bash
# Loaded by every bats file: paths, a scratch folder, and refusals that leave nothing behind.
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
B=${B:-$ROOT/build}
case $B in /*) ;; *) B=$ROOT/$B ;; esac
PATH=$B/bin:$PATH
DORG_DATA=${DORG_DATA:-$ROOT/../shared/data}
export PATH DORG_DATA
unset MAKEFLAGS MFLAGS # how the make was called that runs the suite is no matter of the tests
set -o pipefail

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    if declare -F own_setup >/dev/null; then own_setup; fi
}

# refuses CODE COMMAND...: exits with exactly CODE, one line on stderr that begins with the
# command's name, nothing on stdout, and (with -o out given) no out and no temporary file.
refuses() {
    local code=$1 rc=0
    shift
    rm -f out
    "$@" >refuse.out 2>refuse.err </dev/null || rc=$?
    # where oneDNN is not there, a command that got so far says so before it refuses
    sed -i '/^[a-z-]*: the plain C engine runs, /d' refuse.err
    [ "$rc" -eq "$code" ] || { echo "exit $rc, expected $code"; cat refuse.err; return 1; }
    [ ! -s refuse.out ] || { echo "wrote to stdout"; return 1; }
    [ "$(wc -l <refuse.err)" -eq 1 ] || { echo "not one line:"; cat refuse.err; return 1; }
    grep -q "^$1: error: " refuse.err || { cat refuse.err; return 1; }
    if [ -e out ] || compgen -G ".dorg-*" >/dev/null; then echo "left an output file"; return 1; fi
}

# within LO HI: standard input is one number a line, at least one, each from LO to HI.  Awk's own
# comparison would take "NA" for a text, and above any number.
within() {
    awk -v lo="$1" -v hi="$2" '
        !/^[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?$/ || $0 + 0 < lo || $0 + 0 > hi {
            print "not a number from " lo " to " hi ": " $0; bad = 1 }
        END { if (!NR) print "no number"; exit bad || !NR }'
}

# agree TOLERANCE LINES: standard input has so many lines; the first half of each has the numbers
# of the second half, x within TOLERANCE sqrt(1 + x^2).
agree() {
    awk -v t="$1" -v lines="$2" '
        { n = NF / 2
          for (i = 1; i <= n; i++) {
              d = $i - $(i + n)
              if (($i $(i + n)) !~ /^[-+.0-9eE]+$/ || d * d > t * t * (1 + $i * $i)) bad = 1 }
          if (!n || n != int(n)) bad = 1
          if (bad) { print "differs: " $0; exit } }
        END { if (NR != lines) print NR " lines, expected " lines; exit bad || NR != lines }'
}

# needs_data: skip where the real scans are absent
needs_data() {
    [ -d "$DORG_DATA/nih-pancreas-ct" ] || skip "no real scans at DORG_DATA"
}

# scan NAME: ct and truth name a real scan at DORG_DATA or, where there is none, a phantom
scan() {
    ct=$DORG_DATA/nih-pancreas-ct/PANCREAS_$1_ct.nii.gz
    truth=${ct/_ct./_label.}
    [ ! -e "$ct" ] || return 0
    ct=$PWD/scan_ct.nii.gz
    truth=$PWD/scan_label.nii.gz
    dorg-phantom --seed 1 --size 96,80,20 -t "$truth" -o "$ct"
}

# needs_python MODULE: skip where Debian's python3 has no such module
needs_python() {
    /usr/bin/python3 -c "import $1" 2>/dev/null || skip "no python3 module $1"
}

# nii8 CODE BITS BYTE...: a volume of 2 x 2 x 2 voxels of a NIfTI type, from the header's
# definition; the voxels' bytes in octal, each voxel the same
nii8() {
    local code=$1 bits=$2
    shift 2
    printf '\x5c\x01\x00\x00'
    head -c 36 /dev/zero
    printf '\x03\x00\x02\x00\x02\x00\x02\x00\x01\x00\x01\x00\x01\x00\x01\x00'
    head -c 14 /dev/zero
    printf '%b' "\\x$(printf %x $((code % 256)))\\x$(printf %x $((code / 256)))\\x$(printf %x "$bits")\\0\\0\\0"
    for _ in 1 2 3 4 5 6 7 8; do printf '\x00\x00\x80\x3f'; done
    printf '\x00\x00\xb0\x43'
    head -c 232 /dev/zero
    printf 'n+1\0\0\0\0\0'
    for _ in 1 2 3 4 5 6 7 8; do printf '%b' "$@"; done
}

# stored_as FILE: the number of its NIfTI type
stored_as() {
    od -An -j 70 -N 2 -t d2 "$1" | tr -d ' '
}
