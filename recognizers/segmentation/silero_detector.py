"""Voice activity by silero-vad, a small recurrent network, in ONNX Runtime and without torch.

The network is Silero Team's silero-vad 6.2.3 (https://github.com/snakers4/silero-vad), from the file
``silero_vad_16k_sequence.onnx`` of its wheel; the licence is in ``silero_vad.LICENSE.txt``. It ships with the package,
so that results do not depend on whether a download succeeded.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from data_prep.errors import InputError
from recognizers.segmentation.energy_detector import EnergyDetector
from recognizers.segmentation.pause_splitting import ACTIVE, DEAD, QUIET, STEP_S
from recognizers.segmentation.runs import true_runs
from recognizers.segmentation.voice_activity import VoiceActivity

MODEL_PATH = Path(__file__).with_name("silero_vad.onnx")
MODEL_SHA256 = "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85"
#: The network reads windows of 512 samples at 16 kHz, each with the last 64 samples of the window before it.
RATE_HZ, WINDOW, CONTEXT = 16_000, 512, 64
WINDOW_S = WINDOW / RATE_HZ
#: Windows that are computed at once, to bound memory: about two minutes.
BLOCK_WINDOWS = 4096
#: Speech begins in a window with at least the first probability and ends before one below the second.
BEGIN_PROBABILITY, CONTINUE_PROBABILITY = 0.5, 0.35
#: Shorter runs of speech are mistaken sounds.
SHORTEST_RUN_S = 0.1
#: A recording of up to this duration without any run of speech may still hold faint speech, if the probability reaches
#: the given value on average over the given number of windows. Ten minutes of white, pink, kitchen and mains noise each
#: stay below 0.07.
SHORT_RECORDING_S, FAINT_PROBABILITY, FAINT_WINDOWS = 30.0, 0.1, 20
#: So may a single word, cut without context, if the probability reaches this value once.
WORD_S, WORD_PROBABILITY = 2.0, 0.05
#: A sound belongs to a run of speech if it begins or ends this close to it: windows are coarse.
REACH_S = 0.15
#: A longer pause inside a run of speech, found by loudness alone, is speech that noise covers.
LONGEST_INNER_PAUSE_S = 0.25


@dataclass(frozen=True)
class SileroDetector:
    """Finds speech in noise, and tells it from other sounds.

    The network decides where there is speech, to about 0.1 s. Within that, loudness places the boundaries of sounds and
    the short pauses to 0.01 s, as `EnergyDetector` does. Where noise covers the speech, so that loudness finds nothing
    for longer than a short pause, the network is believed: a segment may be too long, but speech is not thrown away.
    A short recording with faint speech is taken whole, apart from digital silence.
    """

    def __call__(self, samples: np.ndarray, rate_hz: float) -> VoiceActivity:
        """Find speech in samples (T,) int16, at `rate_hz` samples a second."""
        by_loudness = EnergyDetector()(samples, rate_hz)
        probabilities = speech_probabilities(samples, rate_hz)
        runs = _speech_runs(probabilities)
        if not runs and _may_hold_faint_speech(probabilities, len(samples) / rate_hz):
            return VoiceActivity(np.where(by_loudness.states == DEAD, DEAD, ACTIVE).astype(np.int8))
        return VoiceActivity(_combine(by_loudness.states, runs))


def speech_probabilities(samples: np.ndarray, rate_hz: float) -> np.ndarray:
    """(T,) int16 -> the probability of speech in each window of `WINDOW_S`, (ceil(duration / WINDOW_S),) float32."""
    stream = SileroStream(rate_hz)
    step = max(1, round(BLOCK_WINDOWS * WINDOW_S * rate_hz))
    parts = [stream.add(samples[start : start + step]) for start in range(0, len(samples), step)]
    return np.concatenate([*parts, stream.finish()]) if len(samples) else np.zeros(0, np.float32)


class SileroStream:
    """The probability of speech in each window of a waveform that arrives in chunks.

    Args:
        rate_hz: Samples per second.
    """

    def __init__(self, rate_hz: float) -> None:
        self._resampler = soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="float32") if rate_hz != RATE_HZ else None
        self._held = np.zeros(CONTEXT, np.float32)  # the context of the next window, and samples that do not fill one
        self._hidden = self._cell = np.zeros((1, 1, 128), np.float32)

    def add(self, samples: np.ndarray) -> np.ndarray:
        """(T,) int16 -> (n,) float32 for the windows that are complete by now."""
        self._hold(samples, is_last=False)
        return self._compute()

    def finish(self) -> np.ndarray:
        """End the waveform, and return the probabilities in its last windows; zeros fill up the very last."""
        self._hold(np.zeros(0, np.int16), is_last=True)
        self._held = np.pad(self._held, (0, -(len(self._held) - CONTEXT) % WINDOW))
        return self._compute()

    def _hold(self, samples: np.ndarray, is_last: bool) -> None:
        block = samples.astype(np.float32) / 32768
        if self._resampler is not None:
            block = self._resampler.resample_chunk(block, is_last)
        self._held = np.concatenate([self._held, block])

    def _compute(self) -> np.ndarray:
        parts = [np.zeros(0, np.float32)]
        while (count := min(BLOCK_WINDOWS, (len(self._held) - CONTEXT) // WINDOW)) > 0:
            windows = np.lib.stride_tricks.sliding_window_view(self._held, CONTEXT + WINDOW)[::WINDOW][:count]
            inputs = {"input": np.ascontiguousarray(windows), "h": self._hidden, "c": self._cell}
            part, self._hidden, self._cell = _load_session().run(None, inputs)
            parts.append(part)
            self._held = self._held[count * WINDOW :]
        return np.concatenate(parts)


def _speech_runs(probabilities: np.ndarray) -> list[tuple[int, int]]:
    """(windows,) -> the start and the end (exclusive) of each run of speech, in steps of `STEP_S`."""
    runs = []
    for start, end in true_runs(probabilities >= CONTINUE_PROBABILITY):
        begins = np.flatnonzero(probabilities[start:end] >= BEGIN_PROBABILITY)
        if len(begins) and (end - start - begins[0]) * WINDOW_S >= SHORTEST_RUN_S - WINDOW_S / 2:
            first, last = (start + int(begins[0])) * WINDOW_S, end * WINDOW_S
            runs.append((round(first / STEP_S), round(last / STEP_S)))
    return runs


def _may_hold_faint_speech(probabilities: np.ndarray, duration_s: float) -> bool:
    """Whether a short recording is to be recognised although there is no run of speech."""
    if duration_s > SHORT_RECORDING_S or not len(probabilities):
        return False
    count = min(FAINT_WINDOWS, len(probabilities))
    averages = np.convolve(probabilities, np.ones(count) / count, mode="valid")
    is_word = duration_s <= WORD_S and probabilities.max() >= WORD_PROBABILITY
    return bool(averages.max() >= FAINT_PROBABILITY or is_word)


def _combine(states: np.ndarray, runs: list[tuple[int, int]]) -> np.ndarray:
    """Keep the sounds within or beside runs of speech, and fill those runs where loudness found too little.

    Args:
        states: (T,) states of each step by loudness.
        runs: Runs of speech in steps, in order.
    """
    combined = np.where(states == DEAD, DEAD, QUIET).astype(np.int8)
    reach, longest_pause = round(REACH_S / STEP_S), round(LONGEST_INNER_PAUSE_S / STEP_S)
    sounds = np.array(true_runs(states == ACTIVE), np.int64).reshape(-1, 2)
    for start, end in runs:
        near = sounds[(sounds[:, 1] > start - reach) & (sounds[:, 0] < end + reach)]
        for first, last in near.tolist():
            combined[max(first, start - reach) : min(last, end + reach)] = ACTIVE
        inside = combined[start:end]  # a view
        for first, last in true_runs(inside != ACTIVE):
            if last - first > longest_pause:
                inside[first:last][inside[first:last] != DEAD] = ACTIVE
    return combined


@lru_cache(maxsize=1)
def _load_session() -> Any:
    """Load the network once per process."""
    import onnxruntime  # slow to import

    content = MODEL_PATH.read_bytes()
    if hashlib.sha256(content).hexdigest() != MODEL_SHA256:
        raise InputError(f"{MODEL_PATH}: the file is damaged (wrong SHA-256); install the package again")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
