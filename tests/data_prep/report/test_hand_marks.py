"""The marks say what the features do with each frame."""

import numpy as np
import pytest

from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.mfcc import Mfcc
from data_prep.report.hand_marks import FILLED, FOUND, MARKS, MISSING, draw_timeline, longest_filled_gap_s, mark_hands
from tests.data_prep.report.conftest import hand_signal, with_body


def test_states_are_those_of_the_features() -> None:
    seen = np.array([[frame not in (3, 4, 8, 9, 10, 11, 12, 13, 14), 0] for frame in range(18)])
    signal = hand_signal(seen)
    extractor = HandKeypoints(num_hands=1)
    states = mark_hands(signal, extractor.fill_gaps_s).states
    presence = extractor.frames(signal).values[:, -1]  # 1, 0.5 or 0
    assert presence.tolist() == [{FOUND: 1.0, FILLED: 0.5, MISSING: 0.0}[state] for state in states.tolist()]
    assert set(states.tolist()) == {FOUND, FILLED, MISSING}


def test_a_frame_is_not_missing_while_one_hand_is_found() -> None:
    seen = np.ones((9, 2), int)
    seen[4, 1] = 0
    marked = mark_hands(with_body(hand_signal(seen)), 0.15)
    assert marked.points.shape == (9, 2, 21, 2)
    assert marked.filled[4].tolist() == [False, True]
    assert marked.states[4] == FILLED
    assert mark_hands(hand_signal(seen), 0.0).states[4] == FOUND


@pytest.mark.parametrize("frames", [1, 2, 50, 5000])
def test_a_timeline_has_any_width_and_hides_no_rare_frame(frames: int) -> None:
    states = np.full(frames, FOUND)
    states[frames // 2] = MISSING
    strip = draw_timeline(states, 120, 10)
    assert strip.shape == (10, 120, 3)
    assert (strip[-1] == MARKS[MISSING].colour).all(axis=1).any()


def test_heights_tell_the_states_apart_without_colours() -> None:
    strip = draw_timeline(np.array([FOUND, FILLED, MISSING]), 3, 10)
    heights = [(strip[:, column] == MARKS[state].colour).all(axis=1).sum() for column, state in enumerate(range(3))]
    assert heights == sorted(heights, reverse=True)
    assert len(set(heights)) == 3


def test_sound_has_no_gaps_to_fill() -> None:
    assert longest_filled_gap_s(HandKeypoints(fill_gaps_s=0.3)) == 0.3
    assert longest_filled_gap_s(Mfcc()) == 0.0
