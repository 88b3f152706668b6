"""Write a small .net from its description alone (dorg-net(5)).

usage: mknet.py KIND CHANNELS SIZE CLASSES SEED OUT [conv] [mm=P,P,...]
One fully connected layer (or, with "conv", a convolution and pooling before it), random
weights and a random mean image."""
import struct
import sys
import zlib

import numpy as np


def build(kind, channels, size, classes, seed, conv=False, window=(-100.0, 200.0), pitch=(0.0,)):
    rng = np.random.default_rng(seed)
    text = "input channels=%d size=%d\n" % (channels, size)
    params = []
    if conv:
        text += "conv name=c1 filters=4 kernel=3 stride=1 pad=1\npool kernel=2 stride=2\nrelu\n"
        params += [rng.normal(0, 0.02, 4 * channels * 9), rng.normal(0, 0.1, 4)]
        half = (size + 1) // 2
        inputs = 4 * half * half
    else:
        inputs = channels * size * size
    text += "fc name=f outputs=%d\nsoftmax\ntrain batch=8 epochs=1\n" % classes
    params += [rng.normal(0, 1.5 / (60 * inputs ** 0.5), classes * inputs),
               rng.normal(0, 0.3, classes)]
    params = np.concatenate(params).astype("<f4")
    mean = rng.uniform(0, 255, channels * size * size).astype("<f4")
    return text, mean, params, struct.pack(
        "<fffI3f", window[0], window[1], pitch[0], kind, *(tuple(pitch[1:]) + (0.0,) * 3)[:3])


def write(path, text, mean, params, tail):
    text = text.encode()
    head = b"DORGNET\n" + struct.pack("<IIQI", 1, len(text), len(params), 0) + tail
    head += bytes(64 - len(head))
    body = head + text
    body += bytes(-len(body) % 64) + mean.tobytes()
    body += bytes(-len(body) % 64) + params.tobytes() + b"DORGEND\n"
    with open(path, "wb") as f:
        f.write(body + struct.pack("<I", zlib.crc32(body)))


if __name__ == "__main__":
    k, c, s, n, seed = map(int, sys.argv[1:6])
    mm = [tuple(map(float, a[3:].split(","))) for a in sys.argv[7:] if a.startswith("mm=")]
    write(sys.argv[6], *build(k, c, s, n, seed, "conv" in sys.argv[7:],
                              pitch=mm[0] if mm else (0.0,)))
