"""Long recordings are cut at their pauses, and every sound is in a segment."""

import itertools

import numpy as np
import pytest

from recognizers.segmentation.pause_splitting import (
    ACTIVE,
    DEAD,
    EDGE_S,
    OVERLAP_S,
    QUIET,
    STEP_S,
    Segment,
    split_at_pauses,
)


def states_of(*spans: tuple[float, float], duration_s: float) -> np.ndarray:
    states = np.full(round(duration_s / STEP_S), QUIET, np.int8)
    for start_s, end_s in spans:
        states[round(start_s / STEP_S) : round(end_s / STEP_S)] = ACTIVE
    return states


def test_long_pauses_are_always_cut_and_short_ones_only_in_long_segments() -> None:
    states = states_of((1, 3), (3.3, 5), (6, 8), duration_s=9)
    assert split_at_pauses(states, 10.0) == [Segment(0.8, 5.2), Segment(5.8, 8.2)]
    halves = split_at_pauses(states, 3.0)
    assert [(round(each.start_s, 2), round(each.end_s, 2)) for each in halves] == [(0.8, 3.15), (3.15, 5.2), (5.8, 8.2)]


def test_activity_without_a_pause_is_cut_into_overlapping_windows() -> None:
    segments = split_at_pauses(states_of((2, 40), duration_s=42), 10.0)
    assert segments[0].start_s == pytest.approx(1.8)
    assert segments[-1].end_s == pytest.approx(40.2)
    assert segments[0].overlap_s == 0
    for before, after in itertools.pairwise(segments):
        assert after.overlap_s == OVERLAP_S
        assert before.end_s - after.start_s == pytest.approx(OVERLAP_S)
        assert after.duration_s <= 10.0


@pytest.mark.parametrize("seed", range(20))
def test_every_sound_is_in_a_segment_and_no_segment_is_too_long(seed: int) -> None:
    rng = np.random.default_rng(seed)
    states = np.concatenate(
        [np.full(rng.integers(1, 200), rng.choice([DEAD, QUIET, ACTIVE])) for _ in range(200)]
    ).astype(np.int8)
    segments = split_at_pauses(states, 5.0)
    covered = np.zeros(len(states), bool)
    for segment in segments:
        assert 0 <= segment.start_s < segment.end_s <= len(states) * STEP_S + 1e-9
        assert segment.duration_s <= 5.0 + 2 * EDGE_S + 1e-9
        covered[round(segment.start_s / STEP_S) : round(segment.end_s / STEP_S)] = True
    beside_dead = np.convolve(states == DEAD, np.ones(3), mode="same") > 0  # left out on purpose
    assert covered[(states == ACTIVE) & ~beside_dead].all()
    assert not covered[np.convolve(states == DEAD, np.ones(60), mode="same") == 60].any()
    for before, after in itertools.pairwise(segments):
        assert after.start_s >= before.end_s - after.overlap_s - 1e-9
