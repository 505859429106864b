"""The checkpoints that a training keeps: the best one, and the newest ones to resume from."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint

from data_prep.errors import InputError
from pipelines.training.resume import newest_checkpoint

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BestCheckpoint:
    """The checkpoint that becomes the result of a training.

    Attributes:
        path: The checkpoint.
        selection: Validation value that chose it, lower being better; None if nothing was validated.
    """

    path: Path
    selection: float | None


class _Checkpoints(ModelCheckpoint):
    """Checkpoints that are found again if the run directory was moved before resuming.

    Lightning stores this class's name in checkpoints, so renaming it would lose the best checkpoint of earlier runs.
    """

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the paths of kept checkpoints, in the present folder; Lightning would forget them if it differs."""
        moved = state_dict | {"dirpath": self.dirpath}
        for name in ("best_model_path", "last_model_path", "kth_best_model_path"):
            moved[name] = self._in_present_folder(state_dict[name])
        moved["best_k_models"] = {
            self._in_present_folder(path): score for path, score in state_dict["best_k_models"].items()
        }
        super().load_state_dict(moved)

    def _in_present_folder(self, path: str) -> str:
        return str(Path(str(self.dirpath)) / Path(path).name) if path else path


def checkpoint_callbacks(folder: Path, has_validation: bool, every_s: float, keep: int) -> list[ModelCheckpoint]:
    """Make the callbacks that keep the best checkpoint, and the `keep` newest ones by epoch and by time.

    Without validation clips, there is no value to choose the best checkpoint by.
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


def best_checkpoint(trainer: pl.Trainer) -> BestCheckpoint:
    """Return the checkpoint with the best validation value, or the last one if nothing was validated.

    Raises:
        InputError: The training ended before its first checkpoint.
    """
    callback = next(each for each in trainer.checkpoint_callbacks if isinstance(each, _Checkpoints))
    if callback.best_model_path:
        score = callback.best_model_score if callback.monitor else None
        return BestCheckpoint(Path(callback.best_model_path), None if score is None else float(score))
    newest = newest_checkpoint(Path(str(callback.dirpath)).parent)
    if newest is None:
        raise InputError("the training ended before its first checkpoint: raise trainer.max_epochs or max_steps")
    log.warning("nothing was validated, so the last checkpoint is kept, which may not be the best")
    return BestCheckpoint(newest, None)


def _newest(folder: Path, name: str, keep: int, **trigger: Any) -> ModelCheckpoint:
    return _Checkpoints(
        folder,
        filename=name + "={step:08.0f}",
        auto_insert_metric_name=False,
        monitor="step",
        mode="max",
        save_top_k=keep,
        **trigger,
    )
