"""The paper's net in PyTorch on the CPU: images a second, forward and training step, for
b_net's figures to be held against.  Usage: net.py [threads [batch]]"""
import os
import sys
import time

try:
    import torch
    import torch.nn as nn
except ImportError:
    print("bench net-pytorch: not here (no python3 module torch)")
    sys.exit(0)

threads = int(sys.argv[1]) if len(sys.argv) > 1 else len(os.sched_getaffinity(0))
batch = int(sys.argv[2]) if len(sys.argv) > 2 else 128
torch.set_num_threads(threads)
# of one thread, as in b_net, its processor time
now = time.process_time if threads == 1 else time.perf_counter


def lrn():
    return nn.LocalResponseNorm(5, 1e-4, 0.75, 2.0)


def pool():
    return nn.MaxPool2d(3, 2, ceil_mode=True)


net = nn.Sequential(
    nn.Conv2d(3, 64, 11), lrn(), pool(), nn.ReLU(),
    nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), lrn(), pool(),
    nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
    nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
    nn.Conv2d(256, 256, 3, padding=1), pool(), nn.ReLU(), nn.Flatten(),
    nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(0.5),
    nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, 2))
x = torch.randn(batch, 3, 64, 64)
y = torch.arange(batch) % 2
sgd = torch.optim.SGD(net.parameters(), lr=1e-6, momentum=0.9, weight_decay=5e-4)
macs = 0.7083e9


def forward():
    with torch.inference_mode():
        net.eval()(x)


def train():
    net.train()
    sgd.zero_grad(set_to_none=True)
    nn.functional.cross_entropy(net(x), y).backward()
    sgd.step()


for name, step, factor in (("forward-f32", forward, 1), ("train-f32", train, 3)):
    times = []
    for _ in range(4):
        t = now()
        step()
        times.append(now() - t)
    best = min(times[1:])
    print(f"bench net-pytorch-{name}: {batch / best:.1f} images/s (batch {batch}, {threads} "
          f"threads, {2e-9 * macs * factor * batch / best:.1f} GFLOPS, PyTorch "
          f"{torch.__version__})", flush=True)
