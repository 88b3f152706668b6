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
