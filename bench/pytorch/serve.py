"""A PyTorch process that does one piece of work per request, so that single pieces can be alternated with acanet's.

    python bench/pytorch/serve.py --model aca-net --task train --batch 32 --frames 300 --threads 2 [--best] [--compiled]

Protocol, one JSON object a line on stdout. First `{"ready": true, ...}` with what runs here; then, for every line on
stdin, one training step (forward, AAM-softmax, backward, Adam), one batch of embeddings, the features of a batch of
utterances or products of matrices are computed and answered with
`{"wallMs", "cpuMs", "value", "peakMiB"}`; the end of stdin ends the process. Anything else goes to stderr.

`--best` is PyTorch as its best users tune it on a CPU: the models of fast_models.py, denormal numbers flushed to zero,
the fused Adam. Memory allocator and OpenMP library belong to it but are chosen when the process starts, so the driver's
environment sets them. `--compiled` puts the model through torch.compile as well. Without either: the library's
defaults.
"""

import argparse
import json
import platform
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

import torch
from torch import nn

from aam_softmax import AamSoftmax
from aca_net import AcaNet
from ecapa_tdnn import ecapa_512, ecapa_1024
from fast_models import tune
from requests_of_stdin import answer, serve

FEATURE_BINS = 80
EMBEDDING_DIM = 192
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 2e-6
DISTINCT_BATCHES = 4  # inputs change from request to request, as they do in use


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serve training steps or embeddings, one per line on stdin.")
    parser.add_argument("--model", required=True, choices=["aca-net", "ecapa-512", "ecapa-1024", "kaldi", "matrix"])
    parser.add_argument("--task", required=True, choices=["train", "extract", "embed", "fbank", "gemm", "products"])
    parser.add_argument("--batch", type=int, required=True, help="utterances per request")
    parser.add_argument("--frames", type=int, default=300, help="frames per utterance (300: 3 s), or rows of a matrix")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--speakers", type=int, default=101, help="classes of the training loss")
    parser.add_argument("--best", action="store_true")
    parser.add_argument("--compiled", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def build_model(name: str, best: bool) -> nn.Module:
    model = {"aca-net": AcaNet, "ecapa-512": ecapa_512, "ecapa-1024": ecapa_1024}[name]()
    return tune(model) if best else model


def training_step(model: nn.Module, arguments: argparse.Namespace) -> Callable[[], float]:
    """Returns a function that takes one optimiser step on the next batch and returns its loss."""
    model.train()
    criterion = AamSoftmax(EMBEDDING_DIM, arguments.speakers)
    parameters = [*model.parameters(), *criterion.parameters()]
    fused = {"fused": True} if arguments.best else {}
    optimizer = torch.optim.Adam(parameters, LEARNING_RATE, weight_decay=WEIGHT_DECAY, **fused)
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


def embedding(model: nn.Module, arguments: argparse.Namespace) -> Callable[[], float]:
    """Returns a function that embeds utterances each by itself; best: as many at once as there are threads."""
    model.eval()
    shape = (arguments.batch, 1, arguments.frames, FEATURE_BINS)
    batches = cycle([list(torch.randn(shape)) for _ in range(DISTINCT_BATCHES)])
    at_once = arguments.threads if arguments.best else 1
    if at_once > 1:
        torch.set_num_threads(1)
    pool = ThreadPoolExecutor(at_once)

    def embed_one(features: torch.Tensor) -> float:
        with torch.inference_mode():
            return model(features)[0, 0].item()

    return lambda: sum((pool.map if at_once > 1 else map)(embed_one, next(batches)))


def product(arguments: argparse.Namespace) -> Callable[[], float]:
    """Returns a function that multiplies two square matrices and returns one number of the result."""
    a, b = torch.randn(2, arguments.frames, arguments.frames)

    @torch.inference_mode()
    def multiply() -> float:
        return (a @ b)[0, 0].item()

    return multiply


def products(arguments: argparse.Namespace) -> Callable[[], float]:
    """Returns a function that computes the products of all layers: forward, and of both gradients."""
    layers = json.loads(Path(__file__).with_name("..").joinpath("layers.json").read_text())[arguments.model]
    rows = arguments.batch * arguments.frames
    given = []
    for each in layers:
        inputs, outputs = each["in"], each["out"]
        given += [(torch.rand(rows, inputs), torch.rand(inputs, outputs), torch.rand(rows, outputs))] * each["times"]

    @torch.inference_mode()
    def multiply() -> float:
        corners = [product[0, 0].item() for x, w, d in given for product in (x @ w, d @ w.T, x.T @ d)]
        return sum(corners)

    return multiply


def main() -> None:
    arguments = parse_arguments()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    flushes = arguments.best and torch.set_flush_denormal(True)
    versions = {"torch": torch.__version__, "python": platform.python_version()}
    parameters = 0
    if arguments.task == "fbank":
        import torchaudio  # only where it is needed: the other tasks run without it

        from fbank import fbank

        versions["torchaudio"] = torchaudio.__version__
        work = fbank(arguments)
    elif arguments.task == "gemm":
        work = product(arguments)
    elif arguments.task == "products":
        work = products(arguments)
    else:
        model = build_model(arguments.model, arguments.best)
        parameters = sum(parameter.numel() for parameter in model.parameters())
        if arguments.compiled:
            model = torch.compile(model)
        work = {"train": training_step, "extract": extraction, "embed": embedding}[arguments.task](model, arguments)
    threads = torch.get_num_threads()
    answer(ready=True, versions=versions, parameters=parameters, threads=threads, flushDenormals=flushes)
    serve(work)


if __name__ == "__main__":
    main()
