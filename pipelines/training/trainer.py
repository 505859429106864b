"""Lightning's Trainer as this project uses it: what it keeps, what it shows, and errors that users can read."""

import inspect
import logging
import os
import warnings
from pathlib import Path
from typing import Any, TypeVar

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, EarlyStopping, EMAWeightAveraging, RichProgressBar
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from data_prep.errors import InputError, did_you_mean
from pipelines.cli.schema import TrainConfig
from pipelines.training.checkpoints import checkpoint_callbacks
from pipelines.training.loggers import build_logger
from pipelines.training.nonfinite_guard import StepGuard
from pipelines.training.throughput import Throughput
from recognizers.training.datamodule import ClipData

log = logging.getLogger(__name__)
C = TypeVar("C", bound=Callback)

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


def build_trainer(cfg: TrainConfig, run_dir: Path, has_validation: bool) -> pl.Trainer:
    """A Trainer that keeps checkpoints, logs, leaves out steps that are no good, and measures its speed.

    Args:
        cfg: The keys of conf/train.yaml, as plain values; `trainer` holds arguments of Lightning's Trainer.
        run_dir: Where checkpoints and logs go.
        has_validation: Whether there are clips to choose the best checkpoint by; else it is the last one.

    Raises:
        InputError: A setting is unknown, or this machine cannot do it.
    """
    if cfg.optimizer.schedule == "plateau" and not has_validation:
        raise InputError("optimizer.schedule=plateau needs validation clips, and the corpus has none")
    if not has_validation:
        log.warning("no validation clips: the last checkpoint is taken, whether it is the best or not")
    checkpoints = checkpoint_callbacks(
        run_dir / "checkpoints", has_validation, cfg.checkpoint_every_s, cfg.keep_checkpoints
    )
    callbacks = [*_chosen_callbacks(cfg, has_validation), *checkpoints, StepGuard(), Throughput()]
    return make_trainer(cfg.trainer, run_dir, callbacks, build_logger(cfg.logger, run_dir, cfg.name))


def make_trainer(settings: dict[str, Any], run_dir: Path, callbacks: list[Callback], logger: Any) -> pl.Trainer:
    """A Trainer with our defaults and what the user set.

    Raises:
        InputError: A setting is unknown, or this machine cannot do it.
    """
    known = inspect.signature(pl.Trainer).parameters
    for name in settings:
        if name not in known:
            raise InputError(f"trainer.{name}: Lightning's Trainer has no such argument{did_you_mean(name, known)}")
    if settings.get("max_epochs", 1) == 0:
        raise InputError("trainer.max_epochs is 0: nothing would be trained")
    if settings.get("fast_dev_run"):
        raise InputError("trainer.fast_dev_run keeps nothing; for a quick try, set trainer.limit_train_batches=4")
    bar = [_Progress(console_kwargs={"stderr": True})] if settings.get("enable_progress_bar", True) else []
    ours: dict[str, Any] = {
        "callbacks": [*callbacks, *bar],
        "logger": logger,
        "default_root_dir": run_dir,
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,
        "use_distributed_sampler": False,  # our batch sampler already gives each process its own
    }
    try:
        return pl.Trainer(**(ours | settings))
    except (MisconfigurationException, ValueError, TypeError) as error:
        raise InputError(f"trainer: {error} (this machine has {os.cpu_count()} cores and {_gpus()})") from None


def fit(trainer: pl.Trainer, module: pl.LightningModule, data: ClipData, resume: Path | None) -> None:
    """Train, from the beginning or from a checkpoint.

    Raises:
        InputError: A batch is larger than the memory, or too many steps were no good.
        KeyboardInterrupt: It was interrupted.
    """
    try:
        trainer.fit(module, data, ckpt_path=resume, weights_only=True)
    except SystemExit:
        if not trainer.interrupted:
            raise
        raise KeyboardInterrupt from None  # Lightning makes an exit of it, with a code that means something else here
    except (RuntimeError, MemoryError) as error:
        if not _is_out_of_memory(error):
            raise
        raise InputError(_too_large(trainer, data)) from error


def callback_of(trainer: pl.Trainer, kind: type[C]) -> C:
    """The Trainer's callback of that kind."""
    return next(callback for callback in trainer.callbacks if isinstance(callback, kind))  # type: ignore[attr-defined]


def _chosen_callbacks(cfg: TrainConfig, has_validation: bool) -> list[Callback]:
    callbacks: list[Callback] = []
    decay, patience = cfg.ema_decay, cfg.early_stopping_epochs
    if decay is not None:
        if not 0 < decay < 1:
            raise InputError(f"ema_decay must be between 0 and 1, such as 0.999; found {decay}")
        callbacks.append(EMAWeightAveraging(decay=decay))
    if patience is not None:
        if not has_validation:
            raise InputError("early_stopping_epochs needs validation clips, and the corpus has none")
        if patience < 1:
            raise InputError(f"early_stopping_epochs must be at least 1; found {patience}")
        callbacks.append(EarlyStopping("val/selection", patience=patience, mode="min"))
    return callbacks


def _is_out_of_memory(error: Exception) -> bool:
    signs = ("out of memory", "can't allocate memory", "CUBLAS_STATUS_ALLOC_FAILED")
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in signs)


def _too_large(trainer: pl.Trainer, data: ClipData) -> str:
    batch = callback_of(trainer, StepGuard).batch
    if batch is None:
        return "out of memory before the first batch: lower encoder.hidden_size or encoder.layers"
    clips, frames = batch.frames.shape[:2]
    return (
        f"out of memory at a batch of {clips} clips with up to {frames} frames each: {', '.join(batch.ids)}. Lower "
        f"batch_frames (now {data.batch_frames}) below {clips * frames}, or batch_size (now {data.batch_size}), and "
        "set trainer.accumulate_grad_batches to make up for it; or lower encoder.hidden_size"
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
