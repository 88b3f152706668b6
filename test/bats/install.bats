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
    dorg help cv | grep -q 'make -C pipelines cv COHORT'
    dorg gauss3d --help | grep -q 'dorg-gauss3d - '
    find "$P" -newer help >touched
    dorg phantom-cohort N=2 -o "a folder" SIZE=24,20,16 >/dev/null
    [ -s "a folder/cohort.tsv" ]
    find "$P" -newer help | diff touched -
}

@test "dorg's refusals" {
    installed
    refuses 2 dorg nonsense
    refuses 2 dorg segment --nonsense
    refuses 2 dorg cv-cost -o x list
    refuses 2 dorg report a b
    refuses 2 dorg segment ct.nii
    grep -q "segment: -o names the mask" refuse.err
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
