import numpy as np
import pytest

from recognizers.error_analysis.detection import Span, score_detection


def spans(*rows: tuple[str, float, float]) -> list[Span]:
    return [Span(*row) for row in rows]


TRUTH = spans(("ONE", 0.0, 4.0), ("TAP", 10.0, 12.0))


@pytest.mark.parametrize(
    ("found", "detected", "false_positives", "jaccard"),
    [
        (TRUTH, 2, 0, 1.0),
        ([], 0, 0, 0.0),
        (spans(("ONE", 0.0, 3.0)), 1, 0, 0.75 / 2),
        (spans(("ONE", 0.0, 2.0)), 0, 1, 0.5 / 2),  # half is not more than half
        (spans(("ONE", 0.0, 8.0)), 0, 1, 0.5 / 2),  # twice as long
        (spans(("TAP", 0.0, 4.0)), 0, 1, 0.0),  # another label
        (spans(("ONE", 0.0, 4.0), ("V", 5.0, 6.0)), 1, 1, 1 / 3),
        (spans(("TAP", 9.0, 11.0), ("TAP", 11.0, 12.8)), 0, 2, 2 / 3.8 / 2),  # each covers half
    ],
)
def test_what_counts_as_detected(found: list[Span], detected: int, false_positives: int, jaccard: float) -> None:
    scores = score_detection([found], [TRUTH])
    assert (scores.detection_rate, scores.false_positive_rate) == (detected / 2, false_positives / 2)
    assert scores.jaccard_index == pytest.approx(jaccard)


def test_a_span_detects_one_span_only() -> None:
    truth = spans(("ONE", 0.0, 1.0), ("ONE", 1.2, 2.2))
    scores = score_detection([spans(("ONE", 0.2, 2.1))], [truth])
    assert (scores.detection_rate, scores.false_positive_rate) == (0.5, 0.0)


def test_the_jaccard_index_is_that_of_frames() -> None:
    rng = np.random.default_rng(0)
    starts, lengths = rng.uniform(0, 10, (2, 5)).round(), rng.uniform(1, 10, (2, 5)).round()
    found, truth = (
        [
            Span("A", 20 * k + start, 20 * k + start + length)
            for k, (start, length) in enumerate(zip(*rows, strict=True))
        ]
        for rows in zip(starts, lengths, strict=True)
    )
    frames = [np.zeros(200, bool), np.zeros(200, bool)]
    for mask, given in zip(frames, (found, truth), strict=True):
        for span in given:
            mask[round(span.start_s) : round(span.end_s)] = True
    expected = (frames[0] & frames[1]).sum() / (frames[0] | frames[1]).sum()
    assert score_detection([found], [truth]).jaccard_index == pytest.approx(expected)


def test_recordings_are_pooled() -> None:
    scores = score_detection([TRUTH, []], [TRUTH, spans(("V", 0.0, 1.0))])
    assert (scores.detection_rate, scores.false_positive_rate, scores.spans) == (2 / 3, 0.0, 3)
    assert scores.jaccard_index == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("found", "truth", "reason"),
    [
        ([[]], [[]], "no true span"),
        ([[]], [TRUTH, TRUTH], "argument 2 is longer"),
        ([[Span("ONE", 2.0, 2.0)]], [TRUTH], "must end after its start"),
    ],
)
def test_error_for_what_cannot_be_scored(found: list[list[Span]], truth: list[list[Span]], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        score_detection(found, truth)
