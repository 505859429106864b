"""Contenders that train with this project: its Trainer, and a bare loop around the same network."""

import math
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace

import pytorch_lightning as pl
import torch
from omegaconf import OmegaConf
from torch.utils.data import DataLoader

import conf
from benchmarks.clips import CLIPS_PER_BATCH, NUM_FEATURES, NUM_SYMBOLS, Clips, batches_of_our_sampler, padded_batches
from benchmarks.pacing import PacedSampler, paced_loader
from pipelines.cli.schema import TrainConfig
from pipelines.training.malloc import reuse_freed_memory
from pipelines.training.trainer import build_trainer, fit
from recognizers.encoder.bilstm import BiLstm
from recognizers.head.ctc import Ctc
from recognizers.training.datamodule import CountingLoader
from recognizers.training.lightning_module import SequenceRecognizer
from recognizers.vocabulary import Vocabulary

#: Maximum number of clips in a batch, as in the default settings; mostly, the limit on frames is reached first.
BATCH_SIZE = 32


def train(clips: Clips, connection: Connection) -> None:
    """Train as `python -m pipelines.train` does; a batch has at most the frames of 16 average clips."""
    reuse_freed_memory()
    _fit(_loader(clips, connection, BATCH_SIZE, CLIPS_PER_BATCH * clips.mean_frames, CountingLoader))


def train_with_fixed_batches(clips: Clips, connection: Connection) -> None:
    """Train as `python -m pipelines.train` does, but on batches of 16 clips of any length."""
    reuse_freed_memory()
    _fit(_loader(clips, connection, CLIPS_PER_BATCH, math.inf, CountingLoader))


def train_in_bare_loop(clips: Clips, connection: Connection) -> None:
    """Train the same network on the same batches with the same optimizer and schedule, without a Trainer."""
    reuse_freed_memory()
    module = _module()
    module.trainer = SimpleNamespace(estimated_stepping_batches=PacedSampler.EPOCH, check_val_every_n_epoch=1)
    (optimizer,), schedulers = module.configure_optimizers()
    module.trainer = None
    for batch in _loader(clips, connection, BATCH_SIZE, CLIPS_PER_BATCH * clips.mean_frames, DataLoader):
        optimizer.zero_grad()
        encoded, lengths = module(batch.frames, batch.frame_lengths)
        module.head.loss(encoded, lengths, batch.targets, batch.target_lengths).backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        for each in schedulers:
            if each["interval"] == "step":
                each["scheduler"].step()


class PacedData(pl.LightningDataModule):
    """Training batches without validation batches."""

    def __init__(self, loader: DataLoader) -> None:
        super().__init__()
        self.loader = loader

    def train_dataloader(self) -> DataLoader:
        """Return the loader of the training batches."""
        return self.loader


def _fit(loader: DataLoader) -> None:
    """Train with the default progress bar, logger and callbacks."""
    settings = OmegaConf.to_container(OmegaConf.load(Path(conf.__file__).parent / "trainer/auto.yaml"))
    cfg = TrainConfig(
        name="benchmark",
        trainer=settings | {"accelerator": "cpu", "max_epochs": 1, "gradient_clip_val": 1.0, "precision": "32-true"},
        checkpoint_every_s=3600.0,  # none is written during the measurement
    )
    with tempfile.TemporaryDirectory() as folder:
        trainer = build_trainer(cfg, Path(folder), has_validation=False)
        fit(trainer, _module(), PacedData(loader), None)


def _module() -> SequenceRecognizer:
    encoder = BiLstm(num_features=NUM_FEATURES, layers=3, hidden_size=256, dropout=0.0, layer_norm=False, subsampling=1)
    symbols = tuple(chr(ord("A") + index) for index in range(NUM_SYMBOLS - 1))
    module = SequenceRecognizer(encoder, Ctc(encoder.num_outputs, Vocabulary("character", symbols)))
    return module.train()


def _loader(
    clips: Clips, connection: Connection, batch_size: int, batch_frames: float, kind: type[DataLoader]
) -> DataLoader:
    batches = padded_batches(batches_of_our_sampler(clips, batch_size, batch_frames), clips)
    frames = [int(batch.frame_lengths.sum()) for batch in batches]
    padded_frames = sum(batch.frames.shape[0] * batch.frames.shape[1] for batch in batches)
    return paced_loader(batches, frames, padded_frames, connection, kind)
