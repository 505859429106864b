"""Signs are found in long videos, and hands at rest are not taken for signs."""

from itertools import pairwise

import numpy as np
import pytest

from data_prep.features.extractor import Signal
from recognizers.segmentation.pause_splitting import ACTIVE, STEP_S
from recognizers.segmentation.sign_activity import detect_signs

PALM = 0.15


def hand(seconds: float, rate_hz: float, moves: bool = False, down: float = 0.0, shape: int = 0) -> np.ndarray:
    """(T, 2, 2, 21, 3): one hand that trembles as a tracked one does; `down` is how many palms it is lowered."""
    count = round(seconds * rate_hz)
    rng = np.random.default_rng(shape)
    points = np.zeros((21, 3))
    points[1:, :2] = rng.uniform(-1, 1, (20, 2)) * PALM
    points[9] = (0, -PALM, 0)
    points[:, :2] += (0.5, 0.4 + down * PALM)
    values = np.full((count, 2, 2, 21, 3), np.nan, np.float32)
    values[:, 0] = points
    values[:, 0] += np.random.default_rng(count).normal(0, 0.01 * PALM, (count, 1, 21, 3))
    if moves:
        swing = 1.0 * PALM * np.sin(2 * np.pi * 1.5 * np.arange(count) / rate_hz)
        values[:, 0, :, :, 0] += swing[:, None, None]
    return values


def no_hand(seconds: float, rate_hz: float) -> np.ndarray:
    return np.full((round(seconds * rate_hz), 2, 2, 21, 3), np.nan, np.float32)


def found(parts: list[np.ndarray], rate_hz: float) -> list[tuple[float, float]]:
    return [(sign.start_s, sign.end_s) for sign in detect_signs(Signal(np.concatenate(parts), rate_hz)).signs]


@pytest.mark.parametrize("rate_hz", [12.0, 30.0, 60.0])
@pytest.mark.parametrize("moves", [True, False])
def test_hands_out_of_view_separate_signs(rate_hz: float, moves: bool) -> None:
    sign = hand(1, rate_hz, moves)
    spans = found([no_hand(1, rate_hz), sign, no_hand(0.5, rate_hz), sign, no_hand(2, rate_hz), sign], rate_hz)
    np.testing.assert_allclose(spans, [(1, 2), (2.5, 3.5), (5.5, 6.5)], atol=1.01 / rate_hz)


@pytest.mark.parametrize("rest_s", [0.7, 2.0])
@pytest.mark.parametrize("rate_hz", [15.0, 30.0])
def test_hands_in_the_lap_separate_signs(rate_hz: float, rest_s: float) -> None:
    sign, rest = hand(1, rate_hz, moves=True), hand(rest_s, rate_hz, down=3)
    spans = found([rest, sign, rest, sign, rest], rate_hz)
    expected = [(rest_s, 1 + rest_s), (1 + 2 * rest_s, 2 + 2 * rest_s)]
    np.testing.assert_allclose(spans, expected, atol=0.35)  # hands that jump are fast a moment before and after


def test_a_short_rest_is_recognised_by_a_long_one_in_the_same_place_and_shape() -> None:
    def rest(seconds: float) -> np.ndarray:
        return hand(seconds, 30)

    def sign(number: int) -> np.ndarray:  # from the rest to another shape, which is held, in the same place
        return np.concatenate([hand(0.3, 30, moves=True), hand(0.8, 30, shape=number), hand(0.3, 30, moves=True)])

    assert len(found([rest(2), sign(1), rest(0.7), sign(2), rest(0.7)], 30)) == 2
    assert len(found([rest(0.7), sign(1), rest(0.7), sign(2), rest(0.7)], 30)) == 1  # it may all be one sign


def test_a_handshape_held_up_for_long_is_a_sign() -> None:
    transition = hand(0.5, 30, moves=True, down=1.5)
    spans = found([hand(2, 30, down=4), transition, hand(3, 30), transition, hand(2, 30, down=4)], 30)
    np.testing.assert_allclose(spans, [(2, 6)], atol=0.3)


def test_short_losses_and_false_detections_of_the_tracker_do_not_matter() -> None:
    sign = hand(2, 30, moves=True)
    sign[20:28] = np.nan
    blip = hand(0.2, 30)
    assert len(found([no_hand(1, 30), sign, no_hand(1, 30), blip, no_hand(2, 30)], 30)) == 1


def test_hands_cut_off_by_the_lower_edge_of_the_picture_are_out_of_view() -> None:
    sign, below = hand(1, 30, moves=True), hand(0.5, 30, moves=True, down=5)
    assert len(found([below, sign, below, sign, below, sign, sign], 30)) == 3
    pixels = [part * np.float32(480) for part in (below, sign, below, sign, sign)]
    assert len(found(pixels, 30)) >= 1  # coordinates in pixels: the lower edge is unknown


def test_hands_at_rest_do_not_sign() -> None:
    assert found([hand(20, 30)], 30) == []
    assert not (detect_signs(Signal(hand(20, 30), 30)).states() == ACTIVE).any()


def test_states_have_the_steps_of_voice_activity() -> None:
    signal = Signal(np.concatenate([no_hand(1, 30), hand(1, 30, moves=True), no_hand(1, 30)]), 30.0)
    states = detect_signs(signal).states()
    assert len(states) == round(3 / STEP_S)
    assert np.flatnonzero(states == ACTIVE)[[0, -1]] * STEP_S == pytest.approx([1, 2], abs=0.02)


def test_a_sign_that_is_too_long_is_cut_into_equal_parts() -> None:
    activity = detect_signs(Signal(hand(25, 30, moves=True), 30))
    [sign] = activity.signs
    parts = activity.segments(10.0)
    assert len(parts) == 3
    assert (parts[0].start_s, parts[-1].end_s) == (sign.start_s, sign.end_s)
    assert all(before.end_s == after.start_s for before, after in pairwise(parts))
