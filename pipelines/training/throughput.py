"""The speed of a training, and how much of its time goes to padding and to waiting for data."""

import time
from dataclasses import dataclass
from typing import cast

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback

from recognizers.training.datamodule import CountingLoader


@dataclass(frozen=True)
class Reading:
    """Readings of the clock and of the data loader's counters.

    Attributes:
        time_s: Clock time.
        waited_s: Time spent waiting for data so far.
        frames: Frames so far, without padding.
        padded_frames: Frames so far, with padding.
    """

    time_s: float
    waited_s: float
    frames: int
    padded_frames: int


class Throughput(Callback):
    """Logs frames a second, the share of padding and the share of time spent waiting for data, epoch by epoch.

    Attributes:
        totals: The same figures over all epochs of this process, and `step_s`, the seconds per step; on a GPU also
            `peak_gpu_gib`, the most of its memory that was ever in use, in GiB.
    """

    def __init__(self) -> None:
        self.totals: dict[str, float] = {}
        self._elapsed_s = 0.0
        self._steps = 0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Read the counters; a run resumed within an epoch does not start that epoch again."""
        self._first = self._start = self._last = _read(trainer)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Read the counters at the start of an epoch."""
        self._start = self._last = _read(trainer)

    def on_train_batch_end(self, trainer: pl.Trainer, *_: object) -> None:
        """Read the counters after each batch, because the time of the validation that may follow does not count."""
        self._last = _read(trainer)
        self._steps += 1

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the figures of the epoch, and update the totals."""
        elapsed_s = self._last.time_s - self._start.time_s
        self._elapsed_s += elapsed_s
        for name, value in _figures(self._start, self._last, elapsed_s).items():
            pl_module.log(f"train/{name}", value, sync_dist=True)
        totals = _figures(self._first, self._last, self._elapsed_s)
        totals["step_s"] = self._elapsed_s / max(1, self._steps)
        if pl_module.device.type == "cuda":
            totals["peak_gpu_gib"] = torch.cuda.max_memory_allocated(pl_module.device) / 2**30
        self.totals = {name: round(value, 4) for name, value in totals.items()}


def _figures(start: Reading, end: Reading, elapsed_s: float) -> dict[str, float]:
    frames, padded = end.frames - start.frames, end.padded_frames - start.padded_frames
    return {
        "frames_per_s": frames / max(elapsed_s, 1e-9),
        "padding_share": 1 - frames / max(padded, 1),
        "data_wait_share": (end.waited_s - start.waited_s) / max(elapsed_s, 1e-9),
    }


def _read(trainer: pl.Trainer) -> Reading:
    loader = cast(CountingLoader, trainer.train_dataloader)
    return Reading(time.perf_counter(), loader.waited_s, loader.frames, loader.padded_frames)
