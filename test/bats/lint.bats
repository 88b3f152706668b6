# What make lint forbids, and what it lets be.
load helper

# flagged LINE: the rule for bats files fires on this line, and on no other of a good file
flagged() {
    cat >bad.bats <<'GOOD'
x() {
    [ a = a ]
    # a && b
    awk 'a && b { print }
        c && d' f
    if [ a ] && [ b ]; then c; fi
    [ a ] && [ b ] || return 1
    [ "$(awk '$1 == "a" && n' f)" = x ]
    (cd d && ls)
    cat >script <<'SH'
a && b
SH
GOOD
    awk -f "$ROOT/test/lint-bats.awk" bad.bats
    printf '%s\n}\n' "$1" >>bad.bats
    run -1 awk -f "$ROOT/test/lint-bats.awk" bad.bats
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "bad.bats:13: "* ]]
}

@test "assertions that cannot fail are found" {
    flagged '    [ a ] && [ b ]'
    flagged '    [[ $a == b ]] && [ b ]'
    flagged '    [ "$(f "a b")" = 1 ] && [ "$c" = "d" ]'
    flagged '    grep -q x f && grep -q y f'
    flagged '    ((a > 1)) && ((b > 2))'
    flagged '        0) [ a ] && [ b ] ;;'
    flagged '    [ a ] || [ b ] && [ c ]'
    flagged '    ! cmp -s a b'
    flagged '    [ a ] && # why'
}

@test "numbers: only numbers are within, and agree" {
    printf '1\n2.5\n-3e-1\n' | within -1 2.5
    for bad in NA nan inf '' '1 2' 3 -2; do
        run -1 within -1 2.5 <<<"$bad"
    done
    run -1 within 0 1 </dev/null
    printf '1 2 1 2\n' | agree 1e-9 1
    for bad in 'NA NA' '1 1.1' '1 2 1' 'nan nan' '1 NA'; do
        run -1 agree 1e-3 1 <<<"$bad"
    done
    run -1 agree 1 1 </dev/null
    run -1 agree 1 2 <<<'1 1'
}

@test "the faults of make mutants stand where the list says, once" {
    cd "$ROOT"
    test/mutants.sh --check test/mutants.tsv
    [ "$(grep -c '^[^#]' test/mutants.tsv)" -ge 120 ]
    printf 'Makefile\tall: bins plugins\tall: bins\tt_rng\n' >"$BATS_TEST_TMPDIR/l"
    test/mutants.sh --check "$BATS_TEST_TMPDIR/l"
    for bad in 'Makefile\tnowhere in it\tx\tt_rng' 'Makefile\tCC\tx\tt_rng' 'Makefile\tall: bins\tx' \
        'none.c\ta\tb\tt_rng' 'Makefile\tall: bins plugins\tx\tt_none' \
        'Makefile\tall: bins plugins\tall: bins plugins\tt_rng'; do
        # shellcheck disable=SC2059
        printf "$bad\n" >"$BATS_TEST_TMPDIR/l"
        run -1 test/mutants.sh --check "$BATS_TEST_TMPDIR/l"
        [ "${#lines[@]}" -eq 1 ]
    done
}
