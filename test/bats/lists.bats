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

# ---- what the pipelines make of lists and of other people's folders ----------------------

tiny() { # three scans with something in them
    for i in 1 2 3; do dorg-phantom --seed $i --size 32,32,16 -t truth$i.nii -o ct$i.nii; done
}
shared() { # LIST: superpixels of every case, at most
    make -s --no-print-directory -k -C "$ROOT/pipelines" -f cv.mk FOLDS=2 K=20000 COHORT="$1" RUN=run shared
}

@test "cv: every case has its own scan and truth, or nothing is made" {
    tiny
    rows c1 c2 c3 >good.tsv
    sed 's/$/\r/' good.tsv >crlf.tsv
    { printf '\xef\xbb\xbf'; cat good.tsv; } >mark.tsv
    mkdir 'my scans #1'
    cp ct1.nii "my scans #1/it's \$(x).nii"
    sed "s,ct1.nii,my scans #1/it's \$(x).nii," good.tsv >odd.tsv
    for l in good crlf mark odd; do
        rm -rf run
        shared $l.tsv >log 2>&1 || { cat log; return 1; }
        for i in 1 2 3; do
            cmp run/cases/c$i/ct.nii.gz ct$i.nii
            cmp run/cases/c$i/truth.nii.gz truth$i.nii
            [ -s run/cases/c$i/opt-mask.nii.gz ]
        done
    done
    rm -rf run
    sed '2s/truth1.nii//' good.tsv >empty.tsv
    sed '1s/case/id/' good.tsv >id.tsv
    sed '2s/c1/c 1/' good.tsv >blank.tsv
    sed '2s/^c1/..\/..\/esc/' good.tsv >dots.tsv
    sed '2s/^c1/a`touch${IFS}ran`/' good.tsv >tick.tsv
    sed '2s/ct1/$(shell touch ran)/' good.tsv >shell.tsv
    for l in empty id blank dots tick shell; do
        for n in '' -n; do
            run -2 shared $l.tsv $n
            grep -q '^dorg-cohort: error: .*line\|dorg-cohort: error: .*column case' <<<"$output"
            [ ! -e run/cases ]
            [ ! -e ran ]
        done
    done
    [ -z "$(find "$ROOT/pipelines" -name ran -o -name cases)" ]
}

@test "cv: a list that names another scan, even an older one, makes that case again" {
    tiny
    touch -d '3 days ago' ct3.nii
    rows c1 c2 c3 >l.tsv
    shared l.tsv
    cp run/cases/c1/sp.nii.gz before
    touch mark
    sleep 1
    sed -i 's/\tct1/\tct9/; s/\tct3/\tct1/; s/\tct9/\tct3/; s/truth1/truth9/; s/truth3/truth1/; s/truth9/truth3/' l.tsv
    shared l.tsv
    cmp run/cases/c1/ct.nii.gz ct3.nii
    run -1 cmp run/cases/c1/sp.nii.gz before
    [ "$(find run/cases -name sp.nii.gz -newer mark | sort | paste -sd' ')" = 'run/cases/c1/sp.nii.gz run/cases/c3/sp.nii.gz' ]
}

@test "settings: data with a form for each, never commands" {
    s=$ROOT/pipelines/settings
    printf '%s\n' '# of a run' 'K ?= 5000' 'WINDOW=-100,200' $'SIGMA = 1.5\r' 'P_NET ?= $(NETS)/demo.cfg' 'INNER_NETS=p r1' \
        'AUGMENT=--tps 0.08 --vary 0.15,15,0.25' 'RF_OPTS=--without rel_z --slab 20' 'CONTEXT=' 'LAMBDAS=0.5 1 2' >good
    [ "$($s good | wc -l)" = 9 ]
    [ "$($s good | grep SIGMA)" = 'SIGMA ?= 1.5' ]
    for bad in '$(shell touch ran)' 'K=$(shell touch ran)' 'K = `touch ran`' 'K=5;touch ran' 'K=five' 'PATH=/tmp' 'SUPERPIX=rm' \
        'P_NET=$(shell touch ran).cfg' 'AUGMENT=--tps 0.1 -o /etc/passwd' 'RF_OPTS=--slab 20 | touch ran' 'LEVEL=touch ran' \
        'include x' 'define K' 'K ?= 1 #' 'INNER_NETS=p; touch' 'K:=5' '	touch ran'; do
        printf '%s\n' "$bad" >list
        PATH=$ROOT/pipelines:$PATH refuses 3 settings list
        [ ! -e ran ]
    done
    [ ! -e ran ]
}

@test "number: a file of models holds one number, or is refused" {
    n=$ROOT/pipelines/number
    for x in 0.5 1 -2 1e-05 .5; do printf '%s\n' $x >f; [ "$($n f)" = $x ]; done
    printf '0.25\t7\n' >f
    [ "$($n f 2)" = 0.25 ]
    for bad in '' '0.5 -o OVERWRITTEN' 'half' $'0.5\n0.6' '0x10' '$(x)' '1;x' 'nan'; do
        printf '%s\n' "$bad" >f
        PATH=$ROOT/pipelines:$PATH refuses 3 number f
    done
}

