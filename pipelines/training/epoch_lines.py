"""A line for each epoch of a training, where no progress bar can be drawn."""

import logging
import time

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback

from data_prep.workers.progress import format_duration

log = logging.getLogger(__name__)


class EpochLines(Callback):
    """Logs a line after each epoch: its number, the loss, the scores of the validation, and the time left."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock; a resumed run begins with a later epoch."""
        self._started_at, self._first_epoch = time.monotonic(), trainer.current_epoch

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the line of an epoch; Lightning has validated it by now."""
        done = trainer.current_epoch + 1
        metrics = {
            name: float(value)
            for name, value in trainer.callback_metrics.items()
            if name == "train/loss" or (name.startswith("val/") and name != "val/selection")
        }
        values = ", ".join(f"{name.replace('/', ' ')} {value:.4g}" for name, value in metrics.items())
        log.info("epoch %s: %s%s", describe_epoch(trainer), values, self._describe_time_left(trainer, done))

    def _describe_time_left(self, trainer: pl.Trainer, done: int) -> str:
        if not trainer.max_epochs or trainer.max_epochs < 0:
            return ""
        epoch_s = (time.monotonic() - self._started_at) / (done - self._first_epoch)
        return f", {format_duration(epoch_s * (trainer.max_epochs - done))} left"


def describe_epoch(trainer: pl.Trainer) -> str:
    """Return the number of the current epoch, from 1, and how many there are, such as "3/30"."""
    last = trainer.max_epochs
    return f"{trainer.current_epoch + 1}" + (f"/{last}" if last and last > 0 else "")
