"""The protocol between alternate.mjs and a contestant in Python: a line on stdin asks, a line of JSON answers."""

import json
import resource
import sys
import time
from collections.abc import Callable


def answer(**message: object) -> None:
    print(json.dumps(message), flush=True)


def serve(work: Callable[[], float]) -> None:
    """Does one piece of work for every line, and tells its times, its value and the process's peak memory."""
    for _ in sys.stdin:
        cpu_start, wall_start = time.process_time(), time.perf_counter()
        value = work()
        wall, cpu = time.perf_counter() - wall_start, time.process_time() - cpu_start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        answer(wallMs=wall * 1e3, cpuMs=cpu * 1e3, value=value, peakMiB=peak)
