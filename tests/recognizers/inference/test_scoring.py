"""Errors are counted for every clip, including those that could not be read."""

from collections.abc import Callable, Sequence
from dataclasses import replace
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
from recognizers.prediction import ClipText
from recognizers.vocabulary import Vocabulary
from tests.recognizers.conftest import EXTRACTOR, StoreSignals


def clip(name: str, text: str | None = None, label: str | None = None) -> Clip:
    return Clip(name, Path(f"{name}.wav"), text=text, label=label, split="test")


def predictor_that_gives(head: Any, predictions: Sequence[str]) -> Predictor:
    """Gives these predictions one after the other, whatever the clips."""
    remaining = iter(predictions)

    def predict(frames: Sequence[Frames], batch_size: int) -> list[ClipText]:
        return [ClipText(next(remaining), 1.0) for _ in frames]

    return cast(Predictor, SimpleNamespace(interpreter=head.interpreter, extractor=EXTRACTOR, predict=predict))


def ctc() -> Ctc:
    return Ctc(2, Vocabulary("character", ("a",)))


def test_every_word_of_a_failed_clip_is_an_error(store_signals: StoreSignals) -> None:
    good, failed, half = clip("good", "the cat"), clip("failed", "sat down now"), clip("half", "on it")
    scores = score(
        predictor_that_gives(ctc(), ["the cat", "on"]),
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
        "speaker": None,
        "unknown_words": 3,
        "failure": "cannot be read",
        "word_errors": 3,
        "words": 3,
        "character_errors": 12,
        "characters": 12,
    }
    assert scores.rows[0]["confidence"] == 1.0
    assert scores.rows[0]["duration_s"] > 0
    assert [failure.id for failure in scores.failures] == ["failed"]


def test_words_outside_a_closed_vocabulary_count_as_errors(store_signals: StoreSignals) -> None:
    head = Ctc(2, Vocabulary("word", ("go", "left", "now")), unit="word")
    clips = [clip("known", "go left now"), clip("strange", "go right"), clip("stranger", "stop")]
    scores = score(predictor_that_gives(head, ["go left now", "go left", ""]), store_signals(clips), clips, 8)
    assert scores.summary["wer"] == pytest.approx(2 / 6, abs=1e-6)
    assert scores.summary["clips"] == 3
    assert (scores.summary["closed_vocabulary"], scores.summary["unknown_words"]) == (3, 2)
    assert [row["unknown_words"] for row in scores.rows] == [0, 1, 1]


def test_labels_outside_the_vocabulary_count_as_errors(store_signals: StoreSignals) -> None:
    head = Classification(2, Vocabulary("label", ("go", "stop")))
    clips = [clip("known", label="go"), clip("strange", label="left")]
    summary = score(predictor_that_gives(head, ["go", "stop"]), store_signals(clips), clips, 8).summary
    assert (summary["accuracy"], summary["unknown_labels"]) == (0.5, 1)
    assert "closed_vocabulary" not in summary


def test_groups_have_scores_of_their_own(store_signals: StoreSignals) -> None:
    clips = [
        replace(clip(str(number), "a a"), speaker=f"s{number % 3}", extra={"sex": "female"} if number < 4 else {})
        for number in range(6)
    ]
    said = ["a a", "a", "a a", "", "a a", "a a"]
    scores = score(predictor_that_gives(ctc(), said), store_signals(clips), clips, 8, groups=["sex"])
    groups = scores.summary["groups"]["sex"]
    assert groups["female"]["wer"] == pytest.approx(3 / 8, abs=1e-6)
    assert groups["female"]["wer_ci95"][0] < 3 / 8 < groups["female"]["wer_ci95"][1]
    assert (groups["female"]["clips"], groups["female"]["speakers"]) == (4, 3)
    assert (groups["not given"]["wer"], groups["not given"]["clips"]) == (0, 2)
    assert scores.rows[5]["groups"] == {"sex": "not given"}


@pytest.mark.parametrize(("rules", "word_errors"), [(("nfc",), 2), (("nfc", "apostrophes", "lowercase"), 0)])
def test_references_are_spelled_by_the_rules_of_the_recognizer(
    store_signals: StoreSignals, rules: tuple[str, ...], word_errors: int
) -> None:
    head = Ctc(2, Vocabulary("character", tuple("' cadeont"), rules))
    said = clip("x", "Don\u2019t Eat  a\u00a0cat")
    scores = score(predictor_that_gives(head, ["don't eat a cat"]), store_signals([said]), [said], batch_size=1)
    assert scores.rows[0]["word_errors"] == word_errors
    assert scores.rows[0]["prediction"] == "don't eat a cat"


