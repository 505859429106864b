"""Voice activity by the loudness of the waveform."""

import math
from dataclasses import dataclass

import numpy as np

from recognizers.segmentation.pause_splitting import ACTIVE, DEAD, QUIET, STEP_S
from recognizers.segmentation.runs import true_runs
from recognizers.segmentation.voice_activity import VoiceActivity

#: Loudness is smoothed over this many steps.
SMOOTHING_STEPS = 5
#: Steps whose loudness is computed at once, to bound memory.
BLOCK_STEPS = 6000
#: Power, as the mean square of the differences between samples, below which there is not even noise: the last bit
#: hardly ever changes.
DEAD_POWER = 0.1
#: The threshold of speech is set from this much of the recording around it, because voices and rooms change.
CONTEXT_S = 10.0
#: The quantiles of loudness there that stand for the background and for speech.
BACKGROUND_QUANTILE, SPEECH_QUANTILE = 0.05, 0.995
#: Speech must exceed the background by this share of the difference between the two, and by at least this many dB.
THRESHOLD_SHARE, THRESHOLD_LEAST_DB = 0.3, 6.0
#: What is softer than the loudest speech of the recording by more than this is background.
SPEECH_RANGE_DB = 25.0
#: An isolated shorter sound is a click; it is isolated if there is no speech for `CLICK_ISOLATION_STEPS` around it.
CLICK_S, CLICK_ISOLATION_STEPS = 0.08, 30


@dataclass(frozen=True)
class EnergyDetector:
    """Takes any sound that stands out from the background for speech.

    The threshold lies between the background and the speech of the seconds around it. Steady noise therefore counts as
    background, however loud it is; but speech that is hardly louder than the noise is lost.
    """

    def __call__(self, samples: np.ndarray, rate_hz: float) -> VoiceActivity:
        """Find sounds in samples (T,) int16, at `rate_hz` samples a second."""
        powers = _powers(samples, rate_hz)
        dead = powers < DEAD_POWER
        smoothed = np.convolve(powers, np.ones(SMOOTHING_STEPS) / SMOOTHING_STEPS, mode="same")[: len(powers)]
        loudness_db = 10 * np.log10(smoothed + 1)
        speech = loudness_db > _thresholds_db(loudness_db, dead)
        for start, end in true_runs(speech):
            before = speech[max(0, start - CLICK_ISOLATION_STEPS) : start]
            after = speech[end : end + CLICK_ISOLATION_STEPS]
            if (end - start) * STEP_S < CLICK_S and not before.any() and not after.any():
                speech[start:end] = False
        return VoiceActivity(np.where(dead, DEAD, np.where(speech, ACTIVE, QUIET)).astype(np.int8))


def _thresholds_db(loudness_db: np.ndarray, dead: np.ndarray) -> np.ndarray:
    """(T,) loudness and (T,) digital silence -> (T,): the threshold of speech, which changes once a second."""
    steps_a_second = round(1 / STEP_S)
    reach = round(CONTEXT_S / STEP_S / 2)
    levels = []
    for centre in range(steps_a_second // 2, len(loudness_db) + steps_a_second // 2, steps_a_second):
        context = slice(max(0, centre - reach), centre + reach)
        alive = loudness_db[context][~dead[context]]  # digital silence says nothing about the background
        levels.append(_quantiles(alive) if len(alive) else np.zeros(2))
    background, speech = np.array(levels).T  # (seconds,) each
    speech = np.maximum(speech, speech.max() - SPEECH_RANGE_DB)
    thresholds = background + np.maximum(THRESHOLD_LEAST_DB, THRESHOLD_SHARE * (speech - background))
    every_step: np.ndarray = thresholds.repeat(steps_a_second)[: len(loudness_db)]
    return every_step


def _quantiles(values: np.ndarray) -> np.ndarray:
    """The two quantiles of (T,) values; equal to `np.quantile`, which takes ten times as long."""
    values = np.sort(values)
    places = np.array([BACKGROUND_QUANTILE, SPEECH_QUANTILE]) * (len(values) - 1)
    below = places.astype(np.int64)
    above = np.minimum(below + 1, len(values) - 1)
    return values[below] + (places - below) * (values[above] - values[below])


def _powers(samples: np.ndarray, rate_hz: float) -> np.ndarray:
    """(T,) int16 -> (steps,): the mean square of the differences between samples, which suppress hum."""
    step = rate_hz * STEP_S
    count = max(1, math.ceil(len(samples) / step))
    bounds = np.round(np.arange(count + 1) * step).astype(np.int64).clip(max=len(samples))
    powers = np.zeros(count)
    for first in range(0, count, BLOCK_STEPS):
        edges = bounds[first : first + BLOCK_STEPS + 1]
        block = samples[max(0, edges[0] - 1) : edges[-1]].astype(np.float32)
        # One zero more than there are samples: the sum of an empty last step begins there.
        squares = np.zeros(edges[-1] - edges[0] + 1, np.float32)
        changes = squares[1 if edges[0] == 0 else 0 : -1]  # the first sample has none before it
        np.square(np.subtract(block[1:], block[:-1], out=changes), out=changes)
        sums = np.add.reduceat(squares, edges[:-1] - edges[0])
        powers[first : first + len(edges) - 1] = sums / np.maximum(np.diff(edges), 1)
    return powers
