"""A search for a good learning rate, after Smith (2017)."""

from pathlib import Path
from typing import Any

import numpy as np
from pytorch_lightning.tuner.tuning import Tuner

from data_prep.errors import InputError
from pipelines.training.trainer import make_trainer
from recognizers.training.datamodule import ClipData
from recognizers.training.lightning_module import SequenceRecognizer


def suggest_learning_rate(
    trainer_settings: dict[str, Any], run_dir: Path, module: SequenceRecognizer, data: ClipData
) -> float:
    """Raise the rate over 200 training steps, and return a tenth of the rate with the lowest loss.

    The module must have fresh weights. Lightning keeps a temporary checkpoint in `run_dir`.

    Raises:
        InputError: No rate gave a finite loss.
    """
    trainer = make_trainer(trainer_settings | {"max_epochs": 1000}, run_dir, [], logger=False)
    finder = Tuner(trainer).lr_find(
        module, datamodule=data, min_lr=1e-5, max_lr=0.3, num_training=200, update_attr=False
    )
    if finder is None or not np.isfinite(finder.results["loss"]).any():
        raise InputError("find=learning_rate: no rate gave a finite loss; look at the clips and their targets")
    # Lightning suggests the steepest fall of the loss, but CTC's loss falls steeply at the start, whatever the rate.
    best = finder.results["lr"][int(np.nanargmin(finder.results["loss"]))]
    return float(f"{best / 10:.2g}")
