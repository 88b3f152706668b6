# dorg-refine: CT, mask and map in, mask out
load helper

own_setup() {
    dorg-phantom --seed 3 --size 96,80,40 -t truth.nii >ct.nii
    dorg-gauss3d -s 1 truth.nii >map.nii
    dorg-thresh -p 0.3 map.nii >mask.nii
}

@test "refine: a mask comes back on the same grid, the same from a pipe and with threads" {
    dorg-refine -P map.nii ct.nii mask.nii >a.nii
    dorg-refine -P map.nii -j 2 ct.nii - <mask.nii >b.nii
    dorg-cmp a.nii b.nii
    dorg-cmp --tolerance 1 a.nii mask.nii
}

@test "refine: no band, no change; -v says what it did" {
    dorg-refine --band 0 -v -P map.nii ct.nii mask.nii >a.nii 2>err
    dorg-cmp a.nii mask.nii
    grep -q '0 voxels and 0 edges in the band: 0 came in, 0 went out' err
    dorg-refine -v -p 0.2 -P map.nii ct.nii mask.nii 2>err >a.nii
    grep -Eq '[1-9][0-9]{2} voxels and .* in the band: [1-9]' err
}

@test "refine: without boundary and intensities it is a threshold within the band" {
    dorg-refine -l 0 --intensity 0 -p 0.2 --band 1000 -P map.nii ct.nii mask.nii >a.nii
    # > 0.2 and >= 0.2 differ only where the map is 0.2 to the last bit
    dorg-thresh -p 0.2 map.nii >b.nii
    dorg-cmp a.nii b.nii
}

@test "refine: an empty mask stays empty" {
    dorg-thresh -p 2 map.nii >none.nii
    dorg-refine -P map.nii ct.nii none.nii >a.nii
    dorg-cmp a.nii none.nii
}

@test "refine: refusals" {
    dorg-phantom --seed 3 --size 80,80,40 >other.nii
    refuses 2 dorg-refine ct.nii mask.nii
    refuses 2 dorg-refine -P map.nii
    refuses 2 dorg-refine -P map.nii -l -1 ct.nii mask.nii
    refuses 3 dorg-refine -o out -P ct.nii ct.nii mask.nii
    refuses 3 dorg-refine -o out -P map.nii other.nii mask.nii
    refuses 3 dorg-refine -o out -P map.nii ct.nii map.nii
    refuses 4 dorg-refine -o out -P absent.nii ct.nii mask.nii
    refuses 4 dorg-refine -o /dev/full -P map.nii ct.nii mask.nii
}
