"""Tells the two hands apart from frame to frame."""

from collections.abc import Iterable, Sequence

import numpy as np

#: (hand, coordinates, landmark, axis), image coordinates first; the numbers are those of `hand_tracker`.
SHAPE = (2, 2, 21, 3)
IMAGE, WRIST, MIDDLE_MCP = 0, 0, 9
#: Two detections whose landmarks are closer than this on average, in palm lengths, are the same hand.
SAME_HAND = 0.2
#: A hand is expected to move on with half its last velocity, for at most 0.2 s: hands stop, turn and clap.
COAST, COAST_S = 0.5, 0.2
#: The farthest a hand can move between frames, in palm lengths: a fixed part plus a part per second (3 m/s).
REACH, REACH_PER_S = 2.0, 30.0
#: Upper bound of that distance, in picture heights.
REACH_LIMIT = 0.5
SMALLEST_PALM = 0.02


class _Place:
    """Position, shape and velocity of one of the hands when it was last seen."""

    def __init__(self, found: np.ndarray, time_s: float, before: "_Place | None") -> None:
        self.points = found[IMAGE]  # (21, 3)
        self.wrist = self.points[WRIST, :2]
        self.palm = max(float(np.linalg.norm(self.points[MIDDLE_MCP] - self.points[WRIST])), SMALLEST_PALM)
        self.time_s = time_s
        self.velocity = np.zeros(2)
        if before is not None and 0 < time_s - before.time_s <= COAST_S:
            self.velocity = (self.wrist - before.wrist) / (time_s - before.time_s)

    def cost(self, found: np.ndarray, time_s: float) -> float:
        """Cost of taking a detection for this hand, in picture heights: distance, difference in shape, and absence."""
        gone_s = time_s - self.time_s
        expected = self.wrist + COAST * self.velocity * min(gone_s, COAST_S)
        points = found[IMAGE]
        shape = (points - points[WRIST] - self.points + self.points[WRIST]) / self.palm
        unlike = min(float(np.linalg.norm(shape, axis=1).mean()), 1.0)
        return float(np.linalg.norm(points[WRIST, :2] - expected)) + self.palm * (unlike + min(gone_s, 1.0))

    def reach(self, time_s: float) -> float:
        """Farthest distance it can have moved, in picture heights."""
        return min(self.palm * (REACH + REACH_PER_S * (time_s - self.time_s)), REACH_LIMIT)


class HandIdentities:
    """Assigns each detection to one of two hands by position, movement and shape."""

    def __init__(self) -> None:
        self._places: list[_Place | None] = [None] * SHAPE[0]

    def assign(self, detections: Sequence[np.ndarray], time_s: float) -> np.ndarray:
        """Assign the detections of a frame.

        Args:
            detections: At most two arrays (2, 21, 3), in picture heights; duplicates are dropped.
            time_s: Time of the frame; it must rise from call to call.

        Returns:
            (2, 2, 21, 3), NaN where a hand is absent.
        """
        frame = np.full(SHAPE, np.nan, np.float32)
        detections = _without_duplicates(detections)
        if not detections:
            return frame

        def cost(places: Iterable[int]) -> float:
            return sum(self._cost(found, place, time_s) for found, place in zip(detections, places, strict=True))

        options: list[Sequence[int]] = [(0,), (1,)] if len(detections) == 1 else [(0, 1), (1, 0)]
        for found, place in zip(detections, min(options, key=cost), strict=True):
            frame[place] = found
            self._places[place] = _Place(found, time_s, self._places[place])
        return frame

    def _cost(self, found: np.ndarray, place: int, time_s: float) -> float:
        known = self._places[place]
        if known is not None:
            return known.cost(found, time_s)
        other = self._places[1 - place]
        # A detection opens the second place only if it is too far away to be the hand seen before.
        return other.reach(time_s) if other is not None else REACH_LIMIT


def _without_duplicates(detections: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
    if len(detections) < 2:
        return detections
    first, second = (found[IMAGE] for found in detections)
    palm = max(float(np.linalg.norm(first[MIDDLE_MCP] - first[WRIST])), SMALLEST_PALM)
    apart = np.linalg.norm(first[:, :2] - second[:, :2], axis=1).mean()
    return detections[:1] if apart < SAME_HAND * palm else detections
