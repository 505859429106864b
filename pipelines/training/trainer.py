"""Lightning's Trainer with our defaults and callbacks, and with errors that users can act on."""

import inspect
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, EarlyStopping, RichProgressBar
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from data_prep.errors import InputError, did_you_mean
from pipelines.cli.schema import TrainConfig
from pipelines.training.bar_messages import MessagesAboveBar
from pipelines.training.checkpoints import checkpoint_callbacks
from pipelines.training.epoch_lines import EpochLines, describe_epoch
from pipelines.training.history import History
from pipelines.training.loggers import build_logger, end_logging
from pipelines.training.nonfinite_guard import StepGuard
from pipelines.training.random_states import RandomStates
from pipelines.training.run_upload import upload_callbacks
from pipelines.training.throughput import Throughput
from pipelines.training.weight_average import WeightAverage
from recognizers.training.datamodule import ClipData
from recognizers.training.lr_schedule import check_validated

log = logging.getLogger(__name__)
C = TypeVar("C", bound=Callback)

# Silence Lightning's advice to programmers, among which users would overlook our messages.
logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
for advice in (
    "LeafSpec",
    "smaller than the logging interval",
    "does not have many workers",
    "across ranks is zero",
    "your dataloader is not resumable",  # our data module resumes itself
    "exists and is not empty",  # the directory of the resumed run
):
    warnings.filterwarnings("ignore", f".*{advice}.*")


def build_trainer(cfg: TrainConfig, run_dir: Path, has_validation: bool, others: Sequence[Callback] = ()) -> pl.Trainer:
    """Make a Trainer that keeps checkpoints, logs curves, skips non-finite steps and measures its speed.

    Args:
        cfg: The settings.
        run_dir: Directory of the run.
        has_validation: Whether there are validation clips; those of the corpus may all have been unreadable.
        others: Further callbacks, such as those that show what is recognised of some clips.

    Raises:
        InputError: An argument of the Trainer is unknown or impossible on this machine, or a setting needs validation
            clips that the corpus lacks.
    """
    check_validated(has_validation, cfg.optimizer.schedule, cfg.early_stopping_epochs)
    if not has_validation:
        log.warning("no validation clips: the last checkpoint is kept, which may not be the best")
    checkpoints = checkpoint_callbacks(
        run_dir / "checkpoints", has_validation, cfg.checkpoint_every_s, cfg.keep_checkpoints
    )
    # The averaged weights come before the others, which are to use them.
    others = [*_optional_callbacks(cfg), *others]
    measures = [StepGuard(), Throughput(), History(run_dir)]
    callbacks = [*others, RandomStates(), *checkpoints, *measures, *upload_callbacks()]
    return make_trainer(cfg.trainer, run_dir, callbacks, build_logger(cfg.logger, run_dir, cfg.name))


def make_trainer(settings: dict[str, Any], run_dir: Path, callbacks: list[Callback], logger: Any) -> pl.Trainer:
    """Make a Trainer with our defaults and the user's settings, which take precedence.

    Raises:
        InputError: A setting is unknown, or impossible on this machine.
    """
    known = inspect.signature(pl.Trainer).parameters
    for name in settings:
        if name not in known:
            raise InputError(f"trainer.{name}: Lightning's Trainer has no such argument{did_you_mean(name, known)}")
    wanted = settings.get("enable_progress_bar", True)
    bar: list[Callback] = []
    if wanted and sys.stderr.isatty():
        progress = _ProgressBar(console_kwargs={"stderr": True})
        bar = [progress, MessagesAboveBar(progress)]
    lines: list[Callback] = [EpochLines()] if wanted and not bar else []
    defaults: dict[str, Any] = {
        "callbacks": [*bar, *lines, *callbacks],  # in this order, so that other messages follow an epoch's line
        "logger": logger,
        "default_root_dir": run_dir,
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,
        "use_distributed_sampler": False,  # our sampler already gives each process its share
    }
    try:
        return pl.Trainer(**(defaults | settings | {"enable_progress_bar": bool(bar)}))
    except (MisconfigurationException, ValueError, TypeError, ImportError) as error:
        raise InputError(f"trainer: {error} (this machine has {os.cpu_count()} cores and {_describe_gpus()})") from None


def fit(trainer: pl.Trainer, module: pl.LightningModule, data: ClipData, resume: Path | None) -> None:
    """Train from the beginning, or from a checkpoint.

    Raises:
        InputError: A batch does not fit into memory, or too many steps were not finite.
        KeyboardInterrupt: The user interrupted the training.
    """
    is_success = False
    try:
        trainer.fit(module, data, ckpt_path=resume, weights_only=True)
        is_success = True
    except SystemExit:
        if not trainer.interrupted:
            raise
        raise KeyboardInterrupt from None  # Lightning exits instead, with a code that has another meaning here
    except (RuntimeError, MemoryError) as error:
        if not _is_out_of_memory(error):
            raise
        raise InputError(_explain_out_of_memory(trainer, data)) from error
    finally:
        end_logging(trainer.loggers, is_success)


def find_callback(trainer: pl.Trainer, kind: type[C]) -> C:
    """Return the Trainer's callback of a class."""
    return next(callback for callback in trainer.callbacks if isinstance(callback, kind))  # type: ignore[attr-defined]


def _optional_callbacks(cfg: TrainConfig) -> list[Callback]:
    callbacks: list[Callback] = []
    if cfg.ema_decay is not None:
        callbacks.append(WeightAverage(cfg.ema_decay))
    if cfg.early_stopping_epochs is not None:
        callbacks.append(EarlyStopping("val/selection", patience=cfg.early_stopping_epochs, mode="min"))
    return callbacks


def _is_out_of_memory(error: Exception) -> bool:
    signs = ("out of memory", "can't allocate memory", "CUBLAS_STATUS_ALLOC_FAILED")
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in signs)


def _explain_out_of_memory(trainer: pl.Trainer, data: ClipData) -> str:
    batch = find_callback(trainer, StepGuard).batch
    if batch is None:
        return "out of memory before the first batch: lower encoder.hidden_size or encoder.layers"
    clips, frames = batch.frames.shape[:2]
    return (
        f"out of memory at a batch of {clips} clips with up to {frames} frames each: {', '.join(batch.ids)}. Lower "
        f"batch_frames (now {data.batch_frames}) below {clips * frames}, or batch_size (now {data.batch_size}), and "
        "set trainer.accumulate_grad_batches to make up for it; or lower encoder.hidden_size"
    )


def _describe_gpus() -> str:
    count = torch.cuda.device_count()
    return f"{count} CUDA GPU{'s' if count > 1 else ''}" if count else "no CUDA GPU"


class _ProgressBar(RichProgressBar):
    """Lightning's progress bar, which counts epochs from 1 and leaves out the logger's version number."""

    def _get_train_description(self, current_epoch: int) -> str:
        return f"epoch {describe_epoch(self.trainer)}"

    def get_metrics(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> dict[str, Any]:
        """Return the metrics at the end of the bar."""
        metrics = super().get_metrics(trainer, pl_module)
        return {name: value for name, value in metrics.items() if name != "v_num"}
