#!/usr/bin/env bats
# What every command owes its user: the same front, the same refusals.
load helper

commands() {
    (cd "$B/bin" && ls dorg-*)
}

# A small volume, without leaning on dorg-phantom: header by printf, zeros behind it.
tiny() {
    {
        printf '\x5c\x01\x00\x00'
        head -c 36 /dev/zero
        printf '\x03\x00\x02\x00\x02\x00\x02\x00\x01\x00\x01\x00\x01\x00\x01\x00'
        head -c 14 /dev/zero
        printf '\x10\x00\x20\x00\x00\x00'
        for _ in 1 2 3 4 5 6 7 8; do printf '\x00\x00\x80\x3f'; done
        printf '\x00\x00\xb0\x43'
        head -c 232 /dev/zero
        printf 'n+1\0\0\0\0\0'
        head -c 32 /dev/zero
    } >"$1"
}

@test "every command answers --help, --version and --help=mdoc on stdout" {
    for c in $(commands); do
        run -0 --separate-stderr "$c" --help
        [[ $output == "$c - "* ]]
        [[ $output == *"usage: $c"* ]]
        [ -z "$stderr" ]
        run -0 --separate-stderr "$c" --version
        [[ $output =~ ^$c\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
        [ -z "$stderr" ]
        run -0 --separate-stderr "$c" --help=mdoc
        [[ $output == .Bl* ]]
        [[ $output == *.El ]]
    done
}

@test "every command refuses an unknown option, a missing value and too many operands: 2" {
    for c in $(commands); do
        refuses 2 "$c" --no-such-option
        refuses 2 "$c" -o
        refuses 2 "$c" -j nonsense
        refuses 2 "$c" -j 1.5
        refuses 2 "$c" -j -3
        refuses 2 "$c" -d nowhere
    done
}

# clashes PAGE: of lines "command letter name argument", those that do not agree with the letters
# of dorg(7) or with one another.
clashes() {
    awk '
        FNR == NR { if ($1 == ".It" && $2 == "Fl" && $4 == ",") page[$3] = $7; next }
        $2 != "." && page[$2] != $3 { print $1 ": -" $2 " is not --" $3 }
        $2 == "." { for (l in page) if (page[l] == $3) print $1 ": --" $3 " lacks its letter, " l }
        ($3 in flag) && flag[$3] != ($4 == "") { print $1 ": --" $3 " takes a value elsewhere only, or here" }
        { flag[$3] = $4 == "" }
        $2 != "." && index("anz", $2) == 0 { users[$2]++ }
        END { for (l in users) if (users[l] < 3) print "-" l " is of " users[l] " commands" }' "$1" -
}

@test "a letter means one thing in all commands: what dorg(7) says" {
    for c in $(commands); do
        "$c" --help=mdoc | awk -v c="$c" '$1 == ".It" && $0 !~ /Fl Fl (help|version)/ {
            if ($4 == ",") print c, $3, $7, $9; else print c, ".", $4, $6 }'
    done >options
    [ "$(wc -l <options)" -gt 200 ]
    clashes "$ROOT/man/dorg.7" <options >bad
    [ ! -s bad ] || { cat bad; false; }
    for broken in 'dorg-x m method name' 'dorg-x . count n' 'dorg-x q quiet yes' 'dorg-x b band mm'; do
        (cat options; echo "$broken") | clashes "$ROOT/man/dorg.7" >bad
        [ -s bad ] || { echo "not seen: $broken"; false; }
    done
}

@test "--help into a full disk is exit 4" {
    for c in $(commands); do
        run -4 bash -c "'$c' --help >/dev/full"
    done
}

@test "numbers are read to their last character" {
    tiny t.nii
    refuses 2 dorg-thresh -p 3mm t.nii
    refuses 2 dorg-thresh -p '' t.nii
    refuses 2 dorg-thresh -p nan t.nii
    refuses 2 dorg-thresh -p 1e99 t.nii
    refuses 2 dorg-thresh --cut
    refuses 2 dorg-thresh --quiet=1 t.nii
    run -0 dorg-thresh -p5e-1 -o a.nii t.nii
    run -0 dorg-thresh --cut=0.5 --output=b.nii t.nii
    run -0 dorg-thresh t.nii --cut 0.5 -o c.nii
    cmp b.nii c.nii
}

@test "file, pipe, gzip and zstd are one input; -o and stdout one output" {
    tiny t.nii
    gzip -k t.nii
    zstd -q t.nii
    dorg-thresh -p 0 -o a.nii t.nii
    dorg-thresh -p 0 t.nii >b.nii
    cmp a.nii b.nii
    dorg-thresh -p 0 <t.nii >c.nii
    dorg-thresh -p 0 - <t.nii.gz | tail -c 8 | cmp - <(tail -c 8 a.nii)
    cat t.nii.zst | dorg-thresh -p 0 | tail -c 8 | cmp - <(tail -c 8 a.nii)
    dorg-thresh -p 0 -o d.nii.gz t.nii
    dorg-thresh -p 0 -o d.nii.zst t.nii
    zcat d.nii.gz | cmp - a.nii
    zstd -qdc d.nii.zst | cmp - a.nii
    [ "$(tail -c 8 a.nii | od -An -tu1 | tr -d ' \n')" = 11111111 ]
}

@test "history rides along, without folders, threads or verbosity" {
    tiny t.nii
    mkdir deep
    dorg-thresh -p 0.25 -j 2 -v -o deep/a.nii t.nii
    dorg-thresh -p 0.5 deep/a.nii -o b.nii
    grep -qa '#@ dorg-thresh [0-9.]* --cut=0.25 t.nii$' b.nii
    grep -qa '#@ dorg-thresh [0-9.]* --cut=0.5 a.nii$' b.nii
    run -1 grep -qa 'deep\|jobs\|verbose' b.nii
}

@test "what cannot be written is exit 4, and nothing is left" {
    tiny t.nii
    refuses 4 dorg-thresh -o nowhere/out t.nii
    refuses 4 dorg-thresh -o /dev/full t.nii
    run -4 bash -c 'dorg-thresh t.nii >/dev/full'
    refuses 4 dorg-thresh -o out missing.nii
    refuses 4 dorg-thresh -o out .
}

@test "a failure leaves an older output as it was" {
    tiny t.nii
    echo precious >out
    head -c 360 t.nii >cut.nii
    run -3 dorg-thresh -o out cut.nii
    [ "$(cat out)" = precious ]
    run -1 compgen -G '.dorg-*'
}

@test "truncated, empty, foreign, NaN, 4-D and huge inputs are exit 3" {
    tiny t.nii
    head -c 383 t.nii >cut.nii
    : >empty.nii
    head -c 1000 /dev/urandom >junk.nii
    cp t.nii nan.nii
    printf '\x00\x00\xc0\x7f' | dd of=nan.nii bs=1 seek=360 conv=notrunc status=none
    cp t.nii 4d.nii
    printf '\x04\x00\x02\x00\x02\x00\x01\x00\x02\x00' |
        dd of=4d.nii bs=1 seek=40 conv=notrunc status=none
    cp t.nii huge.nii
    printf '\x03\x00\xff\x7f\xff\x7f\xff\x7f' | dd of=huge.nii bs=1 seek=40 conv=notrunc status=none
    gzip -c t.nii | head -c -5 >cut.nii.gz
    for f in cut empty junk nan 4d huge; do
        refuses 3 dorg-thresh -o out $f.nii
    done
    refuses 3 dorg-thresh -o out cut.nii.gz
}

@test "a reader that goes away is SIGPIPE, not an error message" {
    # the writer begins when the reader has gone
    run -141 bash -c 'set -o pipefail; { sleep 0.5; exec dorg-thresh --help; } | true'
    [[ $output != *error* ]]
}

@test "-v closes with time and memory on stderr; -q and silence are silent" {
    tiny t.nii
    run -0 --separate-stderr bash -c 'dorg-thresh -v t.nii >/dev/null'
    [[ $stderr == *"s wall"*"s CPU"*"MB at the peak"* ]]
    run -0 --separate-stderr bash -c 'dorg-thresh t.nii >/dev/null'
    [ -z "$stderr" ]
}
