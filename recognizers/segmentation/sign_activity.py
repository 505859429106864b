"""Where somebody signs in a long video, and where the hands rest or are out of view, by their landmarks."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from data_prep.features.extractor import Signal
from data_prep.features.hand_gaps import fill_gaps
from data_prep.features.hand_tracker import HANDS, IMAGE, WRIST
from recognizers.segmentation.pause_splitting import ACTIVE, QUIET, STEP_S, Segment
from recognizers.segmentation.runs import true_runs

INDEX_MCP, MIDDLE_MCP, PINKY_MCP = 5, 9, 17
#: The tracker loses fast hands for up to this long. Hands that are missing for longer are out of view.
LOST_S = 0.3
#: Speed is measured over this duration. The landmarks of a still hand tremble by 0.03 palms from frame to frame, which
#: between two frames at 30 a second would look like a palm a second.
SPEED_WINDOW_S = 0.2
#: Speeds of the fastest finger, in palm lengths a second, with hysteresis: hands start to move above the first and are
#: still again below the second. Held handshapes drift by up to 0.5; fingers move between handshapes at 2 and more.
MOVING_SPEED, STILL_SPEED = 1.2, 0.8
#: Hands that are still for this long are at rest: few signs hold a handshape for longer than a second.
REST_S = 1.5
#: Exception: hands held this many palms above their usual height while moving are a sign that is held for long.
HELD_ABOVE_PALMS = 0.7
#: Exception: hands that come into view for at most this long are signing: nobody raises them to rest.
VISIT_S = 3.0
#: Hands that are still for this shorter time are at rest too, if they are this many palms below their usual height (a
#: palm is about 9 cm; a lap is 25 cm or more below the chest), or differ by less than this many palms, in place and
#: shape, from a long rest.
SHORT_REST_S, LOWERED_PALMS, SAME_REST_PALMS = 0.4, 2.0, 0.35
#: Shorter activity is no sign: a hand passes by, or the tracker sees one where there is none.
SHORTEST_SIGN_S = 0.3
#: How much rest is kept on each side of a sign, for the slow beginning of its movement.
MARGIN_S = 0.1


@dataclass(frozen=True)
class SignActivity:
    """Where somebody signs in a video.

    Attributes:
        signs: A segment for each sign, if the signer pauses between signs. Signs without a pause between them share a
            segment: without knowing the signs, nothing tells where one ends and the next begins.
        duration_s: Duration of the video in seconds.
    """

    signs: tuple[Segment, ...]
    duration_s: float

    def states(self) -> np.ndarray:
        """(T,) `ACTIVE` or `QUIET` for each step of `STEP_S`, as `split_at_pauses` takes them."""
        states = np.full(max(1, round(self.duration_s / STEP_S)), QUIET, np.int8)
        for sign in self.signs:
            states[round(sign.start_s / STEP_S) : round(sign.end_s / STEP_S)] = ACTIVE
        return states

    def segments(self, longest_s: float) -> list[Segment]:
        """The signs; one longer than `longest_s` is cut into equal parts, so that memory stays bounded."""
        segments = []
        for sign in self.signs:
            count = math.ceil(sign.duration_s / longest_s)
            times_s = np.linspace(sign.start_s, sign.end_s, count + 1).tolist()
            segments += [Segment(start_s, end_s) for start_s, end_s in pairwise(times_s)]
        return segments


def detect_signs(signal: Signal) -> SignActivity:
    """Find the signs in a video.

    A pause is where no hand is in view, or where every hand in view rests.

    Args:
        signal: Hand landmarks.
    """
    hands, _ = fill_gaps(signal.values[:, :HANDS], signal.rate_hz, LOST_S)
    points = _hide_cut_off_hands(hands[:, :, IMAGE, :, :2])  # (T, 2, 21, 2), x to the right and y down
    seen = ~np.isnan(points[:, :, WRIST, 0]).all(axis=1)  # (T,)
    resting = _find_rests(points / _palm_length(points), seen, signal.rate_hz)
    margin = round(MARGIN_S * signal.rate_hz)
    spans = []
    for start, end in true_runs(seen & ~resting):
        if (end - start) / signal.rate_hz >= SHORTEST_SIGN_S:
            reversed_start = _extend_back(seen[::-1], len(seen) - end, margin)
            spans.append((_extend_back(seen, start, margin), len(seen) - reversed_start))
    for number in range(1, len(spans)):  # margins must not overlap
        (first, end), (start, last) = spans[number - 1 : number + 1]
        middle = (end + start) // 2
        spans[number - 1 : number + 1] = [(first, min(end, middle)), (max(start, middle), last)]
    signs = tuple(Segment(start / signal.rate_hz, end / signal.rate_hz) for start, end in spans)
    return SignActivity(signs, signal.duration_s)


def detect_movement(signal: Signal, shortest_s: float, longest_hold_s: float) -> list[Segment]:
    """Find where hands move, also in a clip of a single sign, in which `detect_signs` finds no pause.

    Args:
        signal: Hand landmarks.
        shortest_s: Shorter movements are left out.
        longest_hold_s: Movements that are separated by less than this are one.
    """
    hands, _ = fill_gaps(signal.values[:, :HANDS], signal.rate_hz, LOST_S)
    points = hands[:, :, IMAGE, :, :2]  # (T, 2, 21, 2)
    moving = _find_movement(points / _palm_length(points), signal.rate_hz)
    for start, end in true_runs(~moving):
        if start > 0 and end < len(moving) and (end - start) / signal.rate_hz < longest_hold_s:
            moving[start:end] = True
    segments = [Segment(start / signal.rate_hz, end / signal.rate_hz) for start, end in true_runs(moving)]
    return [segment for segment in segments if segment.duration_s >= shortest_s]


def _find_rests(points: np.ndarray, seen: np.ndarray, rate_hz: float) -> np.ndarray:
    """Find where all hands in view rest.

    Args:
        points: (T, 2, 21, 2) landmarks in palm lengths.
        seen: (T,) bool, the frames with a hand in view.
        rate_hz: Frames a second.

    Returns:
        (T,) bool.
    """
    moving = _find_movement(points, rate_hz)
    height = np.full(len(seen), np.nan)  # y of the upper hand's wrist, which is the hand that signs
    height[seen] = np.nanmin(points[seen][:, :, WRIST, 1], axis=1)
    usual_height = np.median(height[moving]) if moving.any() else np.nan  # comparisons with NaN are False
    resting = np.zeros(len(seen), bool)
    visits = np.zeros(len(seen), bool)
    for start, end in true_runs(seen):
        visits[start:end] = (end - start) / rate_hz <= VISIT_S
    long_rests: list[np.ndarray] = []
    undecided: list[tuple[int, int, np.ndarray]] = []
    for start, end in true_runs(seen & ~moving):
        still_s, y = (end - start) / rate_hz, np.nanmedian(height[start:end])
        pose = _median_pose(points[start:end])
        if still_s >= REST_S and not visits[start] and not y < usual_height - HELD_ABOVE_PALMS:
            resting[start:end] = True
            long_rests.append(pose)
        elif still_s >= SHORT_REST_S and y > usual_height + LOWERED_PALMS:
            resting[start:end] = True
        elif still_s >= SHORT_REST_S:
            undecided.append((start, end, pose))
    for start, end, pose in undecided:
        resting[start:end] = any(_pose_distance(pose, rest) < SAME_REST_PALMS for rest in long_rests)
    return resting


def _find_movement(points: np.ndarray, rate_hz: float) -> np.ndarray:
    """(T,) bool: where a hand moves; a run above the lower speed counts if it exceeds the upper one somewhere."""
    speed = _speed(points, rate_hz)
    moving = np.zeros(len(points), bool)
    for start, end in true_runs(speed > STILL_SPEED):
        moving[start:end] = speed[start:end].max() > MOVING_SPEED
    return moving


def _hide_cut_off_hands(points: np.ndarray) -> np.ndarray:
    """Remove hands that the lower edge of the picture cuts off: a lowered hand's fingers may still be in view.

    The palm of such a hand lies below 1, the height of the picture. If most palms do, the coordinates are not shares
    of the height, and nothing is removed.
    """
    below = points[:, :, (WRIST, INDEX_MCP, PINKY_MCP), 1].mean(axis=2) > 1  # (T, 2)
    if 2 * below.sum() > (~np.isnan(points[:, :, WRIST, 0])).sum():
        return points
    return np.where(below[..., None, None], np.float32(np.nan), points)


def _speed(points: np.ndarray, rate_hz: float) -> np.ndarray:
    """(T,): speed of the faster hand, in palm lengths a second; 0 unless it is in view before and after."""
    reach = max(1, round(SPEED_WINDOW_S / 2 * rate_hz))
    index = np.arange(len(points))
    before, after = np.maximum(index - reach, 0), np.minimum(index + reach, len(points) - 1)
    speeds = np.zeros(len(points))
    for hand in range(points.shape[1]):  # one hand at a time: the differences of an hour take memory
        moved = _finger_distance(points[after, hand] - points[before, hand])
        speeds = np.maximum(speeds, np.nan_to_num(moved * rate_hz / np.maximum(after - before, 1)))
    return speeds


def _finger_distance(differences: np.ndarray) -> np.ndarray:
    """(..., 21, 2) -> (...): by how much the most different finger differs; some signs differ in one finger only."""
    lengths = np.linalg.norm(differences[..., 1:, :], axis=-1)  # without the wrist, four landmarks a finger
    return lengths.reshape(*lengths.shape[:-1], 5, 4).mean(axis=-1).max(axis=-1)


def _palm_length(points: np.ndarray) -> float:
    """The length of a palm in the picture: the median over frames and hands."""
    lengths = np.linalg.norm(points[:, :, MIDDLE_MCP] - points[:, :, WRIST], axis=-1)  # (T, 2)
    return max(float(np.nanmedian(lengths)), 1e-6) if np.isfinite(lengths).any() else 1.0


def _median_pose(points: np.ndarray) -> np.ndarray:
    """(T, 2, 21, 2) -> (2, 21, 2): the median of each landmark; NaN for a hand that is missing in most frames."""
    pose = np.full(points.shape[1:], np.nan)
    for hand in range(points.shape[1]):
        in_view = points[:, hand][~np.isnan(points[:, hand, WRIST, 0])]
        if 2 * len(in_view) >= len(points):
            pose[hand] = np.median(in_view, axis=0)
    return pose


def _pose_distance(pose: np.ndarray, other: np.ndarray) -> float:
    """How much two poses (2, 21, 2) differ, by the hand that differs more; infinite unless both show the same hands."""
    if (np.isnan(pose) != np.isnan(other)).any() or np.isnan(pose).all():
        return float("inf")
    return float(np.nanmax(_finger_distance(pose - other)))


def _extend_back(seen: np.ndarray, start: int, margin: int) -> int:
    """Up to `margin` frames before `start`, but no further than hands are in view without a gap."""
    unseen = np.flatnonzero(~seen[max(0, start - margin) : start])
    return max(0, start - margin) + (int(unseen[-1]) + 1 if len(unseen) else 0)
