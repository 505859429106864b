"""Predictions held against the truth."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from data_prep.errors import InputError
from data_prep.features.extractor import Frames
from data_prep.manifest import Clip
from recognizers.head.classification import Classification
from recognizers.head.ctc import Ctc
from recognizers.inference.predictor import Predictor
from recognizers.inference.scoring import score
from recognizers.prediction import Prediction
from recognizers.vocabulary import Vocabulary
from tests.recognizers.conftest import EXTRACTOR, StoreSignals


def clip(name: str, text: str | None = None, label: str | None = None) -> Clip:
    return Clip(name, Path(f"{name}.wav"), text=text, label=label, split="test")


def predictor_that_says(head: Any, answers: Sequence[str]) -> Predictor:
    """Gives these answers in turn, whatever it hears."""
    remaining = iter(answers)

    def predict(frames: Sequence[Frames], batch_size: int) -> list[Prediction]:
        return [Prediction(next(remaining), 1.0) for _ in frames]

    return cast(Predictor, SimpleNamespace(interpreter=head.interpreter, extractor=EXTRACTOR, predict=predict))


def ctc() -> Ctc:
    return Ctc(2, Vocabulary("character", ("a",)))


def test_failed_clips_count_as_errors_in_full(store_signals: StoreSignals) -> None:
    good, failed, half = clip("good", "the cat"), clip("failed", "sat down now"), clip("half", "on it")
    scores = score(
        predictor_that_says(ctc(), ["the cat", "on"]),
        store_signals([good, half], failed=[failed]),
        [good, failed, half],
        batch_size=2,
    )
    assert scores.summary["wer"] == pytest.approx((0 + 3 + 1) / 7, abs=1e-6)
    assert scores.summary["cer"] == pytest.approx((0 + 12 + 3) / 24, abs=1e-6)
    assert scores.summary["clips"] == 3
    low, high = scores.summary["wer_ci95"]
    assert low < scores.summary["wer"] < high
    assert [row["id"] for row in scores.rows] == ["good", "failed", "half"]
    assert scores.rows[1] == {
        "id": "failed",
        "reference": "sat down now",
        "prediction": "",
        "failure": "cannot be read",
        "word_errors": 3,
        "words": 3,
        "character_errors": 12,
        "characters": 12,
    }
    assert [failure.id for failure in scores.failures] == ["failed"]


def test_a_failed_clip_counts_as_a_wrong_label(store_signals: StoreSignals) -> None:
    head = Classification(2, Vocabulary("label", ("go", "stop")))
    rows = [clip(str(index), label="go") for index in range(4)]
    prepared = store_signals(rows[:3], failed=rows[3:])
    scores = score(predictor_that_says(head, ["go", "go", "stop"]), prepared, rows, batch_size=8)
    assert scores.summary["accuracy"] == 0.5
    low, high = scores.summary["accuracy_ci95"]
    assert 0 <= low < 0.5 < high <= 1
    assert [row["label_errors"] for row in scores.rows] == [0, 0, 1, 1]


def test_all_clips_failed_is_a_rate_of_one(store_signals: StoreSignals) -> None:
    rows = [clip("x", "ab"), clip("y", "c")]
    scores = score(predictor_that_says(ctc(), []), store_signals([], failed=rows), rows, batch_size=8)
    assert (scores.summary["wer"], scores.summary["cer"]) == (1.0, 1.0)


def test_only_the_clips_asked_for_are_scored(store_signals: StoreSignals) -> None:
    rows = [clip("x", "ab"), clip("y", "c")]
    prepared = store_signals(rows, failed=[clip("z", "d")])
    scores = score(predictor_that_says(ctc(), ["c"]), prepared, rows[1:], batch_size=8)
    assert [row["id"] for row in scores.rows] == ["y"]
    assert scores.failures == []
    assert scores.summary["wer"] == 0


@pytest.mark.parametrize(("reference", "answer"), [("caf\u00e9", "cafe\u0301"), ("a  b", "a b"), (" a\n", "a")])
def test_references_are_spelled_as_targets_are(store_signals: StoreSignals, reference: str, answer: str) -> None:
    head = Ctc(2, Vocabulary.from_targets([reference], "character"))
    spoken = head.vocabulary.decode(head.vocabulary.encode(answer))
    scores = score(
        predictor_that_says(head, [spoken]), store_signals([clip("x", reference)]), [clip("x", reference)], batch_size=1
    )
    assert scores.summary["cer"] == 0


def test_frames_are_held_in_chunks_and_predictions_keep_their_clips(
    store_signals: StoreSignals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recognizers.inference.scoring.CHUNK_CLIPS", 2)
    rows = [clip(f"c{index}", f"word{index}") for index in range(5)]
    predictor = predictor_that_says(ctc(), [f"word{index}" for index in range(5)])
    held = []
    predict: Callable[..., list[Prediction]] = predictor.predict
    predictor.predict = lambda frames, size: held.append(len(frames)) or predict(frames, size)  # type: ignore
    assert score(predictor, store_signals(rows, [0.1] * 5), rows, batch_size=3).summary["wer"] == 0
    assert held == [2, 2, 1]


def test_a_clip_without_target_is_named_before_any_work(store_signals: StoreSignals) -> None:
    rows = [clip("fine", "a"), clip("bare")]
    with pytest.raises(InputError, match="clip bare: has no text"):
        score(cast(Predictor, SimpleNamespace(interpreter=ctc().interpreter)), store_signals(rows), rows, batch_size=1)
