# lists: read once, by dorg-cohort, and never more than data
load helper

own_setup() {
    for i in 1 2 3; do printf 'scan %d' $i >"ct$i.nii"; printf 'truth %d' $i >"truth$i.nii"; done
}
rows() { # a list of three cases with these names
    printf 'case\tct\ttruth\n'
    for i in 1 2 3; do printf '%s\tct%d.nii\ttruth%d.nii\n' "${!i}" $i $i; done
}

@test "cohort: a list comes back with absolute paths; one column; every n-th case" {
    rows c1 01 1 >list
    dorg-cohort list -o got
    cmp got <(rows c1 01 1 | sed "s,\(ct[0-9]\|truth[0-9]\),$PWD/\1,g")
    dorg-cohort got | cmp got -
    [ "$(dorg-cohort -c case list | paste -sd,)" = c1,01,1 ]
    [ "$(dorg-cohort -c case --shard 2/2 list)" = 01 ]
    [ "$(dorg-cohort -c case --shard 1/2 list | paste -sd,)" = c1,1 ]
    mkdir sub
    [ "$(cd sub && dorg-cohort --base .. -c ct ../list | head -1)" = ../ct1.nii ]
    for bad in 0/2 3/2 1 a/b 1/2/3 -1/2; do refuses 2 dorg-cohort --shard $bad list; done
}

@test "cohort: a byte-order mark, CR LF, no last newline, other columns and comments are read" {
    { printf '\xef\xbb\xbf# from a spreadsheet\r\n'; rows a b c | sed 's/$/\r/'; } | head -c -2 >list
    [ "$(dorg-cohort -c case list | paste -sd,)" = a,b,c ]
    printf '\xef\xbb\xbftruth\tnote\tct\tcase\ntruth1.nii\t\tct1.nii\ta' >list
    [ "$(dorg-cohort -c truth list)" = "$PWD/truth1.nii" ]
    printf 'case\tct\n# none yet\n' >list
    refuses 3 dorg-cohort list
    grep -q 'names columns but no case' refuse.err
}

# each line: what the message says, then the list
@test "cohort: what cannot be known is refused with line and column" {
    refused() { # MESSAGE FORMAT
        printf "$2" >list
        refuses 3 dorg-cohort --need truth -o out --lay laid list
        grep -qF "$1" refuse.err || { cat refuse.err; return 1; }
        [ ! -e laid ]
    }
    head='case\tct\ttruth\n'
    refused 'line 2, column truth: an empty field' "${head}a\tct1.nii\t\n"
    refused 'line 3, column ct: an empty field' "${head}a\tct1.nii\ttruth1.nii\nb\t\ttruth2.nii\n"
    refused 'line 3, column case: case a is on line 2 already' "${head}a\tct1.nii\ttruth1.nii\na\tct2.nii\ttruth2.nii\n"
    refused 'line 2 has 2 fields, the first one 3' "${head}a\tct1.nii\n"
    refused 'line 2, column 2 (ct): a field in quotes' "${head}a\t\"ct1.nii\"\ttruth1.nii\n"
    refused 'line 2, column 1 (case): blanks around a field' "${head}a \tct1.nii\ttruth1.nii\n"
    refused 'line 2, column 3 (truth): blanks around a field' "${head}a\tct1.nii\t truth1.nii\n"
    refused 'line 2, column 2 (ct): a control character' "${head}a\tct\r1.nii\ttruth1.nii\n"
    refused 'line 2, column ct: no.nii: No such file' "${head}a\tno.nii\ttruth1.nii\n"
    refused 'line 2, column ct: .: not a file' "${head}a\t.\ttruth1.nii\n"
    refused 'names no column case' 'id\tct\ttruth\na\tct1.nii\ttruth1.nii\n'
    refused 'no column truth' 'case\tct\na\tct1.nii\n'
    refused 'two columns are named ct' 'case\tct\tct\ttruth\na\tct1.nii\tct1.nii\ttruth1.nii\n'
    refused 'the list is in UTF-16' '\xff\xfec\x00a\x00'
    refused 'the list is empty' ''
    refused "the truth of case a on line 2, too" "${head}a\tct1.nii\ttruth1.nii\nb\tct2.nii\ttruth1.nii\n"
    refused "give both the same patient" "${head}a\tct1.nii\ttruth1.nii\nb\tct1.nii\ttruth2.nii\n"
    refused 'is a ct on line 3 and a truth on line 2' "${head}a\tct1.nii\tct2.nii\nb\tct2.nii\ttruth2.nii\n"
    for name in '../../esc' 'a b' '.a' '-a' 'a`b`' 'a$(b)' 'a#b' 'a%%b' 'a:b' 'a"b' 'ä'; do
        refused 'not a name' "$head$name\tct1.nii\ttruth1.nii\n"
    done
}

