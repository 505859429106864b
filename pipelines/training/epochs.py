"""How long to train where a recipe leaves it open: the fewer the clips, the more often each must be seen."""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from data_prep.manifest import Clip
from pipelines.cli.schema import TrainConfig

log = logging.getLogger(__name__)

#: Steps for which a recognizer of labels has to be trained, and the bounds of the number of epochs. On a hundred clips
#: of ten words, thirty epochs were far too few; on several thousand, fifteen were as good as thirty (docs/trials.md).
STEPS, FEWEST_EPOCHS, MOST_EPOCHS = 800, 15, 100


def choose_epochs(cfg: TrainConfig, clips: Sequence[Clip], num_processes: int) -> TrainConfig:
    """Return the settings with a number of epochs that suits the number of training clips, if they leave it open.

    They do if ``trainer.max_epochs`` is null and ``trainer.max_steps`` is not set. The clips of a step are those of all
    processes and of all batches whose gradients are accumulated. The lengths of the clips are not known yet, so all
    batches are taken to have `batch_size` clips; where `batch_frames` allows fewer, there are more steps.

    Args:
        cfg: The settings.
        clips: The clips of all splits.
        num_processes: Number of processes that train together.
    """
    if cfg.trainer.get("max_epochs") is not None or (cfg.trainer.get("max_steps") or -1) != -1:
        return cfg
    trained = sum(clip.split == "train" for clip in clips)
    batches = math.ceil(max(1, trained * occurrences(cfg)) / (cfg.batch_size * num_processes))
    epochs = min(max(math.ceil(STEPS / steps_per_epoch(cfg.trainer, batches)), FEWEST_EPOCHS), MOST_EPOCHS)
    log.info("training for %d epochs, which suits %d training clips; trainer.max_epochs=N changes it", epochs, trained)
    return replace(cfg, trainer={**cfg.trainer, "max_epochs": epochs})


def occurrences(cfg: TrainConfig) -> int:
    """Return how often a clip occurs in an epoch: as itself, and replaced by new sequences."""
    return 1 + int((cfg.augment.get("recombine") or {}).get("copies") or 0)


def steps_per_epoch(trainer: Mapping[str, Any], num_batches: int) -> int:
    """Return the number of optimizer steps in an epoch of so many batches per process.

    Args:
        trainer: Arguments of Lightning's Trainer.
        num_batches: Batches of each process in an epoch.
    """
    return math.ceil(num_batches / trainer.get("accumulate_grad_batches", 1))


def count_steps(trainer: Mapping[str, Any], num_batches: int) -> int:
    """Return the number of optimizer steps of a training, which ends at its last epoch or step, whichever is first.

    Args:
        trainer: Arguments of Lightning's Trainer, with ``max_epochs`` or ``max_steps``.
        num_batches: Batches of each process in an epoch.
    """
    epochs, steps = trainer.get("max_epochs"), trainer.get("max_steps")
    limits = [epochs * steps_per_epoch(trainer, num_batches)] if epochs not in (None, -1) else []
    return min(limits + ([steps] if (steps or -1) != -1 else []))
