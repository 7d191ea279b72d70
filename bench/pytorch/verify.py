"""Checks that the PyTorch models timed here are the models they claim to be.

Loads the reference weights of test/fixtures/models (numbers produced by the original authors' code; see the README
there), compares eval-mode embeddings, and for one training step the loss, every gradient, Adam's update and BatchNorm's
running statistics. Prints each figure's worst deviation over its allowance; exits 1 if one is above 1.

    python bench/pytorch/verify.py
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np
import torch

from aam_softmax import AamSoftmax
from aca_net import AcaNet
from ecapa_tdnn import EcapaTdnn, ecapa_512, ecapa_1024
from fast_models import tune

FIXTURES = Path(__file__).resolve().parents[2] / "test" / "fixtures" / "models"
NUMPY_TYPES = {"F32": np.float32, "I64": np.int64, "F64": np.float64}
PARAMETERS = [(AcaNet, 4_553_601), (ecapa_512, 6_194_048), (ecapa_1024, 20_767_552)]


def read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """Reads the format by hand (8 bytes of header length, JSON header, raw data), to need nothing but torch."""
    raw = path.read_bytes()
    (header_size,) = struct.unpack_from("<Q", raw)
    header = json.loads(raw[8 : 8 + header_size])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + header_size + offset for offset in entry["data_offsets"])
            values = np.frombuffer(raw[begin:end], NUMPY_TYPES[entry["dtype"]]).reshape(entry["shape"])
            tensors[name] = torch.from_numpy(values.copy())
    return tensors


def prefixed(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


class Checks:
    """Deviations divided by their allowances."""

    def __init__(self) -> None:
        self.failed = False

    def report(self, what: str, excess: float) -> None:
        ok = excess <= 1.0  # written so that NaN fails
        self.failed |= not ok
        print(f"{'ok  ' if ok else 'FAIL'} {what}: {excess:.3g} of the allowance")

    def close(self, what: str, got: torch.Tensor, expected: torch.Tensor, allowance: float) -> None:
        if got.shape != expected.shape:
            raise ValueError(f"{what}: expected shape {list(expected.shape)}, got {list(got.shape)}")
        self.report(what, (got.detach() - expected).abs().max().item() / allowance)


def structurally_zero(name: str, gradient: torch.Tensor) -> torch.Tensor:
    """Where a gradient is zero by construction, so that only rounding noise could be compared."""
    mask = torch.zeros_like(gradient, dtype=torch.bool)
    if name in ("ch_compression.bias", "asp.conv.conv.bias"):  # before a batch normalisation; before a softmax
        mask[...] = True
    if name.endswith("attn.in_proj_bias"):  # a key's bias adds the same to all scores of one query
        width = gradient.shape[0] // 3
        mask[width : 2 * width] = True
    return mask


def check_embeddings(checks: Checks, name: str, model: torch.nn.Module, tensors: dict, expected_suffix: str) -> None:
    model.eval()
    cases = [key[: -len(".x")] for key in tensors if key.startswith("eval.") and key.endswith(".x") and ".len." not in key]
    for case in cases:
        expected = tensors.get(f"{case}.{expected_suffix}")
        if expected is None:
            continue
        with torch.inference_mode():
            got = model(tensors[f"{case}.x"])
        allowance = 1e-5 * max(1.0, expected.abs().max().item())
        checks.close(f"{name} {case} {expected_suffix}", got, expected.squeeze(1), allowance)


def check_training_step(checks: Checks, name: str, model: torch.nn.Module, tensors: dict, step: dict) -> None:
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0  # the reference step was taken without
    classifier = tensors["train.classifier_weight"]
    loss_module = AamSoftmax(classifier.shape[1], classifier.shape[0], step["margin"], step["scale"])
    loss_module.weight.data.copy_(classifier)
    named = dict(model.named_parameters()) | {"classifier.weight": loss_module.weight}
    adam = step["adam"]
    optimizer = torch.optim.Adam(
        named.values(), adam["lr"], betas=tuple(adam["betas"]), eps=adam["eps"], weight_decay=adam["weight_decay"]
    )
    model.train()
    loss = loss_module(model(tensors["train.x"]), tensors["train.targets"].squeeze(1))
    loss.backward()
    optimizer.step()

    checks.report(f"{name} loss", abs(loss.item() / step["loss_f64"] - 1.0) / 1e-5)
    gradients = prefixed(tensors, "train.grad/")
    if gradients.keys() != named.keys():
        raise ValueError(f"{name}: parameters differ: {sorted(gradients.keys() ^ named.keys())}")
    worst_gradient = worst_update = 0.0
    for key, expected in gradients.items():
        largest = expected.abs().max().item()
        comparable = ~structurally_zero(key, expected)
        difference = (named[key].grad - expected).abs()[comparable]
        if difference.numel():
            worst_gradient = max(worst_gradient, difference.max().item() / (1e-4 * largest + 1e-7))
        # Adam's first step is lr * sign(gradient): where the gradient is rounding noise, the two signs may differ.
        moved = (named[key].detach() - tensors[f"train.adam/{key}"]).abs()
        clear = comparable & (expected.abs() > 1e-4 * largest)
        allowance = torch.where(clear, torch.tensor(2e-6), torch.tensor(2.1e-3))
        worst_update = max(worst_update, (moved / allowance).max().item())
    checks.report(f"{name} gradients of {len(gradients)} parameters", worst_gradient)
    checks.report(f"{name} Adam's update", worst_update)
    buffers = dict(model.named_buffers())
    for kind in ("running_mean", "running_var"):
        statistics = {k: v for k, v in prefixed(tensors, "train.bn_after/").items() if k.endswith(kind)}
        worst = max((buffers[k] - v).abs().max().item() / (1e-5 * max(1.0, v.abs().max().item())) for k, v in statistics.items())
        checks.report(f"{name} {kind} of {len(statistics)} layers", worst)


def main() -> int:
    torch.manual_seed(1)
    checks = Checks()
    for build, expected in PARAMETERS:
        count = sum(parameter.numel() for parameter in build().parameters())
        checks.report(f"{build.__name__} has {count:,} parameters", 0.0 if count == expected else float("inf"))
    for name in ("aca_small", "ecapa_small", "ecapa_small_noglobal"):
        description = json.loads((FIXTURES / f"{name}.json").read_text())
        tensors = read_safetensors(FIXTURES / f"{name}.safetensors")
        config = description["config"]

        def load(**extra: object) -> torch.nn.Module:
            model = AcaNet(**config, **extra) if description["model"] == "aca" else EcapaTdnn(**config)
            model.load_state_dict(prefixed(tensors, "weights/"))
            return model

        for variant, change in ((name, lambda model: model), (f"{name}, best", tune)):
            is_aca = description["model"] == "aca"
            reference = change(load(positional="reference") if is_aca else load())
            check_embeddings(checks, variant, reference, tensors, "emb")
            if is_aca:
                check_embeddings(checks, variant, change(load()), tensors, "emb_timepe")
            check_training_step(checks, variant, reference, tensors, description["train"])
    print(f"torch {torch.__version__}: {'FAILED' if checks.failed else 'all agree'}")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
