"""The same net in PyTorch, from its safetensors file alone.

usage: torch_net.py forward FILE.st REC PROBABILITIES.txt
       torch_net.py step BEFORE.st AFTER.st REC RATE DECAY
forward: every probability within 1e-4.  step: one step of gradient descent on all records at
once takes BEFORE's weights to AFTER's, within 2e-3 of the largest change of each tensor."""
import json
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)


def read_st(path):
    b = open(path, "rb").read()
    n = struct.unpack("<Q", b[:8])[0]
    head = json.loads(b[8:8 + n])
    text = head.pop("__metadata__")
    out = {}
    for name, t in head.items():
        lo, hi = t["data_offsets"]
        out[name] = torch.tensor(np.frombuffer(b[8 + n + lo:8 + n + hi], "<f4").copy()
                                 .reshape(t["shape"]), dtype=torch.float64)
    return text, out


def read_rec(path):
    b = open(path, "rb").read()
    c, h, w, hist = np.frombuffer(b[16:32], "<u4")
    r = np.frombuffer(b[64 + hist:-20], "u1").reshape(-1, 32 + c * h * w)
    labels = r[:, 28:32].copy().view("<u4").ravel().astype(np.int64)
    x = r[:, 32:].reshape(-1, c, h, w).astype(np.float64)
    return torch.tensor(x), torch.tensor(labels)


def layers(cfg):
    for line in cfg.split("\n"):
        words = line.split("#")[0].split()
        if words and words[0] not in ("input", "train"):
            yield words[0], dict(w.split("=") for w in words[1:])


def run(cfg, p, x, training):
    for kind, k in layers(cfg):
        name = k.get("name")
        if kind == "conv":
            x = F.conv2d(x, p[name + ".weight"], p[name + ".bias"], stride=int(k.get("stride", 1)),
                         padding=int(k.get("pad", 0)))
        elif kind == "fc":
            x = F.linear(x.flatten(1), p[name + ".weight"], p[name + ".bias"])
        elif kind == "relu":
            x = F.relu(x)
        elif kind == "pool":
            x = F.max_pool2d(x, int(k["kernel"]), int(k["stride"]), ceil_mode=True)
        elif kind == "lrn":
            x = F.local_response_norm(x, int(k.get("size", 5)), float(k.get("alpha", 1e-4)),
                                      float(k.get("beta", 0.75)), float(k.get("k", 2)))
        elif kind == "bnorm":
            x = F.batch_norm(x, p[name + ".running_mean"].clone(), p[name + ".running_var"].clone(),
                             p[name + ".weight"], p[name + ".bias"], training,
                             eps=float(k.get("eps", 1e-5)))
        elif kind == "gap":
            x = x.mean((2, 3), keepdim=True)
    return x


def forward(st, rec, txt):
    text, p = read_st(st)
    x, _ = read_rec(rec)
    want = F.softmax(run(text["dorg.cfg"], p, x - p["mean"], False), 1).numpy()
    worst = np.abs(np.loadtxt(txt) - want).max()
    print("largest difference", worst)
    assert worst < 1e-4


def step(before, after, rec, rate, decay):
    text, p = read_st(before)
    _, q = read_st(after)
    x, y = read_rec(rec)
    assert (x.mean(0) - q["mean"]).abs().max() < 1e-4
    fixed = ("mean", "running_mean", "running_var")
    learned = {n: t for n, t in p.items() if not n.endswith(fixed)}
    for t in learned.values():
        t.requires_grad_(True)
    F.cross_entropy(run(text["dorg.cfg"], p, x - q["mean"], True), y).backward()
    for name, t in learned.items():
        wd = 0.0 if name.endswith(".bias") or t.dim() == 1 else decay
        change = -rate * (t.grad + wd * t.detach())
        got = q[name] - t.detach()
        scale = change.abs().max().item() + 1e-7
        worst = (got - change).abs().max().item() / scale
        print(name, "largest change", scale, "relative difference", worst)
        assert worst < 2e-3, name


if sys.argv[1] == "forward":
    forward(*sys.argv[2:5])
else:
    step(*sys.argv[2:5], float(sys.argv[5]), float(sys.argv[6]))
