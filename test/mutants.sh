#!/bin/bash
# mutants.sh BUILD LIST [WORD]: does the suite notice?
# mutants.sh --check LIST: does every line of the list still say where it belongs?
#
# Each line of LIST is a fault: a file, a fragment of one of its lines, what to put in its place,
# and the test that must fail then.  Two copies of the tree (JOBS), built once, take a fault
# after the other: one object is compiled, the test's programs are linked, that test runs.
# A fault whose test passes has survived.  With WORD, only the lines that contain it.
# shellcheck disable=SC2013,SC2015,SC2016
set -u

field() { cut -f "$1" <<<"$2"; }

# place LINE DIR: the text of its file with the fault in it, or why it does not fit
place() {
    local file from to text left
    file=$(field 1 "$1") from=$(field 2 "$1") to=$(field 3 "$1")
    [ -n "$from" ] && [ -n "$(field 4 "$1")" ] || { echo "not four fields"; return 1; }
    [ -f "$2/$file" ] || { echo "no file $file"; return 1; }
    text=$(cat "$2/$file"; echo x)
    left=${text/"$from"/}
    [ "$left" != "$text" ] || { echo "$file has nowhere: $from"; return 1; }
    [ "${left/"$from"/}" = "$left" ] || { echo "$file has more than once: $from"; return 1; }
    text=${text/"$from"/"$to"}
    printf %s "${text%x}"
}

faults() { grep -vE '^(#|$)' "$1"; }

if [ "$1" = --check ]; then
    faults "$2" | awk -F'\t' -v list="$2" '
        function bad(why) { print list ": " why; worst = 1 }
        function text(file,    line, t) {
            if (file in known) return known[file]
            while ((getline line <file) > 0) t = t line "\n"
            close(file)
            return known[file] = t
        }
        function has_test(name,    kind, i, n, part, line) { # a program, or some test of a file
            kind = name ~ /^t_/ ? "unit" : "prop"
            if (name !~ /\.bats:/) return text("test/" kind "/" name ".c") != ""
            n = index(name, ":")
            part = substr(name, n + 1)
            sub(/^ /, "", part)
            n = split(text("test/bats/" substr(name, 1, n - 1)), line, "\n")
            for (i = 1; i <= n; i++) if (line[i] ~ /^@test / && substr(line[i], 8) ~ part) return 1
            return 0
        }
        NF != 4 || $2 == "" || $4 == "" { bad("not four fields: " $0); next }
        $2 == $3 { bad("no change: " $0) }
        text($1) == "" { bad("no file " $1); next }
        { at = index(text($1), $2); rest = at ? substr(text($1), at + 1) : "" }
        !at { bad($1 " has nowhere: " $2) }
        at && index(rest, $2) { bad($1 " has more than once: " $2) }
        !has_test($4) { bad("no test " $4) }
        END { exit worst }'
    exit
fi

build=$1 list=$2 word=${3:-}
work=$PWD/$build/mutants
jobs=${JOBS:-$(nproc)}
export DORG_DATA=${DORG_DATA:-$PWD/../shared/data} ORIGIN=$PWD work
rm -rf "$work"
mkdir -p "$work/said"
for i in $(seq 0 $((jobs - 1))); do
    mkdir "$work/$i"
    cp -a Makefile README cmd libcommon kernels man pipelines test "$work/$i"
    mkdir "$work/$i/build"
    find "$build" -mindepth 1 -maxdepth 1 ! -name mutants ! -name tap -exec cp -a {} "$work/$i/build" \;
done

