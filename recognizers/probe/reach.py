"""Reach: how far back, and how far ahead, an input frame still moves the encoder's output."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from data_prep.features.extractor import Frames
from recognizers.encoder.encoder import Encoder

#: Longer clips are measured on an excerpt from their middle, of this many encoded steps.
MAX_STEPS = 400
#: Times in each clip at which the output is taken, evenly spaced.
TIMES = 24
#: Steps that are computed together, over the copies of a clip, one for each time: bounds memory.
MAX_BATCH_STEPS = 4096
#: A lag is left out if fewer pairs of output and input have it.
LEAST_PAIRS = 8


@dataclass(frozen=True)
class Reach:
    """Gradient norm of the encoder's output at a time, with respect to the input some lag before it.

    Attributes:
        lags: Lags in frames: the output at time t is compared with the input at t - lag. Negative lags lie in the
            future; there are none if the encoder does not look ahead.
        gradient: Root mean square norm for each lag, relative to the largest.
        pairs: Number of pairs of output and input that were averaged for each lag.
        clips: Number of clips.
        frame_rate_hz: Frames a second.
        subsampling: Frames in an encoded step, which is the resolution of the lags.
    """

    lags: tuple[int, ...]
    gradient: tuple[float, ...]
    pairs: tuple[int, ...]
    clips: int
    frame_rate_hz: float
    subsampling: int

    def past(self, share: float) -> int | None:
        """Return the longest lag, in frames, at which the past's gradient is at least a share of the largest.

        Args:
            share: The share, such as 0.1.

        Returns:
            The lag; None if it may be longer than the longest lag that was measured.
        """
        return self._end([(lag, size) for lag, size in zip(self.lags, self.gradient, strict=True) if lag >= 0], share)

    def future(self, share: float) -> int | None:
        """Return the same for the future, as a positive number of frames; 0 if the encoder does not look ahead."""
        ahead = [(-lag, size) for lag, size in zip(self.lags, self.gradient, strict=True) if lag <= 0]
        return self._end(ahead[::-1], share)

    def _end(self, side: Sequence[tuple[int, float]], share: float) -> int | None:
        longest = max((lag for lag, size in side if size >= share), default=0)
        return None if 0 < longest == side[-1][0] else longest


def measure_reach(encoder: Encoder, clips: Sequence[Frames], seed: int = 0) -> Reach:
    """Measure how far a frame's effect on the encoder's output reaches.

    An output is the encoded frame at a time t, seen from a random direction: its product with a vector drawn from a
    standard normal distribution, so that all units count alike. Its gradient is taken with respect to the features of
    each encoded step, in their standard deviations. The squared norms of an output's gradient, divided by their sum
    over all lags so that all outputs count alike, are averaged over clips and over times evenly spaced in each.

    Args:
        encoder: The encoder, in inference mode.
        clips: Frames of the clips, at least one.
        seed: Seed of the directions.
    """
    generator = torch.Generator().manual_seed(seed)
    span = min(MAX_STEPS, max(-(-len(clip.values) // encoder.subsampling) for clip in clips))
    squares, pairs = np.zeros(2 * span - 1), np.zeros(2 * span - 1, np.int64)  # index span - 1 is lag 0
    for clip in clips:
        for time, norms in _squared_norms(encoder, _excerpt(clip.values, encoder.subsampling), generator):
            lags = time - np.arange(len(norms)) + span - 1
            squares[lags] += norms / max(norms.sum(), 1e-30)
            pairs[lags] += 1
    kept = pairs >= min(LEAST_PAIRS, pairs.max())
    steps = np.arange(1 - span, span)[kept]
    norms = np.sqrt(squares[kept] / pairs[kept])
    if not norms[steps < 0].any():  # the encoder does not look ahead
        kept &= np.arange(1 - span, span) >= 0
        norms, steps = norms[steps >= 0], steps[steps >= 0]
    norms /= max(norms.max(), 1e-30)
    return Reach(
        lags=tuple((steps * encoder.subsampling).tolist()),
        gradient=tuple(norms.tolist()),
        pairs=tuple(pairs[kept].tolist()),
        clips=len(clips),
        frame_rate_hz=clips[0].frame_rate_hz,
        subsampling=encoder.subsampling,
    )


def _excerpt(values: np.ndarray, subsampling: int) -> np.ndarray:
    """(T, F) -> up to `MAX_STEPS` encoded steps from the middle."""
    longest = MAX_STEPS * subsampling
    start = max(0, (len(values) - longest) // 2)
    return values[start : start + longest]


def _squared_norms(
    encoder: Encoder, values: np.ndarray, generator: torch.Generator
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield, for some times t in encoded steps, t and the squared norm (T',) of the gradient for each input step."""
    steps = -(-len(values) // encoder.subsampling)
    times = np.unique(np.linspace(0, steps - 1, min(TIMES, steps)).round().astype(int))
    size = max(1, MAX_BATCH_STEPS // steps)
    for start in range(0, len(times), size):
        chosen = times[start : start + size]
        frames = torch.from_numpy(np.ascontiguousarray(values)).expand(len(chosen), -1, -1).clone().requires_grad_()
        encoded, _ = encoder(frames, torch.full((len(chosen),), len(values)))  # (times, T', H)
        outputs = encoded[torch.arange(len(chosen)), torch.from_numpy(chosen)]  # (times, H)
        projection = torch.randn(outputs.shape, generator=generator)
        [gradient] = torch.autograd.grad((outputs * projection).sum(), frames)
        scaled = gradient * encoder.standardize.deviation  # (times, T, F): per standard deviation of each feature
        per_frame = np.zeros((len(chosen), steps * encoder.subsampling))
        per_frame[:, : len(values)] = scaled.square().sum(dim=2).numpy()
        yield from zip(chosen.tolist(), per_frame.reshape(len(chosen), steps, -1).sum(axis=2), strict=True)
