"""This project's training, by its Trainer and by a bare loop."""

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
from benchmarks.clips import CLIPS_PER_BATCH, NUM_FEATURES, NUM_SYMBOLS, Clips, by_our_sampler, padded
from benchmarks.pacing import PacedSampler, paced_loader
from pipelines.cli.schema import TrainConfig
from pipelines.training.malloc import reuse_freed_memory
from pipelines.training.trainer import build_trainer, fit
from recognizers.encoder.bilstm import BiLstm
from recognizers.head.ctc import Ctc
from recognizers.training.datamodule import CountingLoader
from recognizers.training.lightning_module import SequenceRecognizer
from recognizers.vocabulary import Vocabulary

#: Clips a batch, at most, as by default; mostly it is the frames that bind.
BATCH_SIZE = 32


def by_trainer(clips: Clips, connection: Connection) -> None:
    """As `python -m pipelines.train` does it: batches of as many frames as 16 average clips have."""
    reuse_freed_memory()
    _fit(_loader(clips, connection, BATCH_SIZE, CLIPS_PER_BATCH * clips.mean_frames, CountingLoader))


def by_trainer_in_sixteens(clips: Clips, connection: Connection) -> None:
    """The same on batches of 16 clips, however long they are."""
    reuse_freed_memory()
    _fit(_loader(clips, connection, CLIPS_PER_BATCH, math.inf, CountingLoader))


def by_bare_loop(clips: Clips, connection: Connection) -> None:
    """The same network, batches, optimizer and schedule, with nothing around them."""
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
    """Training batches, and none to validate on."""

    def __init__(self, loader: DataLoader) -> None:
        super().__init__()
        self.loader = loader

    def train_dataloader(self) -> DataLoader:
        """The loader."""
        return self.loader


def _fit(loader: DataLoader) -> None:
    """Train with what users get by default: progress bar, logger, callbacks."""
    settings = OmegaConf.to_container(OmegaConf.load(Path(conf.__file__).parent / "trainer/auto.yaml"))
    cfg = TrainConfig(
        name="benchmark",
        trainer=settings | {"accelerator": "cpu", "max_epochs": 1, "gradient_clip_val": 1.0, "precision": "32-true"},
        checkpoint_every_s=3600.0,  # none is to be written while steps are measured
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
    batches = padded(by_our_sampler(clips, batch_size, batch_frames), clips)
    frames = [int(batch.frame_lengths.sum()) for batch in batches]
    padded_frames = sum(batch.frames.shape[0] * batch.frames.shape[1] for batch in batches)
    return paced_loader(batches, frames, padded_frames, connection, kind)
