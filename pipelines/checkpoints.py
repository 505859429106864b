"""Which checkpoints a training keeps."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint


def checkpoint_callbacks(folder: Path, has_validation: bool, every_s: float, keep: int) -> list[ModelCheckpoint]:
    """Keep the best checkpoint, and the newest ones by epoch and by time.

    Args:
        folder: Where they go.
        has_validation: Whether there are clips to choose the best by; else it is the last.
        every_s: Seconds between checkpoints within an epoch.
        keep: How many of the newest are kept, of each kind.
    """
    best = ModelCheckpoint(
        folder,
        filename="best_epoch={epoch:03d}",
        auto_insert_metric_name=False,
        monitor="val/selection" if has_validation else None,
        mode="min",
    )
    return [
        best,
        _newest(folder, "epoch_end_step", keep, save_on_train_epoch_end=True),
        _newest(folder, "step", keep, train_time_interval=timedelta(seconds=every_s)),
    ]


def best_checkpoint(trainer: pl.Trainer) -> tuple[Path, float | None]:
    """The checkpoint that did best in validation and what chose it, less being better; or the last and None."""
    callback = trainer.checkpoint_callback
    assert isinstance(callback, ModelCheckpoint)  # the first of ours
    score = callback.best_model_score if callback.monitor else None
    return Path(callback.best_model_path), None if score is None else float(score)


def _newest(folder: Path, name: str, keep: int, **when: Any) -> ModelCheckpoint:
    return ModelCheckpoint(
        folder,
        filename=name + "={step:08.0f}",
        auto_insert_metric_name=False,
        monitor="step",
        mode="max",
        save_top_k=keep,
        **when,
    )
