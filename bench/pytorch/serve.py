"""A PyTorch process that does one piece of work per request, so that single pieces can be alternated with acanet's.

    python bench/pytorch/serve.py --model aca-net --task train --batch 32 --frames 300 --threads 2 [--tuned] [--compiled]

Protocol, one JSON object a line on stdout. First `{"ready": true, ...}` with what runs here; then, for every line on
stdin, one training step (forward, AAM-softmax, backward, Adam), one batch of embeddings or the features of a batch of
utterances are computed and answered with
`{"wallMs", "cpuMs", "value", "peakMiB"}`; the end of stdin ends the process. Anything else goes to stderr.

`--tuned` is what someone who knows PyTorch's traps on a CPU would set: denormal numbers flushed to zero, no averaged
attention weights returned, the fused Adam where this version has one for CPUs. OMP_WAIT_POLICY=PASSIVE belongs to it
but is read when the process starts, so the driver's environment sets it. `--compiled` puts the model through
torch.compile as well. Without either: the library's defaults.
"""

import argparse
import json
import platform
import resource
import sys
import time
from collections.abc import Callable
from itertools import cycle

import torch
from torch import nn

from aam_softmax import AamSoftmax
from aca_net import AcaNet
from ecapa_tdnn import ecapa_512, ecapa_1024

FEATURE_BINS = 80
EMBEDDING_DIM = 192
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 2e-6
DISTINCT_BATCHES = 4  # inputs change from request to request, as they do in use


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serve training steps or embeddings, one per line on stdin.")
    parser.add_argument("--model", required=True, choices=["aca-net", "ecapa-512", "ecapa-1024", "kaldi"])
    parser.add_argument("--task", required=True, choices=["train", "extract", "fbank"])
    parser.add_argument("--batch", type=int, required=True, help="utterances per request")
    parser.add_argument("--frames", type=int, default=300, help="frames per utterance (300: 3 s)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--speakers", type=int, default=101, help="classes of the training loss")
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--compiled", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def build_model(name: str, tuned: bool) -> nn.Module:
    if name == "aca-net":
        return AcaNet(need_weights=not tuned)
    return ecapa_512() if name == "ecapa-512" else ecapa_1024()


def build_adam(parameters: list[nn.Parameter], tuned: bool) -> torch.optim.Optimizer:
    if tuned:
        try:
            return torch.optim.Adam(parameters, LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True)
        except (RuntimeError, TypeError):  # older versions know `fused` for GPUs only, or not at all
            pass
    return torch.optim.Adam(parameters, LEARNING_RATE, weight_decay=WEIGHT_DECAY)


def training_step(model: nn.Module, arguments: argparse.Namespace) -> Callable[[], float]:
    """Returns a function that takes one optimiser step on the next batch and returns its loss."""
    model.train()
    criterion = AamSoftmax(EMBEDDING_DIM, arguments.speakers)
    optimizer = build_adam([*model.parameters(), *criterion.parameters()], arguments.tuned)
    batches = cycle(
        [
            (
                torch.randn(arguments.batch, arguments.frames, FEATURE_BINS),
                torch.randint(0, arguments.speakers, (arguments.batch,)),
            )
            for _ in range(DISTINCT_BATCHES)
        ]
    )

    def step() -> float:
        features, speakers = next(batches)
        optimizer.zero_grad()
        loss = criterion(model(features), speakers)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def extraction(model: nn.Module, arguments: argparse.Namespace) -> Callable[[], float]:
    """Returns a function that embeds the next batch and returns the first number of its embeddings."""
    model.eval()
    batches = cycle([torch.randn(arguments.batch, arguments.frames, FEATURE_BINS) for _ in range(DISTINCT_BATCHES)])

    @torch.inference_mode()
    def extract() -> float:
        return model(next(batches))[0, 0].item()

    return extract


def peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def answer(message: dict[str, object]) -> None:
    print(json.dumps(message), flush=True)


def main() -> None:
    arguments = parse_arguments()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    flushes = arguments.tuned and torch.set_flush_denormal(True)
    versions = {"torch": torch.__version__, "python": platform.python_version()}
    parameters = 0
    if arguments.task == "fbank":
        import torchaudio  # only where it is needed: the other tasks run without it

        from fbank import fbank

        versions["torchaudio"] = torchaudio.__version__
        work = fbank(arguments)
    else:
        model = build_model(arguments.model, arguments.tuned)
        parameters = sum(parameter.numel() for parameter in model.parameters())
        if arguments.compiled:
            model = torch.compile(model)
        work = training_step(model, arguments) if arguments.task == "train" else extraction(model, arguments)
    answer(
        {
            "ready": True,
            "versions": versions,
            "parameters": parameters,
            "threads": torch.get_num_threads(),
            "flushDenormals": flushes,
        }
    )
    for _ in sys.stdin:
        cpu_start, wall_start = time.process_time(), time.perf_counter()
        value = work()
        wall, cpu = time.perf_counter() - wall_start, time.process_time() - cpu_start
        answer({"wallMs": wall * 1e3, "cpuMs": cpu * 1e3, "value": value, "peakMiB": peak_mib()})


if __name__ == "__main__":
    main()
