"""Batches for training and validation, made from prepared clips."""

import logging
import math
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor, Signal, num_frames
from data_prep.prepare import Prepared
from recognizers.augment.augment import Augment, clip_generator
from recognizers.augment.none import NoAugment
from recognizers.batch import Batch, Example
from recognizers.recombination.recombiner import Recombiner
from recognizers.training.balance import BalancedDraw
from recognizers.training.sampler import BucketBatchSampler, Key
from recognizers.training.shard_order import ShardOrder
from recognizers.training.targets import TargetClip

log = logging.getLogger(__name__)

#: End of the id of an example that is a new sequence in the place of a clip; a teacher of the clip has not heard it.
RECOMBINED = " (recombined)"


class _Source(NamedTuple):
    """What an example is made of: its id, its signal, its target, and the fewest frames that can emit the target."""

    id: str
    signal: Signal
    target: tuple[int, ...]
    min_frames: int


class ClipDataset(Dataset[list[Example]]):
    """Turns stored signals into examples: augment the signal, compute features, augment the features.

    Args:
        clips: Clips with their targets.
        prepared: Gives the clips' signals.
        extractor: Computes features.
        augment: Augmentation; None for validation.
        seed: Seed of the augmentation.
        views: Number of augmented views of each clip; they share the variation of the signal, so that their frames
            correspond to each other.
        may_be_empty: Whether a target may be empty, as that of sound without words: a text may, a label may not.
        recombiner: Replaces clips by new sequences; None to leave them.
        subsampling: Frames for each encoded frame, by which new sequences may turn out too short for their targets.
    """

    def __init__(
        self,
        clips: Sequence[TargetClip],
        prepared: Prepared,
        extractor: FeatureExtractor,
        augment: Augment | None = None,
        seed: int = 0,
        views: int = 1,
        may_be_empty: bool = False,
        recombiner: Recombiner | None = None,
        subsampling: int = 1,
    ) -> None:
        self.recombiner = recombiner
        self.subsampling = subsampling
        self.views = views
        self.may_be_empty = may_be_empty
        self.clips = clips
        self.prepared = prepared
        self.extractor = extractor
        self.augment = augment or NoAugment()
        self.seed = seed

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, key: Key) -> list[Example]:
        """Return the views of a clip for a key of the sampler; equal keys give equal views."""
        epoch, index, earlier = key
        entry = self.clips[index]
        rng = self._rng(epoch, entry, earlier)
        speed = self.augment.draw_speed(rng)
        source = self._source(epoch, entry, earlier)
        signal = source.signal
        if self.may_be_empty and (wordless := self.augment.wordless(signal, rng)) is not None:
            frames = self.extractor.frames(wordless)
            return [Example(source.id, self.augment.frames(frames, rng).values, ()) for _ in range(self.views)]
        frames = self.extractor.frames(self.augment.signal(signal, speed, rng))
        views = [self.augment.frames(frames, rng) for _ in range(self.views)]
        if len(frames.values) < source.min_frames:
            # Played faster, the clip has too few frames for CTC; unchanged it has enough.
            views = [self.extractor.frames(signal)] * self.views
        return [Example(source.id, view.values, source.target, entry.reference) for view in views]

    def _source(self, epoch: int, entry: TargetClip, earlier: int) -> _Source:
        """Return a clip, or the new sequence in its place."""
        sequence = self.recombiner.draw(epoch, entry, earlier) if self.recombiner else None
        if self.recombiner and sequence:
            signal = self.recombiner.join(sequence, epoch, entry, earlier)
            min_frames = (sequence.needed_frames - 1) * self.subsampling + 1
            if signal is not None and num_frames(signal.duration_s, self.extractor.frame_rate_hz) >= min_frames:
                return _Source(entry.clip.id + RECOMBINED, signal, sequence.target, min_frames)
        return _Source(entry.clip.id, self.prepared.signal(entry.clip), entry.target, entry.min_frames)

    def plain_frames(self, count: int) -> Iterator[np.ndarray]:
        """Yield the frames (T, F), not augmented, of up to `count` clips spread evenly over all."""
        for index in np.linspace(0, len(self.clips) - 1, min(count, len(self.clips))).astype(int):
            yield self.extractor.frames(self.prepared.lone_signal(self.clips[index].clip)).values

    def played_lengths(self, epoch: int, keys: np.ndarray) -> np.ndarray:
        """Return about how many frames clips have in an epoch, (keys,).

        Args:
            epoch: The epoch.
            keys: Index and number of earlier occurrences in the epoch of each clip, (keys, 2).
        """
        return np.array([self._played_length(epoch, self.clips[index], earlier) for index, earlier in keys.tolist()])

    def _played_length(self, epoch: int, entry: TargetClip, earlier: int) -> float:
        speed = self.augment.draw_speed(self._rng(epoch, entry, earlier))
        sequence = self.recombiner.draw(epoch, entry, earlier) if self.recombiner else None
        if sequence is None:
            return entry.num_frames / speed
        return num_frames(sequence.duration_s, self.extractor.frame_rate_hz) / speed

    def _rng(self, epoch: int, entry: TargetClip, earlier: int) -> np.random.Generator:
        return clip_generator(self.seed, epoch, entry.clip.id, earlier)


