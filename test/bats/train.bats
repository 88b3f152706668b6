# dorg-train: determinism, resumption, refusals, learning
load helper

own_setup() {
    texture=$B/test/gen/texture
    "$texture" 1 300 1 12 2 >a.rec
    "$texture" 2 100 1 12 2 >v.rec
    cat >t.cfg <<'C'
input channels=1 size=12
conv  name=c1 filters=8 kernel=3 pad=1 init_w=he
bnorm name=b1
relu
pool  kernel=3 stride=2
fc    name=f1 outputs=16 init_w=he
relu
dropout keep=0.5
fc    name=f2 outputs=2 init_w=0.01
softmax
train batch=16 epochs=6 momentum=0.9 decay=5e-4 rate_w=cosine:0.05,100 rate_b=cosine:0.05,100
C
    train="dorg-train -q -E ref --cfg t.cfg"
}

@test "a net learns two textures" {
    "$texture" 1 1000 1 12 2 >many.rec
    $train --epochs 20 --val v.rec --log log.tsv -o a.net many.rec
    tail -1 log.tsv | cut -f 6 | within 0 0.05
    tail -1 log.tsv | cut -f 7 | within 0.98 1
    [ "$(wc -l <log.tsv)" -eq 21 ]
    [ ! -e a.net.ckpt ]
}

@test "the same command gives the same bytes, whatever -j and however many readers" {
    $train --epochs 2 --tps 0.05 --val-fraction 0.2 a.rec >a.net
    $train --epochs 2 --tps 0.05 --val-fraction 0.2 -j 2 --readers 2 a.rec >b.net
    cmp a.net b.net
    $train --epochs 2 --tps 0.05 --val-fraction 0.2 --seed 2 a.rec >c.net
    run -1 cmp -s a.net c.net
    $train --epochs 2 --tps 0.05 --val-fraction 0.2 --no-flip a.rec >c.net
    run -1 cmp -s a.net c.net
}

@test "files on disk, compressed files and pipes give the same net" {
    $train --epochs 1 a.rec | tail -c 4000 >a.end
    gzip -k a.rec
    $train --epochs 1 --no-check a.rec.gz | tail -c 4000 >b.end
    cmp -n 3900 a.end b.end
}

# steady FILE: the columns of a log that do not depend on the clock
steady() {
    cut -f 1-7 "$1"
}

# engines: those that can run here
engines() {
    echo ref
    [ ! -e "$B/lib/dorg/dorg-onednn.so" ] || echo onednn
}

# survives ENGINE: cut.net and cut.tsv are those of training that nobody disturbed
survives() {
    cmp "whole.$1.net" cut.net
    diff <(steady "whole.$1.tsv") <(steady cut.tsv)
    [ ! -e cut.net.ckpt ]
}

@test "killed again and again at random moments: nothing is lost but the epoch under way" {
    seed=${SEED:-$RANDOM}
    echo "SEED=$seed"
    RANDOM=$seed
    for engine in $(engines); do
        run="dorg-train -E $engine --cfg t.cfg --epochs 120 --val v.rec --log cut.tsv -o cut.net"
        dorg-train -q -E "$engine" --cfg t.cfg --epochs 120 --val v.rec --log "whole.$engine.tsv" \
            -o "whole.$engine.net" a.rec
        rm -f cut.*
        kills=0
        while [ $kills -lt 40 ]; do
            done=0
            [ ! -e cut.tsv ] || done=$(awk "NR > 1" cut.tsv | wc -l)
            $run --resume a.rec 2>err &
            pid=$!
            sleep "0.$(printf '%03d' $((RANDOM % 150 + 20)))"
            kill -9 $pid 2>/dev/null || true
            rc=0
            wait $pid || rc=$?
            # the epochs of the table are not trained again
            first=$(sed -n '1s,^dorg-train: epoch \([0-9]*\)/.*,\1,p' err)
            [ -z "$first" ] || [ "$first" -gt "$done" ]
            [ $rc -ne 0 ] || break
            [ $rc -eq 137 ]
            kills=$((kills + 1))
            # killed when the net was there, and nothing left to do but to exit
            [ ! -e cut.net ] || [ -e cut.net.ckpt ] || break
        done
        echo "$engine: $kills kills, $done epochs"
        [ $kills -ge 5 ]
        $run -q --resume a.rec
        survives "$engine"
    done
}

