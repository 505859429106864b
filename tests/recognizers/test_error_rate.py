"""Error rates and their confidence intervals."""

import numpy as np
import pytest

from recognizers.error_rate import (
    Counted,
    balanced_accuracy,
    bootstrap_is_informative,
    count_errors,
    count_labels,
    error_rate_with_interval,
    macro_f1,
    wilson_interval,
)


@pytest.mark.parametrize(
    ("counted", "prediction", "reference", "errors", "total"),
    [
        ("word", "the cat sat", "the cat sat", 0, 3),
        ("word", "the bat sat", "the cat sat", 1, 3),
        ("word", "the sat", "the cat sat", 1, 3),
        ("word", "oh the cat sat", "the cat sat", 1, 3),
        ("word", "", "the cat sat", 3, 3),
        ("word", "cat the", "the cat", 2, 2),
        ("word", " the   cat ", "the cat", 0, 2),
        ("word", "a b", "", 2, 0),
        ("word", "", "", 0, 0),
        ("character", "kitten", "sitting", 3, 7),
        ("character", "", "abc", 3, 3),
        ("character", "ab", "", 2, 0),
        ("character", "a b", "ab", 1, 2),
        ("label", "stop", "stop", 0, 1),
        ("label", "stop", "Stop", 1, 1),
        ("label", "", "stop", 1, 1),
        ("label", "stop it", "stop", 1, 1),
    ],
)
def test_count_errors_returns_the_errors_and_the_reference_length(
    counted: Counted, prediction: str, reference: str, errors: int, total: int
) -> None:
    assert count_errors(prediction, reference, counted) == (errors, total)


def counts(clips: int) -> list[tuple[int, int]]:
    rng = np.random.default_rng(1)
    totals = rng.integers(1, 12, clips)
    return [(int(rng.binomial(total, 0.2)), int(total)) for total in totals]


def test_the_interval_contains_the_rate_and_can_be_repeated() -> None:
    table = counts(100)
    rate, (low, high) = error_rate_with_interval(table)
    assert rate == pytest.approx(sum(errors for errors, _ in table) / sum(total for _, total in table))
    assert 0 < low < rate < high < 1
    assert error_rate_with_interval(table) == (rate, [low, high])
    assert error_rate_with_interval(table, seed=1)[1] != [low, high]


def test_the_interval_shrinks_with_the_number_of_clips() -> None:
    # Sixteen times as many clips: a quarter of the width.
    (_, few), (_, many) = error_rate_with_interval(counts(100)), error_rate_with_interval(counts(1600))
    assert (many[1] - many[0]) / (few[1] - few[0]) == pytest.approx(0.25, abs=0.07)


def test_the_interval_of_labels_agrees_with_the_normal_approximation() -> None:
    table = [(1, 1)] * 80 + [(0, 1)] * 320
    rate, (low, high) = error_rate_with_interval(table)
    half = 1.96 * np.sqrt(0.2 * 0.8 / 400)
    assert rate == 0.2
    assert (low, high) == (pytest.approx(0.2 - half, abs=0.005), pytest.approx(0.2 + half, abs=0.005))


@pytest.mark.parametrize(
    ("table", "rate", "low", "high"),
    [
        ([(0, 5)] * 6, 0.0, 0.0, 0.3903),
        ([(5, 5)] * 3, 1.0, 0.4385, 1.0),
        ([(1, 2)] * 4, 0.5, 0.15, 0.85),
        ([(6, 3)], 2.0, 2 * 0.2065, 2.0),
    ],
)
def test_identical_clips_do_not_give_an_interval_of_no_width(
    table: list[tuple[int, int]], rate: float, low: float, high: float
) -> None:
    """A bootstrap would have no width, so the interval is Wilson's over the clips."""
    assert error_rate_with_interval(table) == (rate, [pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4)])
    assert not bootstrap_is_informative(table)


@pytest.mark.parametrize(
    ("correct", "total", "low", "high"),
    [(10, 10, 0.7225, 1.0), (0, 10, 0.0, 0.2775), (1, 1, 0.2065, 1.0), (185, 200, 0.8800, 0.9540)],
)
def test_wilsons_interval_has_a_width_even_if_all_are_right(correct: int, total: int, low: float, high: float) -> None:
    """The bounds are those of scipy's binomtest(...).proportion_ci(method="wilson")."""
    assert wilson_interval(correct, total) == [pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4)]


def test_rare_labels_count_as_much_as_others() -> None:
    """Thirty clips of one label are recognised, both of the other are taken for it."""
    references, predictions = ["a"] * 30 + ["b"] * 2, ["a"] * 32
    assert balanced_accuracy(predictions, references) == 0.5
    assert macro_f1(predictions, references) == pytest.approx((2 * 30 / 62 + 0) / 2)


def test_a_failed_clip_lowers_the_recall_of_its_label_alone() -> None:
    assert count_labels(["a", "", "c"], ["a", "b", "b"]) == {"a": (1, 1, 1), "b": (0, 2, 0), "c": (0, 0, 1)}
    assert balanced_accuracy(["a", ""], ["a", "b"]) == 0.5
    assert macro_f1(["a", ""], ["a", "b"]) == 0.5
