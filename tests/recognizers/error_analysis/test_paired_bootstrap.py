from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.error_analysis.paired_bootstrap import FEW, paired_bootstrap

COUNTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 6)), min_size=1, max_size=8)


def test_a_recognizer_that_is_better_on_every_clip_is_surely_better() -> None:
    result = paired_bootstrap([(2, 10)] * 30, [(1, 10)] * 30)
    assert result.difference == pytest.approx(-0.1)
    assert (result.low, result.high) == pytest.approx((-0.1, -0.1))
    assert result.second_better == 1.0
    assert result.units == 30


def test_equal_recognizers_are_a_toss_up() -> None:
    result = paired_bootstrap([(1, 5), (0, 3)], [(1, 5), (0, 3)])
    assert (result.difference, result.second_better) == (0.0, 0.5)


def test_pairs_make_differences_surer_than_two_intervals_would() -> None:
    rng = np.random.default_rng(0)
    hard = rng.integers(0, 9, 100)  # clips differ much, and the second makes one error less on some of them
    first = [(int(errors) + 1, 10) for errors in hard]
    second = [(int(errors) + int(number % 4 > 0), 10) for number, errors in enumerate(hard)]
    result = paired_bootstrap(first, second)
    assert result.difference == pytest.approx(-0.025)
    assert result.high < 0
    assert result.second_better > 0.99


def test_drawing_speakers_gives_a_wider_interval() -> None:
    speakers = [f"s{number // 20}" for number in range(100)]
    first = [(1, 4)] * 100
    second = [(0, 4) if number // 20 < 2 else (2, 4) if number // 20 == 2 else (1, 4) for number in range(100)]
    by_clip = paired_bootstrap(first, second)
    by_speaker = paired_bootstrap(first, second, speakers)
    assert by_speaker.difference == by_clip.difference
    assert by_speaker.units == 5
    assert by_speaker.high - by_speaker.low > 1.5 * (by_clip.high - by_clip.low)


def test_the_same_seed_gives_the_same_numbers_however_many_draws_fit_into_memory() -> None:
    first, second = [(n % 3, 5) for n in range(50)], [(n % 2, 5) for n in range(50)]
    assert paired_bootstrap(first, second, seed=3) == paired_bootstrap(first, second, seed=3)
    assert paired_bootstrap(first, second, seed=3) != paired_bootstrap(first, second, seed=4)


@pytest.mark.parametrize(("first", "second"), [([], []), ([(0, 1)], [(0, 1), (0, 1)])])
def test_other_clips_cannot_be_compared(first: list, second: list) -> None:
    with pytest.raises(ValueError, match="expected the same clips"):
        paired_bootstrap(first, second)


def test_the_draws_of_three_clips_agree_with_all_that_are_possible() -> None:
    """Three clips can be drawn in 27 ways, so the shares are known exactly."""
    first, second = [(2, 4), (1, 2), (0, 6)], [(1, 4), (1, 2), (1, 6)]
    sums = [np.sum([(*first[i], *second[i]) for i in drawn], axis=0) for drawn in product(range(3), repeat=3)]
    exact = np.array([errors / total - before / total_before for before, total_before, errors, total in sums])
    result = paired_bootstrap(first, second, draws=40_000)
    expected = (exact < 0).mean() + 0.5 * (exact == 0).mean()
    assert result.second_better == pytest.approx(expected, abs=0.01)  # four standard deviations of 40,000 draws
    assert (result.low, result.high) == pytest.approx((exact.min(), exact.max()))  # each has 1/27 > 2.5 %


@given(COUNTS, st.integers(0, 3))
def test_swapping_both_turns_the_sign(counts: list[tuple[int, int, int]], seed: int) -> None:
    first, second = [(a, total) for a, _, total in counts], [(b, total) for _, b, total in counts]
    one = paired_bootstrap(first, second, seed=seed, draws=200)
    other = paired_bootstrap(second, first, seed=seed, draws=200)
    assert one.difference == -other.difference
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert one.second_better == pytest.approx(1 - other.second_better)
    assert one.differing == other.differing == sum(a != b for a, b, _ in counts)


def test_a_few_clips_are_no_clear_evidence_even_if_all_agree() -> None:
    first, second = [(1, 1)] * 100, [(0, 1)] * (FEW - 1) + [(1, 1)] * (101 - FEW)
    result = paired_bootstrap(first, second)
    assert result.high < 0
    assert (result.differing, result.is_little_evidence, result.is_clear) == (FEW - 1, True, False)
    enough = paired_bootstrap(first, [(0, 1)] * FEW + [(1, 1)] * (100 - FEW))
    assert (enough.differing, enough.is_little_evidence, enough.is_clear) == (FEW, False, True)


def test_speakers_whose_errors_cancel_do_not_tell_recognizers_apart() -> None:
    first, second = [(1, 1), (0, 1), (1, 1)], [(0, 1), (1, 1), (1, 1)]
    assert paired_bootstrap(first, second).differing == 2
    assert paired_bootstrap(first, second, ["a", "a", "b"]).differing == 0


def test_references_without_words_give_no_division_by_zero() -> None:
    result = paired_bootstrap([(1, 0), (0, 0)], [(0, 0), (0, 0)])
    assert result.difference == -1.0
    assert np.isfinite([result.low, result.high]).all()
