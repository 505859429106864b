"""Loggers of training curves and pictures."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from pytorch_lightning.loggers import CSVLogger, Logger, MLFlowLogger, TensorBoardLogger, WandbLogger

from data_prep.errors import InputError

#: Loggers that need a package of their own.
OPTIONAL_LOGGERS = ("wandb", "mlflow")


def build_logger(kind: str, run_dir: Path, name: str) -> Logger:
    """Make a logger that writes below the run directory; W&B also uploads, unless it is told to stay offline.

    Args:
        kind: One of `pipelines.cli.schema.LOGGERS`.
        run_dir: Directory of the run.
        name: Name of the project that groups the runs.

    Raises:
        InputError: The logger's package is not installed.
    """
    check_logger(kind)
    match kind:
        case "tensorboard":
            return TensorBoardLogger(run_dir, name=None, version="tensorboard")
        case "csv":
            return CSVLogger(run_dir, name=None, version="csv")
        case "wandb":
            return WandbLogger(name=_name_run(run_dir), project=name, save_dir=run_dir)
        case "mlflow":
            database = f"sqlite:///{run_dir.resolve()}/mlflow.db"
            pictures = (run_dir.resolve() / "mlflow_artifacts").as_uri()  # by default, below the working directory
            return MLFlowLogger(name, _name_run(run_dir), tracking_uri=database, artifact_location=pictures)
    raise ValueError(f"unknown logger {kind!r}")


def end_logging(loggers: Sequence[Logger], is_success: bool) -> None:
    """End W&B's run, of which a process has one at a time, so that the next training gets a run of its own.

    The next training is the comparison with random weights, or the next one of a sweep. Other loggers need no end.

    Args:
        loggers: The loggers of a training that has ended.
        is_success: Whether the training ended as it should.
    """
    if any(isinstance(each, WandbLogger) for each in loggers):
        import wandb

        wandb.finish(exit_code=0 if is_success else 1)


def check_logger(kind: str) -> None:
    """Check that the package of a logger is installed.

    Raises:
        InputError: It is not.
    """
    if kind in OPTIONAL_LOGGERS and not importlib.util.find_spec(kind):
        raise InputError(f"logger={kind} needs a package that is not installed: pip install {kind}")


def _name_run(run_dir: Path) -> str:
    """Return the name under which a logger shows a run; a run within another one, as ``scratch`` is, has both names."""
    is_within = (run_dir.parent / "run.json").is_file()
    return f"{run_dir.parent.name}_{run_dir.name}" if is_within else run_dir.name


def shows_pictures(logger: Logger) -> bool:
    """Whether a logger takes pictures; one that writes CSV does not."""
    return isinstance(logger, TensorBoardLogger | WandbLogger | MLFlowLogger)


def log_picture(logger: Logger, name: str, picture: np.ndarray, step: int) -> None:
    """Log a picture; a logger that takes none does nothing.

    Args:
        logger: The logger.
        name: Name of the picture, the same at each step, such as "watch/clip_1".
        picture: (height, width, 3) uint8 RGB.
        step: The training step.
    """
    if isinstance(logger, TensorBoardLogger):
        logger.experiment.add_image(name, picture, step, dataformats="HWC")
    elif isinstance(logger, WandbLogger):
        logger.log_image(name, [Image.fromarray(picture)])  # W&B counts steps itself
    elif isinstance(logger, MLFlowLogger):
        logger.experiment.log_image(logger.run_id, picture, artifact_file=f"{name}/step_{step:08d}.png")
