"""Settings that are better tried than guessed."""

from pathlib import Path

import numpy as np
from pytorch_lightning.tuner.tuning import Tuner

from data_prep.errors import InputError
from pipelines.cli.schema import TrainConfig
from pipelines.training.trainer import make_trainer
from recognizers.training.datamodule import ClipData
from recognizers.training.lightning_module import SequenceRecognizer


def find(what: str, cfg: TrainConfig, run_dir: Path, module: SequenceRecognizer, data: ClipData) -> dict[str, float]:
    """Suggest a setting by Lightning's finder, on training clips alone: a tenth of the rate with the lowest loss.

    Its finder of batch sizes is not offered: it tries the batches that come first, and among batches of similar
    lengths those need not be the largest.

    Args:
        what: "learning_rate".
        cfg: The keys of conf/train.yaml.
        run_dir: Where the finder keeps its temporary checkpoint.
        module: Fresh weights.
        data: The clips.

    Returns:
        The setting's name and value.

    Raises:
        InputError: There is no such finder, or it found nothing.
    """
    if what != "learning_rate":
        raise InputError(f"find can be learning_rate (Smith, 2017); found {what!r}")
    trainer = make_trainer(cfg.trainer | {"max_epochs": 1000}, run_dir, [], logger=False)
    finder = Tuner(trainer).lr_find(
        module, datamodule=data, min_lr=1e-5, max_lr=0.3, num_training=200, update_attr=False
    )
    if finder is None or not np.isfinite(finder.results["loss"]).any():
        raise InputError("find=learning_rate: no rate gave a finite loss")
    # Not the finder's own suggestion, the steepest fall: CTC's loss falls steeply at once, whatever the rate.
    best = finder.results["lr"][int(np.nanargmin(finder.results["loss"]))]
    return {"optimizer.learning_rate": float(f"{best / 10:.2g}")}
