"""Which clips go together: batches of similar length, spread over processes."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from torch.utils.data import Sampler

from data_prep.errors import InputError


class BucketBatchSampler(Sampler[list[tuple[int, int]]]):
    """Batches of clips of similar length, drawn anew each epoch; every clip comes once, in one of the processes.

    All clips are sorted by the length they have in this epoch (give or take a percent where that never changes, so
    that neighbours vary); cut into batches; and the batches are shuffled. Each process takes every n-th clip of each
    batch. So a batch of two processes holds what one process with twice the limits would have, and none waits long
    for the others.

    The number of batches is the same in all epochs, for the schedule of the learning rate counts on it. The very
    first batch is the largest: should it be too large for the memory, that is known at once.

    Args:
        lengths: Frames of each clip.
        batch_size: Clips a batch in each process, at most (one more where else some process would get none).
        batch_frames: Frames a batch in each process, padding included; exceeded only by a single clip that is longer,
            and by a few percent where an epoch's clips last longer than `lengths` says.
        seed: Of the shuffling.
        shuffle: False for validation: sorted by length, always the same.
        rates: How many times as fast each clip is played in an epoch, (clips,); None for once.
        rank: This process's number.
        num_ranks: How many processes share the clips.

    Yields:
        Lists of (epoch, index): the epoch travels with each clip, so that augmentation draws anew in every epoch,
        in worker processes too.

    Raises:
        InputError: There are clips, but fewer than processes.
    """

    #: By how much lengths that are the same in all epochs are blurred before they are sorted.
    BLUR = 0.01

    def __init__(
        self,
        lengths: Sequence[int],
        batch_size: int,
        batch_frames: float = math.inf,
        seed: int = 0,
        shuffle: bool = True,
        rates: Callable[[int], np.ndarray] | None = None,
        rank: int = 0,
        num_ranks: int = 1,
    ) -> None:
        if 0 < len(lengths) < num_ranks:
            raise InputError(
                f"{num_ranks} processes cannot share {len(lengths)} clips: lower trainer.devices to {len(lengths)}"
            )
        self.lengths = np.asarray(lengths)
        self.batch_size = batch_size * num_ranks
        self.batch_frames = batch_frames * num_ranks
        self.seed = seed
        self.shuffle = shuffle
        self.rates = rates
        self.rank = rank
        self.num_ranks = num_ranks
        self.num_batches = len(self._cut(np.sort(self.lengths), self.batch_frames))
        self.epoch = 0
        #: Batches of this epoch that are behind us: a run that is resumed begins after them.
        self.done = 0

    @property
    def sampler(self) -> "BucketBatchSampler":
        """Itself: this is where Lightning looks for `set_epoch`."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Draw that epoch's batches from now on; those of the current one go on where they are."""
        if epoch != self.epoch:
            self.epoch, self.done = epoch, 0

    def go_on_from(self, epoch: int, done: int) -> None:
        """Skip the batches of an epoch that are done; where all are, go on with the next epoch."""
        self.set_epoch(epoch)
        self.done = done
        if done >= len(self):
            self.set_epoch(epoch + 1)

    def __len__(self) -> int:
        return self.num_batches

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        for batch in self._batches()[self.done :]:
            yield [(self.epoch, int(index)) for index in batch[self.rank :: self.num_ranks]]

    def _batches(self) -> list[np.ndarray]:
        """The epoch's batches, of all processes together."""
        if len(self.lengths) == 0:
            return []
        lengths = self.lengths / self.rates(self.epoch) if self.rates else self.lengths
        rng = np.random.default_rng([self.seed, self.epoch])
        sort_by = lengths
        if self.shuffle and np.array_equal(lengths, self.lengths):
            sort_by = lengths * rng.uniform(1 - self.BLUR, 1 + self.BLUR, len(lengths))
        order = np.argsort(sort_by, kind="stable")
        batches = np.split(order, self._as_many_cuts(lengths[order])[:-1])
        if not self.shuffle:
            return batches
        batches = [batches[i] for i in rng.permutation(len(batches))]
        if self.epoch == 0:  # should memory not suffice, it is better to know at once
            largest = max(range(len(batches)), key=lambda i: len(batches[i]) * lengths[batches[i]].max())
            batches[0], batches[largest] = batches[largest], batches[0]
        return batches

    def _as_many_cuts(self, lengths: np.ndarray) -> list[int]:
        """Where the batches of an epoch end, as many as in any other."""
        frames = self.batch_frames
        while len(cuts := self._cut(lengths, frames)) > self.num_batches:
            frames *= 1.01
        while len(cuts) < self.num_batches:
            sizes = np.diff([0, *cuts])
            largest = int(np.argmax(sizes))
            if sizes[largest] < 2 * self.num_ranks:  # none can be halved: share the clips out evenly
                return np.cumsum([len(part) for part in np.array_split(lengths, self.num_batches)]).tolist()
            cuts.insert(largest, cuts[largest] - int(sizes[largest]) // 2)
        return cuts

    def _cut(self, lengths: np.ndarray, frames: float) -> list[int]:
        """Where batches of clips in this order end, each as large as the limits allow."""
        cuts = []
        start = 0
        while start < len(lengths):
            longest = np.maximum.accumulate(lengths[start : start + self.batch_size])
            fitting = int(np.searchsorted(longest * np.arange(1, len(longest) + 1), frames, side="right"))
            start += max(fitting, self.num_ranks)  # each process needs a clip
            cuts.append(start)
        if not cuts:
            return []
        cuts[-1] = len(lengths)
        if len(cuts) > 1 and cuts[-1] - cuts[-2] < self.num_ranks:  # too few to go round
            before = cuts[-3] if len(cuts) > 2 else 0
            if cuts[-1] - before >= 2 * self.num_ranks:
                cuts[-2] = cuts[-1] - self.num_ranks
            else:
                del cuts[-2]
        return cuts