@test "killed at every open, write, close and rename of training, and resumed" {
    [ -z "${DORG_SANITIZED:-}" ] || skip "the sanitizers' own calls are in the way"
    for engine in $(engines); do
        run="dorg-train -q -E $engine --cfg t.cfg --epochs 4 --save-steps 7 --val v.rec --log cut.tsv -o cut.net"
        $run -o "whole.$engine.net" --log "whole.$engine.tsv" a.rec
        for kind in kill-open kill-write kill-close kill-fsync kill-renaming kill-rename; do
            struck=0
            for n in $(seq 1 60); do
                rm -f cut.* struck
                rc=0
                FAULT="$kind $n" FAULT_LOG=struck LD_PRELOAD="$B/test/fault/inject.so" \
                    $run a.rec 2>/dev/null || rc=$?
                [ -e struck ] || break
                [ $rc -eq 137 ]
                [ ! -e cut.net ] || cmp "whole.$engine.net" cut.net
                $run --resume a.rec
                survives "$engine"
                struck=$((struck + 1))
            done
            echo "$engine $kind: $struck"
            [ $struck -ge 12 ]
        done
    done
}

@test "killed within an epoch, after --save-steps" {
    $train --epochs 3 -o whole.net a.rec
    $train --epochs 3 --save-steps 2 -o cut.net a.rec &
    pid=$!
    for _ in $(seq 200); do [ ! -e cut.net.ckpt ] || break; sleep 0.01; done
    kill -9 $pid 2>/dev/null || true
    wait $pid || true
    $train --epochs 3 --resume --save-steps 0 -o cut.net a.rec
    cmp whole.net cut.net
}

@test "SIGTERM: the state is saved, the status is the signal's, resuming gives the same bytes" {
    for engine in $(engines); do
        terminated "$engine"
    done
}

terminated() {
    train="dorg-train -q -E $1 --cfg t.cfg"
    rm -f cut.*
    $train --epochs 30 --val v.rec -o whole.net a.rec
    $train --epochs 30 --val v.rec -o cut.net a.rec &
    pid=$!
    for _ in $(seq 200); do [ ! -e cut.net.ckpt ] || break; sleep 0.01; done
    kill -TERM $pid
    rc=0
    wait $pid || rc=$?
    [ "$rc" -eq 143 ]
    [ ! -e cut.net ]
    [ -e cut.net.ckpt ]
    $train --epochs 30 --val v.rec --resume -o cut.net a.rec
    cmp whole.net cut.net
    [ ! -e cut.net.ckpt ]
}

@test "a checkpoint of other options, other records, or damaged is refused" {
    $train --epochs 30 -o out a.rec &
    pid=$!
    for _ in $(seq 200); do [ ! -e out.ckpt ] || break; sleep 0.01; done
    kill -TERM $pid
    wait $pid || true
    refuses 3 dorg-train -E ref --cfg t.cfg --epochs 31 --resume -o out a.rec
    "$texture" 3 300 1 12 2 >other.rec
    cp other.rec a2.rec
    refuses 3 dorg-train -E ref --cfg t.cfg --epochs 30 --resume -o out a2.rec
    printf 'x' | dd of=out.ckpt bs=1 seek=300 conv=notrunc status=none
    refuses 3 dorg-train -q -E ref --cfg t.cfg --epochs 30 --resume -o out a.rec
    refuses 2 dorg-train -E ref --cfg t.cfg --resume a.rec
}

@test "a diverging run stops with exit 3" {
    sed "s,cosine:0.05,cosine:99,g" t.cfg >hot.cfg
    for engine in $(engines); do
        refuses 3 dorg-train -q -E "$engine" --cfg hot.cfg --epochs 30 -o out a.rec
        grep -q 'training diverged in epoch [0-9]*, step [0-9]* of [0-9]*: the loss is not finite' refuse.err
    done
}

@test "warm start, early stopping, keeping the last" {
    $train --epochs 3 -o a.net a.rec
    dorg-train -q -E ref --warm a.net --epochs 1 -o b.net a.rec
    dorg-train -v -E ref --cfg t.cfg --warm a.net --epochs 1 -o c.net a.rec 2>err
    grep -q '4 of 4 layers' err || { grep -q ' layers taken' err; }
    tail -c 1000 b.net >b.end
    tail -c 1000 c.net >c.end
    cmp -n 900 b.end c.end
    $train --epochs 60 --patience 2 --val v.rec --log log.tsv -o d.net a.rec
    [ "$(wc -l <log.tsv)" -lt 61 ]
}

@test "warm start: layers are taken by name, type and shape" {
    $train --epochs 3 -o a.net a.rec
    # the same layers, one of them under another name
    sed 's/name=c1/name=other/' t.cfg >c.cfg
    dorg-train -v -E ref --cfg c.cfg --warm a.net --epochs 1 -o b.net a.rec 2>err
    grep -q '3 of 4 layers taken from a.net' err
    sed 's/outputs=16/outputs=17/' t.cfg >c.cfg
    dorg-train -v -E ref --cfg c.cfg --warm a.net --epochs 1 -o b.net a.rec 2>err
    grep -q '2 of 4 layers taken from a.net' err
}

