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

@test "words are checked before any input is opened, and --help lists them" {
    for w in 'dorg-superpix --method' 'dorg-rconv -n n --average' 'dorg-graphcut --pair' 'dorg-crop --type' \
        'dorg-dice --empty' 'dorg-dice --format' 'dorg-rftrain --bag' 'dorg-rftrain --learner' 'dorg-tps --kernel' \
        'dorg-train --init' 'dorg-train --sampling' 'dorg-train --keep' 'dorg-train -E' 'dorg-pconv --precision' \
        'dorg-clean --connect'; do
        # shellcheck disable=SC2086
        refuses 2 $w ers2 absent.nii absent.nii
        grep -qE 'expected [a-z0-9|]+: ers2; see' refuse.err || { cat refuse.err; false; }
        c=${w%% *} o=${w##* }
        [ "$o" != -E ] || o='-E, --engine'
        "$c" --help | grep -qE -- "$o [a-z0-9]+(\|[a-z0-9]+)+ .*default" || { "$c" --help; false; }
    done
    refuses 2 dorg-orient -a RAR absent.nii
    refuses 2 dorg-dicom -a RAR absent.dcm
    refuses 2 dorg-superpix -w 10,10 absent.nii
    refuses 2 dorg-view -w 10 absent.nii
}

@test "a pair of numbers is two, the first not above the second" {
    tiny t.nii
    refuses 2 dorg-crop --x 1,0 t.nii
    refuses 2 dorg-crop --x 1 t.nii
    refuses 2 dorg-crop --x 0,1,1 t.nii
    refuses 2 dorg-crop --x 0,0.5 t.nii
    refuses 2 dorg-region --ambiguous 0.5,0.2 t.nii t.nii t.tab
}

@test "an unknown option that is nearly one is answered with its name" {
    run -2 dorg-superpix --cout 3
    [[ $output == *'unknown option --cout; did you mean --count?; see dorg-superpix --help' ]]
    run -2 dorg-thresh --verbos
    [[ $output == *'did you mean --verbose?'* ]]
    run -2 dorg-thresh --frobnicate
    [[ $output != *'did you mean'* ]]
}

@test "numbers are decimal: no blanks, no hexadecimal" {
    tiny t.nii
    for x in ' 1' '1 ' 0x2 0x1p3 inf ' 0x2' '+' 1e; do refuses 2 dorg-gauss3d -s "$x" t.nii; done
    dorg-gauss3d -s +1.5e-1 t.nii >/dev/null
}

@test "a device that is named and cannot run is exit 4, in every command" {
    export DORG_PLUGINS=/nonexistent
    for c in $(commands); do
        for n in 0 1 2; do # as many operands as it takes
            set -- absent1 absent2
            shift $((2 - n))
            rc=0
            "$c" -d cuda:9 "$@" >/dev/null 2>&1 </dev/null || rc=$?
            if [ $rc != 2 ]; then break; fi
        done
        refuses 4 "$c" -d cuda:9 "$@"
        grep -q 'device cuda:9 cannot be used' refuse.err || { cat refuse.err; false; }
    done
}

@test "a history line is as long as its command" {
    dorg-phantom --seed 1 --size 16,16,16 -t truth.nii -o ct.nii
    long=$(printf 'a%.0s' $(seq 200))
    pairs=()
    for i in $(seq 30); do
        ln -s ct.nii "$long.$i.nii"
        pairs+=("$long.$i.nii" truth.nii)
    done
    dorg-kde "${pairs[@]}" | grep '#@ dorg-kde' >line
    [ "$(wc -c <line)" -gt 6000 ]
    grep -q "$long.30.nii truth.nii\$" line
}

@test "what something was learned from is in its history: forests, candidates, densities" {
    dorg-phantom --seed 1 --size 64,56,24 -t t.nii -o ct.nii
    dorg-superpix -k 20000 -o sp.nii ct.nii
    dorg-spfeat -t t.nii -o a.tab ct.nii sp.nii
    dorg-rftrain -k 2 -o 1.forest a.tab
    dorg-rftrain -k 2 -f 1.forest -o 2.forest a.tab
    dorg-info 2.forest >info
    for stage in 'dorg-phantom .*seed=1' 'dorg-superpix .*ct.nii' 'dorg-spfeat .*ct.nii sp.nii' 'dorg-rftrain .*a.tab'; do
        grep -q "$stage" info || { echo "2.forest: no $stage"; false; }
    done
    [ "$(grep -c 'dorg-rftrain ' info)" -eq 2 ]
    dorg-rfcand -f 1.forest -f 2.forest a.tab | grep '^#@' >past
    [ "$(grep -c 'dorg-rftrain ' past)" -eq 2 ]
    tail -1 past | grep -q 'dorg-rfcand '
    dorg-kde -o kde.tab ct.nii t.nii
    grep -q '#@ dorg-phantom .*--seed=1' kde.tab
    dorg-kde --kde kde.tab ct.nii -o y.nii
    dorg-spfeat --kde kde.tab -o k.tab ct.nii sp.nii
    dorg-spfeat -P y.nii -o m.tab ct.nii sp.nii
    dorg-patchfeat --kde kde.tab -t t.nii --stride 8 -o p.tab ct.nii
    dorg-rftrain -k 2 -o p.forest p.tab
    dorg-response -f p.forest --kde kde.tab --stride 8 -o r.nii ct.nii
    for f in y.nii k.tab m.tab p.tab p.forest r.nii; do
        dorg-info $f | grep -q 'dorg-kde .*ct.nii t.nii' || { echo "$f: no dorg-kde"; false; }
    done
}
