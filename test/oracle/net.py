"""One net in PyTorch, double precision: forward, and one step of SGD with momentum.

Usage: net.py folder.  Reads net.cfg, params.f32, momentum.f32, x.f32, y.u8, masks.f32 (of all
dropout layers, one after the other) and sgd.txt (rate_w rate_b momentum decay); writes
p.f32 (applying), loss.f32, params_after.f32, momentum_after.f32.
Written from dorg-net(5); shares nothing with the engines."""
import sys
import numpy as np
import torch
import torch.nn.functional as F

folder = sys.argv[1]
torch.set_num_threads(1)


def floats(name):
    return torch.tensor(np.fromfile(f"{folder}/{name}", "<f4").astype(np.float64))


def parse(text):
    lines = []
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if words:
            lines.append((words[0], dict(w.split("=") for w in words[1:])))
    return lines


lines = parse(open(f"{folder}/net.cfg").read())
head = dict(lines)["input"]
C, S = int(head["channels"]), int(head["size"])
x = floats("x.f32").reshape(-1, C, S, S)
y = torch.tensor(np.fromfile(f"{folder}/y.u8", np.uint8).astype(np.int64))
flat = floats("params.f32")
masks = floats("masks.f32")


def run(flat, training):
    """Logits, and for bnorm the new running statistics as (first parameter, values)."""
    h, at, mask_at, moved = x, 0, 0, []

    def take(*shape):
        nonlocal at
        n = int(np.prod(shape))
        at += n
        return flat[at - n:at].reshape(shape)

    for kind, o in lines:
        if kind == "conv":
            k, f = int(o["kernel"]), int(o["filters"])
            w, b = take(f, h.shape[1], k, k), take(f)
            h = F.conv2d(h, w, b, stride=int(o.get("stride", 1)), padding=int(o.get("pad", 0)))
        elif kind == "fc":
            h = h.flatten(1)
            w, b = take(int(o["outputs"]), h.shape[1]), take(int(o["outputs"]))
            h = F.linear(h, w, b)[:, :, None, None]
        elif kind == "relu":
            h = F.relu(h)
        elif kind == "lrn":
            h = F.local_response_norm(h, int(o.get("size", 5)), float(o.get("alpha", 1e-4)),
                                      float(o.get("beta", 0.75)), float(o.get("k", 2)))
        elif kind == "pool":
            h = F.max_pool2d(h, int(o["kernel"]), int(o.get("stride", 1)), ceil_mode=True)
        elif kind == "gap":
            h = h.mean((2, 3), keepdim=True)
        elif kind == "dropout":
            if training:
                h = h * masks[mask_at:mask_at + h.numel()].reshape(h.shape)
                mask_at += h.numel()
            else:
                h = h * float(o.get("keep", 0.5))
        elif kind == "bnorm":
            first, c = at, h.shape[1]
            scale, mean, var, shift = take(c), take(c), take(c), take(c)
            mean, var = mean.detach().clone(), var.detach().clone()
            h = F.batch_norm(h, mean, var, scale, shift, training,
                             float(o.get("momentum", 0.1)), float(o.get("eps", 1e-5)))
            moved += [(first + c, mean), (first + 2 * c, var)]
    return h.flatten(1), moved


def kinds():
    """Which rate and decay every parameter has: 0 weight, 1 bias, 2 bnorm's scale, 3 none."""
    h, kind_of = (C, S, S), []
    for kind, o in lines:
        if kind == "conv":
            k, f, s, p = (int(o[n] if n in o else d) for n, d in
                          (("kernel", 1), ("filters", 1), ("stride", 1), ("pad", 0)))
            kind_of += [0] * (f * h[0] * k * k) + [1] * f
            h = (f, (h[1] + 2 * p - k) // s + 1, (h[2] + 2 * p - k) // s + 1)
        elif kind == "fc":
            n = int(o["outputs"])
            kind_of += [0] * (n * h[0] * h[1] * h[2]) + [1] * n
            h = (n, 1, 1)
        elif kind == "pool":
            k, s = int(o["kernel"]), int(o.get("stride", 1))
            h = (h[0], -((k - h[1]) // s) + 1, -((k - h[2]) // s) + 1)
        elif kind == "gap":
            h = (h[0], 1, 1)
        elif kind == "bnorm":
            kind_of += [2] * h[0] + [3] * (2 * h[0]) + [1] * h[0]
    return torch.tensor(kind_of)


with torch.no_grad():
    p = F.softmax(run(flat, False)[0], 1)
leaf = flat.clone().requires_grad_(True)
logits, moved = run(leaf, True)
loss = F.cross_entropy(logits, y)
loss.backward()

rate_w, rate_b, momentum, decay = map(float, open(f"{folder}/sgd.txt").read().split())
kind = kinds()
rate = torch.where(kind == 1, rate_b, rate_w).double()
rate[kind == 3] = 0
wd = torch.where(kind == 0, decay, 0.0).double()
v = momentum * floats("momentum.f32") - rate * (leaf.grad + wd * flat)
after = flat + v
for first, values in moved:
    after[first:first + len(values)] = values
    v[first:first + len(values)] = 0

for name, t in (("p", p), ("loss", loss.detach().reshape(1)), ("params_after", after),
                ("momentum_after", v)):
    t.numpy().astype("<f4").tofile(f"{folder}/{name}.f32")
