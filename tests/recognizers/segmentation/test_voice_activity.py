"""Pauses and speech in a known voice activity."""

import numpy as np
import pytest

from recognizers.segmentation.pause_splitting import ACTIVE, DEAD, QUIET
from recognizers.segmentation.voice_activity import VoiceActivity


def test_pauses_between_two_times_are_cut_off_there() -> None:
    states = np.full(200, ACTIVE, np.int8)
    states[20:60], states[100:103], states[150:] = QUIET, QUIET, DEAD
    activity = VoiceActivity(states)
    np.testing.assert_allclose(activity.pauses(0.0, 2.0, 0.1), [(0.2, 0.6), (1.5, 2.0)])
    np.testing.assert_allclose(activity.pauses(0.4, 1.7, 0.02), [(0.4, 0.6), (1.0, 1.03), (1.5, 1.7)])


@pytest.mark.parametrize(
    ("states", "has_speech"), [([], False), ([QUIET, DEAD], False), ([ACTIVE], True), ([QUIET, ACTIVE], True)]
)
def test_only_active_steps_are_speech(states: list[int], has_speech: bool) -> None:
    assert VoiceActivity(np.array(states, np.int8)).has_speech == has_speech
