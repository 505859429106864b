import numpy as np
import pytest

from recognizers.error_analysis.paired_bootstrap import paired_bootstrap


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
