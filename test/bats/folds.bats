# dorg-folds: a list of cases in, case and fold out
load helper

@test "folds: the paper's 82 cases fall 21, 21, 20, 20" {
    seq -f %04g 82 >list
    dorg-folds -k 4 list -o got
    run -0 awk -F'\t' '!/^#/ && $1 != "case" { n[$2]++ } END { print n[1], n[2], n[3], n[4] }' got
    [ "$output" = "21 21 20 20" ]
    dorg-folds -k 4 <list | grep -v '^#@' | cmp - <(grep -v '^#@' got)
}

@test "folds: patients stay whole, other columns do not matter" {
    printf 'ct\tpatient\tcase\n' >list
    for i in $(seq 30); do printf 'x.nii\tp%d\tc%d\n' $((i % 10)) "$i"; done >>list
    dorg-folds -k 3 --seed 7 list -o got
    [ "$(awk -F'\t' '!/^#/ && $1 != "case" { p = substr($1, 2) % 10; if (p in f && f[p] != $2) bad++; f[p] = $2 } END { print bad + 0 }' got)" = 0 ]
    tac list | awk 'NR == 1 { print "ct\tpatient\tcase" } !/^ct/' >back
    dorg-folds -k 3 --seed 7 back | grep -v '^#' | sort | cmp - <(grep -v '^#' got | sort)
}

@test "folds: what it writes it can read" {
    seq 12 | dorg-folds -k 4 -o a
    dorg-folds -k 4 a -o b
    cmp <(grep -v '^#' a) <(grep -v '^#' b)
}

@test "folds: a longer list keeps every fold; new scans go to their patient, or to the smallest" {
    printf 'case\tpatient\n' >c
    for i in 1 2 3 4 5 6; do printf 'c%d\tp%d\n' $i $i; done >>c
    dorg-folds -k 3 c -o first
    dorg-folds -k 3 --previous first -o same c
    cmp <(grep -v '^#' first) <(grep -v '^#' same)
    printf 'c7\tp7\nc1b\tp1\nc8\tp8\nc7b\tp7\n' >>c
    printf 'c9%s\tp9\n' '' b c d >>c
    sed -i '/^c2\t/d' c
    cp first f
    dorg-folds -k 3 --previous f -o f c
    cmp <(grep -v '^#' first) <(grep -v '^#' f | head -7)
    of() { awk -F'\t' -v c="$1" '$1 "" == c { print $2 }' f; }
    [ "$(of c1b)" = "$(of c1)" ]
    [ "$(of c7b)" = "$(of c7)" ]
    [ "$(of c7)" = 1 ]
    [ "$(of c8)" = 2 ]
    for s in b c d; do [ "$(of c9$s)" = "$(of c9)" ]; done
    [ "$(grep -vc '^#' f)" = 15 ]
    refuses 3 dorg-folds -k 2 --previous f -o out c
    grep -q 'fold 3 of 2' refuse.err
    sed "s/^c1b.*/c1b\t$(($(of c1) % 3 + 1))/" f >torn
    refuses 3 dorg-folds -k 3 --previous torn -o out c
    grep -q 'patient p1 is in two folds' refuse.err
    printf 'case\tfold\nc1\tfirst\n' >words
    refuses 3 dorg-folds -k 3 --previous words -o out c
    printf 'case\tfold\nc1\t1\nc1\t2\n' >twice
    refuses 3 dorg-folds -k 3 --previous twice -o out c
}

@test "folds: 01 and 1 are two cases; an empty patient is refused" {
    printf '01\n1\n001\n1.0\n' | dorg-folds -k 2 -o got
    [ "$(grep -vc '^#\|^case' got)" = 4 ]
    printf 'case\tpatient\na\t\nb\tp\n' >empty
    refuses 3 dorg-folds -k 2 -o out empty
    grep -q 'line 2, column patient: an empty field' refuse.err
}

@test "folds: refusals" {
    seq 3 >three
    refuses 3 dorg-folds -k 4 -o out three
    printf 'a\na\nb\n' >twice
    refuses 3 dorg-folds -k 2 -o out twice
    : >empty
    refuses 3 dorg-folds -k 2 empty
    printf 'a\tb\nc\n' >ragged
    refuses 3 dorg-folds -k 2 ragged
    refuses 2 dorg-folds -k 1 three
    refuses 2 dorg-folds -k 4 three three
    refuses 4 dorg-folds -k 4 nothing
}
