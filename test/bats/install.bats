# What `make install` puts where, and that it works from there.
load helper

setup_file() {
    export PREFIX_ROOT=$BATS_FILE_TMPDIR/root
    local root=$BATS_TEST_DIRNAME/../.. b=${B:-build}
    MAKEFLAGS='' make -s -C "$root" "B=$b" install "DESTDIR=$PREFIX_ROOT" PREFIX=/opt/dorg >/dev/null
}

installed() {
    P=$PREFIX_ROOT/opt/dorg
    PATH=$P/bin:${PATH#*:}
    unset DORG_PLUGINS
}

@test "an installed command runs, and finds its plug-ins" {
    installed
    [ "$(command -v dorg-phantom)" = "$P/bin/dorg-phantom" ]
    dorg-phantom --seed 1 --size 24,20,16 -o ct.nii
    dorg-gauss3d -s 1 ct.nii -o out.nii
    dorg-info out.nii | grep -q gauss3d
}

@test "dorg runs filters and pipelines from where the user stands, and writes nothing to its prefix" {
    installed
    dorg phantom --seed 1 --size 24,20,16 >ct.nii
    dorg-info ct.nii | grep -q dorg-phantom
    dorg help >help
    grep -q '^  segment ' help
    grep -q '^  superpix ' help
    dorg help cv >cv
    grep -q '^usage: dorg cv LIST .-o FOLDER. ' cv
    grep -q 'make -C pipelines cv COHORT' cv
    dorg gauss3d --help | grep -q 'dorg-gauss3d - '
    find "$P" -newer help >touched
    dorg phantom-cohort N=2 -o "a folder" SIZE=24,20,16 >/dev/null
    [ -s "a folder/cohort.tsv" ]
    find "$P" -newer help | diff touched -
    # commands are shown where that is asked for
    run -2 dorg train "a folder/cohort.tsv" -o quiet SUPERPIX='echo my-superpixels; false'
    [[ $output != *'echo my-superpixels'* ]]
    run -2 dorg train "a folder/cohort.tsv" -o loud -v SUPERPIX='echo my-superpixels; false'
    [[ $output == *'echo my-superpixels'* ]]
    # exit statuses are the pipelines', and make's own lines stay away
    printf 'case\tct\ttruth\na\ta folder/phantom1/ct.nii.gz\ta folder/phantom1/truth.nii.gz\nb\tgone.nii\tgone.nii\n' >list.tsv
    run -5 dorg cohort list.tsv -o run
    [[ $output != *'***'* ]]
    [[ $output == *'failed: b: gone.nii: No such file'* ]]
    # what is not there counts as 0, beside what could be scored
    [ "$(dorg tab -c case,dsc --no-names run/results.tsv | cut -f 1 | paste -sd' ')" = 'a b' ]
    [ "$(awk -F'\t' '$1 == "#n_failed" { print $9 }' run/results.tsv)" = 1 ]
    dorg status run >said
    grep -Eq '^dorg-pconv +1 +[0-9]+\.[0-9][0-9] ' said
    run -2 dorg report run
    [[ $output == *'report: error: no scores of test cases'* ]]
}

@test "dorg's refusals" {
    installed
    refuses 2 dorg nonsense
    refuses 2 dorg segment --nonsense
    refuses 2 dorg cv-cost -o x list
    refuses 2 dorg report a b
    refuses 2 dorg segment ct.nii
    grep -q "segment: -o names the mask" refuse.err
    refuses 2 dorg cv
    grep -qx 'dorg: error: usage: dorg cv LIST .-o FOLDER.' refuse.err
    refuses 2 dorg real scan.nii
    grep -qx 'dorg: error: usage: dorg real SCAN MODELS=FOLDER' refuse.err
    refuses 2 dorg train "no list.tsv"
    grep -qx 'dorg: error: no such file or folder: no list.tsv' refuse.err
}

@test "dorg: of a word that is nearly a pipeline, a filter or a setting the name is told" {
    installed
    meant() { # WORD NAME
        refuses 2 dorg "$1" scan.nii
        grep -qx "dorg: error: no pipeline or filter '$1'; did you mean $2?; see dorg help" refuse.err || { cat refuse.err; false; }
    }
    meant sgment segment
    meant Segment segment
    meant cohrot cohort
    meant superpixel superpix
    meant gaus3d gauss3d
    meant trian train
    refuses 2 dorg frobnicate
    grep -qx "dorg: error: no pipeline or filter 'frobnicate'; see dorg help" refuse.err
    refuses 2 dorg help segmnt
    grep -q 'did you mean segment?' refuse.err
    refuses 2 dorg segment ct.nii -o m.nii MODL=x
    grep -qx 'dorg: error: no pipeline has a setting MODL; did you mean MODEL?; see dorg help segment' refuse.err
    refuses 2 dorg cv list.tsv FLDS=3
    grep -q 'did you mean FOLDS?' refuse.err
    # what is one is passed on
    run -0 dorg phantom-cohort N=1 -o p SIZE=24,20,16 -j 1
    [ -s p/cohort.tsv ]
    [ ! -e m.nii ]
}

@test "pipelines that find no commands say so; dorg finds its own, whatever PATH has" {
    installed
    dorg phantom --seed 1 --size 24,20,16 >ct.nii
    export PATH=/usr/bin:/bin
    ! command -v dorg-info || skip "dorg is installed here"
    run -2 make -s -C "$P/share/dorg/pipelines" cohort COHORT=ct.nii
    [[ $output == *"dorg's commands are not found: build them (make build-deps, make), or put them on PATH"* ]]
    "$P/bin/dorg" phantom-cohort N=1 SIZE=24,20,16 >/dev/null
    [ -s dorg/phantoms/cohort.tsv ]
}

@test "the library's example compiles against the installation, and runs" {
    installed
    man=$P/share/man/man3/dorg-api.3
    awk '/^\.Bd -literal/ { on = 1; next } /^\.Ed/ { on = 0 } on { gsub(/\\e/, "\\"); print }' "$man" >example.c
    export PKG_CONFIG_PATH=$P/lib/pkgconfig
    # the tree is installed under another root than its prefix
    flags=$(pkg-config --define-variable=prefix="$P" --cflags --libs dorg)
    # shellcheck disable=SC2086
    ${CC:-gcc} -std=c11 -Wall -Wextra -Werror -o example example.c $flags
    dorg-phantom --seed 1 --size 32,28,16 --pitch 10,10,20 -t t.nii -o ct.nii
    ./example t.nii mask.nii >said
    grep -Eq '^[0-9]+ voxels, [0-9.]+ mL$' said
    dorg-gauss3d -s 3 t.nii | dorg-thresh -p 0.5 | dorg-cmp - mask.nii
    run -2 ./example ct.nii
    echo junk >junk
    run -3 ./example junk mask.nii
    run -4 ./example missing.nii mask.nii
}

@test "every public header compiles by itself" {
    installed
    find "$P/include/dorg" -name '*.h' >headers
    [ "$(wc -l <headers)" -gt 50 ]
    while read -r h; do
        echo "#include \"$h\"" | ${CC:-gcc} -std=c11 -fsyntax-only -Wall -Werror -isystem /usr/include/nifti -x c -
    done <headers
}

@test "completion: every option of every command, for bash and for zsh" {
    installed
    bash -n "$P/share/bash-completion/completions/dorg"
    # shellcheck disable=SC1091
    source "$P/share/bash-completion/completions/dorg"
    COMP_WORDS=(dorg-gauss3d --si)
    COMP_CWORD=1
    _dorg dorg-gauss3d --si dorg-gauss3d
    [ "${COMPREPLY[*]}" = --sigma ]
    COMP_WORDS=(dorg se)
    _dorg dorg se dorg
    [[ " ${COMPREPLY[*]} " = *" segment "* ]]
    for c in "$P"/bin/dorg-*; do
        grep -q "${c##*/}" "$P/share/zsh/vendor-completions/_dorg"
    done
    if command -v zsh >/dev/null; then zsh -n "$P/share/zsh/vendor-completions/_dorg"; fi
}

@test "uninstall takes away what install put there, and nothing else" {
    cp -a "$PREFIX_ROOT" root
    echo mine >root/opt/dorg/bin/mine
    MAKEFLAGS='' make -s -C "$ROOT" "B=$B" uninstall "DESTDIR=$PWD/root" PREFIX=/opt/dorg >/dev/null
    [ "$(find root ! -type d)" = root/opt/dorg/bin/mine ]
}
