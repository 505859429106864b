"""The log-probabilities of a clip that arrives in chunks."""

import numpy as np

from data_prep.features.mfcc import Mfcc, window_samples
from data_prep.features.mfcc_stream import MfccStream, SampleWindows
from recognizers.runtime.stepwise.step_network import StepNetwork

FULL_SCALE = 32768


class EmissionStream:
    """Computes each row of log-probabilities once, as soon as what it depends on is there.

    Args:
        extractor: The recognizer's extractor.
        network: Computes the network step by step.

    Attributes:
        num_frames: Number of frames for which log-probabilities were computed so far.
    """

    def __init__(self, extractor: Mfcc, network: StepNetwork) -> None:
        self._network = network
        self._states = network.begin()
        inputs = _FrameInput if network.source == "frames" else _WaveformInput
        self._input: _FrameInput | _WaveformInput = inputs(extractor, network.subsampling)
        self.num_frames = 0

    def add(self, samples: np.ndarray) -> np.ndarray:
        """(T,) int16 -> (n, C): the rows that are complete by now."""
        return self._step(*self._input.add(samples))

    def finish(self) -> np.ndarray:
        """End the clip, and return its last rows (n, C)."""
        return self._step(*self._input.finish())

    def _step(self, values: np.ndarray, count: int) -> np.ndarray:
        """Compute the rows of `count` frames."""
        if not count:
            return np.zeros((0, self._network.num_ids), np.float32)
        log_probs, self._states = self._network.step(values, count, self._states)
        self.num_frames += count
        return log_probs


class _FrameInput:
    """Gives frames to a network, in multiples of its subsampling."""

    def __init__(self, extractor: Mfcc, subsampling: int) -> None:
        self._frames = MfccStream(extractor)
        self._held = np.zeros((0, extractor.num_features), np.float32)
        self._group = subsampling

    def add(self, samples: np.ndarray) -> tuple[np.ndarray, int]:
        """(T,) int16 -> (n, F) and n."""
        self._held = np.concatenate([self._held, self._frames.add(samples)])
        count = len(self._held) - len(self._held) % self._group
        frames, self._held = self._held[:count], self._held[count:]
        return frames, count

    def finish(self) -> tuple[np.ndarray, int]:
        """Return the last frames, filled up with zeros, and how many of them belong to the clip."""
        frames = np.concatenate([self._held, self._frames.finish()])
        return np.pad(frames, ((0, -len(frames) % self._group), (0, 0))), len(frames)


class _WaveformInput:
    """Gives the samples under the windows of frames to a network that computes the features."""

    def __init__(self, extractor: Mfcc, subsampling: int) -> None:
        self._windows = SampleWindows(extractor, subsampling)
        self._window = window_samples(extractor)
        self._hop = round(extractor.sample_rate_hz * extractor.hop_ms / 1000)
        self._group = subsampling

    def add(self, samples: np.ndarray) -> tuple[np.ndarray, int]:
        """(T,) int16 -> samples from -1 to 1 and the number of their frames."""
        return self._scaled(self._windows.add(samples))

    def finish(self) -> tuple[np.ndarray, int]:
        """Return the last samples, filled up with zeros, and how many of their frames belong to the clip."""
        samples, count = self._scaled(self._windows.finish())
        return np.pad(samples, (0, -count % self._group * self._hop)), count

    def _scaled(self, samples: np.ndarray) -> tuple[np.ndarray, int]:
        count = (len(samples) - self._window) // self._hop + 1 if len(samples) else 0
        return samples / np.float32(FULL_SCALE), count
