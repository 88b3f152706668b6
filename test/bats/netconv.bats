# dorg-netconv: nets as safetensors, checked by PyTorch
load helper

own_setup() {
    "$B/test/gen/texture" 1 24 2 20 2 >a.rec
    cat >t.cfg <<'C'
input channels=2 size=20
conv  name=c1 filters=6 kernel=5 stride=2 pad=2 init_w=he
lrn   size=5 alpha=1e-2 beta=0.75 k=2
pool  kernel=3 stride=2
relu
conv  name=c2 filters=8 kernel=3 pad=1 init_w=he init_b=0.1
bnorm name=b2
relu
conv  name=c3 filters=8 kernel=3 init_w=he
relu
fc    name=f1 outputs=12 init_w=he
relu
fc    name=f2 outputs=2 init_w=0.1
softmax
train batch=24 epochs=1 momentum=0.9 decay=0.01 rate_w=const:0.01 rate_b=const:0.01
C
    dorg-train -q -E ref --cfg t.cfg --epochs 4 -o a.net a.rec
}

@test "there and back: the same arrays, window, pitch and kind" {
    dorg-netconv a.net >a.st
    dorg-netconv a.st >b.net
    dorg-netconv --cfg t.cfg a.st >c.net
    dorg-netconv b.net >b.st
    tail -c 6000 a.st >a.end
    tail -c 6000 b.st >b.end
    cmp a.end b.end
    "$B/test/gen/forward" ref a.net a.rec >a.txt
    "$B/test/gen/forward" ref b.net a.rec >b.txt
    "$B/test/gen/forward" ref c.net a.rec >c.txt
    cmp a.txt b.txt
    cmp a.txt c.txt
}

@test "PyTorch computes the same probabilities, and takes the same step" {
    needs_python torch
    dorg-netconv -o a.st a.net
    export DORG_PLUGINS=$B/lib/dorg
    for engine in ref onednn; do
        "$B/test/gen/forward" $engine a.net a.rec >p.txt
        /usr/bin/python3 "$ROOT/test/oracle/torch_net.py" forward a.st a.rec p.txt
        dorg-train -q -E $engine --cfg t.cfg --warm a.net --no-flip --sampling none -o b.net a.rec
        dorg-netconv -o b.st b.net
        /usr/bin/python3 "$ROOT/test/oracle/torch_net.py" step a.st b.st a.rec 0.01 0.01
    done
}

@test "refusals" {
    refuses 4 dorg-netconv -o out absent.net
    refuses 3 dorg-netconv -o out -
    refuses 3 dorg-netconv -o out a.rec
    refuses 3 dorg-netconv -o out t.cfg
    dorg-netconv -o a.st a.net
    head -c 9000 a.st >cut.st
    refuses 3 dorg-netconv -o out cut.st
    sed 's/filters=6/filters=7/' t.cfg >other.cfg
    refuses 3 dorg-netconv --cfg other.cfg -o out a.st
    sed 's/name=c3/name=c4/' t.cfg >other.cfg
    refuses 3 dorg-netconv --cfg other.cfg -o out a.st
    # a net that no command would read is not written
    for window in 1e38,9e39 -9e38,9e38 5,5; do
        /usr/bin/python3 - a.st $window >wide.st <<'P'
import json, struct, sys
b = open(sys.argv[1], "rb").read()
n = struct.unpack("<Q", b[:8])[0]
head = json.loads(b[8 : 8 + n])
head["__metadata__"]["dorg.window_hu"] = sys.argv[2]
text = json.dumps(head, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
sys.stdout.buffer.write(struct.pack("<Q", len(text)) + text + b[8 + n :])
P
        refuses 3 dorg-netconv -o out wide.st
        grep -q 'net window' refuse.err
    done
    # opened once: a pipe will do
    dorg-netconv <(cat a.net) -o piped.st
    dorg-netconv <(cat piped.st) -o piped.net
    run -0 dorg-cmp a.net piped.net
    printf '\020\000\000\000\000\000\000\000{"a": [1, 2], 3}' >bad.st
    refuses 3 dorg-netconv -o out bad.st
}