class CountingLoader(DataLoader[list[Example]]):
    """A loader that counts a batch when the training receives it, not when a worker fetches it in advance.

    Attributes:
        waited_s: Time the training has waited for batches, in seconds.
        frames: Number of frames so far, without padding.
        padded_frames: Number of frames so far, with padding.
    """

    batch_sampler: BucketBatchSampler
    waited_s = 0.0
    frames = 0
    padded_frames = 0

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]
        batches = cast("Iterator[Batch]", super().__iter__())  # what `collate_fn` returns
        while True:
            asked = time.perf_counter()
            batch = next(batches, None)
            self.waited_s += time.perf_counter() - asked
            if batch is None:
                return
            self.batch_sampler.done += 1
            self.frames += int(batch.frame_lengths.sum())
            self.padded_frames += batch.frames.shape[0] * batch.frames.shape[1]
            yield batch


class ClipData(pl.LightningDataModule):
    """Provides batches of the training and validation clips.

    Args:
        clips: Clips with targets; those of the test split are ignored. Training clips with groups are balanced.
        prepared: Gives the clips' signals.
        extractor: Computes features.
        augment: Augmentation of training clips.
        batch_size: Largest number of clips in a batch of one process.
        batch_frames: Largest number of frames in a batch of one process, including padding.
        num_workers: Number of loading processes; 0 loads in the training process.
        seed: Seed of shuffling and augmentation.
        views: Number of views of each training clip; a batch contains all first views, then all second views.
        may_be_empty: Whether targets may be empty, as those of texts may.
        recombiner: Adds new sequences to the training clips; None to add none.
        subsampling: Frames for each encoded frame.
        buffer_shards: Number of the store's shards whose clips are shuffled together, and that the cache of a store at
            a URL should hold twice; None to shuffle all clips together.

    Raises:
        InputError: There are no training clips, or a limit is below 1.
    """

    def __init__(
        self,
        clips: Sequence[TargetClip],
        prepared: Prepared,
        extractor: FeatureExtractor,
        augment: Augment,
        batch_size: int,
        batch_frames: float = math.inf,
        num_workers: int = 0,
        seed: int = 0,
        views: int = 1,
        may_be_empty: bool = False,
        recombiner: Recombiner | None = None,
        subsampling: int = 1,
        buffer_shards: int | None = None,
    ) -> None:
        super().__init__()
        if batch_size < 1 or batch_frames < 1:
            raise InputError(f"batch_size and batch_frames must be at least 1; found {batch_size}, {batch_frames}")
        train = [entry for entry in clips if entry.clip.split == "train"]
        if not train:
            raise InputError("no clip is left for training; failures.jsonl says what was wrong with each")
        self.train = ClipDataset(
            train, prepared, extractor, augment, seed, views, may_be_empty, recombiner, subsampling
        )
        self.validation = ClipDataset(
            [entry for entry in clips if entry.clip.split == "validation"], prepared, extractor
        )
        self.batch_size = batch_size
        self.batch_frames = batch_frames
        self.num_workers = num_workers
        self.seed = seed
        self.buffer_shards = buffer_shards
        #: Draws the clips of each epoch if those of all groups are to be drawn equally often.
        groups = [entry.group for entry in train if entry.group is not None]
        self.balance = BalancedDraw(groups, seed) if groups else None
        #: How often each training clip is drawn in an epoch, on average, (clips,).
        self.rates = self.balance.rates if self.balance else np.ones(len(train))
        self._train_sampler: BucketBatchSampler | None = None
        self._position: dict[str, Any] = {"epoch": 0, "done": 0}

    def state_dict(self) -> dict[str, Any]:
        """Return the position in the epoch, so that a resumed run sees the batches that are left."""
        sampler = self._train_sampler
        if sampler is None:
            return self._position
        order = sampler.shard_order
        shards = {} if order is None else {"shards": order.fingerprint}
        return {"epoch": sampler.epoch, "done": sampler.done, **shards}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Set the position. Lightning calls this before it asks for the loaders."""
        self._position = state_dict

    def train_dataloader(self) -> DataLoader[list[Example]]:
        """Make the loader of shuffled batches; a Trainer that overfits some batches gets the same ones each time."""
        overfits = self.trainer is not None and bool(self.trainer.overfit_batches)  # type: ignore[attr-defined]
        self._train_sampler = self._sampler(self.train, shuffle=not overfits)
        order, saved = self._train_sampler.shard_order, self._position.get("shards")
        if saved is not None and (order is None or order.fingerprint != saved):
            log.warning(
                "the shards of the store have changed since the checkpoint was written: the rest of epoch %d is drawn "
                "anew, so that in it some clips may occur twice and others not at all",
                self._position["epoch"],
            )
        self._train_sampler.resume_from(self._position["epoch"], self._position["done"])
        return CountingLoader(self.train, **self._loader_settings(self._train_sampler))

    def val_dataloader(self) -> DataLoader[list[Example]] | list[DataLoader[list[Example]]]:
        """Make the loader of batches sorted by length, or no loader if there are no validation clips."""
        if not len(self.validation):
            return []
        return DataLoader(self.validation, **self._loader_settings(self._sampler(self.validation, shuffle=False)))

    def _sampler(self, dataset: ClipDataset, shuffle: bool) -> BucketBatchSampler:
        return BucketBatchSampler(
            [entry.num_frames for entry in dataset.clips],
            self.batch_size,
            self.batch_frames,
            self.seed,
            shuffle,
            dataset.played_lengths if shuffle else None,
            rank=self.trainer.global_rank if self.trainer else 0,
            num_ranks=self.trainer.world_size if self.trainer else 1,
            draw=self._draw if shuffle and (self.balance or self.train.recombiner) else None,
            shard_order=self._shard_order(dataset),
        )

    def _shard_order(self, dataset: ClipDataset) -> ShardOrder | None:
        if self.buffer_shards is None:
            return None
        prepared = dataset.prepared
        shards = prepared.store.shard_numbers(prepared.keys[entry.clip.id] for entry in dataset.clips)
        return ShardOrder(shards, self.buffer_shards, self.seed)

    def _draw(self, epoch: int) -> np.ndarray:
        """Return the indices of an epoch's clips in ascending order; each is repeated for its new sequences."""
        indices = self.balance.indices(epoch) if self.balance else np.arange(len(self.train))
        return np.repeat(indices, 1 + (self.train.recombiner.settings.copies if self.train.recombiner else 0))

    def _loader_settings(self, sampler: BucketBatchSampler) -> dict[str, Any]:
        return {
            "batch_sampler": sampler,
            "collate_fn": _collate_views,
            "num_workers": self.num_workers,
            "pin_memory": torch.cuda.is_available(),
            "persistent_workers": self.num_workers > 0,
            # Each epoch draws a number; a separate generator keeps the one that dropout uses unchanged.
            "generator": torch.Generator().manual_seed(self.seed),
        }


def _collate_views(examples: Sequence[Sequence[Example]]) -> Batch:
    return Batch.from_examples([example for view in zip(*examples, strict=True) for example in view])
