"""Where a training's curves go."""

import importlib.util
from pathlib import Path

from pytorch_lightning.loggers import CSVLogger, Logger, MLFlowLogger, TensorBoardLogger, WandbLogger

from data_prep.errors import InputError

#: Each kind with the package it needs beyond those that are always there.
LOGGERS = {"tensorboard": None, "csv": None, "wandb": "wandb", "mlflow": "mlflow"}


def build_logger(kind: str, run_dir: Path, name: str) -> Logger:
    """A logger that writes below the run directory (W&B, unless it is told to stay offline, to its server too).

    Args:
        kind: One of LOGGERS.
        run_dir: Of the run.
        name: Of the run's project.

    Raises:
        InputError: It is unknown, or its package is not installed.
    """
    if kind not in LOGGERS:
        raise InputError(f"logger must be one of {', '.join(LOGGERS)}; found {kind!r}")
    package = LOGGERS[kind]
    if package and not importlib.util.find_spec(package):
        raise InputError(f"logger={kind} needs a package that is not installed: pip install {package}")
    if kind == "tensorboard":
        return TensorBoardLogger(run_dir, name=None, version="tensorboard")
    if kind == "csv":
        return CSVLogger(run_dir, name=None, version="csv")
    if kind == "wandb":
        return WandbLogger(name=run_dir.name, project=name, save_dir=run_dir)
    return MLFlowLogger(
        experiment_name=name, run_name=run_dir.name, tracking_uri=f"sqlite:///{run_dir.resolve()}/mlflow.db"
    )
