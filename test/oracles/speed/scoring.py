"""numpy as a contestant: reads the answers, then scores them once for every line it is sent."""
import json
import sys
import time

import numpy as np

path, rows = sys.argv[1], int(sys.argv[2])
answers = np.fromfile(path, dtype=np.int8).reshape(60, rows)
reverse = np.array([1, 4, 7])
forward = np.array([0, 2, 3, 5, 6, 8, 9])


def score():
    """Means and missing counts of six scales, in the narrowest types that hold them."""
    answered = answers >= 0
    given = np.where(answered, answers, 0)
    means = np.empty((6, rows))
    missing = np.empty((6, rows), dtype=np.int16)
    for scale in range(6):
        block, known = given[scale * 10:scale * 10 + 10], answered[scale * 10:scale * 10 + 10]
        count = known.sum(axis=0, dtype=np.int16)
        total = block[forward].sum(axis=0, dtype=np.int16)
        total += 6 * known[reverse].sum(axis=0, dtype=np.int16) - block[reverse].sum(axis=0, dtype=np.int16)
        np.divide(total, count, out=means[scale])
        missing[scale] = 10 - count
    return means, missing


print("ready", flush=True)
for _ in sys.stdin:
    begin = time.perf_counter()
    means, missing = score()
    seconds = time.perf_counter() - begin
    print(json.dumps({"seconds": seconds, "rows": rows, "sum": float(means.sum()), "missing": int(missing.sum(dtype=np.int64))}), flush=True)
