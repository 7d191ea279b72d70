"""NumPy's side of `bench/backends.mjs`: the arithmetic of cosine scoring and of AS-norm, as toolkits write it.

Usage: backends.py DATA.f32 MODELS TESTS COHORT DIM TRIALS TOP
DATA holds unit vectors in float32, models, tests and cohort one after the other, and TRIALS.u32 (DATA with that
ending) the rows of model and test of each trial. For each line on stdin, `cosine` or `as-norm`, one line of JSON:
milliseconds, and the mean and the standard deviation of the scores.
"""

import json
import sys
import time

import numpy as np

path, *numbers = sys.argv[1:]
models, tests, cohort, dim, trials, top = map(int, numbers)
data = np.fromfile(path, np.float32).reshape(-1, dim)
enrol, test, others = np.split(data, [models, models + tests])
pairs = np.fromfile(path.replace(".f32", ".u32"), np.uint32).reshape(trials, 2)


def cosine():
    return np.einsum("ij,ij->i", enrol[pairs[:, 0]], test[pairs[:, 1]])


def statistics(side):
    highest = np.partition(side @ others.T, -top, axis=1)[:, -top:]
    return highest.mean(1), highest.std(1)


def as_norm():
    scores = cosine()
    e_mean, e_std = statistics(enrol)
    t_mean, t_std = statistics(test)
    e, t = pairs[:, 0], pairs[:, 1]
    return 0.5 * ((scores - e_mean[e]) / e_std[e] + (scores - t_mean[t]) / t_std[t])


cases = {"cosine": cosine, "as-norm": as_norm}
print(json.dumps({"numpy": np.__version__, "python": sys.version.split()[0]}), flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    scores = cases[line.strip()]()
    elapsed = 1000 * (time.perf_counter() - start)
    print(json.dumps({"ms": elapsed, "mean": float(scores.mean()), "std": float(scores.std())}), flush=True)
