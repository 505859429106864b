"""Prepared clips to batches, for training and validation."""

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
from recognizers.sampler import BucketBatchSampler
from recognizers.targets import TargetClip


class ClipDataset(Dataset[Example]):
    """Stored signals to examples: augment, compute features, augment again.

    Args:
        clips: The clips.
        prepared: Where their signals are.
        extractor: The features.
        augment: Variations; NoAugment for validation.
        seed: Of the variations.
    """

    def __init__(
        self,
        clips: Sequence[TargetClip],
        prepared: Prepared,
        extractor: FeatureExtractor,
        augment: Augment | None = None,
        seed: int = 0,
    ) -> None:
        self.clips = clips
        self.prepared = prepared
        self.extractor = extractor
        self.augment = augment or NoAugment()
        self.seed = seed

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, key: tuple[int, int]) -> Example:
        """The example of (epoch, index); the same key always gives the same."""
        epoch, index = key
        entry = self.clips[index]
        rng = np.random.default_rng([self.seed, epoch, zlib.crc32(entry.clip.id.encode())])
        signal = self.prepared.signal(entry.clip)
        frames = self.augment.frames(self.extractor.frames(self.augment.signal(signal, rng)), rng)
        if len(frames.values) < entry.min_frames:
            # A faster variation may leave CTC too few frames; the clip as it is has enough.
            frames = self.extractor.frames(signal)
        return Example(entry.clip.id, frames.values, entry.target)


class CountingLoader(DataLoader[Example]):
    """A loader that counts the batches of an epoch as they are handed out, not as workers fetch them in advance."""

    batch_sampler: BucketBatchSampler

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]
        for batch in super().__iter__():
            self.batch_sampler.done += 1
            yield batch


class ClipData(pl.LightningDataModule):
    """Batches of the training and validation clips.

    Args:
        clips: Clips with targets, of all splits; those of the test are not looked at.
        prepared: Where their signals are.
        extractor: The features.
        augment: Variations of training clips.
        batch_size: Clips a batch (in each process).
        num_workers: Processes that load; 0 loads in the training process.
        seed: Of shuffling and variations.

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
        num_workers: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if batch_size < 1:
            raise InputError(f"batch_size must be at least 1; found {batch_size}")
        train = [entry for entry in clips if entry.clip.split == "train"]
        if not train:
            raise InputError("no clip is left for training: see failures.jsonl for what was wrong with each")
        self.train = ClipDataset(train, prepared, extractor, augment, seed)
        self.validation = ClipDataset(
            [entry for entry in clips if entry.clip.split == "validation"], prepared, extractor
        )
        self.batch_size = batch_size
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

    def train_dataloader(self) -> DataLoader[Example]:
        """Shuffled buckets."""
        loader = self._loader(self.train, shuffle=True)
        assert isinstance(loader, CountingLoader)
        self._train_sampler = loader.batch_sampler
        self._train_sampler.go_on_from(**self._place)
        return loader

    def val_dataloader(self) -> DataLoader[Example] | list[DataLoader[Example]]:
        """Sorted by length; nothing where the corpus has no validation clips."""
        return self._loader(self.validation, shuffle=False) if len(self.validation) else []

    def _loader(self, dataset: ClipDataset, shuffle: bool) -> DataLoader[Example]:
        sampler = BucketBatchSampler(
            [entry.num_frames for entry in dataset.clips],
            self.batch_size,
            self.seed,
            shuffle,
            rank=self.trainer.global_rank if self.trainer else 0,
            num_ranks=self.trainer.world_size if self.trainer else 1,
        )
        return (CountingLoader if shuffle else DataLoader)(
            dataset,
            batch_sampler=sampler,
            collate_fn=Batch.of,
            num_workers=self.num_workers,
            pin_memory=torch.cuda.is_available(),
            persistent_workers=self.num_workers > 0,
            # Its own: else each epoch would take a number from the generator that dropout uses.
            generator=torch.Generator().manual_seed(self.seed),
        )
