"""Tasks of memory: the answer is known `lag` frames before the last frame, and must be given at the last frame.

Whatever lies between the answer and the last frame says nothing about the answer, so the only way to it is memory.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from data_prep.errors import InputError
from recognizers.batch import Batch, Example

#: Number of symbols, and standard deviation of the noise, in which a symbol and a cue have the value 1.
SYMBOLS, NOISE = 4, 0.2
#: Most labels of a corpus that are told apart, the most frequent ones, so that the training takes seconds.
MAX_LABELS = 10
#: A clip is shortened to this many frames, for the same reason: neighbouring frames are averaged.
MAX_CLIP_FRAMES = 25


class MemoryTask(Protocol):
    """Makes sequences whose label lies `lag` frames before their last frame."""

    @property
    def num_features(self) -> int:
        """F, the width of a frame."""
        ...

    @property
    def num_labels(self) -> int:
        """Number of labels."""
        ...

    @property
    def chance(self) -> float:
        """The accuracy in the test of always giving the same label, the best one."""
        ...

    def training_batch(self, lag: int, size: int, rng: np.random.Generator) -> Batch:
        """Make new sequences to train on."""
        ...

    def test_batch(self, lag: int) -> Batch:
        """Make the sequences of the test: the same ones in each call."""
        ...


@dataclass(frozen=True)
class SymbolTask:
    """A symbol, frames of noise, and in the last frame the cue to name the symbol.

    Attributes:
        test_size: Number of sequences in the test.
    """

    test_size: int = 512

    @property
    def num_features(self) -> int:
        """One for each symbol and one for the cue."""
        return SYMBOLS + 1

    @property
    def num_labels(self) -> int:
        """The symbols."""
        return SYMBOLS

    @property
    def chance(self) -> float:
        """All symbols are equally frequent."""
        return 1 / SYMBOLS

    def training_batch(self, lag: int, size: int, rng: np.random.Generator) -> Batch:
        """Draw symbols and noise: sequences of `lag` + 1 frames."""
        return self._batch(lag, rng.integers(SYMBOLS, size=size), rng)

    def test_batch(self, lag: int) -> Batch:
        """Draw from a generator of its own; each symbol occurs equally often."""
        return self._batch(lag, np.arange(self.test_size) % SYMBOLS, np.random.default_rng(lag))

    def _batch(self, lag: int, symbols: np.ndarray, rng: np.random.Generator) -> Batch:
        frames = rng.normal(0, NOISE, (len(symbols), lag + 1, self.num_features)).astype(np.float32)
        frames[:, :, SYMBOLS] = 0
        frames[:, -1] = np.eye(self.num_features, dtype=np.float32)[SYMBOLS]
        frames[:, 0] = np.eye(self.num_features, dtype=np.float32)[symbols]
        return _batch(frames, symbols)


@dataclass(frozen=True)
class LabelledFrames:
    """A clip of a corpus for a task of memory.

    Attributes:
        frames: (T, F) float32, as the extractor gives them.
        label: What is to be remembered of the clip.
    """

    frames: np.ndarray
    label: str


class PauseTask:
    """Clips of a corpus, each followed by `lag` frames of pause; at the last of these, the clip's label is asked for.

    The frames of a pause are the first and the last frames of clips, where recordings are silent and hands rest, drawn
    at random from all of them, so that they say nothing about the clip before them. A fifth of each label's clips, also
    drawn at random, is the test: what is measured is memory, not how well strangers are recognised.

    Args:
        clips: Clips of any split. Those with other labels than the `MAX_LABELS` most frequent ones are left out, and
            labels of a single clip.
        seed: Draws the test and its pauses.

    Raises:
        InputError: Fewer than two labels with two clips each, or frames that are not (T, F) with the same F.
    """

    def __init__(self, clips: Sequence[LabelledFrames], seed: int = 0) -> None:
        _check_frames(clips)
        counts = Counter(clip.label for clip in clips)
        frequent = [label for label in sorted(counts, key=lambda label: (-counts[label], label)) if counts[label] > 1]
        self.labels = tuple(sorted(frequent[:MAX_LABELS]))
        if len(self.labels) < 2:
            raise InputError(
                f"forgetting: found {len(self.labels)} label(s) with at least two clips among {len(clips)} clips, "
                "expected at least two such labels, to tell apart"
            )
        training, test = _divide(clips, self.labels, np.random.default_rng(seed))
        self._training, self._training_ids = self._with_ids(training)
        self._test, self._test_ids = self._with_ids(test)
        self._pauses = np.stack([frames[index] for frames in self._training for index in (0, -1)])  # (2 clips, F)
        self._seed = seed

    @property
    def num_features(self) -> int:
        """The width of the corpus's frames."""
        return int(self._pauses.shape[1])

    @property
    def num_labels(self) -> int:
        """The labels that are told apart."""
        return len(self.labels)

    @property
    def chance(self) -> float:
        """The share of the most frequent label."""
        return float(np.bincount(self._test_ids).max() / len(self._test))

    def training_batch(self, lag: int, size: int, rng: np.random.Generator) -> Batch:
        """Draw clips, and a new pause for each."""
        chosen = rng.integers(len(self._training), size=size)
        frames = [self._paused(self._training[index], lag, rng) for index in chosen]
        return _batch(frames, self._training_ids[chosen])

    def test_batch(self, lag: int) -> Batch:
        """All test clips, with pauses from a generator of their own."""
        rng = np.random.default_rng((self._seed, lag))
        return _batch([self._paused(frames, lag, rng) for frames in self._test], self._test_ids)

    def _paused(self, frames: np.ndarray, lag: int, rng: np.random.Generator) -> np.ndarray:
        """(T, F) -> (T + lag, F)."""
        return np.concatenate([frames, self._pauses[rng.integers(len(self._pauses), size=lag)]])

    def _with_ids(self, clips: Sequence[LabelledFrames]) -> tuple[list[np.ndarray], np.ndarray]:
        """Return the shortened frames and the label ids of clips."""
        return [_shortened(clip.frames) for clip in clips], np.array([self.labels.index(clip.label) for clip in clips])


