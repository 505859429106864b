"""Where somebody signs in a long video, and where the hands rest or are out of view, by their landmarks."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from data_prep.features.extractor import Signal
from data_prep.features.hand_gaps import fill_gaps
from data_prep.features.hand_tracker import HANDS, IMAGE, WRIST
from recognizers.segmentation.voice_activity import HEARD, QUIET, STEP_S, Segment

INDEX_MCP, MIDDLE_MCP, PINKY_MCP = 5, 9, 17
#: The tracker loses hands that move fast for up to so long; hands that are gone for longer are out of view.
LOST_S = 0.3
#: Speed is measured over so long. A tracked hand that is still trembles by 0.03 palms from picture to picture, which
#: would look like a palm a second at 30 pictures a second.
SPEED_OVER_S = 0.2
#: Speeds of the fastest finger, in palm lengths a second, with hysteresis: hands begin to move above one and are
#: still again below the other. Held handshapes drift by up to 0.5; from one to another fingers move at 2 and more.
MOVES, STILL = 1.2, 0.8
#: Hands that are still for so long rest: a handshape that is a sign is seldom held for longer than a second.
REST_S = 1.5
#: But hands that are held up, so many palms above where they are when they move, are a sign held for long.
HELD_UP = 0.7
#: So are hands that come into view and are gone after so long: nobody raises them to rest.
VISIT_S = 3.0
#: Hands that are still for so long rest as well if they are lowered by so many palms (a palm is about 9 cm; a lap is 25
#: cm or more below the chest), or if they are within so many palms, in place and shape, of a rest as long as above.
SHORT_REST_S, LOWERED, SAME_PLACE = 0.4, 2.0, 0.35
#: What is shorter is no sign, but a hand that passes by, or that the tracker saw where there is none.
SIGN_S = 0.3
#: How much of a rest stays with the sign on each side, for the slow beginning of its movement.
MARGIN_S = 0.1


def signs_in(signal: Signal) -> list[Segment]:
    """The stretches of a video in which hands do something: one a sign, if the signer pauses between signs.

    A pause is where no hand is seen, or where all that are seen rest. Signs that follow each other without one are one
    stretch: where one ends and the next begins cannot be told without knowing the signs.

    Args:
        signal: Landmarks of hands.
    """
    hands, _ = fill_gaps(signal.values[:, :HANDS], signal.rate_hz, LOST_S)
    points = _in_view(hands[:, :, IMAGE, :, :2])  # (T, 2, 21, 2), x to the right and y down
    seen = ~np.isnan(points[:, :, WRIST, 0]).all(axis=1)  # (T,)
    palm = _palm(points)
    resting = _resting(points / palm, seen, signal.rate_hz)
    margin = round(MARGIN_S * signal.rate_hz)
    spans = []
    for start, stop in _runs(seen & ~resting):
        if (stop - start) / signal.rate_hz >= SIGN_S:
            # A margin of pictures without a hand would be of no use.
            spans.append((_back(seen, start, margin), len(seen) - _back(seen[::-1], len(seen) - stop, margin)))
    for number in range(1, len(spans)):
        (first, end), (begin, last) = spans[number - 1 : number + 1]
        middle = (end + begin) // 2
        spans[number - 1 : number + 1] = [(first, min(end, middle)), (max(begin, middle), last)]
    return [Segment(start / signal.rate_hz, stop / signal.rate_hz) for start, stop in spans]


def as_activity(signal: Signal) -> np.ndarray:
    """Where somebody signs, in steps as those of sound: what `pauses.cut` cuts long recordings by."""
    happens = np.full(max(1, round(signal.duration_s / STEP_S)), QUIET, np.int8)
    for sign in signs_in(signal):
        happens[round(sign.start_s / STEP_S) : round(sign.end_s / STEP_S)] = HEARD
    return happens


def in_parts(signs: Sequence[Segment], longest_s: float) -> list[Segment]:
    """The same, but in equal parts what is too long to be a sign; so that memory is bounded, whatever is signed."""
    parts = []
    for sign in signs:
        count = math.ceil((sign.end_s - sign.start_s) / longest_s)
        times_s = np.linspace(sign.start_s, sign.end_s, count + 1).tolist()
        parts += [Segment(start_s, end_s) for start_s, end_s in pairwise(times_s)]
    return parts


def _resting(points: np.ndarray, seen: np.ndarray, rate_hz: float) -> np.ndarray:
    """(T,) bool: where all hands that are seen rest; points in palm lengths."""
    speed = _speed(points, rate_hz)
    moving = np.zeros(len(seen), bool)
    for start, stop in _runs(speed > STILL):
        moving[start:stop] = speed[start:stop].max() > MOVES
    height = np.full(len(seen), np.nan)  # y of the upper hand's wrist, which is the one that signs
    height[seen] = np.nanmin(points[seen][:, :, WRIST, 1], axis=1)
    usual = np.median(height[moving]) if moving.any() else np.nan  # comparisons with NaN are False
    resting = np.zeros(len(seen), bool)
    visits = np.zeros(len(seen), bool)
    for start, stop in _runs(seen):
        visits[start:stop] = (stop - start) / rate_hz <= VISIT_S
    places: list[np.ndarray] = []
    short: list[tuple[int, int, np.ndarray]] = []
    for start, stop in _runs(seen & ~moving):
        lasts_s, y = (stop - start) / rate_hz, np.nanmedian(height[start:stop])
        place = _median(points[start:stop])
        if lasts_s >= REST_S and not visits[start] and not y < usual - HELD_UP:
            resting[start:stop] = True
            places.append(place)
        elif lasts_s >= SHORT_REST_S and y > usual + LOWERED:
            resting[start:stop] = True
        elif lasts_s >= SHORT_REST_S:
            short.append((start, stop, place))
    for start, stop, place in short:
        resting[start:stop] = any(_distance(place, other) < SAME_PLACE for other in places)
    return resting


def _in_view(points: np.ndarray) -> np.ndarray:
    """Landmarks without hands that the picture's lower edge cuts off: a lowered hand's fingers may still be seen.

    Their palms lie below 1, the picture's height; unless most do, for then the coordinates are no shares of it.
    """
    below = points[:, :, (WRIST, INDEX_MCP, PINKY_MCP), 1].mean(axis=2) > 1  # (T, 2)
    if 2 * below.sum() > (~np.isnan(points[:, :, WRIST, 0])).sum():
        return points
    return np.where(below[..., None, None], np.float32(np.nan), points)


def _speed(points: np.ndarray, rate_hz: float) -> np.ndarray:
    """(T,): of the faster hand, in palm lengths a second; 0 where none is seen before and after."""
    reach = max(1, round(SPEED_OVER_S / 2 * rate_hz))
    index = np.arange(len(points))
    before, after = np.maximum(index - reach, 0), np.minimum(index + reach, len(points) - 1)
    speeds = np.zeros(len(points))
    for hand in range(points.shape[1]):  # one at a time: an hour of differences takes memory
        moved = _by_finger(points[after, hand] - points[before, hand])
        speeds = np.maximum(speeds, np.nan_to_num(moved * rate_hz / np.maximum(after - before, 1)))
    return speeds


def _by_finger(differences: np.ndarray) -> np.ndarray:
    """(..., 21, 2) -> (...): by how much the finger differs that differs most; some signs differ in one alone."""
    lengths = np.linalg.norm(differences[..., 1:, :], axis=-1)  # without the wrist, four landmarks a finger
    return lengths.reshape(*lengths.shape[:-1], 5, 4).mean(axis=-1).max(axis=-1)


def _palm(points: np.ndarray) -> float:
    """The length of a palm in the picture: the median over frames and hands."""
    lengths = np.linalg.norm(points[:, :, MIDDLE_MCP] - points[:, :, WRIST], axis=-1)  # (T, 2)
    return max(float(np.nanmedian(lengths)), 1e-6) if np.isfinite(lengths).any() else 1.0


def _median(points: np.ndarray) -> np.ndarray:
    """(2, 21, 2): where the landmarks mostly are, NaN of a hand that is mostly absent."""
    place = np.full(points.shape[1:], np.nan)
    for hand in range(points.shape[1]):
        there = points[:, hand][~np.isnan(points[:, hand, WRIST, 0])]
        if 2 * len(there) >= len(points):
            place[hand] = np.median(there, axis=0)
    return place


def _distance(place: np.ndarray, other: np.ndarray) -> float:
    """How far hands are apart, mean of their landmarks; infinite unless the same ones are seen."""
    if (np.isnan(place) != np.isnan(other)).any() or np.isnan(place).all():
        return float("inf")
    return float(np.nanmax(_by_finger(place - other)))


def _back(seen: np.ndarray, start: int, most: int) -> int:
    """The earliest of up to so many frames before, without one in between in which no hand is seen."""
    unseen = np.flatnonzero(~seen[max(0, start - most) : start])
    return max(0, start - most) + (int(unseen[-1]) + 1 if len(unseen) else 0)


def _runs(where: np.ndarray) -> list[tuple[int, int]]:
    """Where it is True: [start, stop) of each run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], where, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
