"""Which clips go together: batches of similar length, spread over processes."""

from collections.abc import Iterator, Sequence

import numpy as np
from torch.utils.data import Sampler


class BucketBatchSampler(Sampler[list[tuple[int, int]]]):
    """Batches of clips of similar length, drawn anew each epoch, the same in every process.

    Clips are shuffled, sorted by length within windows of many batches, cut into batches, and the batches shuffled.
    Every clip comes once an epoch, in one of the processes; only where there are too few clips to give every process
    as many batches, some come twice.

    Args:
        lengths: Frames of each clip.
        batch_size: Clips a batch, at most.
        seed: Of the shuffling.
        shuffle: False for validation: sorted by length, always the same.
        rank: This process's number.
        num_ranks: How many processes share the clips.

    Yields:
        Lists of (epoch, index): the epoch travels with each clip, so that augmentation draws anew in every epoch,
        in worker processes too.
    """

    WINDOW_BATCHES = 50

    def __init__(
        self,
        lengths: Sequence[int],
        batch_size: int,
        seed: int = 0,
        shuffle: bool = True,
        rank: int = 0,
        num_ranks: int = 1,
    ) -> None:
        self.lengths = np.asarray(lengths)
        self.batch_size = batch_size
        self.seed = seed
        self.shuffle = shuffle
        self.rank = rank
        self.num_ranks = num_ranks
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
        return len(self._batches()) // self.num_ranks

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        for batch in self._batches()[self.rank :: self.num_ranks][self.done :]:
            yield [(self.epoch, int(index)) for index in batch]

    def _batches(self) -> list[np.ndarray]:
        rng = np.random.default_rng([self.seed, self.epoch])
        order = rng.permutation(len(self.lengths)) if self.shuffle else np.arange(len(self.lengths))
        window = self.batch_size * self.WINDOW_BATCHES if self.shuffle else max(1, len(order))
        batches: list[np.ndarray] = []
        for start in range(0, len(order), window):
            part = order[start : start + window]
            part = part[np.argsort(self.lengths[part], kind="stable")]
            batches += [part[i : i + self.batch_size] for i in range(0, len(part), self.batch_size)]
        batches = _split_until_divisible(batches, self.num_ranks)
        if self.shuffle:
            batches = [batches[i] for i in rng.permutation(len(batches))]
        return batches


def _split_until_divisible(batches: list[np.ndarray], num_ranks: int) -> list[np.ndarray]:
    """Halve the largest batches until every process gets as many: none may wait for a batch that never comes."""
    batches = list(batches)
    while len(batches) % num_ranks:
        largest = max(range(len(batches)), key=lambda i: len(batches[i]))
        whole = batches[largest]
        if len(whole) < 2:
            break
        batches[largest : largest + 1] = [whole[::2], whole[1::2]]
    count = -(-len(batches) // num_ranks) * num_ranks  # batches of one clip cannot be halved: some are repeated
    return [batches[i % len(batches)] for i in range(count)]
