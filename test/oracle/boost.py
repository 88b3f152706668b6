"""boost.py exact|auc FOLDER: boosted trees against their definition, or scikit-learn's.

exact: trees grown here row by row from the formulas of boost.h, without histograms, on two
small problems; the probabilities of every row, left out and not, must agree to 1e-5.
auc: three generated problems split into halves; AUC at most 0.01 below scikit-learn's."""
import math
import subprocess
import sys
import numpy as np

what, folder = sys.argv[1:3]


def write(path, x, cover, key, group=None):
    with open(path, "w") as f:
        f.write("#dorg-tab 1\n#key %016x\n" % key)
        if group:
            f.write("#group %s\n" % group)
        f.write("id\t%s\tcoverage\ttruth\n" % "\t".join("f%d" % i for i in range(x.shape[1])))
        for i in range(len(x)):
            f.write("%d\t%s\t%.9g\t%d\n" % (i + 1, "\t".join("%.9g" % v for v in x[i]),
                                          cover[i], cover[i] >= 0.5))
        f.write("#end\n")


def column(path, name):
    lines = [l.rstrip("\n").split("\t") for l in open(path) if not l.startswith("#")]
    return np.array([float(l[lines[0].index(name)]) for l in lines[1:]])


class Tree:
    """One regression tree on g and h."""

    def __init__(self, x, g, h, o, depth=0):
        self.value = -o["rate"] * g.sum() / (h.sum() + o["l2"])
        self.feature = None
        worth = lambda a, b: a.sum() ** 2 / (b.sum() + o["l2"])
        best = worth(g, h)
        if depth == o["depth"]:
            return
        for f in range(x.shape[1]):
            for cut in o["cuts"][f]:
                left = x[:, f] <= cut
                if min(left.sum(), (~left).sum()) < o["least"]:
                    continue
                gain = worth(g[left], h[left]) + worth(g[~left], h[~left])
                if gain > best * (1 + 1e-7):
                    best, self.feature, self.cut = gain, f, cut
        if self.feature is not None:
            left = x[:, self.feature] <= self.cut
            self.kids = [Tree(x[s], g[s], h[s], o, depth + 1) for s in (left, ~left)]

    def at(self, row):
        if self.feature is None:
            return self.value
        return self.kids[0 if row[self.feature] <= self.cut else 1].at(row)


def boost(x, y, w, o):
    """F as a function of a row."""
    base = math.log((w[1] * y).sum() / (w[0] * (1 - y)).sum())
    score, trees = np.full(len(x), base), []
    for _ in range(o["trees"]):
        p = 1 / (1 + np.exp(-score))
        weight = w[1] * y + w[0] * (1 - y)
        trees.append(Tree(x, weight * p - w[1] * y, weight * p * (1 - p), o))
        score += [trees[-1].at(r) for r in x]
    return lambda row: base + sum(t.at(row) for t in trees)


def exact(seed, n, tables, balanced, grouped):
    rng = np.random.RandomState(seed)
    o = dict(trees=7, depth=3, least=6, rate=0.3, l2=0.5)
    x = [np.round(rng.normal(size=(n, 4)), 2).astype(np.float32).astype(float) for _ in tables]
    y = [np.clip(np.round(32 + 40 * (v[:, 0] * v[:, 1] + 0.5 * v[:, 2]) +
                          10 * rng.normal(size=n)), 0, 64) / 64 for v in x]
    paths = []
    for i, key in enumerate(tables):
        paths.append("%s/x%d.tab" % (folder, i))
        write(paths[-1], x[i], y[i], key, "patient %d" % (i // 2) if grouped else None)
    subprocess.run(["dorg-rftrain", "--learner", "boost", "--bag", "case", "--folds", "2", "-k",
                    "7", "--depth", "3", "--min-leaf", "6", "--rate", "0.3", "--l2", "0.5",
                    "--rows", "1", "--columns", "1", "--ambiguous", "0,0", "-o",
                    folder + "/x.forest"] + ([] if balanced else ["--unweighted"]) + paths,
                   check=True)
    values = [np.unique(np.concatenate(x)[:, f]) for f in range(4)]
    o["cuts"] = [(v[:-1] + v[1:]) / 2 for v in values]
    case = [i // 2 for i in range(len(tables))] if grouped else list(range(len(tables)))
    fold_of = {c: k % 2 for k, c in enumerate(sorted(set(case), key=lambda c: tables[c]))}
    if grouped:  # two patients: one in each fold, whichever
        fold_of = {0: 0, 1: 1}
    every = np.concatenate(y)
    w = (len(every) / (2 * (1 - every).sum()), len(every) / (2 * every.sum()))
    if not balanced:
        w = (1, 1)
    f = []
    for k in range(2):
        of = [i for i in range(len(tables)) if fold_of[case[i]] != k]
        f.append(boost(np.concatenate([x[i] for i in of]), np.concatenate([y[i] for i in of]),
                       w, o))
    worst = 0
    for i, path in enumerate(paths):
        score = np.array([[g(r) for g in f] for r in x[i]])
        p = 1 / (1 + np.exp(-score))
        for oob, want in (([], p.mean(1)), (["--oob"], p[:, fold_of[case[i]]])):
            subprocess.run(["dorg-rfcand", "--keep-all", "-f", folder + "/x.forest", "-o",
                            folder + "/p.tab"] + oob + [path], check=True)
            worst = max(worst, np.abs(column(folder + "/p.tab", "p") - want).max())
    print("seed %d: off by %.2g at most" % (seed, worst))
    return worst < 1e-5


def compare(name, x, y):
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    x = x.astype(np.float32).astype(np.float64)
    order = np.random.RandomState(5).permutation(len(x))
    x, y, h = x[order], y[order], len(x) // 2
    a, b, c, d = (folder + "/" + n for n in ("a.tab", "b.tab", "f.forest", "p.tab"))
    write(a, x[:h], y[:h], 1)
    write(b, x[h:], y[h:], 2)
    subprocess.run(["dorg-rftrain", "--learner", "boost", "--bag", "row", "--min-leaf", "20",
                    "--depth", "5", "-o", c, a], check=True)
    subprocess.run(["dorg-rfcand", "--keep-all", "-f", c, "-o", d, b], check=True)
    got = roc_auc_score(y[h:], column(d, "p"))
    peer = HistGradientBoostingClassifier(max_iter=200, max_depth=5, min_samples_leaf=20,
                                          early_stopping=False).fit(x[:h], y[:h])
    want = roc_auc_score(y[h:], peer.predict_proba(x[h:])[:, 1])
    print("%s: AUC %.5f, scikit-learn %.5f" % (name, got, want))
    return got > want - 0.01


if what == "exact":
    fine = [exact(1, 60, [5, 3, 9], True, False), exact(2, 50, [1, 2, 3, 4], False, True)]
else:
    from sklearn.datasets import make_classification, make_friedman1, make_moons
    rng = np.random.RandomState(1)
    a = make_classification(4000, 20, n_informative=8, flip_y=0.05, weights=[0.9],
                            class_sep=0.8, random_state=3)
    x, t = make_friedman1(4000, 10, noise=2.0, random_state=4)
    b = (x, (t > np.quantile(t, 0.8)).astype(int))
    x, t = make_moons(4000, noise=0.35, random_state=6)
    c = (np.c_[x, rng.normal(size=(len(x), 6)), np.round(2 * x[:, :1])], t)
    fine = [compare("classes", *a), compare("friedman", *b), compare("moons", *c)]
sys.exit(0 if all(fine) else 1)
