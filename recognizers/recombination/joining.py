"""Cuts units out of their clips and joins them: words halfway between others, signs where the hands move least.

Words were also cut at the quietest place between them. A recognizer then understood the new sentences worse, because
the quietest place is often a stop consonant inside a word.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from data_prep.features.extractor import Signal
from recognizers.augment.background import quiet_rms
from recognizers.recombination.unit_pools import Unit


class Joiner(Protocol):
    """Joins units of one modality.

    Attributes:
        margin_s: A unit is cut at most this far from where it begins and ends, in seconds.
    """

    @property
    def margin_s(self) -> float:
        """See above."""
        ...

    def join(self, units: Sequence[Unit], read: Callable[[Unit], Signal], rng: np.random.Generator) -> Signal | None:
        """Return the signal of a new sequence; None if the units' signals do not fit each other.

        Args:
            units: The units.
            read: Reads the signal of a unit's clip.
            rng: Source of randomness, for the pauses.
        """
        ...

    def duration_s(self, units: Sequence[Unit]) -> float:
        """Return about how long the new sequence is, without reading any signal."""
        ...


@dataclass(frozen=True)
class SoundJoiner:
    """Joins sound: most units follow each other at once and overlap by a short fade, others after a pause.

    Attributes:
        margin_s: See `Joiner`.
        fade_s: Time in which one unit fades into the next.
        joined_share: Probability that a unit follows the previous one at once.
        max_pause_s: Longest pause otherwise; it is filled with noise as loud as the quietest parts of the recording.
        edge_s: Silence before the first and after the last unit.
    """

    margin_s: float = 0.1
    fade_s: float = 0.008
    joined_share: float = 0.7
    max_pause_s: float = 0.12
    edge_s: float = 0.1

    def duration_s(self, units: Sequence[Unit]) -> float:
        """Return about how long the new sequence is, without reading any signal."""
        pauses_s = (len(units) - 1) * (1 - self.joined_share) * self.max_pause_s / 2
        return _reach_s(units, self.margin_s) + pauses_s + 2 * self.edge_s

    def join(self, units: Sequence[Unit], read: Callable[[Unit], Signal], rng: np.random.Generator) -> Signal | None:
        """Return the waveform of a new sequence, int16; None if the clips have different sample rates."""
        signals = [read(unit) for unit in units]
        if not _fit(signals):
            return None
        rate_hz = signals[0].rate_hz
        fade = max(1, round(self.fade_s * rate_hz))
        noise = min(quiet_rms(signal.values.astype(np.float32), rate_hz) for signal in signals) / 4
        silence = np.zeros(round(self.edge_s * rate_hz) + fade, np.float32)
        parts = [silence]
        for number, (unit, signal) in enumerate(zip(units, signals, strict=True)):
            piece = self._cut(unit, signal, fade)
            if number and rng.random() < self.joined_share:
                parts[-1][-fade:] += piece[:fade]
                parts.append(piece[fade:])
            else:
                pause = round(rng.uniform(0, self.max_pause_s) * rate_hz) if number else 0
                parts += [rng.normal(0, noise, pause).astype(np.float32), piece]
        values = np.clip(np.concatenate([*parts, silence]), -32768, 32767)
        return Signal(np.round(values).astype(np.int16), rate_hz)

    def _cut(self, unit: Unit, signal: Signal, fade: int) -> np.ndarray:
        """Return the samples of a unit, faded in and out, (T,) float32; at least three fades long."""
        first, last = (round(bound_s * signal.rate_hz) for bound_s in unit.reach(self.margin_s))
        samples = signal.values[max(0, first) : max(0, last)].astype(np.float32)
        samples = np.pad(samples, (0, max(0, 3 * fade - len(samples))))
        ramp = np.linspace(0, 1, fade, dtype=np.float32)
        samples[:fade] *= ramp
        samples[-fade:] *= ramp[::-1]
        return samples


@dataclass(frozen=True)
class HandsJoiner:
    """Joins landmarks: the hands glide from the last frames of a unit to the first of the next.

    Attributes:
        margin_s: See `Joiner`; signs begin and end farther from where CTC emits them than words.
        fade_s: Time in which the hands glide.
        window_s: Duration over which movement is averaged.
    """

    margin_s: float = 1.5
    fade_s: float = 0.16
    window_s: float = 0.12

    def duration_s(self, units: Sequence[Unit]) -> float:
        """Return about how long the new sequence is, without reading any signal."""
        return _reach_s(units, self.margin_s)

    def join(self, units: Sequence[Unit], read: Callable[[Unit], Signal], rng: np.random.Generator) -> Signal | None:
        """Return the landmarks of a new sequence; None if the clips have different rates or landmarks."""
        signals = [read(unit) for unit in units]
        if not _fit(signals):
            return None
        rate_hz = signals[0].rate_hz
        joined = self._cut(units[0], signals[0])
        for unit, signal in zip(units[1:], signals[1:], strict=True):
            joined = _glide(joined, self._cut(unit, signal), max(1, round(self.fade_s * rate_hz)))
        return Signal(joined, rate_hz)

    def _cut(self, unit: Unit, signal: Signal) -> np.ndarray:
        movement = _smooth(_movement(signal.values), round(self.window_s * signal.rate_hz))
        first, last = _still_borders(unit, movement, signal.rate_hz, self.margin_s)
        return signal.values[first:last]


def _reach_s(units: Sequence[Unit], margin_s: float) -> float:
    return sum(end - start for start, end in (unit.reach(margin_s) for unit in units))


def _fit(signals: Sequence[Signal]) -> bool:
    return len({(signal.rate_hz, signal.values.shape[1:], signal.values.dtype) for signal in signals}) == 1


def _still_borders(unit: Unit, movement: np.ndarray, rate_hz: float, margin_s: float) -> tuple[int, int]:
    """Return the first frame of a sign, and the one after its last: where there is least movement next to it.

    Args:
        unit: The sign.
        movement: (T,), how much the hands move around each frame.
        rate_hz: Frames a second.
        margin_s: Farthest distance from the sign's own times.
    """
    first_s, last_s = 0.0, len(movement) / rate_hz
    if unit.before_s is not None:
        first_s = _stillest_s(unit.before_s, unit.start_s, movement, rate_hz)
    if unit.after_s is not None:
        last_s = _stillest_s(unit.end_s, unit.after_s, movement, rate_hz)
    first_s, last_s = max(first_s, unit.start_s - margin_s), min(last_s, unit.end_s + margin_s)
    first = min(max(0, round(first_s * rate_hz)), len(movement) - 1)
    return first, min(len(movement), max(first + 1, round(last_s * rate_hz)))


def _stillest_s(end_s: float, start_s: float, movement: np.ndarray, rate_hz: float) -> float:
    """Return when hands move least in the middle half of the time between two signs."""
    quarter_s = (start_s - end_s) / 4
    low = min(max(0, round((end_s + quarter_s) * rate_hz)), len(movement) - 1)
    high = max(low + 1, round((start_s - quarter_s) * rate_hz))
    return (low + int(np.argmin(movement[low:high]))) / rate_hz


def _movement(landmarks: np.ndarray) -> np.ndarray:
    """Return how far the landmarks (T, ...) of both hands move around each frame, (T,); 0 where no hand is seen."""
    if len(landmarks) < 2:
        return np.zeros(len(landmarks), np.float32)
    steps = np.abs(np.diff(landmarks.reshape(len(landmarks), -1), axis=0))
    moved = np.nan_to_num(steps).mean(axis=1)
    return np.concatenate([moved[:1], moved])


def _smooth(values: np.ndarray, window: int) -> np.ndarray:
    """(T,) -> (T,): the mean over a window around each value."""
    window = max(1, min(window, len(values)))
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    starts = np.clip(np.arange(len(values)) - window // 2, 0, len(values) - window)
    return (sums[starts + window] - sums[starts]) / window


def _glide(before: np.ndarray, after: np.ndarray, fade: int) -> np.ndarray:
    """Join landmarks (T, ...) and (U, ...) such that the last frames of the first fade into the first of the second.

    A landmark that only one of them has is taken from it.
    """
    fade = min(fade, len(before), len(after))
    tail, head = before[len(before) - fade :], after[:fade]
    share = ((np.arange(fade) + 1) / (fade + 1)).astype(before.dtype).reshape(-1, *[1] * (before.ndim - 1))
    mixed = (1 - share) * tail + share * head
    mixed = np.where(np.isnan(mixed), np.where(np.isnan(tail), head, tail), mixed)
    return np.concatenate([before[: len(before) - fade], mixed, after[fade:]])
