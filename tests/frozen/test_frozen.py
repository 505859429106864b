"""Recognizers and recordings frozen before the packages were reorganised must keep giving the same answers.

Each folder beside this file holds a bundle and its ONNX export, `expected.npz` (features and emissions) and
`expected.json` (answers), all written by version 0.1.0 of November 2026 from `an4.flac` (CMU AN4,
licence in `an4.LICENSE.txt`) or from landmarks of a rendered hand (`signs.npy`, `fingerspelling.npy`).
"""

import json
from pathlib import Path

import numpy as np
import pytest

from data_prep.media import Media
from recognizers import load
from recognizers.inference.predictor import Predictor

FROZEN = Path(__file__).parent
KINDS = ("speech", "keywords", "fingerspelling", "signs")
RUNTIMES = ("torch", "onnx", "onnx_int8")
TOLERANCE = 1e-5
# int8 rounds by the processor's instructions: on another machine emissions differ in the second or third digit.
TOLERANCE_OF_INT8 = 0.05


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def expected(kind: str) -> dict:
    return json.loads((FROZEN / kind / "expected.json").read_text(encoding="utf-8"))


def arrays(kind: str) -> dict[str, np.ndarray]:
    with np.load(FROZEN / kind / "expected.npz") as file:
        return dict(file)


def model(kind: str, runtime: str) -> Path:
    return FROZEN / kind / ("bundle" if runtime == "torch" else "onnx")


def clip(kind: str) -> Path:
    return FROZEN / expected(kind)["clip"]


def test_features_are_those_of_the_training(kind: str) -> None:
    frames = Predictor.load(model(kind, "onnx"), "onnx").extractor(Media(clip(kind)))
    np.testing.assert_allclose(frames.values, arrays(kind)["frames"], rtol=0, atol=TOLERANCE)
    if kind in ("fingerspelling", "signs"):
        np.testing.assert_array_equal(frames.presence, arrays(kind)["presence"])


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_emissions_are_those_of_the_frozen_recognizer(kind: str, runtime: str) -> None:
    predictor = Predictor.load(model(kind, runtime), runtime)
    [emissions] = predictor.emissions([predictor.extractor(Media(clip(kind)))], batch_size=1)
    tolerance = TOLERANCE_OF_INT8 if runtime == "onnx_int8" else TOLERANCE
    np.testing.assert_allclose(emissions, arrays(kind)[f"emissions_{runtime}"], rtol=0, atol=tolerance)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_answers_are_those_of_the_frozen_recognizer(kind: str, runtime: str) -> None:
    recognizer, answer = load(model(kind, runtime), runtime), expected(kind)[runtime]
    tolerance = TOLERANCE_OF_INT8 if runtime == "onnx_int8" else TOLERANCE
    if recognizer.target == "text":
        transcript = recognizer.transcribe(clip(kind))
        found = [[word.text, word.start_s, word.end_s, word.confidence] for word in transcript.words]
        assert transcript.text == answer["text"]
        assert [word[0] for word in found] == [word[0] for word in answer["words"]]
        np.testing.assert_allclose(
            np.array([word[1:] for word in found]), np.array([word[1:] for word in answer["words"]]), atol=tolerance
        )
        confidence, duration_s = transcript.confidence, transcript.duration_s
    else:
        classification = recognizer.classify(clip(kind))
        assert classification.label == answer["label"]
        assert classification.scores == pytest.approx(answer["scores"], abs=tolerance)
        confidence, duration_s = classification.confidence, classification.duration_s
    assert confidence == pytest.approx(answer["confidence"], abs=tolerance)
    assert duration_s == pytest.approx(answer["duration_s"], abs=TOLERANCE)
