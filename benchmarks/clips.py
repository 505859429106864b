"""Synthetic clips, and how contenders put them into batches."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recognizers.batch import Batch, Example
from recognizers.training.sampler import BucketBatchSampler

NUM_FEATURES = 40
#: The blank included.
NUM_SYMBOLS = 30
FRAMES_PER_SYMBOL = 12
#: Clips in a batch of those who count clips.
CLIPS_PER_BATCH = 16


@dataclass(frozen=True)
class Clips:
    """Random clips, the same for every contender.

    Attributes:
        count: How many.
        shortest: Frames of the shortest possible clip.
        longest: Frames of the longest possible clip; all lengths between are as likely.
        seed: Of lengths, frames, targets and batches.
    """

    count: int
    shortest: int
    longest: int
    seed: int = 0

    @property
    def mean_frames(self) -> float:
        """Of a clip, as expected."""
        return (self.shortest + self.longest) / 2

    def lengths(self) -> list[int]:
        """Frames of each clip."""
        return np.random.default_rng(self.seed).integers(self.shortest, self.longest + 1, self.count).tolist()

    def examples(self) -> list[Example]:
        """Clips with targets, a symbol for about every dozen frames."""
        rng = np.random.default_rng([self.seed, 1])
        return [
            Example(
                id=f"clip{index}",
                frames=rng.standard_normal((length, NUM_FEATURES), dtype=np.float32),
                target=rng.integers(1, NUM_SYMBOLS, max(1, length // FRAMES_PER_SYMBOL)).tolist(),
            )
            for index, length in enumerate(self.lengths())
        ]


def by_our_sampler(clips: Clips, batch_size: int, batch_frames: float) -> list[list[int]]:
    """Indices of the clips of each batch, as this project's training puts them together."""
    sampler = BucketBatchSampler(clips.lengths(), batch_size, batch_frames=batch_frames, seed=clips.seed)
    return [[index for _, index in batch] for batch in sampler]


def sorted_sixteens(clips: Clips) -> list[list[int]]:
    """Sorted by length and cut into batches of 16 clips."""
    return _sixteens(np.argsort(clips.lengths(), kind="stable").tolist())


def random_sixteens(clips: Clips) -> list[list[int]]:
    """Shuffled and cut into batches of 16 clips, of whatever lengths."""
    return _sixteens(np.random.default_rng([clips.seed, 2]).permutation(clips.count).tolist())


def spread(batches: Sequence[list[int]], lengths: Sequence[int]) -> list[list[int]]:
    """The batches in an order in which every stretch holds short and long clips alike.

    A contender sees only some of its batches, and a frame of a long clip can cost more or less than one of a short
    clip: in a random order, chance would decide who gets which. Steps of the golden ratio through the batches sorted
    by length spread any number of them evenly.
    """
    by_length = sorted(batches, key=lambda batch: max(lengths[index] for index in batch))
    places = (0.5 + np.arange(len(batches)) * (5**0.5 - 1) / 2) % 1
    return [by_length[rank] for rank in np.argsort(np.argsort(places))]


def padded(groups: Sequence[list[int]], clips: Clips) -> list[Batch]:
    """Batches of these clips, padded with zeros."""
    examples = clips.examples()
    return [Batch.from_examples([examples[index] for index in group]) for group in spread(groups, clips.lengths())]


def _sixteens(order: list[int]) -> list[list[int]]:
    return [order[start : start + CLIPS_PER_BATCH] for start in range(0, len(order), CLIPS_PER_BATCH)]
