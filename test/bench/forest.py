"""forest.py: training and prediction of a forest against scikit-learn's, in one run.

100 trees, depth 16, sqrt(features) per split, 100,000 rows of 40 features, on the same
processors.  dorg's times are those of its library on rows in memory (b_forest prints them),
as scikit-learn's are; whole commands, tables as text and all, are given beside them."""
import os
import subprocess
import sys
import tempfile
import time

try:
    import numpy as np
    from sklearn.datasets import make_classification
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score
except ImportError:
    print("bench forest: no scikit-learn here")
    sys.exit(0)

jobs = len(os.sched_getaffinity(0))
here = os.path.dirname(os.path.abspath(__file__))
build = os.environ.get("B", os.path.join(here, "../../build"))
os.environ["PATH"] = os.path.join(build, "bin") + ":" + os.environ["PATH"]
n = int(os.environ.get("ROWS", 100000))

x, y = make_classification(2 * n, 40, n_informative=12, flip_y=0.05, random_state=1)
x = x.astype(np.float32)


def write(path, a, b, key):
    with open(path, "w") as f:
        f.write("#dorg-tab 1\n#key %016x\nid\t%s\ttruth\n"
                % (key, "\t".join("f%d" % i for i in range(40))))
        for i in range(n):
            f.write("%d\t%s\t%d\n" % (i + 1, "\t".join("%.9g" % v for v in a[i]), b[i]))
        f.write("#end\n")


def clock(args):
    t = time.time()
    subprocess.run(args, check=True)
    return time.time() - t


with tempfile.TemporaryDirectory() as d:
    a, b, f, p = (os.path.join(d, k) for k in ("a.tab", "b.tab", "f", "p.tab"))
    write(a, x[:n], y[:n], 1)
    write(b, x[n:], y[n:], 2)
    run = lambda: subprocess.run([os.path.join(build, "test/bench/b_forest"), a, b, str(jobs)],
                                 check=True, capture_output=True, text=True).stdout.split()
    first = run()
    peer = RandomForestClassifier(100, max_depth=16, max_features="sqrt", n_jobs=jobs,
                                  random_state=1)
    t0, c0 = time.time(), time.process_time()
    peer.fit(x[:n], y[:n])
    t1, c1 = time.time(), time.process_time()
    q = peer.predict_proba(x[n:])[:, 1]
    t2, c2 = time.time(), time.process_time()
    second = run()
    grow, walk, grow_cpu, walk_cpu = (min(float(first[k]), float(second[k])) for k in range(4))
    print("bench forest train: %.2f s (scikit-learn %.2f s: %.1f times faster; %d threads)"
          % (grow, t1 - t0, (t1 - t0) / grow, jobs))
    print("bench forest predict: %.3f s (scikit-learn %.3f s: %.1f times faster)"
          % (walk, t2 - t1, (t2 - t1) / walk))
    print("bench forest CPU time: train %.2f s (%.1f times less), predict %.3f s (%.1f times less)"
          % (grow_cpu, (c1 - c0) / grow_cpu, walk_cpu, (c2 - c1) / walk_cpu))
    whole = clock(["dorg-rftrain", "-j%d" % jobs, "--bag", "row", "--min-leaf", "1", "-o", f, a])
    rest = clock(["dorg-rfcand", "-j%d" % jobs, "--keep-all", "-f", f, "-o", p, b])
    got = [l.rstrip().split("\t")[-1] for l in open(p) if not l.startswith("#")]
    print("bench forest whole commands: rftrain %.2f s (%.1f times), rfcand %.2f s (%.1f times)"
          % (whole, (t1 - t0) / whole, rest, (t2 - t1) / rest))
    print("bench forest AUC: %.5f (scikit-learn %.5f)"
          % (roc_auc_score(y[n:], np.array(got[1:], float)), roc_auc_score(y[n:], q)))
