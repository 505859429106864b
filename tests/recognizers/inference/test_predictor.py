"""Predictions do not depend on how clips are batched or ordered."""

from pathlib import Path

import numpy as np
import pytest
import torch

from data_prep.errors import InputError
from data_prep.features.extractor import Frames
from recognizers.bundle.spec import RecognizerSpec
from recognizers.bundle.weights import save_bundle
from recognizers.encoder.bilstm import BiLstm
from recognizers.head.classification import POOLING, Classification
from recognizers.head.ctc import Ctc
from recognizers.inference.predictor import Predictor
from recognizers.prediction import ClipLabel, ClipPrediction
from recognizers.vocabulary import Vocabulary
from tests.recognizers.conftest import EXTRACTOR

FEATURES = EXTRACTOR.num_features
LENGTHS = (40, 3, 17, 1, 60, 17, 29, 8, 52)
LETTERS = Vocabulary("character", tuple("abcdef"))
LABELS = Vocabulary("label", ("go", "left", "right", "stop"))


def make_clips() -> list[Frames]:
    rng = np.random.default_rng(0)
    return [Frames(rng.standard_normal((length, FEATURES)).astype(np.float32), 100) for length in LENGTHS]


def make_predictor(kind: str, subsampling: int = 2, by: str = "stacking") -> Predictor:
    encoder = BiLstm(FEATURES, layers=2, hidden_size=16, subsampling=subsampling, subsample_by=by)  # type: ignore[arg-type]
    num_inputs = encoder.num_outputs
    head = Ctc(num_inputs, LETTERS) if kind == "ctc" else Classification(num_inputs, LABELS, pooling=kind)  # type: ignore[arg-type]
    with torch.no_grad():
        head.linear.weight.mul_(10)  # otherwise an untrained recognizer gives the same for every clip
    return Predictor.of(EXTRACTOR, encoder, head)


def assert_same(first: ClipPrediction, second: ClipPrediction) -> None:
    assert (type(first), first.text) == (type(second), second.text)
    assert first.confidence == pytest.approx(second.confidence, abs=1e-5)
    if isinstance(first, ClipLabel):
        assert list(first.scores) == list(second.scores)
        assert list(first.scores.values()) == pytest.approx(list(second.scores.values()), abs=1e-5)


def test_predictions_are_decoded_emissions_in_the_order_of_the_clips() -> None:
    predictor = make_predictor("ctc")
    clips = make_clips()
    emissions = predictor.emissions(clips, batch_size=4)
    assert [len(emission) for emission in emissions] == [-(-length // 2) for length in LENGTHS]
    for emission, prediction in zip(emissions, predictor.predict(clips, batch_size=4), strict=True):
        ids, confidence = predictor.decode(emission)
        assert LETTERS.decode(ids) == prediction.text
        assert confidence == pytest.approx(prediction.confidence, abs=1e-6)
    labels = make_predictor("mean")
    for emission, prediction in zip(labels.emissions(clips, 4), labels.predict(clips, 4), strict=True):
        assert np.exp(emission).max() == pytest.approx(prediction.confidence, abs=1e-6)


@pytest.mark.parametrize("subsampling", [1, 2, 3])
def test_emissions_have_the_rate_of_encoded_frames(subsampling: int) -> None:
    predictor = make_predictor("ctc", subsampling)
    assert predictor.emission_rate_hz == pytest.approx(100 / subsampling)
    [emission] = predictor.emissions(make_clips()[:1], 1)
    assert len(emission) == -(-LENGTHS[0] // subsampling)


@pytest.mark.parametrize("by", ["stacking", "convolution"])
@pytest.mark.parametrize("kind", ["ctc", *POOLING])
def test_predictions_do_not_depend_on_batches_or_order(kind: str, by: str) -> None:
    predictor = make_predictor(kind, by=by)
    clips = make_clips()
    alone = predictor.predict(clips, batch_size=1)
    assert len({prediction.confidence for prediction in alone}) == len(clips)
    orders = [range(len(clips)), range(len(clips))[::-1], np.random.default_rng(1).permutation(len(clips)).tolist()]
    for batch_size in (1, 3, len(clips), 100):
        for order in orders:
            together = predictor.predict([clips[index] for index in order], batch_size)
            for index, prediction in zip(order, together, strict=True):
                assert_same(prediction, alone[index])


def test_different_clips_get_different_predictions() -> None:
    assert len({prediction.text for prediction in make_predictor("ctc").predict(make_clips(), 4)}) > 3
    assert len({prediction.text for prediction in make_predictor("attention").predict(make_clips(), 4)}) > 1


def test_no_clips_give_no_predictions() -> None:
    assert make_predictor("ctc").predict([], 4) == []


def test_dropout_is_off() -> None:
    encoder = BiLstm(FEATURES, layers=1, hidden_size=8, dropout=0.9).train()
    head = Classification(encoder.num_outputs, LABELS, dropout=0.9).train()
    predictor = Predictor.of(EXTRACTOR, encoder, head)
    assert predictor.predict(make_clips(), 4) == predictor.predict(make_clips(), 4)


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_size_below_one_is_an_error(batch_size: int) -> None:
    with pytest.raises(InputError, match=f"batch_size must be at least 1; found {batch_size}"):
        make_predictor("ctc").predict(make_clips(), batch_size)


def test_a_run_directory_loads_as_its_bundle_does(tmp_path: Path) -> None:
    spec = RecognizerSpec(
        {
            "_target_": "data_prep.features.mfcc.Mfcc",
            "sample_rate_hz": 8000,
            "num_coefficients": 13,
            "num_mels": 26,
        },
        {"_target_": "recognizers.encoder.bilstm.BiLstm", "layers": 1, "hidden_size": 8},
        {"_target_": "recognizers.head.ctc.Ctc"},
        LETTERS,
    )
    extractor, encoder, head = spec.build()
    save_bundle(tmp_path / "bundle", spec, encoder, head)
    expected = Predictor.of(extractor, encoder, head).predict(make_clips(), 4)
    for path in (tmp_path, tmp_path / "bundle"):
        loaded = Predictor.load(path)
        assert loaded.extractor == EXTRACTOR
        assert loaded.predict(make_clips(), 4) == expected
