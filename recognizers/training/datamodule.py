"""Prepared clips to batches, for training and validation."""

import math
import time
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor
from data_prep.prepare import Prepared
from recognizers.augment.augment import Augment
from recognizers.augment.none import NoAugment
from recognizers.batch import Batch, Example
from recognizers.training.sampler import BucketBatchSampler
from recognizers.training.targets import TargetClip


class ClipDataset(Dataset[list[Example]]):
    """Stored signals to examples: augment, compute features, augment again.

    Args:
        clips: The clips.
        prepared: Where their signals are.
        extractor: The features.
        augment: Variations; NoAugment for validation.
        seed: Of the variations.
        views: How many variations of a clip's features an example has; they share the variation of its signal, so
            that their frames fit each other.
    """

    def __init__(
        self,
        clips: Sequence[TargetClip],
        prepared: Prepared,
        extractor: FeatureExtractor,
        augment: Augment | None = None,
        seed: int = 0,
        views: int = 1,
    ) -> None:
        self.views = views
        self.clips = clips
        self.prepared = prepared
        self.extractor = extractor
        self.augment = augment or NoAugment()
        self.seed = seed

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, key: tuple[int, int]) -> list[Example]:
        """The views of (epoch, index); the same key always gives the same."""
        epoch, index = key
        entry = self.clips[index]
        rng = self._rng(epoch, entry)
        rate = self.augment.rate(rng)
        signal = self.prepared.signal(entry.clip)
        frames = self.extractor.frames(self.augment.signal(signal, rate, rng))
        views = [self.augment.frames(frames, rng) for _ in range(self.views)]
        if len(frames.values) < entry.min_frames:
            # A faster variation may leave CTC too few frames; the clip as it is has enough.
            views = [self.extractor.frames(signal)] * self.views
        return [Example(entry.clip.id, view.values, entry.target) for view in views]

    def plain_frames(self, count: int) -> Iterator[np.ndarray]:
        """(T, F) of up to that many clips, spread over all, as they are."""
        for index in np.linspace(0, len(self.clips) - 1, min(count, len(self.clips))).astype(int):
            yield self.extractor.frames(self.prepared.signal(self.clips[index].clip)).values

    def rates(self, epoch: int) -> np.ndarray:
        """How many times as fast each clip is played in that epoch, (clips,)."""
        return np.array([self.augment.rate(self._rng(epoch, entry)) for entry in self.clips])

    def _rng(self, epoch: int, entry: TargetClip) -> np.random.Generator:
        return np.random.default_rng([self.seed, epoch, zlib.crc32(entry.clip.id.encode())])


class CountingLoader(DataLoader[list[Example]]):
    """A loader that counts an epoch's batches as they are handed out, not as workers fetch them in advance.

    Attributes:
        waited_s: How long all batches together were waited for.
        frames: Handed out, without padding.
        padded_frames: With it.
    """

    batch_sampler: BucketBatchSampler
    waited_s = 0.0
    frames = 0
    padded_frames = 0

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]
        batches = super().__iter__()
        while True:
            asked = time.perf_counter()
            batch = next(batches, None)
            self.waited_s += time.perf_counter() - asked
            if batch is None:
                return
            assert isinstance(batch, Batch)
            self.batch_sampler.done += 1
            self.frames += int(batch.frame_lengths.sum())
            self.padded_frames += batch.frames.shape[0] * batch.frames.shape[1]
            yield batch


class ClipData(pl.LightningDataModule):
    """Batches of the training and validation clips.

    Args:
        clips: Clips with targets, of all splits; those of the test are not looked at.
        prepared: Where their signals are.
        extractor: The features.
        augment: Variations of training clips.
        batch_size: Clips a batch (in each process), at most.
        batch_frames: Frames a batch (in each process), padding included, at most.
        num_workers: Processes that load; 0 loads in the training process.
        seed: Of shuffling and variations.
        views: Of each training clip in a batch: all first views, then all second views, ...

    Raises:
        InputError: No clip is left for training.
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
    ) -> None:
        super().__init__()
        if batch_size < 1 or batch_frames < 1:
            raise InputError(f"batch_size and batch_frames must be at least 1; found {batch_size}, {batch_frames}")
        train = [entry for entry in clips if entry.clip.split == "train"]
        if not train:
            raise InputError("no clip is left for training: see failures.jsonl for what was wrong with each")
        self.train = ClipDataset(train, prepared, extractor, augment, seed, views)
        self.validation = ClipDataset(
            [entry for entry in clips if entry.clip.split == "validation"], prepared, extractor
        )
        self.batch_size = batch_size
        self.batch_frames = batch_frames
        self.num_workers = num_workers
        self.seed = seed
        self._train_sampler: BucketBatchSampler | None = None
        self._place = {"epoch": 0, "done": 0}

    def state_dict(self) -> dict[str, Any]:
        """The place in the epoch, for checkpoints: a run that is resumed sees the batches that were left."""
        sampler = self._train_sampler
        return self._place if sampler is None else {"epoch": sampler.epoch, "done": sampler.done}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from that place. Lightning calls it before it asks for the loaders."""
        self._place = state_dict

    def train_dataloader(self) -> DataLoader[list[Example]]:
        """Shuffled buckets."""
        loader = self._loader(self.train, shuffle=True)
        assert isinstance(loader, CountingLoader)
        self._train_sampler = loader.batch_sampler
        self._train_sampler.go_on_from(**self._place)
        return loader

    def val_dataloader(self) -> DataLoader[list[Example]] | list[DataLoader[list[Example]]]:
        """Sorted by length; nothing where the corpus has no validation clips."""
        return self._loader(self.validation, shuffle=False) if len(self.validation) else []

    def _loader(self, dataset: ClipDataset, shuffle: bool) -> DataLoader[list[Example]]:
        sampler = BucketBatchSampler(
            [entry.num_frames for entry in dataset.clips],
            self.batch_size,
            self.batch_frames,
            self.seed,
            shuffle,
            dataset.rates if shuffle else None,
            rank=self.trainer.global_rank if self.trainer else 0,
            num_ranks=self.trainer.world_size if self.trainer else 1,
        )
        return (CountingLoader if shuffle else DataLoader)(
            dataset,
            batch_sampler=sampler,
            collate_fn=_by_view,
            num_workers=self.num_workers,
            pin_memory=torch.cuda.is_available(),
            persistent_workers=self.num_workers > 0,
            # Its own: else each epoch would take a number from the generator that dropout uses.
            generator=torch.Generator().manual_seed(self.seed),
        )


def _by_view(examples: Sequence[Sequence[Example]]) -> Batch:
    return Batch.from_examples([example for view in zip(*examples, strict=True) for example in view])