@test "real: a folder of models that is not sound is refused before anything is made" {
    tiny
    mkdir models
    touch models/{rf1.forest,rf2.forest,p.net,r1.net,r2.net,edge.net}
    echo 0.5 | tee models/cut.g2 models/cut.p2 >models/cut.p0
    echo 1 >models/lambda
    refused() {
        run -2 make -s -C "$ROOT/pipelines" real CT=ct1.nii MODELS=models OUT=out
        grep -qF "$1" <<<"$output" || { echo "$output"; return 1; }
        [ ! -e out/cases ]
        [ ! -e OVERWRITTEN ]
        [ ! -e ran ]
    }
    echo '0.5 -o OVERWRITTEN' >models/cut.p0
    refused 'number: error: cut.p0'
    echo 0.5 >models/cut.p0
    echo '1; touch ran' >models/lambda
    refused 'number: error: lambda'
    echo 1 >models/lambda
    echo '$(shell touch ran)' >models/settings.mk
    refused 'settings.mk line 1: not KEY=VALUE'
    rm models/settings.mk models/r2.net
    refused 'has no r2.net'
    run -2 make -s -C "$ROOT/pipelines" real CT=none.nii MODELS=models
    grep -q "CT: no such file or folder: $PWD/none.nii" <<<"$output"
    run -2 make -s -C "$ROOT/pipelines" real CT=ct1.nii MODELS=none
    grep -q "MODELS: no such file or folder: $PWD/none" <<<"$output"
    run -2 make -s -C "$ROOT/pipelines" real MODELS=models
    grep -q 'usage: make real' <<<"$output"
    run -2 make -s -C "$ROOT/pipelines" cv
    grep -q 'usage: make cv' <<<"$output"
    run -2 make -s -C "$ROOT/pipelines" train COHORT=none.tsv
    grep -q "COHORT: no such file" <<<"$output"
    [ ! -e dorg ]
}

@test "a run goes where the user stands, whatever the folder is called" {
    mkdir "Anna's scans (2)"
    cd "Anna's scans (2)"
    make -s -C "$ROOT/pipelines" phantom-cohort N=2 SIZE=32,32,16
    [ "$(cut -f2 dorg/phantoms/cohort.tsv | sed -n 2p)" = "$PWD/dorg/phantoms/phantom1/ct.nii.gz" ]
    make -s -C "$ROOT/pipelines" phantom-cohort N=2 SIZE=32,32,16 OUT='my $$out #2'
    cmp 'my $out #2/phantom2/ct.nii.gz' dorg/phantoms/phantom2/ct.nii.gz
    shared 'my $out #2/cohort.tsv' 2>log || shared dorg/phantoms/cohort.tsv
    cmp run/cases/phantom2/ct.nii.gz dorg/phantoms/phantom2/ct.nii.gz
    [ -s run/cases/phantom2/opt-mask.nii.gz ]
    # the makefiles themselves in such a folder
    cp -r "$ROOT/pipelines" "my pipelines"
    mkdir -p build
    ln -s "$B/bin" build/bin
    make -s -C "my pipelines" phantom-cohort N=1 SIZE=32,32,16 OUT=third
    cmp third/phantom1/ct.nii.gz dorg/phantoms/phantom1/ct.nii.gz
    run -2 make -s -C "$ROOT/pipelines" -f phantom-cohort.mk OUT="$ROOT/pipelines/x"
    grep -q "among the pipelines' own files" <<<"$output"
    [ ! -e "$ROOT/pipelines/x" ]
}

@test "two makes of one folder take turns" {
    mkdir o
    exec 7>o/.lock
    flock 7
    run -2 make -s -C "$ROOT/pipelines" phantom-cohort N=1 SIZE=32,32,16 OUT=o LOCK_WAIT=1
    grep -q 'o is in use by another make' <<<"$output"
    [ ! -e o/cohort.tsv ]
    make -n -s -C "$ROOT/pipelines" phantom-cohort N=1 SIZE=32,32,16 OUT=o >/dev/null
    flock -u 7
    echo half >o/left.part
    make -s -C "$ROOT/pipelines" phantom-cohort N=1 SIZE=32,32,16 OUT=o
    [ ! -e o/left.part ]
    # at once, without a pause between: the second finds the lock free
    make -s -C "$ROOT/pipelines" phantom-cohort N=1 SIZE=32,32,16 OUT=o LOCK_WAIT=5
    # the lock is free again when make was killed outright
    printf '#!/bin/bash\nsleep 20\n' >slow
    chmod +x slow
    make -s -C "$ROOT/pipelines" -f phantom-cohort.mk N=2 SIZE=32,32,16 OUT=o SRUN="$PWD/slow" >/dev/null 2>&1 &
    until grep -q "^process $! " o/.lock; do sleep 0.05; done
    kill -9 $!
    make -s -C "$ROOT/pipelines" phantom-cohort N=2 SIZE=32,32,16 OUT=o LOCK_WAIT=10
    [ "$(grep -c phantom o/cohort.tsv)" = 2 ]
}
