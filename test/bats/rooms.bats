# test/rooms.sh: an include that goes the wrong way is found, whichever it is
load helper

own_setup() {
    mkdir -p libcommon/base libcommon/file libcommon/crf kernels/engines/ref cmd test
    printf '#pragma once\nstruct dorg_word { int n; };\n' >libcommon/base/word.h
    echo '#include "../base/word.h"' >libcommon/file/io.h
    echo '#include "../file/io.h"' >libcommon/crf/band.h
    echo '#include "../libcommon/base/word.h"' >kernels/engine.h
    echo '#include "../../engine.h"' >kernels/engines/ref/ref.c
    echo '#include "../libcommon/crf/band.h"' >cmd/dorg-x.c
    echo '#include "tap.h"' >test/t.c
}

# wrong FILE INCLUDE WHY: FILE with that include is named, and why
wrong() {
    cp "$1" kept 2>/dev/null || rm -f kept
    echo "#include \"$2\"" >>"$1"
    if "$ROOT/test/rooms.sh" >said 2>&1; then echo "$1 may include $2"; return 1; fi
    grep -q "^$1:[0-9]*: .*$3" said || { cat said; return 1; }
    if [ -e kept ]; then mv kept "$1"; else rm "$1"; fi
}

@test "rooms: a sound tree passes" {
    "$ROOT/test/rooms.sh"
}

@test "rooms: wrong arrows are named" {
    touch libcommon/file/nii_in.h test/tap.h libcommon/file/dicom_in.h
    wrong libcommon/base/word.h ../file/io.h 'base may not include file'
    wrong libcommon/file/io.h ../crf/band.h 'file may not include crf'
    wrong kernels/engine.h ../libcommon/file/io.h 'kernels may not include file'
    wrong kernels/engines/ref/ref.c ../../../libcommon/crf/band.h 'engines may not include crf'
    wrong kernels/gauss.cu ../libcommon/file/io.h 'kernels may not include file'
    wrong kernels/engine.h ../test/tap.h 'kernels may not include test'
    wrong cmd/dorg-x.c ../test/tap.h 'cmd may not include test'
    wrong libcommon/crf/band.c ../file/nii_in.h 'private to libcommon/file/'
    wrong cmd/dorg-x.c ../libcommon/file/dicom_in.h 'private to libcommon/file/'
    mkdir libcommon/attic
    wrong libcommon/attic/x.c ../base/word.h 'no room of this name'
    "$ROOT/test/rooms.sh"
}

@test "rooms: a name with two meanings is found" {
    echo 'struct dorg_word { double x; };' >libcommon/file/text.h
    run ! "$ROOT/test/rooms.sh"
    [[ $output == *"redefinition of"*dorg_word* ]]
}
