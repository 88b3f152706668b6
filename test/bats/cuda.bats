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
    refuses 4 dorg-paint -d cuda -o out sp.nii sp.tab
    dorg-patch ct.nii truth.nii >p.rec
    refuses 4 dorg-tps -d cuda -o out p.rec
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
    export DORG_EMULATED=1
    # what is put off, in which order threads run, and what fresh memory holds: none matters
    for seed in 1 2 3; do
        for t in t_cuda:7 t_cuda_net:120 t_cuda_images:100 t_cuda_team:30; do
            LD_LIBRARY_PATH=$B/test/cuda DORG_PLUGINS=$B/test/cuda DORG_EMULATED_LEAKS=1 \
                DORG_EMULATED_SEED=$seed "$B/test/unit/${t%:*}" >said || { cat said; false; }
            [ "$(grep -c '^ok' said)" -ge "${t#*:}" ]
            run -1 grep -n 'skip' said
        done
    done
    DORG_PLUGINS=$B/test/cuda dorg-gauss3d -d cuda truth.nii >a.nii
    dorg-gauss3d -d cpu truth.nii >b.nii
    dorg-cmp a.nii b.nii
    DORG_PLUGINS=$B/test/cuda refuses 4 dorg-gauss3d -d cuda:2 -o out truth.nii
}

@test "cuda: the emulated device finds what is wrong" {
    [ -x "$B/test/cuda/wrong" ] || skip "no CUDA headers where this was built"
    "$B/test/cuda/wrong" >said || { cat said; false; }
    [ "$(grep -c '^ok' said)" -ge 46 ]
}

@test "cuda: cuDNN itself plans the paper's net for an H100 that it is told of" {
    [ -x "$B/test/cuda/plans" ] || skip "no cuDNN where this was built"
    "$B/test/cuda/plans" "$ROOT/pipelines/nets/deeporgan.cfg" >said || { cat said; false; }
    if grep 'ok 1 # skip' said; then skip "another cuDNN"; fi
    [ "$(grep -c '^ok' said)" -ge 60 ]
}

# A small net on patches of the phantom, trained by 'dorg-train "$@"'.
trained() {
    cat >t.cfg <<'C'
input channels=3 size=12
conv  name=c1 filters=4 kernel=3 init_w=he
relu
pool  kernel=3 stride=3
fc    name=f1 outputs=6 init_w=he
relu
dropout keep=0.5
fc    name=f2 outputs=2 init_w=0.01
softmax
train batch=16 epochs=2 momentum=0.9 decay=5e-4 rate_w=const:0.001 rate_b=const:0.001
C
    [ -f p.rec ] || dorg-patch --size 12 --stride 2 -t truth.nii -o p.rec ct.nii mask.nii
    dorg-train -q --cfg t.cfg --tps 0.05 --vary 0.1,10,0.1 --val-fraction 0.3 --sampling over "$@" p.rec
}

emulated() {
    [ -f "$B/test/cuda/dorg-cuda.so" ] || skip "no CUDA headers where this was built"
    export DORG_PLUGINS=$B/test/cuda LD_LIBRARY_PATH=$B/test/cuda
}

a_mask() {
    dorg-gauss3d -s 2 truth.nii | dorg-thresh -p 0.02 -o mask.nii
}

