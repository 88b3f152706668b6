#!/usr/bin/env bats
# Allocations, reads, writes, closes and opens that fail on command: the right exit code, one
# sentence, nothing half-written, no crash, no hang.
load helper
load small

# strike KIND LINE: every n-th call of KIND fails, for n growing until it is no longer reached
strike() {
    local kind=$1 n=1 rc
    shift
    while :; do
        rm -f struck out out.nii.gz
        rc=0
        FAULT="$kind $n" FAULT_LOG=struck LD_PRELOAD="$B/test/fault/inject.so" \
            timeout 20 "$@" >stdout 2>stderr </dev/null || rc=$?
        [ -e struck ] || break
        case $rc in
        0 | 4) ;;
        *) echo "$* with $kind $n failing: exit $rc"; cat stderr; return 1 ;;
        esac
        if [ $rc -ne 0 ] && { [ -e out ] || [ -e out.nii.gz ]; }; then
            echo "$* with $kind $n failing left its output"
            return 1
        fi
        if compgen -G ".dorg-*" >/dev/null; then
            echo "$* with $kind $n failing left a temporary file"
            return 1
        fi
        if [ $rc -ne 0 ] && [ "$(grep -c "^$1: error: " stderr)" -ne 1 ]; then
            echo "$* with $kind $n failing said:"
            cat stderr
            return 1
        fi
        # dense at first, then sparser: start-up and set-up hold most of the kinds of calls
        n=$((n + 1 + n / 12))
        [ $n -le 2000 ] || break
    done
}

strike_all() {
    [ -z "${DORG_SANITIZED:-}" ] || skip "the sanitizers' own allocations are in the way"
    grep -v '^#' "$ROOT/test/fault/commands" | while read -r -a line; do
        strike "$1" "${line[@]}" || exit 1
    done
}

@test "allocations" {
    strike_all malloc
}

@test "reads" {
    strike_all read
}

@test "writes" {
    strike_all write
}

@test "closes" {
    strike_all close
}

@test "opens" {
    strike_all open
}

@test "flushes, links and renames" {
    strike_all fsync
    strike_all link
    FAULT_NAMED=1 strike_all rename
}
