"""A search for a good learning rate, after Smith (2017)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
from pytorch_lightning.tuner.tuning import Tuner
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_pre_hook

from data_prep.errors import InputError
from pipelines.training.trainer import make_trainer
from recognizers.training.datamodule import ClipData
from recognizers.training.lightning_module import SequenceRecognizer

#: Steps whose losses are left out, because Lightning's running mean is too low at first.
SETTLING = 10


def suggest_learning_rate(
    trainer_settings: dict[str, Any], run_dir: Path, module: pl.LightningModule, data: ClipData
) -> float:
    """Raise the rate over 200 training steps, and return a tenth of the rate with the lowest loss.

    The module must have fresh weights, or those of its starting point. As in training, the encoder has its share of the
    rate. Lightning keeps a temporary checkpoint in `run_dir`.

    Raises:
        InputError: No rate gave a finite loss.
    """
    trainer = make_trainer(trainer_settings | {"max_epochs": 1000}, run_dir, [], logger=False)
    share = module.encoder_rate_share if isinstance(module, SequenceRecognizer) else 1.0
    with _encoder_at_its_share(share):
        finder = Tuner(trainer).lr_find(
            module, datamodule=data, min_lr=1e-5, max_lr=0.3, num_training=200, update_attr=False
        )
    if finder is None or not np.isfinite(finder.results["loss"][SETTLING:]).any():
        raise InputError("find=learning_rate: no rate gave a finite loss; look at the clips and their targets")
    # Lightning suggests the steepest fall of the loss, but CTC's loss falls steeply at the start, whatever the rate.
    best = finder.results["lr"][SETTLING:][int(np.nanargmin(finder.results["loss"][SETTLING:]))]
    return float(f"{best / 10:.2g}")


@contextmanager
def _encoder_at_its_share(share: float) -> Iterator[None]:
    """Lower the rate of the encoder before each step, since Lightning raises the rates of all parameters alike.

    Args:
        share: Learning rate of the encoder, as a share of that of the head.
    """
    if share == 1:  # then encoder and head are one group of parameters
        yield
        return

    def lower(optimizer: Optimizer, *_: Any) -> None:
        encoder, head = optimizer.param_groups  # in this order, see SequenceRecognizer.configure_optimizers
        encoder["lr"] = share * head["lr"]

    hook = register_optimizer_step_pre_hook(lower)
    try:
        yield
    finally:
        hook.remove()