def _divide(
    clips: Sequence[LabelledFrames], labels: Sequence[str], rng: np.random.Generator
) -> tuple[list[LabelledFrames], list[LabelledFrames]]:
    """Return the clips to train on and those of the test, at least one of each label in both."""
    training, test = [], []
    for label in labels:
        own = [clip for clip in clips if clip.label == label]
        order = [own[index] for index in rng.permutation(len(own))]
        size = max(1, len(own) // 5)
        test += order[:size]
        training += order[size:]
    return training, test


def _check_frames(clips: Sequence[LabelledFrames]) -> None:
    widths = set()
    for clip in clips:
        if clip.frames.ndim != 2 or not clip.frames.size:
            raise InputError(f"forgetting: found frames {clip.frames.shape}, expected (T, F) with at least one frame")
        widths.add(clip.frames.shape[1])
    if len(widths) > 1:
        raise InputError(f"forgetting: found frames of the widths {sorted(widths)}, expected one")


def _shortened(frames: np.ndarray) -> np.ndarray:
    """(T, F) -> (T', F) float32 with T' <= `MAX_CLIP_FRAMES`, each the mean of as many neighbours."""
    parts = np.array_split(frames, min(len(frames), MAX_CLIP_FRAMES))
    return np.stack([part.mean(axis=0, dtype=np.float64) for part in parts]).astype(np.float32)


def _batch(frames: Sequence[np.ndarray] | np.ndarray, labels: np.ndarray) -> Batch:
    pairs = enumerate(zip(frames, labels.tolist(), strict=True))
    return Batch.from_examples([Example(str(number), each, (label,)) for number, (each, label) in pairs])
