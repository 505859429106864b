"""Batches of clips of similar length, shared by all processes."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from torch.utils.data import Sampler

from data_prep.errors import InputError
from recognizers.training.shard_order import ShardOrder, shuffle_within_parts

#: Epoch, index of the clip, and how many times it occurs in the epoch before.
Key = tuple[int, int, int]


class BucketBatchSampler(Sampler[list[Key]]):
    """Draws batches of clips of similar length; in each epoch every clip occurs once, in one of the processes.

    With `draw`, the clips that it draws for the epoch take the place of "every clip"; all else stays as it is.

    The clips are sorted by the length they have in the epoch and cut into batches, which are then shuffled. (Lengths
    that do not change from epoch to epoch are first blurred by a percent, so that the batches vary.) Each of n
    processes takes every n-th clip of each batch: the batches of two processes together contain what one process with
    twice the limits would have, and their similar lengths keep the processes from waiting for each other.

    The number of batches is the same in all epochs, because the schedule of the learning rate depends on it: that of
    the first epoch's clips. The very first batch is the largest, so that a lack of memory shows immediately.

    With `shard_order`, the clips of a few shards are read together: they are sorted, cut and shuffled before those of
    other shards are read. At the border of two such parts, a batch may hold clips of both.

    Args:
        lengths: Number of frames of each clip.
        batch_size: Largest number of clips in a batch of one process (one more if some process would get none).
        batch_frames: Largest number of frames in a batch of one process, including padding. Exceeded by a single clip
            that is longer, and by a few percent if an epoch's clips are longer than `lengths`.
        seed: Seed of the shuffling.
        shuffle: False for validation: batches are sorted by length and the same in all epochs.
        played_lengths: Gives the numbers of frames that clips have in an epoch, (keys,), for their indices and numbers
            of earlier occurrences, (keys, 2); None for those recorded.
        rank: Number of this process, from 0.
        num_ranks: Number of processes.
        draw: Gives the indices of an epoch's clips in ascending order, (clips,), such as `BalancedDraw.indices`; None
            for every clip once.
        shard_order: Tells which clips to read together; None if all are equally at hand.

    Yields:
        Lists of (epoch, index, number of earlier occurrences). Augmentation in worker processes depends on the whole
        key, so that it differs from epoch to epoch, and where a clip occurs several times in one.

    Raises:
        InputError: There are clips, but fewer than processes.
    """

    #: Relative blur of lengths that are the same in all epochs.
    BLUR = 0.01

    def __init__(
        self,
        lengths: Sequence[int],
        batch_size: int,
        batch_frames: float = math.inf,
        seed: int = 0,
        shuffle: bool = True,
        played_lengths: Callable[[int, np.ndarray], np.ndarray] | None = None,
        rank: int = 0,
        num_ranks: int = 1,
        draw: Callable[[int], np.ndarray] | None = None,
        shard_order: ShardOrder | None = None,
    ) -> None:
        if 0 < len(lengths) < num_ranks:
            raise InputError(
                f"{num_ranks} processes cannot share {len(lengths)} clips; lower trainer.devices to {len(lengths)}"
            )
        self.lengths = np.asarray(lengths)
        self.batch_size = batch_size * num_ranks
        self.batch_frames = batch_frames * num_ranks
        self.seed = seed
        self.shuffle = shuffle
        self.played_lengths = played_lengths
        self.rank = rank
        self.num_ranks = num_ranks
        self.draw = draw
        self.shard_order = shard_order
        self.epoch = 0
        self.num_batches = self._count_batches()
        #: Number of batches of this epoch that have been trained on; a resumed run skips them.
        self.done = 0

    @property
    def sampler(self) -> "BucketBatchSampler":
        """The sampler itself, because this is where Lightning looks for `set_epoch`."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Start an epoch; if it is the current one, its position is kept."""
        if epoch != self.epoch:
            self.epoch, self.done = epoch, 0

    def resume_from(self, epoch: int, done: int) -> None:
        """Continue an epoch after the batches that are done, or with the next epoch if all are."""
        self.set_epoch(epoch)
        self.done = done
        if done >= len(self):
            self.set_epoch(epoch + 1)

    def __len__(self) -> int:
        return self.num_batches

    def __iter__(self) -> Iterator[list[Key]]:
        keys = self._keys(self.epoch)
        for batch in self._batches(keys)[self.done :]:
            yield [(self.epoch, index, earlier) for index, earlier in keys[batch[self.rank :: self.num_ranks]].tolist()]

    def _keys(self, epoch: int) -> np.ndarray:
        """Return index and number of earlier occurrences of each of the epoch's clips, (clips, 2)."""
        indices = np.arange(len(self.lengths)) if self.draw is None else self.draw(epoch)
        return np.stack([indices, np.arange(len(indices)) - np.searchsorted(indices, indices)], axis=1)

    def _count_batches(self) -> int:
        indices = self._keys(0)[:, 0]
        lengths = self.lengths[indices]
        return len(self._cut(lengths[self._sort(lengths, self._parts(indices))], self.batch_frames))

    def _parts(self, indices: np.ndarray) -> np.ndarray:
        """Return the number of the part that each of the epoch's clips is in, (clips,)."""
        if self.shard_order is None:
            return np.zeros(len(indices), np.int64)
        return self.shard_order.parts(self.epoch if self.shuffle else None, indices)

    def _sort(self, lengths: np.ndarray, parts: np.ndarray) -> np.ndarray:
        if self.shard_order is None:
            return np.argsort(lengths, kind="stable")
        return self.shard_order.sort(parts, lengths)

    def _batches(self, keys: np.ndarray) -> list[np.ndarray]:
        """Draw the epoch's batches for all processes together: the positions of their clips among the keys."""
        if len(self.lengths) == 0:
            return []
        recorded = self.lengths[keys[:, 0]]
        lengths = self.played_lengths(self.epoch, keys) if self.played_lengths else recorded
        rng = np.random.default_rng([self.seed, self.epoch])
        sort_by = lengths
        if self.shuffle and np.array_equal(lengths, recorded):
            sort_by = lengths * rng.uniform(1 - self.BLUR, 1 + self.BLUR, len(lengths))
        parts = self._parts(keys[:, 0])
        order = self._sort(sort_by, parts)
        batches = np.split(order, self._cut_evenly(lengths[order])[:-1])
        if not self.shuffle:
            return batches
        if self.shard_order is None:
            batches = [batches[i] for i in rng.permutation(len(batches))]
        else:
            firsts, lasts = (np.array([parts[batch[end]] for batch in batches]) for end in (0, -1))
            batches = [batches[i] for i in shuffle_within_parts(firsts, lasts, rng)]
        if self.epoch == 0:  # start with the largest batch
            largest = max(range(len(batches)), key=lambda i: len(batches[i]) * lengths[batches[i]].max())
            if self.shard_order is None:
                batches[0], batches[largest] = batches[largest], batches[0]
            else:  # and go on with its neighbours, which are in the same shards
                batches = batches[largest:] + batches[:largest]
        return batches

    def _cut_evenly(self, lengths: np.ndarray) -> list[int]:
        """Cut sorted clips into `num_batches` batches, and return where each ends."""
        frames = self.batch_frames
        while len(cuts := self._cut(lengths, frames)) > self.num_batches:
            frames *= 1.01
        while len(cuts) < self.num_batches:
            sizes = np.diff([0, *cuts])
            largest = int(np.argmax(sizes))
            if sizes[largest] < 2 * self.num_ranks:  # no batch can be halved: make all of them equally large
                return np.cumsum([len(part) for part in np.array_split(lengths, self.num_batches)]).tolist()
            cuts.insert(largest, cuts[largest] - int(sizes[largest]) // 2)
        return cuts

    def _cut(self, lengths: np.ndarray, frames: float) -> list[int]:
        """Cut clips in this order into batches as large as the limits allow, and return where each ends."""
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
        if len(cuts) > 1 and cuts[-1] - cuts[-2] < self.num_ranks:  # the last batch has too few clips for all processes
            before = cuts[-3] if len(cuts) > 2 else 0
            if cuts[-1] - before >= 2 * self.num_ranks:
                cuts[-2] = cuts[-1] - self.num_ranks
            else:
                del cuts[-2]
        return cuts
