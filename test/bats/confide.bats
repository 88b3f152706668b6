#!/usr/bin/env bats
# dorg-confide: what is said of a mask that no truth is known of, one doubt after the other
load helper

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    dorg-phantom --seed 1 --size 64,56,24 -t truth.nii -o ct.nii
    dorg-gauss3d --mm -s 8 -o smooth.nii truth.nii
    for v in 12 15 18 30 40 60 80 120 150 230; do
        dorg-thresh -p 0.5 --volume $v,$v -o $v.nii smooth.nii
        dorg-info $v.nii | awk '$1 == "not_zero:" { print $4 }' | within $((v - 1)) $((v + 1))
    done
    bright=$(dorg-tissue --hu 10,230 --mean ct.nii | cut -f 1)
    read -r x y z < <(dorg-info ct.nii | awk '$1 == "pitch_mm:" { print $2, $4, $6 }')
    export CUT=0.5 VOLUME=35,110 TISSUE_HU=10,230 PITCH THICK BRIGHT between
    PITCH="$(less "$x"),$(more "$y")" THICK=$(more "$z") BRIGHT="$(less "$bright"),$(more "$bright")"
    between=$(more "$x")
    within "$x" "$y" <<<"$between"
}
own_setup() { cd "$BATS_FILE_TMPDIR" || return 1; }
confide() {
    dorg-confide -p $CUT --volume "$VOLUME" --hu $TISSUE_HU ${PITCH:+--pixel-mm "$PITCH"} \
        ${THICK:+--slice-mm "0,$THICK"} ${BRIGHT:+--bright "$BRIGHT"} "$@"
}
less() { awk -v x="$1" 'BEGIN { print 0.99 * x }'; }
more() { awk -v x="$1" 'BEGIN { print 1.01 * x }'; }

