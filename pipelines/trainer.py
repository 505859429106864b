"""Lightning's Trainer as this project uses it: checkpoints, progress, and errors that users can read."""

import inspect
import logging
import os
import warnings
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint, RichProgressBar
from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from data_prep.errors import InputError

log = logging.getLogger(__name__)

# Lightning's advice to programmers would bury what users need to read.
logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
for advice in (
    "LeafSpec",
    "smaller than the logging interval",
    "does not have many workers",
    "across ranks is zero",
    "your dataloader is not resumable",  # our data module keeps its place itself
    "exists and is not empty",  # the folder of the run that is resumed
):
    warnings.filterwarnings("ignore", f".*{advice}.*")


def build_trainer(
    settings: dict[str, Any], checkpoints: Path, has_validation: bool, every_s: float, keep: int
) -> pl.Trainer:
    """A Trainer that keeps the best checkpoint, and the newest ones by epoch and by time.

    Args:
        settings: Arguments of Lightning's Trainer.
        checkpoints: The folder for checkpoints, in the run directory.
        has_validation: Whether there are clips to choose the best checkpoint by; else it is the last one.
        every_s: Seconds between checkpoints within an epoch.
        keep: How many of the newest are kept, of each kind.

    Raises:
        InputError: A setting is unknown, or this machine cannot do it.
    """
    known = inspect.signature(pl.Trainer).parameters
    for name in settings:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise InputError(f"trainer.{name}: Lightning's Trainer has no such argument{hint}")
    if settings.get("max_epochs", 1) == 0:
        raise InputError("trainer.max_epochs is 0: nothing would be trained")
    if not has_validation:
        log.warning("no validation clips: the last checkpoint is taken, whether it is the best or not")
    best = ModelCheckpoint(
        checkpoints,
        filename="best_epoch={epoch:03d}",
        auto_insert_metric_name=False,
        monitor="val/selection" if has_validation else None,
        mode="min",
    )
    every_epoch = _newest(checkpoints, "epoch_end_step", keep, save_on_train_epoch_end=True)
    now_and_then = _newest(checkpoints, "step", keep, train_time_interval=timedelta(seconds=every_s))
    ours: dict[str, Any] = {
        "callbacks": [best, every_epoch, now_and_then, _Progress(console_kwargs={"stderr": True})],
        "logger": TensorBoardLogger(checkpoints.parent, name=None, version="tensorboard"),
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,
        "use_distributed_sampler": False,  # our batch sampler already gives each process its own
    }
    try:
        return pl.Trainer(**(ours | settings))
    except (MisconfigurationException, ValueError, TypeError) as error:
        raise InputError(f"trainer: {error} (this machine has {os.cpu_count()} cores and {_gpus()})") from None


def fit(trainer: pl.Trainer, module: pl.LightningModule, data: pl.LightningDataModule, resume: Path | None) -> None:
    """Train, from the beginning or from a checkpoint.

    Raises:
        KeyboardInterrupt: It was interrupted.
    """
    try:
        trainer.fit(module, data, ckpt_path=resume, weights_only=True)
    except SystemExit:
        if not trainer.interrupted:
            raise
        raise KeyboardInterrupt from None  # Lightning makes an exit of it, with a code that means something else here


def best_checkpoint(trainer: pl.Trainer) -> Path:
    """The checkpoint that did best in validation, or the last one where there was none."""
    assert isinstance(trainer.checkpoint_callback, ModelCheckpoint)  # the first of ours
    return Path(trainer.checkpoint_callback.best_model_path)


def _newest(folder: Path, name: str, keep: int, **when: Any) -> ModelCheckpoint:
    """Keep the newest checkpoints, from which a run can be resumed."""
    return ModelCheckpoint(
        folder,
        filename=name + "={step:08.0f}",
        auto_insert_metric_name=False,
        monitor="step",
        mode="max",
        save_top_k=keep,
        **when,
    )


def _gpus() -> str:
    count = torch.cuda.device_count()
    return f"{count} CUDA GPU{'s' if count > 1 else ''}" if count else "no CUDA GPU"


class _Progress(RichProgressBar):
    """Lightning's bar without the logger's version number."""

    def get_metrics(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> dict[str, Any]:
        """What stands at the end of the bar."""
        metrics = super().get_metrics(trainer, pl_module)
        return {name: value for name, value in metrics.items() if name != "v_num"}
