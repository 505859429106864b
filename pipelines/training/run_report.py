"""What report.json says about a training: settings, data, speed and scores."""

import logging
from dataclasses import asdict
from typing import Any

import pytorch_lightning as pl

from data_prep.manifest import SPLITS
from data_prep.splits import speakers_across_splits, split_fingerprints
from pipelines.cli.provenance import provenance
from pipelines.cli.schema import TrainConfig
from pipelines.training.checkpoints import BestCheckpoint
from pipelines.training.nonfinite_guard import StepGuard
from pipelines.training.setup import TrainingSetup
from pipelines.training.throughput import Throughput
from pipelines.training.trainer import find_callback
from recognizers.decoder.decoder import Decoder
from recognizers.inference.predictor import Predictor
from recognizers.inference.scoring import score

log = logging.getLogger(__name__)


def report_training(
    cfg: TrainConfig, setup: TrainingSetup, trainer: pl.Trainer, best: BestCheckpoint, train_s: float
) -> dict[str, Any]:
    """Return the entries of report.json that are known after training; decoder and scores are added after the test."""
    clips = setup.clips
    return {
        "config": asdict(cfg),
        **provenance(),
        "clips": {split: sum(clip.split == split for clip in clips) for split in SPLITS},
        "split_fingerprints": split_fingerprints(clips),
        "speakers_in_two_splits": list(speakers_across_splits(clips)),
        "speakers_known": any(clip.speaker is not None for clip in clips),
        "failed": len(setup.failures),
        "parameters": sum(p.numel() for part in (setup.encoder, setup.head) for p in part.parameters()),
        "epochs": trainer.current_epoch,
        "processes": trainer.world_size,
        "skipped_steps": find_callback(trainer, StepGuard).skipped,
        "throughput": find_callback(trainer, Throughput).totals,
        "best_checkpoint": best.path.name,
        "train_s": round(train_s, 1),
    }


def score_test_clips(setup: TrainingSetup, predictor: Predictor, decoder: Decoder, batch_size: int) -> dict[str, Any]:
    """Score the test clips with the decoder and, if that is not the greedy one, with the greedy decoder too.

    Returns:
        Scores by name, such as "test/wer" and "test/greedy_wer"; none if the corpus has no test clips.
    """
    clips = [clip for clip in setup.clips if clip.split == "test"]
    if not clips:
        log.warning("the corpus has no test clips, so the scores on unseen speakers are unknown")
        return {}
    summary = score(predictor.with_decoder(decoder), setup.prepared, clips, batch_size).summary
    scores = {f"test/{name}": value for name, value in summary.items()}
    if decoder == predictor.interpreter.decoder:
        return scores
    greedy = score(predictor, setup.prepared, clips, batch_size).summary
    return scores | {f"test/greedy_{name}": greedy[name] for name in predictor.interpreter.error_rates}
