"""Schedules of the learning rate."""

import math
from typing import Any, Literal, get_args

import torch
from torch.optim.lr_scheduler import LambdaLR, LinearLR, ReduceLROnPlateau

from data_prep.errors import InputError

Schedule = Literal["cosine", "plateau", "constant"]
SCHEDULES: tuple[str, ...] = get_args(Schedule)


def check_validated(has_validation: bool, schedule: str, early_stopping_epochs: int | None) -> None:
    """Check that there are validation clips if settings need them.

    Raises:
        InputError: There are none.
    """
    if has_validation:
        return
    if schedule == "plateau":
        raise InputError("optimizer.schedule=plateau needs validation clips, and the corpus has none")
    if early_stopping_epochs is not None:
        raise InputError("early_stopping_epochs needs validation clips, and the corpus has none")


def make_schedulers(
    optimizer: torch.optim.Optimizer,
    schedule: Schedule,
    steps: int,
    warmup_share: float,
    patience_epochs: int,
    epochs_between: int = 1,
) -> list[dict[str, Any]]:
    """Make a linear warm-up followed by a schedule, in the form that Lightning expects.

    Args:
        optimizer: The optimizer, with the highest learning rate set.
        schedule: "cosine" lowers the rate to 0 by the end; "plateau" halves it when validation has stopped improving;
            "constant" keeps it.
        steps: Number of optimiser steps of the whole training.
        warmup_share: Share of the steps in which the rate rises.
        patience_epochs: Validations without improvement before "plateau" halves the rate.
        epochs_between: Number of epochs from one validation to the next.
    """
    warmup = max(1, round(warmup_share * steps))
    if schedule == "cosine":
        return [_by_step(LambdaLR(optimizer, lambda step: _cosine(step, steps, warmup)))]
    # LinearLR multiplies the current rate, so that it can be combined with ReduceLROnPlateau; LambdaLR would reset it.
    rising = _by_step(LinearLR(optimizer, 1 / warmup, total_iters=warmup - 1))
    if schedule == "constant":
        return [rising]
    falling = ReduceLROnPlateau(optimizer, factor=0.5, patience=patience_epochs)
    return [rising, _by_validation(falling, epochs_between)]


def _cosine(step: int, steps: int, warmup: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / max(1, steps - warmup))))


def _by_validation(scheduler: Any, epochs_between: int) -> dict[str, Any]:
    return {"scheduler": scheduler, "interval": "epoch", "frequency": epochs_between, "monitor": "val/selection"}


def _by_step(scheduler: Any) -> dict[str, Any]:
    return {"scheduler": scheduler, "interval": "step"}
