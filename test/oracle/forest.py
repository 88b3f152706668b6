"""forest.py auc|real FOLDER [TABLE]: AUC of dorg's forest against scikit-learn's.

Three generated problems, or a real feature table, split into halves; the same trees, depth
and features per split for both.  Exits 1 when they differ by more than 0.005 (or ours is
that much worse: being better is no fault)."""
import subprocess
import sys
import numpy as np
from sklearn.datasets import make_classification, make_friedman1, make_moons
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

what, folder = sys.argv[1:3]


def write(path, x, y, key):
    with open(path, "w") as f:
        f.write("#dorg-tab 1\n#key %016x\nid\t%s\ttruth\n"
                % (key, "\t".join("f%d" % i for i in range(x.shape[1]))))
        for i in range(len(x)):
            f.write("%d\t%s\t%d\n" % (i + 1, "\t".join("%.9g" % v for v in x[i]), y[i]))
        f.write("#end\n")


def column(path, name):
    lines = [l.rstrip("\n").split("\t") for l in open(path) if not l.startswith("#")]
    k = lines[0].index(name)
    return np.array([float(l[k]) for l in lines[1:]])


def ours(x, y, xt, yt, opts):
    a, b, c, d = (folder + "/" + n for n in ("a.tab", "b.tab", "f.forest", "p.tab"))
    write(a, x, y, 1)
    write(b, xt, yt, 2)
    subprocess.run(["dorg-rftrain", "--bag", "row", "-o", c] + opts + [a], check=True)
    subprocess.run(["dorg-rfcand", "--keep-all", "-f", c, "-o", d, b], check=True)
    return roc_auc_score(yt, column(d, "p"))


def compare(name, x, y):
    x = x.astype(np.float32).astype(np.float64)
    order = np.random.RandomState(5).permutation(len(x))
    x, y = x[order], y[order]
    h = len(x) // 2
    got = ours(x[:h], y[:h], x[h:], y[h:],
               ["-k", "100", "--depth", "16", "--min-leaf", "1", "--shrink", "0"])
    default = ours(x[:h], y[:h], x[h:], y[h:], ["-k", "100", "--depth", "16"])
    peer = RandomForestClassifier(100, max_depth=16, max_features="sqrt",
                                  class_weight="balanced", random_state=1)
    peer.fit(x[:h], y[:h])
    want = roc_auc_score(y[h:], peer.predict_proba(x[h:])[:, 1])
    print("%s: AUC %.5f, with our defaults %.5f, scikit-learn %.5f" % (name, got, default, want))
    return abs(got - want) <= 0.005 or got > want


if what == "auc":
    rng = np.random.RandomState(1)
    a = make_classification(4000, 20, n_informative=8, flip_y=0.05, weights=[0.9],
                            class_sep=0.8, random_state=3)
    x, t = make_friedman1(4000, 10, noise=2.0, random_state=4)
    b = (x, (t > np.quantile(t, 0.8)).astype(int))
    x, t = make_moons(4000, noise=0.35, random_state=6)
    c = (np.c_[x, rng.normal(size=(len(x), 6)), np.round(2 * x[:, :1])], t)
    fine = [compare("classes", *a), compare("friedman", *b), compare("moons", *c)]
else:
    lines = [l.rstrip("\n").split("\t") for l in open(sys.argv[3]) if not l.startswith("#")]
    v = np.array(lines[1:], float)
    drop = ("id", "z", "x_mm", "y_mm", "z_mm", "coverage", "truth")
    keep = [i for i, n in enumerate(lines[0]) if n not in drop]
    fine = [compare("superpixels", v[:, keep], v[:, lines[0].index("truth")].astype(int))]
sys.exit(0 if all(fine) else 1)
