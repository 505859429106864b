"""Recognizers with random weights, and sounds, for the tests of streams."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from recognizers.api import Recognizer
from recognizers.bundle.spec import RecognizerSpec
from recognizers.bundle.weights import save_bundle
from recognizers.inference.predictor import Predictor
from recognizers.vocabulary import Vocabulary

RATE_HZ = 8000
FEATURES = {
    "_target_": "data_prep.features.mfcc.Mfcc",
    "sample_rate_hz": RATE_HZ,
    "num_coefficients": 13,
    "num_mels": 26,
}
BILSTM = {"_target_": "recognizers.encoder.bilstm.BiLstm", "layers": 2, "hidden_size": 12, "subsampling": 2}
FORWARD = {"direction": "forward"}
STREAMABLE = {"cmvn": "none"}


def spec_of(
    encoder: dict[str, Any] = FORWARD, features: dict[str, Any] = STREAMABLE, label: bool = False
) -> RecognizerSpec:
    head = "classification.Classification" if label else "ctc.Ctc"
    vocabulary = Vocabulary("label", ("go", "stop")) if label else Vocabulary("character", (" ", "a", "b", "c"))
    return RecognizerSpec(FEATURES | features, BILSTM | encoder, {"_target_": f"recognizers.head.{head}"}, vocabulary)


def build(spec: RecognizerSpec) -> tuple[Any, Any, Any]:
    """Make the parts of a recognizer, such that its answers depend on what it hears."""
    torch.manual_seed(3)
    extractor, encoder, head = spec.build()
    encoder.standardize.learn([extractor.frames(extractor.signal_of(tones(0), RATE_HZ)).values])
    with torch.no_grad():
        head.linear.weight *= 5  # type: ignore[operator]
    return extractor, encoder, head


def recognizer(**settings: Any) -> Recognizer:
    return Recognizer(Predictor.of(*build(spec_of(**settings))))


def save(folder: Path, spec: RecognizerSpec) -> Path:
    _, encoder, head = build(spec)
    save_bundle(folder, spec, encoder, head)
    return folder


def tones(seed: int, pauses_s: tuple[float, ...] = (0.4, 1.0, 0.9)) -> np.ndarray:
    """Return int16 sound: after each pause a second of tones that change, in soft noise."""
    rng = np.random.default_rng(seed)
    parts = []
    for pause_s in pauses_s:
        parts.append(np.zeros(round(pause_s * RATE_HZ)))
        for _ in range(10):
            time_s = np.arange(RATE_HZ // 10) / RATE_HZ
            parts.append(4000 * np.sin(2 * np.pi * rng.uniform(300, 3000) * time_s))
    samples = np.concatenate([*parts, np.zeros(RATE_HZ // 5)])
    return (samples + 20 * rng.standard_normal(len(samples))).astype(np.int16)