@test "cuda: dorg-train and dorg-pconv agree with the reference, on a device or emulated" {
    a_mask
    trained -E ref --log ref.tsv -o ref.net
    dorg-pconv -E ref -n ref.net -m mask.nii --stride 3 -o ref.nii ct.nii
    has_device || emulated
    for p in f32:0.001 tf32:0.01 bf16:0.02; do
        trained -E cuda --precision ${p%:*} --log cuda.tsv -o cuda.net
        # loss, error and validation of both epochs
        paste <(cut -f 3-7 ref.tsv) <(cut -f 3-7 cuda.tsv) | awk 'NR > 1' | agree 0.02 2
        dorg-pconv -E cuda --precision ${p%:*} -n ref.net -m mask.nii --stride 3 -o cuda.nii ct.nii
        dorg-cmp --tolerance ${p#*:} ref.nii cuda.nii
    done
    DORG_EMULATED_FAST=1 trained -E cuda --fast --epochs 1 -o fast.net
}

@test "cuda: several GPUs, and their refusals" {
    emulated
    a_mask
    trained -E ref -o one.net
    trained -E cuda --gpus 2 -o two.net
    dorg-pconv -E ref -n one.net -m mask.nii --stride 4 -o one.nii ct.nii
    dorg-pconv -E cuda -n two.net -m mask.nii --stride 4 -o two.nii ct.nii
    dorg-cmp --tolerance 0.02 one.nii two.nii
    refuses 2 dorg-train --cfg t.cfg -E ref --gpus 2 -o out p.rec
    refuses 4 dorg-train --cfg t.cfg -E cuda --gpus 3 -o out p.rec
    mkdir broken
    echo junk >broken/libnccl.so.2
    LD_LIBRARY_PATH=$PWD/broken refuses 4 dorg-train --cfg t.cfg -E cuda --gpus 2 -o out p.rec
    grep -q 'several GPUs need NCCL: .*libnccl.so.2' refuse.err
}

# The device is lost at call N of the command "$@", whose output is $1: exit 4 with one line and
# no output, or, where all had been done by then, the output of before.
lost_at() {
    local n=$1 out=$2 rc=0
    shift 2
    rm -f "$out"
    DORG_EMULATED_FAIL=$n "$@" 2>lost.err || rc=$?
    if [ $rc = 0 ]; then
        cmp "$out" good
    else
        [ $rc = 4 ]
        [ "$(wc -l <lost.err)" = 1 ]
        grep -Eq 'CUDA|cuDNN' lost.err
        [ ! -e "$out" ]
    fi
}

# Run "$@", whose output is $1, and lose the device early, late, and at steps between.
lose_device() {
    local out=$1 step=$2 n calls lost=0
    shift 2
    DORG_EMULATED_COUNT=count "$@"
    mv "$out" good
    calls=$(cat count)
    for ((n = 1; n <= calls; n += step)); do
        lost_at $n "$out" "$@"
        [ -e "$out" ] || lost=$((lost + 1))
    done
    lost_at "$calls" "$out" "$@"
    [ $lost -gt 10 ]
}

@test "cuda: a device that is lost at any moment: one line, exit 4, nothing half done" {
    emulated
    a_mask
    trained -E ref -o one.net
    lose_device out.nii 2 dorg-gauss3d -d cuda -s 2 -o out.nii truth.nii
    lose_device out.nii 31 dorg-pconv -q -E cuda -n one.net -m mask.nii --stride 4 -o out.nii ct.nii
    lose_device out.net 67 trained -E cuda -o out.net
}

@test "cuda: training whose device is lost goes on from its checkpoint" {
    emulated
    a_mask
    DORG_EMULATED_COUNT=count trained -E cuda --epochs 3 -o good.net
    run -4 env DORG_EMULATED_FAIL=$(($(cat count) * 3 / 4)) "$B/bin/dorg-train" -q --cfg t.cfg \
        --tps 0.05 --vary 0.1,10,0.1 --val-fraction 0.3 --sampling over -E cuda --epochs 3 \
        -o out.net p.rec
    [ -f out.net.ckpt ]
    trained -E cuda --epochs 3 --resume -o out.net
    dorg-cmp good.net out.net
    [ ! -e out.net.ckpt ]
}

@test "cuda: a driver older than the toolkit: one sentence, and auto uses the processor" {
    emulated
    export DORG_EMULATED_DRIVER=old
    refuses 4 dorg-gauss3d -d cuda -o out truth.nii
    grep -q 'driver is for CUDA 11.4 and too old for this plug-in, built with CUDA 1[0-9]' refuse.err
    a_mask
    trained -E ref -o one.net
    refuses 4 dorg-pconv -E cuda -n one.net -m mask.nii -o out ct.nii
    dorg-pconv -q -n one.net -m mask.nii --stride 4 -o auto.nii ct.nii
    dorg-pconv -q -d cpu -n one.net -m mask.nii --stride 4 -o cpu.nii ct.nii
    cmp auto.nii cpu.nii
}

@test "cuda: too little memory: applying takes fewer at a time, training says what it takes" {
    emulated
    a_mask
    trained -E cuda -o one.net
    dorg-pconv -E cuda -n one.net -m mask.nii --stride 4 -o all.nii ct.nii
    # a batch of 512 images of 12 x 12 x 3 floats alone is 885 kB
    for m in 800000 200000 130000; do
        DORG_EMULATED_MEMORY=$m dorg-pconv -E cuda -n one.net -m mask.nii --stride 4 -o few.nii ct.nii
        cmp all.nii few.nii
    done
    DORG_EMULATED_MEMORY=9000 refuses 4 dorg-pconv -E cuda -n one.net -m mask.nii -o out ct.nii
    grep -q 'no room for .* MiB on the device' refuse.err
    # records that do not fit are sent batch by batch
    DORG_EMULATED_MEMORY=400000 trained -E cuda -o sent.net
    cmp one.net sent.net
    DORG_EMULATED_MEMORY=100000 refuses 4 dorg-train --cfg t.cfg -E cuda -o out p.rec
    grep -q 'training on 16 images at a time takes more than .* MiB .*--batch' refuse.err
}

@test "cuda: axial patches are cut on the device" {
    emulated
    a_mask
    dorg-patch --axial 1.5,4 --size 12 --stride 2 -t truth.nii -o ax.rec ct.nii mask.nii
    trained -o unused.net -E ref --epochs 1
    sed 's/channels=3/channels=2/' t.cfg >ax.cfg
    dorg-train -q --cfg ax.cfg -E ref -o ax.net ax.rec
    dorg-pconv -E ref -n ax.net -m mask.nii --stride 3 -o ref.nii ct.nii
    DORG_EMULATED_COUNT=count dorg-pconv -E cuda --precision f32 -n ax.net -m mask.nii --stride 3 -o cuda.nii ct.nii
    dorg-cmp --tolerance 0.0001 ref.nii cuda.nii
}
