"""NumPy's side of `bench/metrics.mjs`: EER and minDCF the way toolkits compute them, by sorting all scores.

Usage: metrics.py DATA.f32 TRIALS
DATA holds the scores in float32, then the labels, one byte each. For each line on stdin, one line of JSON: milliseconds,
EER and minDCF at p = 0.01.
"""

import json
import sys
import time

import numpy as np

path, trials = sys.argv[1], int(sys.argv[2])
scores = np.fromfile(path, np.float32, trials)
labels = np.fromfile(path, np.uint8, trials, offset=4 * trials)


def measure():
    order = np.argsort(scores)
    targets = labels[order].astype(np.float64)
    fnr = np.cumsum(targets) / targets.sum()
    fpr = 1 - np.cumsum(1 - targets) / (trials - targets.sum())
    after = np.flatnonzero(fnr >= fpr)[0]
    before = after - 1
    step = (fnr[after] - fpr[after]) / (fpr[before] - fpr[after] - (fnr[before] - fnr[after]))
    eer = fnr[after] + step * (fnr[before] - fnr[after])
    return eer, np.min(0.01 * fnr + 0.99 * fpr) / 0.01


print(json.dumps({"numpy": np.__version__, "python": sys.version.split()[0]}), flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    eer, min_dcf = measure()
    elapsed = 1000 * (time.perf_counter() - start)
    print(json.dumps({"ms": elapsed, "eer": float(eer), "minDcf": float(min_dcf)}), flush=True)