@test "the net of the best epoch is kept, or that of the last" {
    sed 's/cosine:0.05,100/const:0.2/g' t.cfg >const.cfg # epochs that do not know how many follow
    train="dorg-train -q -E ref --cfg const.cfg --val v.rec"
    $train --epochs 12 --log log.tsv -o best.net a.rec
    $train --epochs 12 --keep last -o last.net a.rec
    k=$(awk -F '\t' 'NR > 1 && $7 > auc { auc = $7; k = $1 } END { print k }' log.tsv)
    [ "$k" -lt 12 ]
    $train --epochs "$k" --keep last -o k.net a.rec
    # the parameters stand at the end, before 12 bytes of trailer
    for f in best last k; do tail -c 8000 $f.net | head -c 7988 >$f.end; done
    cmp best.end k.end
    run -1 cmp -s best.end last.end
}

@test "refusals" {
    refuses 2 dorg-train -o out a.rec
    refuses 2 dorg-train --cfg t.cfg --init random -o out a.rec
    refuses 2 dorg-train --cfg t.cfg --sampling half -o out a.rec
    refuses 2 dorg-train --cfg t.cfg --patience 3 -o out a.rec
    refuses 2 dorg-train --cfg t.cfg --val v.rec --val-fraction 0.1 -o out a.rec
    refuses 2 dorg-train --cfg t.cfg -E tpu -o out a.rec
    refuses 2 dorg-train --cfg t.cfg -d gpu7 -o out a.rec
    refuses 4 dorg-train -E ref --cfg t.cfg -o out absent.rec
    refuses 4 dorg-train -E ref --cfg absent.cfg -o out a.rec
    refuses 3 dorg-train -E ref --cfg a.rec -o out a.rec
    refuses 4 dorg-train -E ref --cfg t.cfg -o no/such/folder/out a.rec
    "$texture" 1 0 1 12 2 >none.rec
    refuses 3 dorg-train -E ref --cfg t.cfg -o out none.rec
    "$texture" 1 30 1 12 1 >one.rec
    refuses 3 dorg-train -E ref --cfg t.cfg -o out one.rec
    "$texture" 1 30 1 16 2 >big.rec
    refuses 3 dorg-train -E ref --cfg t.cfg -o out big.rec
    refuses 3 dorg-train -E ref --cfg t.cfg -o out a.rec big.rec
    refuses 3 dorg-train -E ref --cfg t.cfg --val big.rec -o out a.rec
    head -c 20000 a.rec >cut.rec
    refuses 3 dorg-train -E ref --cfg t.cfg -o out cut.rec
    cp a.rec bad.rec
    printf 'x' | dd of=bad.rec bs=1 seek=5000 conv=notrunc status=none
    refuses 3 dorg-train -E ref --cfg t.cfg -o out bad.rec
}

@test "three classes, from pairs of regions; two channels; another head" {
    "$texture" 1 120 2 12 3 >p.rec
    $train --epochs 1 -o p.net p.rec
    [ -s p.net ]
}

@test "--init he draws every layer as init_w=he does, biases 0" {
    sed 's/init_w=he/init_w=0.3 init_b=2/; s/init_w=0.01/init_w=0.3 init_b=2/' t.cfg >other.cfg
    sed 's/init_w=0.01/init_w=he/' t.cfg >he.cfg
    for f in other he t; do
        init=paper
        [ $f != other ] || init=he
        dorg-train -q -E ref --cfg $f.cfg --init $init --epochs 1 -o $f.net a.rec
        tail -c 8000 $f.net | head -c 7988 >$f.end
    done
    cmp other.end he.end
    run -1 cmp -s t.end he.end
}

@test "an epoch line on stderr unless -q" {
    dorg-train -E ref --cfg t.cfg --epochs 2 a.rec 2>err >a.net
    [ "$(grep -c '^dorg-train: epoch ./2: loss' err)" -eq 2 ]
    dorg-train -q -E ref --cfg t.cfg --epochs 2 a.rec 2>err >b.net
    [ ! -s err ]
    cmp a.net b.net
}

@test "auto without plug-ins says that the slow engine trains" {
    DORG_PLUGINS=/nonexistent dorg-train --cfg t.cfg --epochs 1 a.rec 2>err >a.net
    [ "$(grep -c '^dorg-train: the plain C engine runs' err)" -eq 1 ]
    DORG_PLUGINS=/nonexistent dorg-train -q --cfg t.cfg --epochs 1 a.rec 2>err >a.net
    [ ! -s err ]
}

@test "the log's curve is drawn, with validation and without" {
    command -v gnuplot >/dev/null || skip "no gnuplot"
    $train --epochs 3 --val v.rec --log a.tsv a.rec >a.net
    $train --epochs 1 --log b.tsv a.rec >b.net
    for f in a b; do
        gnuplot -e "log='$f.tsv'; out='$f.png'" "$ROOT/pipelines/plots/train.gp" 2>err ||
            { cat err; false; }
        [ "$(head -c 4 $f.png | tail -c 3)" = PNG ]
    done
}