@test "cohort: two scans of one patient may be one file; a link to it counts as it" {
    ln -s truth1.nii same.nii
    printf 'case\tct\ttruth\tpatient\na\tct1.nii\ttruth1.nii\tp\nb\tct1.nii\ttruth2.nii\tp\n' >list
    dorg-cohort --need truth list >/dev/null
    printf 'case\tct\ttruth\na\tct1.nii\ttruth1.nii\nb\tct2.nii\tsame.nii\n' >list
    refuses 3 dorg-cohort list
}

@test "cohort: links, whatever the paths hold; a right one stays, a changed one changes, no file is replaced" {
    mkdir "Anna's scans (2)"
    odd="Anna's scans (2)/a\$b #1 \"x\" \`y\` %.nii"
    cp ct1.nii "$odd"
    printf 'case\tct\ttruth\na\t%s\ttruth1.nii\n01\tct2.nii\ttruth2.nii\n' "$odd" >list
    dorg-cohort --lay run/cases list >/dev/null
    [ "$(readlink run/cases/a/ct.nii.gz)" = "$PWD/$odd" ]
    cmp run/cases/a/ct.nii.gz ct1.nii
    cmp run/cases/01/truth.nii.gz truth2.nii
    before=$(stat -c %z run/cases/01/ct.nii.gz)
    printf 'case\tct\na\tct3.nii\n01\tct2.nii\n' >list
    dorg-cohort --lay run/cases list >/dev/null
    cmp run/cases/a/ct.nii.gz ct3.nii
    [ ! -e run/cases/a/truth.nii.gz ]
    [ "$(stat -c %z run/cases/01/ct.nii.gz)" = "$before" ]
    rm run/cases/01/ct.nii.gz
    echo mine >run/cases/01/ct.nii.gz
    refuses 4 dorg-cohort --lay run/cases list
    [ "$(cat run/cases/01/ct.nii.gz)" = mine ]
    mkdir elsewhere
    rm -r run/cases/a
    ln -s "$PWD/elsewhere" run/cases/a
    refuses 4 dorg-cohort --lay run/cases list
    [ -z "$(ls elsewhere)" ]
}

@test "cohort: lenient leaves cases out by name" {
    printf 'case\tct\na\tct1.nii\nb\tno.nii\nc\tct2.nii\n' >list
    run -5 --separate-stderr dorg-cohort --lenient -c case --lay run list
    [ "$output" = $'a\nc' ]
    # shellcheck disable=SC2154
    grep -q '^dorg-cohort: case failed: b: no.nii: No such file' <<<"$stderr"
    [ "$(ls run | paste -sd,)" = a,c ]
}

@test "cohort: --check opens scan and truth: one grid, and a truth that fits by HU" {
    dorg-phantom --seed 1 --size 64,64,24 -t t.nii -o c.nii
    dorg-phantom --seed 2 --size 64,64,20 -t other.nii -o d.nii
    printf 'case\tct\ttruth\na\tc.nii\tt.nii\n' >list
    dorg-cohort --check list >/dev/null
    printf 'case\tct\ttruth\na\tc.nii\tother.nii\n' >list
    run -3 --separate-stderr dorg-cohort --check list
    grep -q '^dorg-cohort: case failed: a: .*other.nii' <<<"$stderr"
    # no organ at all is a truth; all of the body and the air is none
    dorg-thresh -p 2000 c.nii -o none.nii
    printf 'case\tct\ttruth\na\tc.nii\tnone.nii\n' >list
    dorg-cohort --check list >/dev/null
    dorg-thresh -p -2000 c.nii -o all.nii
    printf 'case\tct\ttruth\na\tc.nii\tall.nii\nb\td.nii\tother.nii\n' >list
    run -3 --separate-stderr dorg-cohort --check list
    grep -q 'case failed: a: .*does not fit' <<<"$stderr"
    run -5 --separate-stderr dorg-cohort --check --lenient -c case list
    [ "$output" = b ]
    dorg-cohort --check --least 0 list >/dev/null
}