# says CODE CONFIDENCE MAP CUTMASK MASK [DOUBT]: one doubt, or none; of masks by their mL
says() {
    local code=$1 confidence=$2 rc=0
    confide ct.nii "$3.nii" "$4.nii" "$5.nii" >said || rc=$?
    cat said
    [ $rc -eq "$code" ] || return 1
    [ "$(sed -n 's/^confidence=//p' said)" = "$confidence" ] || return 1
    [ "$(grep -c '^doubt=' said)" -eq $(($# - 5)) ] || return 1
    [ $# -eq 5 ] || grep -qE "^doubt=$6" said
}

@test "confide: a mask that nothing speaks against is good, with its volume and the map's mean in it" {
    says 0 good 40 40 40
    dorg-info 40.nii | awk '$1 == "not_zero:" { printf "volume_ml=%.1f\n", $4 }' | cmp - <(head -1 said)
    confide ct.nii smooth.nii 80.nii 60.nii >said
    printf 'certainty=%.2f\n' "$(dorg-level --mean -m 60.nii smooth.nii | cut -f 1)" | cmp - <(sed -n 2p said)
    printf 'certainty=%.2f\n' "$(dorg-level --mean -m 80.nii smooth.nii | cut -f 1)" >other
    run -1 cmp -s other <(sed -n 2p said)
}

@test "confide: no volume of a pancreas is exit 3, at half the least and twice the most" {
    says 0 good 40 18 18
    says 3 doubtful 40 15 15 '15 mL is no volume of a pancreas'
    VOLUME=35,61
    says 0 good 40 120 120
    says 3 doubtful 40 150 150 '150 mL is no volume of a pancreas'
}

@test "confide: what the nets themselves take for pancreas, above the cut and before any volume is asked" {
    says 0 fair 30 40 40 'the nets are sure of 30 mL only'
    says 0 doubtful 12 40 40 'the nets are sure of 1[123] mL only'
    says 0 fair 120 40 40 'the nets take 1(19|20|21) mL for pancreas'
    says 0 doubtful 230 40 40 'the nets take 2(29|30|31) mL for pancreas'
    CUT=2 says 0 doubtful 40 40 40 'the nets are sure of 0 mL only'
}

@test "confide: in pieces, when the largest is less than 60% of all" {
    says 0 good 40 60 40
    says 0 fair 40 80 40 'in pieces: the largest is 40 of 80 mL'
}

@test "confide: another contrast phase, pitch or thickness than the model knows" {
    b=$BRIGHT t=$THICK
    BRIGHT=0,$(less "${b%,*}") says 0 doubtful 40 40 40 'soft tissue of .*: another contrast phase\?$'
    BRIGHT=$(more "${b#*,}"),300 says 0 doubtful 40 40 40 'soft tissue of .*: another contrast phase\?$'
    # pixels are longer than wide here
    PITCH=0.1,$between says 0 fair 40 40 40 'pixels of .* mm'
    PITCH=$between,99 says 0 fair 40 40 40 'pixels of .* mm'
    THICK=$(less "$(less "$t")") says 0 fair 40 40 40 'slices of .* mm'
}

@test "confide: nothing found is exit 3; of a part of the body no volume is asked" {
    dorg-thresh -p 2 -o none.nii truth.nii
    cp none.nii 0.nii
    says 3 doubtful 40 0 0 'nothing was found'
    VOLUME=0,0 says 0 fair 12 230 15 'too little of the body to know a volume by'
}

@test "confide: what is not given is not asked" {
    doubts() { dorg-confide "$@" ct.nii smooth.nii 12.nii 12.nii; }
    [ "$(doubts | sed -n 3p)" = 'confidence=good' ]
    [ "$(doubts --volume 22,110 | tail -n +3)" = $'confidence=fair\ndoubt=the nets are sure of '"$(dorg-thresh -p 0.5 smooth.nii | dorg-info --get not_zero_ml | xargs printf %.0f)"' mL only' ]
    PITCH='' THICK='' BRIGHT='' says 0 good 40 40 40
}

@test "confide: refusals" {
    dorg-crop --z 1,20 -o part.nii ct.nii
    dorg-crop --z 1,20 --type u8 -o part-mask.nii 40.nii
    refuses 3 dorg-confide -o out part.nii smooth.nii 40.nii 40.nii
    refuses 3 dorg-confide -o out ct.nii smooth.nii part-mask.nii 40.nii
    refuses 3 dorg-confide -o out ct.nii smooth.nii 40.nii part-mask.nii
    refuses 3 dorg-confide -o out ct.nii ct.nii 40.nii 40.nii
    refuses 2 dorg-confide -o out ct.nii smooth.nii
    refuses 2 dorg-confide -o out ct.nii smooth.nii 40.nii
    refuses 2 dorg-confide -o out ct.nii
    refuses 2 dorg-confide --pixel-mm 1,2 -o out ct.nii
    refuses 2 dorg-confide --volume 2,1 -o out ct.nii smooth.nii 40.nii 40.nii
    refuses 4 dorg-confide -o out gone.nii smooth.nii 40.nii 40.nii
}

@test "confide: of a scan alone, a quarter beyond what models know is said, on either side and along every axis" {
    far() { dorg-confide --pixel-mm "$1" --slice-mm "$2" ct.nii; }
    dorg-info ct.nii | sed -n '/^pitch_mm: /{ s///; s/ x / /gp }' >mm
    read -r x y z <mm
    times() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.6g", a * b }'; }
    [ -z "$(far "$(times "$x" 0.81),$(times "$y" 0.81)" "$(times "$z" 1.24),$(times "$z" 2)")" ]
    far "$(times "$x" 0.5),$(times "$x" 0.79)" "$z,$z" | grep -q "^voxels of $x x $y x $z mm; "
    far "$(times "$x" 1.26),$(times "$x" 2)" "$z,$z" | grep -q ' mm$'
    far "$x,$y" "$(times "$z" 1.26),$(times "$z" 3)" | grep -q ' mm$'
    far "$x,$y" "$(times "$z" 0.1),$(times "$z" 0.79)" >said
    [ "$(cat said)" = "voxels of $x x $y x $z mm; the models know pixels of $x,$y and slices of $(times "$z" 0.1),$(times "$z" 0.79) mm" ]
}
