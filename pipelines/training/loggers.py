"""Loggers of training curves."""

import importlib.util
from pathlib import Path

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
            return WandbLogger(name=run_dir.name, project=name, save_dir=run_dir)
        case "mlflow":
            database = f"sqlite:///{run_dir.resolve()}/mlflow.db"
            return MLFlowLogger(experiment_name=name, run_name=run_dir.name, tracking_uri=database)
    raise ValueError(f"unknown logger {kind!r}")


def check_logger(kind: str) -> None:
    """Check that the package of a logger is installed.

    Raises:
        InputError: It is not.
    """
    if kind in OPTIONAL_LOGGERS and not importlib.util.find_spec(kind):
        raise InputError(f"logger={kind} needs a package that is not installed: pip install {kind}")
