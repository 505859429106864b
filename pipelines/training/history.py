"""The curves of a training, epoch by epoch, whatever logger is chosen: the report of the run draws them."""

import json
import math
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback

from data_prep.json_rows import write_json_rows
from recognizers.batch import Batch

HISTORY_NAME = "history.jsonl"
#: Metrics that are not curves of their own.
LEFT_OUT = ("val/selection",)


class History(Callback):
    """Writes a line of history.jsonl after each epoch: its number, steps, learning rate and metrics.

    Args:
        run_dir: Directory of the run.
    """

    def __init__(self, run_dir: Path) -> None:
        self.path = run_dir / HISTORY_NAME
        self._losses, self._clips = 0.0, 0
        self._validated = False

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the epochs before the checkpoint that the training starts from; later ones are trained again."""
        self._rows = [row for row in read_history(self.path) if row["epoch"] <= trainer.current_epoch]

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the mean of an epoch's losses."""
        self._losses, self._clips = 0.0, 0

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        """Add the loss of a batch, unless it is not finite, in which case the step is skipped too."""
        loss = float(trainer.callback_metrics["train/loss"])
        if math.isfinite(loss):
            self._losses += loss * len(batch)
            self._clips += len(batch)

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Remember that the metrics of the validation are new."""
        self._validated = True

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the line of an epoch; Lightning has validated it by now."""
        if not trainer.is_global_zero:
            return
        metrics = {
            name: float(value)
            for name, value in sorted(trainer.callback_metrics.items())
            if name.startswith(("train/", "val/") if self._validated else "train/")
            and name not in LEFT_OUT
            and not name.endswith(("_step", "_epoch"))
        }
        # A single batch's loss, which is what Lightning has under this name, says little.
        metrics["train/loss"] = self._losses / max(self._clips, 1)
        rate = trainer.optimizers[0].param_groups[-1]["lr"]
        row = {"epoch": trainer.current_epoch + 1, "step": trainer.global_step, "learning_rate": rate, **metrics}
        self._rows.append(row)
        self._validated = False
        write_json_rows(self.path, self._rows)


def read_history(path: Path) -> list[dict[str, Any]]:
    """Read the lines of a history; none if there is no such file, as in runs of earlier versions."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
