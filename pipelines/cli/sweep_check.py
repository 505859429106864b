"""A check of sweeps: several runs started by one command."""

from collections.abc import Mapping
from typing import Any

from hydra.types import RunMode

from data_prep.errors import InputError


def check_sweep(mode: RunMode | None, trainer: Mapping[str, Any], upload_to: str | None) -> None:
    """Refuse a sweep of runs with several processes each, because the processes could not tell the runs apart.

    Runs that would all be copied to one URL are refused, too.

    Raises:
        InputError: The command is such a sweep.
    """
    several = trainer.get("devices", 1) not in (1, "1") or trainer.get("num_nodes", 1) not in (1, "1")
    if mode == RunMode.MULTIRUN and (several or "strategy" in trainer):
        raise InputError(
            "a sweep (-m) cannot be combined with several processes a run (trainer.devices, num_nodes, strategy): "
            "sweep with trainer=auto or trainer=gpu, or start the runs one by one"
        )
    if mode == RunMode.MULTIRUN and upload_to is not None:
        raise InputError("upload_to takes one run, not those of a sweep (-m); start the runs one by one")
