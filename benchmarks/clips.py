"""Random clips for training, and the ways in which contenders form batches of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recognizers.batch import Batch, Example
from recognizers.training.sampler import BucketBatchSampler

NUM_FEATURES = 40
#: Number of symbols with the blank.
NUM_SYMBOLS = 30
FRAMES_PER_SYMBOL = 12
#: Batch size of contenders whose batches have a fixed number of clips.
CLIPS_PER_BATCH = 16


@dataclass(frozen=True)
class Clips:
    """Random clips, the same for every contender.

    Attributes:
        count: Number of clips.
        shortest: Length of the shortest possible clip in frames.
        longest: Length of the longest possible clip in frames; all lengths in between are equally likely.
        seed: Seed for lengths, frames, targets and batches.
    """

    count: int
    shortest: int
    longest: int
    seed: int = 0

    @property
    def mean_frames(self) -> float:
        """Expected length of a clip in frames."""
        return (self.shortest + self.longest) / 2

    def lengths(self) -> list[int]:
        """Return the length of each clip in frames."""
        return np.random.default_rng(self.seed).integers(self.shortest, self.longest + 1, self.count).tolist()

    def examples(self) -> list[Example]:
        """Return the clips with targets, which have one symbol for every twelve frames."""
        rng = np.random.default_rng([self.seed, 1])
        return [
            Example(
                id=f"clip{index}",
                frames=rng.standard_normal((length, NUM_FEATURES), dtype=np.float32),
                target=rng.integers(1, NUM_SYMBOLS, max(1, length // FRAMES_PER_SYMBOL)).tolist(),
            )
            for index, length in enumerate(self.lengths())
        ]


def batches_of_our_sampler(clips: Clips, batch_size: int, batch_frames: float) -> list[list[int]]:
    """Return the indices of the clips in each batch, as this project's training forms them."""
    sampler = BucketBatchSampler(clips.lengths(), batch_size, batch_frames=batch_frames, seed=clips.seed)
    return [[index for _, index, _ in batch] for batch in sampler]


def sorted_batches(clips: Clips) -> list[list[int]]:
    """Return batches of 16 clips, formed after sorting all clips by length."""
    return _cut(np.argsort(clips.lengths(), kind="stable").tolist())


def random_batches(clips: Clips) -> list[list[int]]:
    """Return batches of 16 clips, formed after shuffling all clips."""
    return _cut(np.random.default_rng([clips.seed, 2]).permutation(clips.count).tolist())


def interleave(batches: Sequence[list[int]], lengths: Sequence[int]) -> list[list[int]]:
    """Order the batches so that any run of consecutive batches has short and long clips in equal measure.

    A contender works on only some of its batches, and a frame of a long clip may cost more or less than one of a short
    clip. In random order, chance would decide who gets which clips. Steps of the golden ratio through the batches,
    sorted by length, distribute the lengths evenly over any number of batches.
    """
    by_length = sorted(batches, key=lambda batch: max(lengths[index] for index in batch))
    places = (0.5 + np.arange(len(batches)) * (5**0.5 - 1) / 2) % 1
    return [by_length[rank] for rank in np.argsort(np.argsort(places))]


def padded_batches(groups: Sequence[list[int]], clips: Clips) -> list[Batch]:
    """Return batches of the clips with the given indices, padded with zeros."""
    examples = clips.examples()
    return [Batch.from_examples([examples[index] for index in group]) for group in interleave(groups, clips.lengths())]


def _cut(order: list[int]) -> list[list[int]]:
    return [order[start : start + CLIPS_PER_BATCH] for start in range(0, len(order), CLIPS_PER_BATCH)]
