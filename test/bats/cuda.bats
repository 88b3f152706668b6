# The CUDA plug-in: without a device it says so and everything works; on a processor its
# kernels and its engine compute what they should
load helper

own_setup() {
    dorg-phantom --seed 3 --size 40,36,16 -t truth.nii >ct.nii
}

has_device() {
    dorg-gauss3d -d cuda truth.nii >/dev/null 2>&1
}

@test "cuda: without a device, a name is refused with the reason" {
    if has_device; then skip "there is a device"; fi
    refuses 4 dorg-gauss3d -d cuda -o out truth.nii
    grep -q 'device cuda cannot be used: .' refuse.err
    refuses 4 dorg-gauss3d -d cuda:1 -o out truth.nii
    refuses 4 dorg-patch -d cuda -o out ct.nii truth.nii
    dorg-superpix -k 3000 ct.nii >sp.nii
    dorg-spfeat ct.nii sp.nii >sp.tab
    refuses 4 dorg-region -d cuda -o out ct.nii sp.nii sp.tab
}

@test "cuda: auto and cpu work all the same, and give the same" {
    dorg-gauss3d -d cpu truth.nii >a.nii
    dorg-gauss3d -d auto truth.nii >b.nii
    dorg-cmp a.nii b.nii
}

@test "cuda: a device nobody knows is misuse" {
    for d in gpu cuda: cuda:x cuda:-1 cuda:1x cuda:99999 CUDA; do
        refuses 2 dorg-gauss3d -d $d -o out truth.nii
    done
}

@test "cuda: no plug-in, a broken one, one of another kind are sentences" {
    mkdir none broken other
    echo junk >broken/dorg-cuda.so
    if [ -f "$B/lib/dorg/dorg-onednn.so" ]; then
        cp "$B/lib/dorg/dorg-onednn.so" other/dorg-cuda.so
    else
        echo >other/dorg-cuda.so
    fi
    for p in none broken other; do
        DORG_PLUGINS=$PWD/$p refuses 4 dorg-gauss3d -d cuda -o out truth.nii
        DORG_PLUGINS=$PWD/$p dorg-gauss3d -d auto truth.nii >a.nii
    done
    DORG_PLUGINS=$PWD/none refuses 4 dorg-gauss3d -d cuda -o out truth.nii
    grep -q 'there is no plug-in .*/none/dorg-cuda.so' refuse.err
}

@test "cuda: where nvcc is, the plug-in was built, and it loads" {
    [ -f "$B/lib/dorg/dorg-cuda.so" ] || skip "no nvcc or cuDNN where this was built"
    if has_device; then skip "there is a device"; fi
    refuses 4 dorg-gauss3d -d cuda -o out truth.nii
    # the words are CUDA's own: the plug-in and its libraries were found
    grep -Eq 'CUDA (says|finds)' refuse.err
}

@test "cuda: kernels and engine compute what they should, on a processor" {
    [ -f "$B/test/cuda/dorg-cuda.so" ] || skip "no CUDA headers where this was built"
    for t in t_cuda:5 t_cuda_net:75 t_cuda_images:85; do
        DORG_PLUGINS=$B/test/cuda "$B/test/unit/${t%:*}" >said || { cat said; false; }
        [ "$(grep -c '^ok' said)" -ge "${t#*:}" ]
        run -1 grep -n 'skip' said
    done
    DORG_PLUGINS=$B/test/cuda dorg-gauss3d -d cuda truth.nii >a.nii
    dorg-gauss3d -d cpu truth.nii >b.nii
    dorg-cmp a.nii b.nii
    DORG_PLUGINS=$B/test/cuda refuses 4 dorg-gauss3d -d cuda:2 -o out truth.nii
}
