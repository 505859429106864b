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

#: The movement is described from this long before the emission to this long after it, in spans of this length.
BEFORE_S, AFTER_S, SPAN_S = 3.2, 2.0, 0.2
#: For how long the hand has stayed, and stays, within these limits, at most this long: distance of its shape and of its
#: position from those at the emission, in palm lengths, and speed of its landmarks and of its palm, in palm lengths per
#: second.
LIMITS = ((0.15, 0.3, 0.5), (0.3, 0.6, 1.0), (1.0, 2.0), (1.0, 2.0))
LONGEST_S = 5.0
NUM_TREES, FEWEST_IN_LEAF = 300, 3


@dataclass(frozen=True)
class Recording:
    """What a recognizer found in a recording of one hand.

    Attributes:
        frames: Its hand-keypoint frames, of one hand.
        emitted: Where each gesture is emitted, in order.
    """

    frames: Frames
    emitted: Sequence[Span]


class GestureTimes:
    """Gives gestures times.

    Args:
        recordings: Recordings to learn from.
        truth: The true gestures of each. Recordings in which others were found are left out; if none remains, gestures
            keep the times at which they are emitted.
    """

    def __init__(self, recordings: Sequence[Recording], truth: Sequence[Sequence[Span]]) -> None:
        learned = [
            (recording, spans)
            for recording, spans in zip(recordings, truth, strict=True)
            if spans and [each.label for each in recording.emitted] == [each.label for each in spans]
        ]
        labels = [span.label for _, spans in learned for span in spans]
        times = np.array(
            [_relative(*pair) for recording, spans in learned for pair in zip(recording.emitted, spans, strict=True)]
        )
        self._usual = _usual_times(labels, times)
        self._labels = sorted(self._usual)
        if learned:
            features = np.concatenate([self._features(recording) for recording, _ in learned])
            self._trees = ExtraTreesRegressor(NUM_TREES, min_samples_leaf=FEWEST_IN_LEAF, random_state=0)
            self._trees.fit(features, times - np.array([self._usual[label] for label in labels]))

    def __call__(self, recording: Recording) -> list[Span]:
        """Return the gestures of a recording with their times; those of a class never seen keep theirs."""
        if not recording.emitted or not self._usual:
            return list(recording.emitted)
        corrections = self._trees.predict(self._features(recording))
        return [
            _shifted(spike, self._usual[spike.label] + correction) if spike.label in self._usual else spike
            for spike, correction in zip(recording.emitted, corrections, strict=True)
        ]

    def _features(self, recording: Recording) -> np.ndarray:
        """Describe each gesture: the movement around it, its distance to its neighbours, its class: (G, F)."""
        middles_s = [_middle_s(spike) for spike in recording.emitted]
        edges_s = [0.0, *middles_s, len(recording.frames.values) / recording.frames.frame_rate_hz]
        rows = []
        for number, spike in enumerate(recording.emitted):
            gaps_s = [edges_s[number + 1] - edges_s[number], edges_s[number + 2] - edges_s[number + 1]]
            label = [float(spike.label == each) for each in self._labels]
            usual = self._usual.get(spike.label, np.zeros(2))
            rows.append([*_movement(recording.frames, middles_s[number]), *gaps_s, *label, *usual])
        return np.array(rows)


def _usual_times(labels: Sequence[str], times: np.ndarray) -> dict[str, np.ndarray]:
    """Compute the median start and end of each class relative to where it is emitted, in seconds."""
    times_of: defaultdict[str, list[np.ndarray]] = defaultdict(list)
    for label, pair in zip(labels, times, strict=True):
        times_of[label].append(pair)
    return {label: np.median(pairs, axis=0) for label, pairs in times_of.items()}


def _movement(frames: Frames, time_s: float) -> list[float]:
    """Describe how the hand moves around a time."""
    rate_hz, count = frames.frame_rate_hz, len(frames.values)
    shape = frames.values[:, :SHAPE].reshape(count, LANDMARKS, AXES)
    position = frames.values[:, SHAPE : SHAPE + AXES]
    now = min(round(time_s * rate_hz), count - 1)
    tracks = (
        np.linalg.norm(shape - shape[now], axis=-1).mean(axis=-1),
        np.linalg.norm(position - position[now], axis=-1),
        np.linalg.norm(_speed(shape, rate_hz), axis=-1).mean(axis=-1),
        np.linalg.norm(_speed(position, rate_hz), axis=-1),
    )
    described: list[float] = []
    for track, limits in zip(tracks, LIMITS, strict=True):
        described += _course(np.log(track + 0.05), time_s, rate_hz)
        for limit in limits:
            described += [min(each / rate_hz, LONGEST_S) for each in _stay(track < limit, now)]
    return described


def _speed(values: np.ndarray, rate_hz: float) -> np.ndarray:
    return np.gradient(values, axis=0) * rate_hz if len(values) > 1 else np.zeros_like(values)


def _course(track: np.ndarray, time_s: float, rate_hz: float) -> list[float]:
    """Average a track over each span of time around a moment; beyond the recording, its first or last value."""
    edges_s = time_s + np.arange(-BEFORE_S, AFTER_S + SPAN_S / 2, SPAN_S)
    edges = np.round(edges_s * rate_hz).astype(int)
    starts = edges[:-1].clip(0, len(track) - 1)
    ends = np.maximum(edges[1:].clip(0, len(track)), starts + 1)
    return [float(track[start:end].mean()) for start, end in zip(starts, ends, strict=True)]


def _stay(holds: np.ndarray, now: int) -> tuple[int, int]:
    """Count the frames before and after `now` for which a condition holds without a break."""
    before, after = holds[:now][::-1], holds[now + 1 :]
    lengths = [len(side) if side.all() else int(np.argmin(side)) for side in (before, after)]
    return lengths[0], lengths[1]


def _relative(spike: Span, span: Span) -> tuple[float, float]:
    return span.start_s - _middle_s(spike), span.end_s - _middle_s(spike)


def _shifted(spike: Span, times: np.ndarray) -> Span:
    start_s, end_s = (float(_middle_s(spike) + each) for each in times)
    return Span(spike.label, start_s, end_s) if end_s > start_s else spike


def _middle_s(span: Span) -> float:
    return (span.start_s + span.end_s) / 2
