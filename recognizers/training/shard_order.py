"""The order in which an epoch reads clips that are stored in shards, of which only a few are at hand at a time."""

import zlib

import numpy as np


class ShardOrder:
    """Divides the clips of each epoch into parts, each of which is read from a few shards.

    The shards are shuffled anew in each epoch, and those that follow each other become a part. Within a part, clips are
    sorted by length, up in one part and down in the next one, so that a batch on the border of two parts holds clips of
    similar length too.

    Args:
        shards: Number of the shard of each clip, (clips,).
        buffer_shards: Number of shards of a part.
        seed: Seed of the shuffling.
    """

    def __init__(self, shards: np.ndarray, buffer_shards: int, seed: int = 0) -> None:
        self.buffer_shards = buffer_shards
        self.seed = seed
        found, self._shards = np.unique(shards, return_inverse=True)
        self._num_shards = len(found)
        #: Differs if clips are in other shards, so that an epoch would be drawn differently.
        self.fingerprint = f"{zlib.crc32(np.ascontiguousarray(self._shards, '<i8').tobytes()):08x}"

    def parts(self, epoch: int | None, indices: np.ndarray) -> np.ndarray:
        """Return the number of the part that clips are in, (indices,).

        Args:
            epoch: The epoch; None to leave the shards in their order.
            indices: Indices of clips, (indices,).
        """
        rank = np.arange(self._num_shards)
        if epoch is not None:
            rank = np.random.default_rng([self.seed, epoch, self._num_shards]).permutation(rank)
        return rank[self._shards[indices]] // self.buffer_shards

    @staticmethod
    def sort(parts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Return the positions of clips, (clips,), in the order of their parts and, within a part, of their lengths."""
        return np.lexsort((np.where(parts % 2, -lengths, lengths), parts))


def shuffle_within_parts(firsts: np.ndarray, lasts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shuffle batches without mixing those of different parts; a batch on a border stays there.

    Args:
        firsts: Part of the first clip of each batch, (batches,), ascending.
        lasts: Part of the last clip of each batch, (batches,).
        rng: Draws the order.

    Returns:
        The batches' indices in their new order, (batches,).
    """
    # A batch on a border comes last in its part.
    return np.lexsort((rng.random(len(firsts)), firsts != lasts, firsts))
