"""Which checkpoints a training keeps."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint

from data_prep.errors import InputError
from pipelines.training.resume import newest_checkpoint

log = logging.getLogger(__name__)


class _Checkpoints(ModelCheckpoint):
    """Checkpoints in a folder that may have been moved since the run was started."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with what was kept, wherever it is now; Lightning forgets it where the folder is another."""
        moved = state_dict | {"dirpath": self.dirpath}
        for name in ("best_model_path", "last_model_path", "kth_best_model_path"):
            moved[name] = self._here(state_dict[name])
        moved["best_k_models"] = {self._here(path): score for path, score in state_dict["best_k_models"].items()}
        super().load_state_dict(moved)

    def _here(self, path: str) -> str:
        return str(Path(str(self.dirpath)) / Path(path).name) if path else path


def checkpoint_callbacks(folder: Path, has_validation: bool, every_s: float, keep: int) -> list[ModelCheckpoint]:
    """Keep the best checkpoint, and the newest ones by epoch and by time.

    Args:
        folder: Where they go.
        has_validation: Whether there are clips to choose the best by; else it is the last.
        every_s: Seconds between checkpoints within an epoch.
        keep: How many of the newest are kept, of each kind.
    """
    best = _Checkpoints(
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
    """The checkpoint that did best in validation and what chose it, less being better; or the last and None.

    Raises:
        InputError: There is none.
    """
    callback = trainer.checkpoint_callback
    assert isinstance(callback, ModelCheckpoint)  # the first of ours
    if callback.best_model_path:
        score = callback.best_model_score if callback.monitor else None
        return Path(callback.best_model_path), None if score is None else float(score)
    newest = newest_checkpoint(Path(str(callback.dirpath)).parent)
    if newest is None:
        raise InputError("the training ended before its first checkpoint: raise trainer.max_epochs or max_steps")
    log.warning("no validation was done: the last checkpoint is taken, whether it is the best or not")
    return newest, None


def _newest(folder: Path, name: str, keep: int, **when: Any) -> ModelCheckpoint:
    return _Checkpoints(
        folder,
        filename=name + "={step:08.0f}",
        auto_insert_metric_name=False,
        monitor="step",
        mode="max",
        save_top_k=keep,
        **when,
    )
