"""ONNX Runtime or OpenVINO as a contestant: PyTorch's model, exported, embeds batches of features.

    python bench/pytorch/serve_exported.py --runtime openvino --model aca-net --batch 1 --frames 300 --threads 1

The protocol is serve.py's. The model is the best-tuned variant, exported for this batch and length by a process of its
own, so that PyTorch's memory is not counted. Both runtimes get the number of threads and otherwise their defaults for
low latency. For `--task embed` each utterance is a batch of its own, and as many are under way as there are threads, each
on one: by OpenVINO's own queue, and by Python threads on one session of ONNX Runtime.
"""

import argparse
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

import numpy as np

from requests_of_stdin import answer, serve

FEATURE_BINS = 80
DISTINCT_BATCHES = 4

Run = Callable[[np.ndarray], np.ndarray]
RunAll = Callable[[np.ndarray], float]  # utterances -> the sum of their embeddings' first numbers


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serve embeddings of an exported model, one batch per line on stdin.")
    parser.add_argument("--runtime", required=True, choices=["onnxruntime", "openvino"])
    parser.add_argument("--model", required=True, choices=["aca-net", "ecapa-512", "ecapa-1024"])
    parser.add_argument("--task", choices=["extract", "embed"], default="extract")
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--export", type=Path, help="write the model there and end: the process within the process")
    return parser.parse_args()


def export(arguments: argparse.Namespace) -> None:
    import torch

    from serve import build_model

    torch.manual_seed(arguments.seed)
    model = build_model(arguments.model, best=True).eval()
    example = torch.randn(1 if arguments.task == "embed" else arguments.batch, arguments.frames, FEATURE_BINS)
    if arguments.runtime == "onnxruntime":
        torch.onnx.export(model, (example,), arguments.export, dynamo=True, verbose=False)
    else:
        import openvino

        with torch.inference_mode():
            converted = openvino.convert_model(model, example_input=example, input=list(example.shape))
        openvino.save_model(converted, arguments.export, compress_to_fp16=False)


def open_onnxruntime(path: Path, threads: int) -> tuple[Run, str]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    [name] = [port.name for port in session.get_inputs()]
    return lambda features: session.run(None, {name: features})[0], onnxruntime.__version__


def open_openvino(path: Path, threads: int) -> tuple[Run, str]:
    import openvino

    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(path, "CPU", settings)
    request = compiled.create_infer_request()
    return lambda features: request.infer([features], share_inputs=True)[0], openvino.__version__


def embed_onnxruntime(path: Path, threads: int) -> tuple[RunAll, str]:
    run, version = open_onnxruntime(path, 1)
    pool = ThreadPoolExecutor(threads)
    return lambda utterances: sum(float(each[0, 0]) for each in pool.map(run, utterances)), version


def embed_openvino(path: Path, threads: int) -> tuple[RunAll, str]:
    import openvino

    settings = {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": threads, "INFERENCE_NUM_THREADS": threads}
    compiled = openvino.Core().compile_model(path, "CPU", {**settings, "INFERENCE_PRECISION_HINT": "f32"})
    queue = openvino.AsyncInferQueue(compiled, threads)
    found: list[float] = []
    queue.set_callback(lambda request, _: found.append(float(request.get_output_tensor().data[0, 0])))

    def run(utterances: np.ndarray) -> float:
        found.clear()
        for features in utterances:
            queue.start_async([features], share_inputs=True)
        queue.wait_all()
        return sum(found)

    return run, openvino.__version__


def main() -> None:
    arguments = parse_arguments()
    if arguments.export:
        export(arguments)
        return
    with tempfile.TemporaryDirectory() as folder:
        onnx = arguments.runtime == "onnxruntime"
        path = Path(folder) / ("model.onnx" if onnx else "model.xml")
        # What the exporter says goes to stderr: stdout is the protocol's.
        subprocess.run([sys.executable, *sys.argv, "--export", path], stdout=sys.stderr, check=True)
        if arguments.task == "embed":
            run_all, version = (embed_onnxruntime if onnx else embed_openvino)(path, arguments.threads)
        else:
            run, version = (open_onnxruntime if onnx else open_openvino)(path, arguments.threads)
    random = np.random.default_rng(arguments.seed)
    shape = (arguments.batch, arguments.frames, FEATURE_BINS)
    batches = cycle([random.standard_normal(shape, np.float32) for _ in range(DISTINCT_BATCHES)])
    versions = {arguments.runtime: version, "python": platform.python_version()}
    answer(ready=True, versions=versions, threads=arguments.threads)
    if arguments.task == "embed":
        serve(lambda: run_all(next(batches)[:, None]))
    else:
        serve(lambda: float(run(next(batches))[0, 0]))


if __name__ == "__main__":
    main()
