#!/bin/bash
# run.sh BUILD TEST... : run TAP programs and bats files side by side, then add up.
#
# A test that dies, that plans more than it runs, or that says nothing has failed; a suite in
# which nothing ran has failed too.  The last line is "N passed, N failed, N skipped".
set -u
build=$1
shift
export B=$build
out=$build/tap
rm -rf "$out"
mkdir -p "$out"
jobs=${JOBS:-$(nproc)}

one() {
    local t=$1 name log rc=0 start
    name=$(basename "$t")
    log=$2/$name.tap
    start=$(date +%s%N)
    case $t in
    *.bats) bats --tap "$t" >"$log" 2>&1 || rc=$? ;;
    *) "$t" >"$log" 2>&1 </dev/null || rc=$? ;;
    esac
    awk -v rc="$rc" -v name="$name" -v ms=$((($(date +%s%N) - start) / 1000000)) '
        /^ok .*# skip/ { skip++; next }
        /^ok /         { pass++; next }
        /^not ok /     { fail++; next }
        /^1\.\.[0-9]+/ { plan = substr($1, 4) + 0; planned = 1 }
        END {
            ran = pass + fail + skip
            if (!planned || ran != plan || (rc && !fail)) fail++
            printf "%d %d %d %s %d.%03d s\n", pass, fail, skip, name, ms / 1000, ms % 1000
        }' "$log" >"$2/$name.sum"
    read -r _ f _ _ _ <"$2/$name.sum"
    if [ "$f" -gt 0 ]; then
        printf '%s\n' "---- $name (exit $rc)"
        grep -vE '^ok ' "$log" | tail -40
    fi
}
export -f one

# Longest first keeps both processors busy to the end.
printf '%s\n' "$@" | xargs -P "$jobs" -I{} bash -c 'one "$@"' _ {} "$out"

grep -H '^ok .*# skip' "$out"/*.tap | sed "s|^$out/\(.*\)\.tap:ok [0-9]*|skipped: \1:|; s|# skip *|# |"
cat "$out"/*.sum | sort -k5 -n -r | awk '
    { p += $1; f += $2; s += $3; if (NR <= 5) slow = slow sprintf("  %s %s s\n", $4, $5) }
    END {
        printf "slowest:\n%s", slow
        printf "%d passed, %d failed, %d skipped\n", p, f, s
        exit f > 0 || p == 0
    }'
