from typing import Any

import pytest

from recognizers.error_analysis.score_groups import (
    group_fields,
    score_by_field,
    score_by_length,
    score_by_speaker,
    score_group,
)
from recognizers.error_rate import ErrorRate, error_rate_with_interval, wilson_interval

ACCURACY, WER = ErrorRate("label", as_accuracy=True), ErrorRate("word")


def row(errors: int, total: int = 1, **more: Any) -> dict[str, Any]:
    return {"label_errors": errors, "labels": total, "word_errors": errors, "words": total, **more}


def test_speakers_are_sorted_from_the_worst() -> None:
    rows = [row(1, speaker="x"), row(0, speaker="x"), row(0, speaker="y"), row(1, speaker=None)]
    worst, best = score_by_speaker(rows, ACCURACY)
    assert (worst.name, worst.clips, worst.score) == ("x", 2, 0.5)
    assert (best.name, best.score) == ("y", 1.0)
    assert worst.low < 0.5 < worst.high
    assert [group.name for group in score_by_speaker(rows, WER)] == ["x", "y"]
    assert score_by_speaker(rows[:2], WER) == []  # a single speaker


def test_error_rates_are_weighted_by_length() -> None:
    group = score_group("all", [row(1, 2), row(0, 8)], WER)
    assert group.score == pytest.approx(0.1)


def test_values_of_a_field_are_scored_in_order() -> None:
    rows = [row(1, groups={"sex": "male"}), row(0, groups={"sex": "female"}), row(0, groups={"sex": "male"}), row(1)]
    assert group_fields(rows) == ["sex"]
    female, male = score_by_field(rows, "sex", ACCURACY)
    assert (female.name, female.clips, female.score) == ("female", 1, 1.0)
    assert (male.name, male.clips, male.score) == ("male", 2, 0.5)
    assert score_by_field(rows, "age", ACCURACY) == []


def test_lengths_are_split_into_groups_of_equal_size() -> None:
    rows = [row(int(second < 3), duration_s=float(second)) for second in range(1, 31)]
    groups = score_by_length(rows, ACCURACY)
    assert [group.clips for group in groups] == [6] * 5
    assert groups[0].name == "1.00 to 6.00 s"
    assert groups[0].score == pytest.approx(4 / 6)
    assert score_by_length([row(0, duration_s=1.0) for _ in range(50)], ACCURACY) == []  # all are equally long
    assert score_by_length(rows[:6], ACCURACY) == []


def test_labels_have_wilsons_interval_and_texts_that_of_a_bootstrap() -> None:
    labels = score_group("a", [row(1), row(0), row(0), row(0)], ACCURACY)
    low, high = wilson_interval(1, 4)
    assert (labels.score, labels.low, labels.high) == (0.75, pytest.approx(1 - high), pytest.approx(1 - low))
    texts = score_group("a", [row(1, 4), row(3, 6), row(0, 10)], WER)
    assert (texts.score, [texts.low, texts.high]) == error_rate_with_interval([(1, 4), (3, 6), (0, 10)])


def test_references_without_words_have_a_score() -> None:
    assert score_group("a", [row(2, 0)], WER).score == 2.0
    assert score_group("a", [row(0, 0)], WER).score == 0.0
