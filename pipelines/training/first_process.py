"""The processes of a training: which of them writes files and messages for all, and how they part."""

import torch
from pytorch_lightning.utilities.rank_zero import rank_zero_only


def is_first_process() -> bool:
    """Tell whether this is the process that writes files and messages for all."""
    return getattr(rank_zero_only, "rank", 0) == 0


def part() -> None:
    """End the connections to the other processes, if there are any; each process calls it when its work is done.

    Lightning does so for GPUs alone. On CPUs, a thread of a connection may still run when Python ends; then the process
    is aborted ("terminate called without an active exception"), and its launcher takes the training for failed.
    """
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
