"""Learns when a gesture begins and ends, from where CTC emits it and from how the hand moves around that moment.

CTC learns the order of gestures and not their times: it emits a gesture in a few frames, often near its end. Gestures
of one class differ in length (DENY of SHREC'21 takes from 0.5 to 3.8 s), so the usual times of a class miss many. But
the hand shows when it starts to hold or move, and recordings with known times teach what that looks like: extremely
randomised trees (Geurts et al., 2006) correct the usual times by the movement.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor

from data_prep.features.extractor import Frames
from data_prep.features.hand_keypoints import AXES, LANDMARKS, SHAPE
from recognizers.error_analysis.detection import Span

#: The movement is described from this long before the emission to this long after it, in bins of this length.
BEFORE_S, AFTER_S, BIN_S = 3.2, 2.0, 0.2
#: Limits of four tracks: distance of the hand's shape and of its position from those at the emission, in palm lengths,
#: and speed of its landmarks and of its palm, in palm lengths per second. For each limit, two features say for how long
#: before and after the emission the track stays below it, up to LONGEST_S.
LIMITS = ((0.15, 0.3, 0.5), (0.3, 0.6, 1.0), (1.0, 2.0), (1.0, 2.0))
LONGEST_S = 5.0
NUM_TREES, FEWEST_IN_LEAF = 300, 3


@dataclass(frozen=True)
class Recording:
    """What a recognizer found in a recording.

    Attributes:
        frames: Its hand-keypoint frames, of one hand.
        emissions: Where each gesture is emitted, in order.
    """

    frames: Frames
    emissions: Sequence[Span]

    @property
    def duration_s(self) -> float:
        """Its duration."""
        return len(self.frames.values) / self.frames.frame_rate_hz


class GestureTimes:
    """Replaces the few frames in which each gesture is emitted by its likely start and end.

    Args:
        recordings: Recordings to learn from.
        truth: The true gestures of each. Recordings in which others were found are left out; if none remains, gestures
            keep the times at which they are emitted.
    """

    def __init__(self, recordings: Sequence[Recording], truth: Sequence[Sequence[Span]]) -> None:
        usable = [
            (recording, spans)
            for recording, spans in zip(recordings, truth, strict=True)
            if spans and [each.label for each in recording.emissions] == [each.label for each in spans]
        ]
        labels = [span.label for _, spans in usable for span in spans]
        times_s = np.array(
            [_relative_s(*pair) for recording, spans in usable for pair in zip(recording.emissions, spans, strict=True)]
        )
        self._usual_s = _usual_times_s(labels, times_s)
        self._labels = sorted(self._usual_s)
        self._trees: ExtraTreesRegressor | None = None
        if usable:
            features = np.concatenate([self._features(recording) for recording, _ in usable])
            self._trees = ExtraTreesRegressor(NUM_TREES, min_samples_leaf=FEWEST_IN_LEAF, random_state=0)
            self._trees.fit(features, times_s - np.array([self._usual_s[label] for label in labels]))

    def __call__(self, recording: Recording) -> list[Span]:
        """Return the gestures of a recording with their times; those of a class never seen keep their emission's.

        They lie within the recording, and those of one class do not overlap.
        """
        if self._trees is None or not recording.emissions:
            return list(recording.emissions)
        spans = [
            _timed(emission, self._usual_s[emission.label] + correction_s, recording.duration_s)
            if emission.label in self._usual_s
            else emission
            for emission, correction_s in zip(
                recording.emissions, self._trees.predict(self._features(recording)), strict=True
            )
        ]
        return _without_overlaps(spans, recording.emissions)

    def _features(self, recording: Recording) -> np.ndarray:
        """Describe each gesture: the movement around it, its distance to its neighbours, its class: (G, F)."""
        middles_s = [_middle_s(emission) for emission in recording.emissions]
        gaps_s = np.diff([0.0, *middles_s, recording.duration_s])
        rows = []
        for number, emission in enumerate(recording.emissions):
            label = [float(emission.label == each) for each in self._labels]
            usual_s = self._usual_s.get(emission.label, np.zeros(2))
            movement = _movement(recording.frames, middles_s[number])
            rows.append([*movement, gaps_s[number], gaps_s[number + 1], *label, *usual_s])
        return np.array(rows)


def _usual_times_s(labels: Sequence[str], times_s: np.ndarray) -> dict[str, np.ndarray]:
    """Compute the median start and end of each class relative to where it is emitted."""
    times_of: defaultdict[str, list[np.ndarray]] = defaultdict(list)
    for label, pair_s in zip(labels, times_s, strict=True):
        times_of[label].append(pair_s)
    return {label: np.median(pairs_s, axis=0) for label, pairs_s in times_of.items()}


def _movement(frames: Frames, time_s: float) -> list[float]:
    """Describe how the hand moves around a time."""
    rate_hz, count = frames.frame_rate_hz, len(frames.values)
    shape = frames.values[:, :SHAPE].reshape(count, LANDMARKS, AXES)
    position = frames.values[:, SHAPE : SHAPE + AXES]
    now = min(round(time_s * rate_hz), count - 1)
    tracks = (
        np.linalg.norm(shape - shape[now], axis=-1).mean(axis=-1),
        np.linalg.norm(position - position[now], axis=-1),
        np.linalg.norm(_velocity(shape, rate_hz), axis=-1).mean(axis=-1),
        np.linalg.norm(_velocity(position, rate_hz), axis=-1),
    )
    described: list[float] = []
    for track, limits in zip(tracks, LIMITS, strict=True):
        described += bin_means(np.log(track + 0.05), time_s, rate_hz)
        for limit in limits:
            described += [min(each / rate_hz, LONGEST_S) for each in frames_until_break(track < limit, now)]
    return described


def _velocity(values: np.ndarray, rate_hz: float) -> np.ndarray:
    return np.gradient(values, axis=0) * rate_hz if len(values) > 1 else np.zeros_like(values)


def bin_means(track: np.ndarray, time_s: float, rate_hz: float) -> list[float]:
    """Average a track (T,) over each bin of time around a moment; beyond the recording, its first or last value."""
    edges_s = time_s + np.arange(-BEFORE_S, AFTER_S + BIN_S / 2, BIN_S)
    edges = np.round(edges_s * rate_hz).astype(int)
    starts = edges[:-1].clip(0, len(track) - 1)
    ends = np.maximum(edges[1:].clip(0, len(track)), starts + 1)
    return [float(track[start:end].mean()) for start, end in zip(starts, ends, strict=True)]


def frames_until_break(holds: np.ndarray, now: int) -> tuple[int, int]:
    """Count the frames before and after `now` for which a condition (T,) holds without a break."""
    before, after = holds[:now][::-1], holds[now + 1 :]
    lengths = [len(side) if side.all() else int(np.argmin(side)) for side in (before, after)]
    return lengths[0], lengths[1]


def _relative_s(emission: Span, span: Span) -> tuple[float, float]:
    return span.start_s - _middle_s(emission), span.end_s - _middle_s(emission)


def _timed(emission: Span, times_s: np.ndarray, duration_s: float) -> Span:
    """Give a gesture its times relative to its emission, unless nothing of them lies within the recording."""
    start_s, end_s = (min(max(float(_middle_s(emission) + each), 0.0), duration_s) for each in times_s)
    return Span(emission.label, start_s, end_s) if end_s > start_s else emission


def _without_overlaps(spans: Sequence[Span], emissions: Sequence[Span]) -> list[Span]:
    """Cut gestures of one class that overlap halfway between their emissions."""
    cut = list(spans)
    last: dict[str, int] = {}  # the number of the last gesture of each class
    for number, after in enumerate(spans):
        previous = last.get(after.label)
        if previous is not None and cut[previous].end_s > after.start_s:
            first_s, second_s = _middle_s(emissions[previous]), _middle_s(emissions[number])
            bound_s = (first_s + second_s) / 2
            cut[previous] = Span(after.label, min(cut[previous].start_s, first_s), bound_s)
            cut[number] = Span(after.label, bound_s, max(after.end_s, second_s))
        last[after.label] = number
    return cut


def _middle_s(span: Span) -> float:
    return (span.start_s + span.end_s) / 2
