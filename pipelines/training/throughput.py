"""How fast a training is, and what holds it up."""

import time
from dataclasses import dataclass

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback

from recognizers.training.datamodule import CountingLoader


@dataclass(frozen=True)
class Place:
    """Where an epoch stands."""

    at_s: float
    waited_s: float
    frames: int
    padded_frames: int


class Throughput(Callback):
    """Logs, for each epoch, frames a second, the share of padding and the share of time spent waiting for data.

    Attributes:
        totals: The same of all epochs of this process together, and seconds a step.
    """

    def __init__(self) -> None:
        self.totals: dict[str, float] = {}
        self._elapsed_s = 0.0
        self._steps = 0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock; a run that is resumed within an epoch does not begin that epoch."""
        self._first = self._start = self._last = _place(trainer)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start it anew."""
        self._start = self._last = _place(trainer)

    def on_train_batch_end(self, trainer: pl.Trainer, *_: object) -> None:
        """Stop it, in case this is the last: validation does not count."""
        self._last = _place(trainer)
        self._steps += 1

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the epoch, sum up all."""
        elapsed_s = self._last.at_s - self._start.at_s
        self._elapsed_s += elapsed_s
        for name, value in _shares(self._start, self._last, elapsed_s).items():
            pl_module.log(f"train/{name}", value, sync_dist=True)
        self.totals = {
            name: round(value, 4) for name, value in _shares(self._first, self._last, self._elapsed_s).items()
        }
        self.totals["step_s"] = round(self._elapsed_s / max(1, self._steps), 4)


def _shares(start: Place, end: Place, elapsed_s: float) -> dict[str, float]:
    frames, padded = end.frames - start.frames, end.padded_frames - start.padded_frames
    return {
        "frames_per_s": frames / max(elapsed_s, 1e-9),
        "padding_share": 1 - frames / max(padded, 1),
        "data_wait_share": (end.waited_s - start.waited_s) / max(elapsed_s, 1e-9),
    }


def _place(trainer: pl.Trainer) -> Place:
    loader = trainer.train_dataloader
    assert isinstance(loader, CountingLoader)
    return Place(time.perf_counter(), loader.waited_s, loader.frames, loader.padded_frames)
