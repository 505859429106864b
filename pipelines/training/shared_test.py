"""The test of a recognizer that several processes have trained: each recognises its share of the clips."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import pytorch_lightning as pl
import torch

from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.inference.scoring import RowPrediction, predict_clips

Made = TypeVar("Made")


def of_first_process(trainer: pl.Trainer, make: Callable[[], Made]) -> Made:
    """Return, in all processes, what the first one makes."""
    return cast(Made, trainer.strategy.broadcast(make() if trainer.is_global_zero else None))


def predict_shares(
    trainer: pl.Trainer, predictor: ClipPredictor, prepared: Prepared, clips: Sequence[Clip], batch_size: int
) -> dict[str, RowPrediction]:
    """Recognise every n-th clip in each of n processes, and return what all of them found, by clip id.

    What is recognised in a clip does not depend on the clips beside it, so that the scores are those of one process. A
    single process returns nothing, and leaves the clips to the scoring.

    Args:
        trainer: The trainer, whose processes all call this.
        predictor: The trained recognizer, equal in all processes.
        prepared: The clips' signals.
        clips: All clips to recognise.
        batch_size: Clips in a batch.
    """
    if trainer.world_size == 1:
        return {}
    failed = {failure.id for failure in prepared.failures}
    usable = [clip for clip in clips if clip.id not in failed]
    own = dict(predict_clips(predictor, prepared, usable[trainer.global_rank :: trainer.world_size], batch_size))
    shares: list[Any] = [None] * trainer.world_size
    torch.distributed.all_gather_object(shares, own)
    return {clip_id: found for share in shares for clip_id, found in share.items()}