def test_a_failed_clip_counts_as_a_wrong_label(store_signals: StoreSignals) -> None:
    head = Classification(2, Vocabulary("label", ("go", "stop")))
    rows = [clip(str(index), label="go") for index in range(4)]
    prepared = store_signals(rows[:3], failed=rows[3:])
    scores = score(predictor_that_gives(head, ["go", "go", "stop"]), prepared, rows, batch_size=8)
    assert scores.summary["accuracy"] == 0.5
    low, high = scores.summary["accuracy_ci95"]
    assert 0 <= low < 0.5 < high <= 1
    assert [row["label_errors"] for row in scores.rows] == [0, 0, 1, 1]


def test_a_label_that_is_never_recognised_shows_in_the_scores(
    store_signals: StoreSignals, caplog: pytest.LogCaptureFixture
) -> None:
    head = Classification(2, Vocabulary("label", ("go", "stop")))
    rows = [clip(f"go{index}", label="go") for index in range(8)] + [clip("stop", label="stop")]
    summary = score(predictor_that_gives(head, ["go"] * 9), store_signals(rows), rows, batch_size=8).summary
    assert summary["accuracy"] == pytest.approx(8 / 9, abs=1e-6)
    assert summary["balanced_accuracy"] == 0.5
    assert summary["macro_f1"] == pytest.approx((16 / 17 + 0) / 2, abs=1e-6)
    assert "only 9 clips were scored" in caplog.text
    assert "classes that were never recognised: 1, namely stop (0 of 1)" in caplog.text
    all_right = score(predictor_that_gives(head, ["go"] * 8), store_signals(rows[:8]), rows[:8], batch_size=8).summary
    assert all_right["accuracy_ci95"] == [pytest.approx(0.6756, abs=1e-4), 1.0]
    assert "macro_f1" not in all_right


def test_no_errors_in_a_few_clips_do_not_look_certain(
    store_signals: StoreSignals, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [clip("x", "ab"), clip("y", "c")]
    summary = score(predictor_that_gives(ctc(), ["ab", "c"]), store_signals(rows), rows, batch_size=8).summary
    assert summary["wer_ci95"] == [0.0, pytest.approx(0.6576, abs=1e-4)]
    assert "all clips have the same wer and the same cer, so a bootstrap means nothing" in caplog.text


def test_the_error_rate_is_one_if_all_clips_failed(store_signals: StoreSignals) -> None:
    rows = [clip("x", "ab"), clip("y", "c")]
    scores = score(predictor_that_gives(ctc(), []), store_signals([], failed=rows), rows, batch_size=8)
    assert (scores.summary["wer"], scores.summary["cer"]) == (1.0, 1.0)


def test_only_the_requested_clips_are_scored(store_signals: StoreSignals) -> None:
    rows = [clip("x", "ab"), clip("y", "c")]
    prepared = store_signals(rows, failed=[clip("z", "d")])
    scores = score(predictor_that_gives(ctc(), ["c"]), prepared, rows[1:], batch_size=8)
    assert [row["id"] for row in scores.rows] == ["y"]
    assert scores.failures == []
    assert scores.summary["wer"] == 0


@pytest.mark.parametrize(("reference", "prediction"), [("caf\u00e9", "cafe\u0301"), ("a  b", "a b"), (" a\n", "a")])
def test_references_are_spelled_as_targets_are(store_signals: StoreSignals, reference: str, prediction: str) -> None:
    head = Ctc(2, Vocabulary.from_targets([reference], "character"))
    spelled = head.vocabulary.decode(head.vocabulary.encode(prediction))
    clips = [clip("x", reference)]
    scores = score(predictor_that_gives(head, [spelled]), store_signals(clips), clips, batch_size=1)
    assert scores.summary["cer"] == 0


def test_clips_are_predicted_chunk_by_chunk_and_keep_their_predictions(
    store_signals: StoreSignals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recognizers.inference.scoring.CHUNK_CLIPS", 2)
    rows = [clip(f"c{index}", f"word{index}") for index in range(5)]
    predictor = predictor_that_gives(ctc(), [f"word{index}" for index in range(5)])
    held = []
    predict: Callable[..., list[ClipText]] = predictor.predict
    predictor.predict = lambda frames, size: held.append(len(frames)) or predict(frames, size)  # type: ignore
    assert score(predictor, store_signals(rows, [0.1] * 5), rows, batch_size=3).summary["wer"] == 0
    assert held == [2, 2, 1]


def test_a_clip_without_a_target_is_an_error_before_any_prediction(store_signals: StoreSignals) -> None:
    rows = [clip("fine", "a"), clip("bare")]
    with pytest.raises(InputError, match="clip bare: has no text"):
        score(cast(Predictor, SimpleNamespace(interpreter=ctc().interpreter)), store_signals(rows), rows, batch_size=1)
