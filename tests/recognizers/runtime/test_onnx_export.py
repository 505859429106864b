"""Exported networks give the outputs of the modules, however clips are batched."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from data_prep.features.extractor import Frames
from recognizers.bundle.weights import EncoderAndHead
from recognizers.encoder.bilstm import BiLstm
from recognizers.encoder.subsampling import zero_padding
from recognizers.head.classification import POOLING, Classification
from recognizers.head.ctc import Ctc
from recognizers.inference.predictor import Predictor
from recognizers.runtime.onnx_export import write_int8, write_onnx
from recognizers.runtime.onnx_network import OnnxNetwork
from recognizers.vocabulary import Vocabulary
from tests.recognizers.conftest import EXTRACTOR

FEATURES = EXTRACTOR.num_features
LENGTHS = (40, 3, 17, 1, 60, 17, 29, 8, 52)
LETTERS = Vocabulary("character", tuple("abcdef"))
LABELS = Vocabulary("label", ("go", "left", "right", "stop"))


def make_clips() -> list[Frames]:
    rng = np.random.default_rng(0)
    return [Frames(rng.standard_normal((length, FEATURES)).astype(np.float32), 100) for length in LENGTHS]


def make_head(kind: str, num_inputs: int) -> Ctc | Classification:
    return Ctc(num_inputs, LETTERS) if kind == "ctc" else Classification(num_inputs, LABELS, pooling=kind)  # type: ignore[arg-type]


def exported(path: Path, encoder: Any, head: Any) -> Predictor:
    write_onnx(path, EncoderAndHead(encoder, head), FEATURES)
    return loaded(path, head, encoder.subsampling)


def loaded(path: Path, head: Any, subsampling: int = 1) -> Predictor:
    network = OnnxNetwork(path, FEATURES, head.vocabulary.num_ids, subsampling, num_threads=1)
    return Predictor(EXTRACTOR, network, head.interpreter)


def assert_equal(found: Predictor, expected: Predictor) -> None:
    clips = make_clips()
    assert found.emission_rate_hz == expected.emission_rate_hz
    alone = expected.emissions(clips, batch_size=1)
    for batch_size in (1, 4, len(clips)):
        for mine, theirs in zip(found.emissions(clips, batch_size), alone, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-4)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"subsampling": 3},
        {"subsampling": 2, "subsample_by": "convolution"},
        {"direction": "forward", "layer_norm": False},
    ],
)
def test_every_encoder_can_be_exported(tmp_path: Path, cell: Any, settings: dict[str, Any]) -> None:
    encoder = BiLstm(FEATURES, cell=cell, layers=2, hidden_size=16, **settings)
    head = make_head("ctc", encoder.num_outputs)
    assert_equal(exported(tmp_path / "a.onnx", encoder, head), Predictor.of(EXTRACTOR, encoder, head))


@pytest.mark.parametrize("kind", POOLING)
def test_every_pooling_can_be_exported(tmp_path: Path, kind: str) -> None:
    encoder = BiLstm(FEATURES, layers=1, hidden_size=16, subsampling=2)
    head = make_head(kind, encoder.num_outputs)
    found, expected = exported(tmp_path / "a.onnx", encoder, head), Predictor.of(EXTRACTOR, encoder, head)
    assert_equal(found, expected)
    for mine, theirs in zip(found.predict(make_clips(), 4), expected.predict(make_clips(), 4), strict=True):
        assert mine.scores == pytest.approx(theirs.scores, abs=1e-4)


class Deeper(nn.Module):
    """An encoder with other layers than recurrent ones."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(FEATURES)
        self.convolution = nn.Conv1d(FEATURES, 8, 5, padding=2)
        self.recurrent = BiLstm(8, layers=1, hidden_size=16)
        self.num_outputs, self.subsampling = self.recurrent.num_outputs, self.recurrent.subsampling

    def forward(self, frames: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        frames = zero_padding(self.norm(frames), lengths).transpose(1, 2)
        return self.recurrent(self.convolution(frames).relu().transpose(1, 2), lengths)


def test_an_encoder_with_other_layers_can_be_exported(tmp_path: Path) -> None:
    encoder = Deeper()
    head = make_head("ctc", encoder.num_outputs)
    expected = Predictor.of(EXTRACTOR, encoder, head)  # type: ignore[arg-type]
    assert_equal(exported(tmp_path / "a.onnx", encoder, head), expected)


def test_int8_lstms_are_smaller_and_give_nearly_equal_outputs(tmp_path: Path) -> None:
    encoder = BiLstm(FEATURES, layers=2, hidden_size=64)
    head = make_head("ctc", encoder.num_outputs)
    exact = exported(tmp_path / "a.onnx", encoder, head).emissions(make_clips(), 4)
    assert write_int8(tmp_path / "b.onnx", tmp_path / "a.onnx")
    assert (tmp_path / "b.onnx").stat().st_size < 0.5 * (tmp_path / "a.onnx").stat().st_size
    differences = [
        np.abs(mine - theirs).max()
        for mine, theirs in zip(loaded(tmp_path / "b.onnx", head).emissions(make_clips(), 4), exact, strict=True)
    ]
    assert 1e-5 < max(differences) < 0.05


def test_other_cells_than_lstms_have_no_int8_network(tmp_path: Path) -> None:
    encoder = BiLstm(FEATURES, cell="gru", layers=1, hidden_size=16)
    exported(tmp_path / "a.onnx", encoder, make_head("ctc", encoder.num_outputs))
    assert not write_int8(tmp_path / "b.onnx", tmp_path / "a.onnx")
    assert not (tmp_path / "b.onnx").exists()


def test_the_network_is_exported_in_inference_mode(tmp_path: Path) -> None:
    encoder = BiLstm(FEATURES, layers=1, hidden_size=16, dropout=0.9).train()
    head = Classification(encoder.num_outputs, LABELS, dropout=0.9).train()
    found = exported(tmp_path / "a.onnx", encoder, head)
    assert_equal(found, Predictor.of(EXTRACTOR, encoder, head))
