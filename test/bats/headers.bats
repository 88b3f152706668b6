#!/usr/bin/env bats
# What volumes' headers say of what they hold, through every command that writes one.
load helper
load small

# stamp FILE...: a description and a name of an auxiliary file into NIfTI-1 headers
stamp() {
    /usr/bin/python3 - "$@" <<'P'
import sys
for name in sys.argv[1:]:
    with open(name, "r+b") as f:
        f.seek(148)
        f.write(b"Scanner X; 2.5 mm; portal venous".ljust(80, b"\0") + b"series-7.json".ljust(24, b"\0"))
P
}

# says FILE: description | auxiliary file | intent code | range to be shown, of a NIfTI-1 header
says() {
    /usr/bin/python3 - "$1" <<'P'
import struct, sys
h = open(sys.argv[1], "rb").read(352)
text = lambda b: b.split(b"\0")[0].decode()
hi, lo = struct.unpack_from("<2f", h, 124)
print(text(h[148:228]), text(h[228:252]), struct.unpack_from("<h", h, 68)[0], "%g,%g" % (lo, hi), sep="|")
P
}

@test "headers: every volume says what it holds; a scan's description goes through every command" {
    stamp ct.nii truth.nii labels.nii map.nii mask.nii
    gzip -kf map.nii
    seen=
    while read -r line; do
        case $line in '#'* | *dorg-dicom* | *dorg-phantom* | *out.nii.gz*) continue ;; esac
        rm -f out
        eval "$line" >stdout 2>stderr </dev/null
        if ! [ -s out ] || [ "$(dorg-info out 2>/dev/null | sed -n 's/^kind: //p')" != volume ]; then continue; fi
        case $line in
        *thresh* | *superpix* | *clean* | *refine* | *relabel*) want='1002|0,0' ;;
        *level* | *gauss3d* | *paint* | *pconv*) want='0|0,1' ;;
        *) want='0|0,0' ;;
        esac
        [ "$(says out)" = "Scanner X; 2.5 mm; portal venous|series-7.json|$want" ] || { echo "$line: $(says out)"; return 1; }
        seen+=" ${line%% *}"
    done <"$ROOT/test/fault/commands"
    [ "$seen" = ' dorg-thresh dorg-level dorg-gauss3d dorg-superpix dorg-paint dorg-pconv dorg-clean dorg-refine dorg-crop dorg-orient dorg-relabel' ]
}

@test "headers: made volumes, values that are no probabilities, NIfTI-2, and what dorg-info says" {
    stamp ct.nii map.nii
    [ "$(says truth.nii)" = '||1002|0,0' ]
    dorg-phantom --seed 1 --size 16,16,16 -o made.nii
    [ "$(says made.nii)" = '||0|0,0' ]
    dorg-paint -c area_mm2 -o out.nii labels.nii sp.tab
    [ "$(says out.nii)" = '||0|0,0' ]
    dorg-paint --value 1 -o out.nii labels.nii sp.tab
    [ "$(says out.nii)" = '||1002|0,0' ]
    dorg-tissue -o out.nii ct.nii
    [ "$(says out.nii)" = 'Scanner X; 2.5 mm; portal venous|series-7.json|1002|0,0' ]
    dorg-gauss3d -s 1 -o out.nii ct.nii
    [ "$(says out.nii)" = 'Scanner X; 2.5 mm; portal venous|series-7.json|0|0,0' ]
    # a part of a mask is a mask, of a map a map
    dorg-crop --z 2,3 -o out.nii truth.nii
    [ "$(says out.nii)" = '||1002|0,0' ]
    dorg-crop --z 2,3 -o out.nii map.nii
    [ "$(says out.nii)" = 'Scanner X; 2.5 mm; portal venous|series-7.json|0|0,1' ]
    run -0 dorg-info out.nii
    grep -qx 'intent: map, 0 to 1' <<<"$output"
    grep -qx 'descrip: Scanner X; 2.5 mm; portal venous' <<<"$output"
    grep -qx 'aux_file: series-7.json' <<<"$output"
    run -0 dorg-info truth.nii
    grep -qx 'intent: labels' <<<"$output"
    run -1 grep -E '^(descrip|aux_file):' <<<"$output"
    # the larger header, from the other byte order
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$ROOT/test/gen" /usr/bin/python3 - <<'P'
import struct
from nii import write
write("two.nii", (4, 3, 2), lambda i, j, k: i % 2, version=2)
with open("two.nii", "r+b") as f:
    f.seek(240)
    f.write(b"a text of eighty bytes, all of them used, without a NUL at its end: 3456789 12345" [:80] + b"aux")
P
    dorg-thresh -p 0.5 -o out.nii two.nii
    [ "$(says out.nii)" = 'a text of eighty bytes, all of them used, without a NUL at its end: 3456789 1234|aux|1002|0,0' ] ||
        { says out.nii; false; }
    dorg-info two.nii | grep -qx 'aux_file: aux'
}

@test "headers: nibabel reads intent, range and description" {
    needs_python nibabel
    stamp map.nii
    dorg-thresh -p 0.5 -o mask.nii.gz map.nii
    /usr/bin/python3 -c '
import nibabel
m, p = nibabel.load("mask.nii.gz").header, nibabel.load("map.nii").header
assert m.get_intent()[0] == "label", m.get_intent()
assert m["descrip"].item() == b"Scanner X; 2.5 mm; portal venous"
assert m["aux_file"].item() == b"series-7.json"
assert (p["cal_min"], p["cal_max"]) == (0, 1)
assert p.get_intent()[0] == "none"'
}
