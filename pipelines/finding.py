"""Settings that are better tried than guessed."""

from pathlib import Path
from typing import Any

from pytorch_lightning.tuner.tuning import Tuner

from data_prep.errors import InputError
from pipelines.trainer import make_trainer
from recognizers.datamodule import ClipData
from recognizers.module import SequenceRecognizer


def find(what: str, cfg: dict[str, Any], run_dir: Path, module: SequenceRecognizer, data: ClipData) -> dict[str, float]:
    """Suggest a setting by Lightning's finder, on training clips alone.

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
    trainer = make_trainer(cfg["trainer"] | {"max_epochs": 1000}, run_dir, [], logger=False)
    finder = Tuner(trainer).lr_find(module, datamodule=data, max_lr=0.3, num_training=200, update_attr=False)
    suggestion = finder.suggestion() if finder else None
    if suggestion is None:
        raise InputError("find=learning_rate: the loss gave no hint; the corpus may be too small for 200 steps")
    return {"optimizer.learning_rate": float(f"{suggestion:.2g}")}
