"""Error rates and their confidence intervals."""

import numpy as np
import pytest

from recognizers.error_rate import Counted, count_errors, error_rate_with_interval


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


@pytest.mark.parametrize(("table", "rate"), [([(0, 5)], 0.0), ([(5, 5)] * 3, 1.0), ([(2, 0)], 2.0)])
def test_identical_clips_give_an_interval_of_no_width(table: list[tuple[int, int]], rate: float) -> None:
    assert error_rate_with_interval(table) == (rate, [rate, rate])
