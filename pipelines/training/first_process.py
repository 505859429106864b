"""Which of the processes of a training writes files and messages for all."""

from pytorch_lightning.utilities.rank_zero import rank_zero_only


def is_first_process() -> bool:
    """Tell whether this is the process that writes files and messages for all."""
    return getattr(rank_zero_only, "rank", 0) == 0
