"""AS-norm as toolkits write it, on the vectors of scoring-data.mjs, in NumPy or in PyTorch.

Both hold the scores of a side against the cohort and take the highest of each row: NumPy by `partition`, PyTorch by
`topk`, which shares the rows between its threads.

    python bench/pytorch/as_norm.py --library numpy --data PATH --batch 10000 --frames 5000 --threads 2
"""

import argparse
import platform
from collections.abc import Callable

import numpy as np

from requests_of_stdin import answer, serve

WIDTH = 192
TOP = 300


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serve AS-norm, one pass over all trials per line on stdin.")
    parser.add_argument("--library", required=True, choices=["numpy", "torch"])
    parser.add_argument("--data", required=True)
    parser.add_argument("--batch", type=int, required=True, help="models, and test utterances")
    parser.add_argument("--frames", type=int, required=True, help="members of the cohort")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--model", choices=["cosine"])
    parser.add_argument("--task", choices=["as-norm"])
    return parser.parse_args()


def with_numpy(enrol: np.ndarray, test: np.ndarray, cohort: np.ndarray, pairs: np.ndarray) -> Callable[[], float]:
    def statistics(side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        highest = np.partition(side @ cohort.T, -TOP, axis=1)[:, -TOP:]
        return highest.mean(1), highest.std(1)

    def as_norm() -> float:
        e, t = pairs.T
        scores = np.einsum("ij,ij->i", enrol[e], test[t])
        (e_mean, e_std), (t_mean, t_std) = statistics(enrol), statistics(test)
        normalized = 0.5 * ((scores - e_mean[e]) / e_std[e] + (scores - t_mean[t]) / t_std[t])
        return float(normalized.mean() + normalized.std())

    return as_norm


def with_torch(*arrays: np.ndarray, threads: int) -> tuple[Callable[[], float], str]:
    import torch

    torch.set_num_threads(threads)
    enrol, test, cohort = (torch.from_numpy(array) for array in arrays[:3])
    e, t = torch.from_numpy(arrays[3].astype(np.int64)).T.contiguous()

    def statistics(side: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        highest = torch.topk(side @ cohort.T, TOP, dim=1, sorted=False).values
        return highest.mean(1), highest.std(1, correction=0)

    @torch.inference_mode()
    def as_norm() -> float:
        scores = (enrol[e] * test[t]).sum(1)
        (e_mean, e_std), (t_mean, t_std) = statistics(enrol), statistics(test)
        normalized = 0.5 * ((scores - e_mean[e]) / e_std[e] + (scores - t_mean[t]) / t_std[t])
        return (normalized.mean() + normalized.std(correction=0)).item()

    return as_norm, torch.__version__


def main() -> None:
    arguments = parse_arguments()
    vectors = np.fromfile(f"{arguments.data}.f32", np.float32).reshape(-1, WIDTH)
    sides = np.split(vectors, [arguments.batch, 2 * arguments.batch])
    if len(sides[2]) != arguments.frames:
        raise ValueError(f"expected {arguments.frames} members of the cohort, got {len(sides[2])}")
    pairs = np.fromfile(f"{arguments.data}.u32", np.uint32).reshape(-1, 2)
    versions = {"numpy": np.__version__, "python": platform.python_version()}
    if arguments.library == "numpy":
        work = with_numpy(*sides, pairs)
    else:
        work, versions["torch"] = with_torch(*sides, pairs, threads=arguments.threads)
    answer(ready=True, versions=versions, threads=arguments.threads)
    serve(work)


if __name__ == "__main__":
    main()
