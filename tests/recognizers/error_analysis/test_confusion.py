from typing import Any

from recognizers.error_analysis.confusion import (
    confused_pairs,
    confusion_counts,
    most_confused_labels,
    score_labels,
)


def row(reference: str, prediction: str, confidence: float = 0.5) -> dict[str, Any]:
    return {"reference": reference, "prediction": prediction, "confidence": confidence}


ROWS = [row("a", "a"), row("a", "b", 0.6), row("a", "b", 0.9), row("b", "b"), row("c", ""), row("c", "a")]


def test_each_label_has_precision_and_recall() -> None:
    a, b, c = score_labels(ROWS)
    assert (a.label, a.right, a.there, a.given) == ("a", 1, 3, 2)
    assert (a.recall, a.precision) == (1 / 3, 1 / 2)
    assert (b.recall, b.precision) == (1.0, 1 / 3)
    assert (c.recall, c.precision) == (0.0, None)
    assert score_labels([row("a", "z")])[1].recall is None  # z is no reference


def test_the_most_frequent_confusion_comes_first_with_its_surest_clip() -> None:
    pairs = confused_pairs(ROWS)
    assert [(pair.reference, pair.prediction, len(pair.rows)) for pair in pairs] == [
        ("a", "b", 2),
        ("c", "", 1),
        ("c", "a", 1),
    ]
    assert [each["confidence"] for each in pairs[0].rows] == [0.9, 0.6]
    assert confusion_counts(ROWS)["a", "b"] == 2


def test_labels_in_most_errors_come_first() -> None:
    assert most_confused_labels(ROWS, 2) == ["a", "b"]
    assert most_confused_labels(ROWS, 9) == ["a", "b", "c"]
    assert most_confused_labels([row("a", "a")], 2) == []


def test_confused_clips_may_have_no_confidence() -> None:
    [pair] = confused_pairs([{"reference": "a", "prediction": "b"}, row("a", "b", 0.2)])
    assert [each.get("confidence") for each in pair.rows] == [0.2, None]
    assert confused_pairs([]) == []
