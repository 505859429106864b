"""AdamW with a schedule of its learning rate, in the form that Lightning expects."""

import math
from typing import Any

import pytorch_lightning as pl
import torch

from data_prep.errors import InputError
from recognizers.training.lr_schedule import Schedule, make_schedulers


def make_optimizer(
    trainer: pl.Trainer,
    parameters: Any,
    learning_rate: float,
    weight_decay: float,
    schedule: Schedule,
    warmup_share: float,
    patience_epochs: int,
) -> tuple[list[torch.optim.Optimizer], list[dict[str, Any]]]:
    """Make AdamW (Loshchilov & Hutter, 2019) for the parameters, and the schedule for the steps of the trainer.

    The settings are those of `SequenceRecognizer`.

    Raises:
        InputError: The training has no last step.
    """
    optimizer = torch.optim.AdamW(parameters, learning_rate, weight_decay=weight_decay)
    if math.isinf(trainer.estimated_stepping_batches):
        raise InputError("trainer.max_epochs must be above 0: the schedule of the learning rate needs a last step")
    steps = max(1, int(trainer.estimated_stepping_batches))
    every = trainer.check_val_every_n_epoch or 1
    return [optimizer], make_schedulers(optimizer, schedule, steps, warmup_share, patience_epochs, every)
