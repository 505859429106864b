"""How long to train where a recipe leaves it open: the fewer the clips, the more often each must be seen."""

import logging
import math
from collections.abc import Sequence
from dataclasses import replace

from data_prep.manifest import Clip
from pipelines.cli.schema import TrainConfig

log = logging.getLogger(__name__)

#: Steps for which a recognizer of labels has to be trained, and the bounds of the number of epochs. On a hundred clips
#: of ten words, thirty epochs were far too few; on several thousand, fifteen were as good as thirty (docs/results.md).
STEPS, FEWEST_EPOCHS, MOST_EPOCHS = 800, 15, 100


def choose_epochs(cfg: TrainConfig, clips: Sequence[Clip]) -> TrainConfig:
    """Return the settings with a number of epochs that suits the number of training clips, if they leave it open.

    They do if ``trainer.max_epochs`` is null and ``trainer.max_steps`` is not set.
    """
    if cfg.trainer.get("max_epochs") is not None or (cfg.trainer.get("max_steps") or -1) != -1:
        return cfg
    trained = sum(clip.split == "train" for clip in clips)
    steps_per_epoch = math.ceil(max(1, trained) / cfg.batch_size)
    epochs = min(max(math.ceil(STEPS / steps_per_epoch), FEWEST_EPOCHS), MOST_EPOCHS)
    log.info("training for %d epochs, which suits %d training clips; trainer.max_epochs=N changes it", epochs, trained)
    return replace(cfg, trainer={**cfg.trainer, "max_epochs": epochs})
