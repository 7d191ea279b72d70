"""Kaldi-compatible features by torchaudio, utterance by utterance, as its users compute them.

The utterances are pieces of one recording, the same as acanet-fbank.mjs's, and lie in memory as int16-scaled floats.
"""

import argparse
import wave
from collections.abc import Callable
from pathlib import Path

import numpy
import torch
import torchaudio.compliance.kaldi

RECORDING = Path(__file__).parents[2] / "test/fixtures/audio_features/speech_16k.wav"
STEP = 997  # samples that one utterance begins later in the recording than the one before it


def fbank(arguments: argparse.Namespace) -> Callable[[], float]:
    """Returns a function that computes the features of all utterances and returns their mean."""
    with wave.open(str(RECORDING)) as file:
        samples = numpy.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(numpy.float32)
    length = 400 + 160 * (arguments.frames - 1)
    utterances = [
        torch.from_numpy(samples[(number * STEP + numpy.arange(length)) % len(samples)])[None]
        for number in range(arguments.batch)
    ]

    @torch.inference_mode()
    def compute() -> float:
        total = 0.0
        for utterance in utterances:
            features = torchaudio.compliance.kaldi.fbank(utterance, num_mel_bins=80, sample_frequency=16000)
            total += features.sum(dtype=torch.float64).item()
        return total / (arguments.batch * arguments.frames * 80)

    return compute
