#!/usr/bin/python3
"""Simple linear iterative clustering pixel by pixel: every centre is tried at every pixel.

slic.py make SEED FILE        a random uint8 volume
slic.py label K M FILE        the labels of its slices, voxel by voxel, ids unique
slic.py grid K FILE           the same of the cells that clustering starts from
"""
import math
import sys

import nibabel
import numpy


def cells(k, nx, ny):
    gx = min(max(math.floor(math.sqrt(k * nx / ny) + 0.5), 1), nx)
    return gx, min(max(math.floor(k / gx + 0.5), 1), ny)


def grid(nx, ny, gx, gy):
    return [[y * gy // ny * gx + x * gx // nx for x in range(nx)] for y in range(ny)]


def steepness(grey, x, y):
    ny, nx = len(grey), len(grey[0])
    h = grey[y][min(x + 1, nx - 1)] - grey[y][max(x - 1, 0)]
    v = grey[min(y + 1, ny - 1)][x] - grey[max(y - 1, 0)][x]
    return h * h + v * v


def seeds(grey, gx, gy):
    ny, nx = len(grey), len(grey[0])
    for j in range(gy):
        for i in range(gx):
            cx, cy = int((i + 0.5) * nx / gx), int((j + 0.5) * ny / gy)
            near = [(cx, cy)] + [(x, y) for y in range(cy - 1, cy + 2) for x in range(cx - 1, cx + 2)
                                 if 0 <= x < nx and 0 <= y < ny]
            x, y = min(near, key=lambda p: steepness(grey, *p))  # the first of equals
            yield grey[y][x], x, y


def clusters(grey, k, m):
    ny, nx = len(grey), len(grey[0])
    gx, gy = cells(k, nx, ny)
    side = math.sqrt(nx * ny / (gx * gy))
    label = grid(nx, ny, gx, gy)
    centre = list(seeds(grey, gx, gy))
    for _ in range(10):
        member = [[] for _ in centre]
        for y in range(ny):
            for x in range(nx):
                best = math.inf
                for n, (g, cx, cy) in enumerate(centre):
                    if not (cx - side <= x <= cx + side and cy - side <= y <= cy + side):
                        continue
                    far = (x - cx) * (x - cx) + (y - cy) * (y - cy)
                    d = (grey[y][x] - g) * (grey[y][x] - g) + (m / side) * (m / side) * far
                    if d < best:
                        best, label[y][x] = d, n
                member[label[y][x]].append((grey[y][x], x, y))
        centre = [tuple(sum(v) / len(p) for v in zip(*p)) if p else c for p, c in zip(member, centre)]
    return label, side


def pieces(label, side):
    """Superpixels of the clusters, numbered from 0; their number."""
    ny, nx = len(label), len(label[0])
    out = [[None] * nx for _ in range(ny)]
    n = 0
    for y in range(ny):
        for x in range(nx):
            if out[y][x] is not None:
                continue
            piece, todo = {(x, y)}, [(x, y)]
            while todo:
                u, v = todo.pop()
                for p in ((u - 1, v), (u + 1, v), (u, v - 1), (u, v + 1)):
                    inside = 0 <= p[0] < nx and 0 <= p[1] < ny
                    if inside and p not in piece and label[p[1]][p[0]] == label[y][x]:
                        piece.add(p)
                        todo.append(p)
            if len(piece) >= side * side / 4 or (x, y) == (0, 0):
                name, n = n, n + 1
            else:
                name = out[y][x - 1] if x else out[y - 1][x]
            for u, v in piece:
                out[v][u] = name
    return out, n


def main():
    if sys.argv[1] == "make":
        rng = numpy.random.default_rng(int(sys.argv[2]))
        shape = rng.integers(1, (4, 24, 30))
        z, y, x = numpy.indices(shape)
        v = 60 + 30 * (x // 6 % 3) + 25 * (y // 5 % 2) + rng.integers(0, rng.integers(1, 40), shape)
        return nibabel.save(nibabel.Nifti1Image(v.astype(numpy.uint8).T, numpy.eye(4)), sys.argv[3])
    volume = numpy.asarray(nibabel.load(sys.argv[-1]).dataobj).T.tolist()
    base = 1
    for grey in volume:
        pixels = len(grey) * len(grey[0])
        k = max(1, min(pixels, math.floor(float(sys.argv[2]) * pixels / 512**2 + 0.5)))
        if sys.argv[1] == "grid":
            gx, gy = cells(k, len(grey[0]), len(grey))
            out, n = grid(len(grey[0]), len(grey), gx, gy), gx * gy
        else:
            out, n = pieces(*clusters(grey, k, float(sys.argv[3])))
        print(*[base + i for row in out for i in row], sep="\n")
        base += n


main()