# programs TEST FILE: what to build before the test runs
programs() {
    local bats=test/bats/${1%%:*} c
    case $1 in
    t_*) echo "build/test/unit/$1" ;;
    p_*) echo "build/test/prop/$1" ;;
    *)
        if grep -qE 'pipelines|\$B"?/bin' "$bats"; then # commands are not named one by one
            echo bins
        else
            for c in $(grep -oE 'dorg-[a-z0-9]+' "$bats" | sort -u); do
                [ ! -f "cmd/$c.c" ] || echo "build/bin/$c"
            done
        fi
        [ ! -f build/lib/dorg/dorg-onednn.so ] || echo build/lib/dorg/dorg-onednn.so
        for c in $(grep -oE 'test/(gen|fuzz|fault)/[a-z.]+' "$bats" | sort -u); do
            [ ! -f "build/$c" ] || echo "build/$c"
        done
        ;;
    esac
    case $2 in kernels/engines/onednn/*) echo build/lib/dorg/dorg-onednn.so ;; esac
    case $2 in *.cu) [ ! -f build/test/cuda/dorg-cuda.so ] || echo build/test/cuda/dorg-cuda.so ;; esac
}

# verdict TEST LOG: runs it; passed, failed, skipped or absent
verdict() {
    local rc=0 name
    case $1 in
    t_*) timeout 300 "build/test/unit/$1" >"$2" 2>&1 </dev/null || rc=$? ;;
    p_*) timeout 300 "build/test/prop/$1" >"$2" 2>&1 </dev/null || rc=$? ;;
    *)
        name=${1#*:}
        B=build timeout 300 bats --tap -f "${name# }" "test/bats/${1%%:*}" >"$2" 2>&1 </dev/null || rc=$?
        ;;
    esac
    if [ $rc -ne 0 ]; then
        echo failed
    elif grep '^ok' "$2" | grep -qv '# skip'; then
        echo passed
    elif grep -q '^ok' "$2"; then
        echo skipped
    else
        echo absent
    fi
}

# sound TEST: in the copy as it is, the test passes
sound() {
    cd "$work/$SLOT" || exit 1
    local said
    # shellcheck disable=SC2046
    make -s $(programs "$1" '') >/dev/null 2>"$work/$SLOT.log" || { cat "$work/$SLOT.log"; return; }
    said=$(verdict "$1" "$work/$SLOT.log")
    printf '%s\t%s\n' "$said" "$1" >>"$work/sound.$SLOT"
    [ "$said" != failed ] && [ "$said" != absent ] || {
        printf '%s without any fault: %s\n' "$said" "$1"; tail -5 "$work/$SLOT.log"; }
}

mutant() {
    cd "$work/$SLOT" || exit 1
    local file test said text start=$SECONDS
    file=$(field 1 "$1") test=$(field 4 "$1")
    if ! grep -qxF "passed	$test" "$work/sound"; then
        said=skipped
    elif ! text=$(place "$1" . && echo x); then
        said="stale: ${text%x}"
    else
        printf %s "${text%x}" >"$file"
        # shellcheck disable=SC2046
        if ! make -s $(programs "$test" "$file") >"$work/$SLOT.log" 2>&1; then
            said="does not build: $(grep -m 1 error "$work/$SLOT.log")"
        else
            said=$(verdict "$test" "$work/$SLOT.log")
        fi
        cp "$ORIGIN/$file" "$file"
    fi
    case $said in passed) said=SURVIVED ;; failed) said=killed ;; esac
    printf '%s\t%d s\t%s\t%s -> %s\t%s\n' "$said" $((SECONDS - start)) "$file" "$(field 2 "$1")" \
        "$(field 3 "$1")" "$test" | tee -a "$work/said/$SLOT"
}
export -f field place programs verdict sound mutant

faults "$list" | grep -F -- "$word" >"$work/list"
cut -f 4 "$work/list" | sort -u |
    xargs -d '\n' -P "$jobs" -n 1 --process-slot-var=SLOT bash -c 'sound "$1"' _ >"$work/unsound"
cat "$work"/sound.* >"$work/sound"
xargs -d '\n' -P "$jobs" -n 1 --process-slot-var=SLOT bash -c 'mutant "$1"' _ <"$work/list"
cat "$work/unsound"
cat "$work"/said/* | awk -F'\t' -v s="$SECONDS" '
    { n[$1]++ }
    $1 != "killed" && $1 != "skipped" { bad++; print $1 ": " $3 ": " $4 " (" $5 ")" }
    END {
        print NR " faults, " n["killed"] + 0 " killed, " n["SURVIVED"] + 0 " survived, " \
            n["skipped"] + 0 " skipped, " s " s"
        exit bad > 0 || !NR }' && [ ! -s "$work/unsound" ]
