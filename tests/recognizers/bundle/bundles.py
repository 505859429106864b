"""Small recognizers that the tests of bundles save."""

from pathlib import Path
from typing import Any

import torch

from recognizers.bundle.spec import RecognizerSpec
from recognizers.bundle.weights import save_bundle
from recognizers.decoder.beam import Beam
from recognizers.language_model.ngram import witten_bell
from recognizers.vocabulary import Vocabulary

FEATURES = {"_target_": "data_prep.features.mfcc.Mfcc", "num_coefficients": 13, "hop_ms": 20.0}
ENCODER = {"_target_": "recognizers.encoder.bilstm.BiLstm", "layers": 2, "hidden_size": 6, "subsampling": 2}
CTC = RecognizerSpec(
    FEATURES,
    ENCODER,
    {"_target_": "recognizers.head.ctc.Ctc", "unit": "character"},
    Vocabulary("character", (" ", "a", "\u00e9", "\u4e2d")),
    training={"epochs": 3},
    metrics={"test/wer": 0.25},
)
CLASSIFICATION = RecognizerSpec(
    FEATURES,
    ENCODER | {"cell": "gru", "subsample_by": "convolution"},
    {"_target_": "recognizers.head.classification.Classification", "pooling": "last"},
    Vocabulary("label", ("go", "stop")),
)
LANGUAGE_MODEL = witten_bell([["a"], ["a", "\u00e9a"], ["\u4e2d"]], 2)
BEAM = Beam(LANGUAGE_MODEL, lm_weight=0.25, word_bonus=1.0, beam_size=5, only_known_words=True)


def save(folder: Path, spec: RecognizerSpec = CTC) -> tuple[Any, Any]:
    """Save a bundle with random weights, and return its encoder and head."""
    _, encoder, head = spec.build()
    save_bundle(folder, spec, encoder, head)
    return encoder.eval(), head.eval()  # type: ignore[attr-defined]


def outputs(encoder: Any, head: Any) -> list[torch.Tensor]:
    """Return encoded frames and log-probabilities of a fixed batch."""
    frames = torch.randn(3, 11, 13, generator=torch.Generator().manual_seed(5))
    lengths = torch.tensor([11, 4, 7])
    encoded, lengths = encoder(frames, lengths)
    return [encoded, head.log_probs(encoded, lengths)]
