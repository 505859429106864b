"""What report.json and report.html say about a training: settings, data, speed and scores."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import pytorch_lightning as pl
from torch import nn

from data_prep.failures import Failure
from data_prep.manifest import SPLITS, Clip
from data_prep.splits import speakers_across_splits, split_fingerprints
from pipelines.cli.provenance import command_line, provenance
from pipelines.cli.schema import TrainConfig
from pipelines.reporting.last_step import attempt_page
from pipelines.training.checkpoints import BestCheckpoint
from pipelines.training.history import HISTORY_NAME, read_history
from pipelines.training.nonfinite_guard import StepGuard
from pipelines.training.setup import TrainingSetup
from pipelines.training.throughput import Throughput
from pipelines.training.trainer import find_callback
from recognizers.decoder.decoder import Decoder
from recognizers.inference.clip_groups import choose_groups
from recognizers.inference.predictor import Predictor
from recognizers.inference.scoring import RowPrediction, Scores, score

log = logging.getLogger(__name__)

REPORT_NAME = "report.html"


class TrainedSetup(Protocol):
    """What a report says of the setup of a recognizer or of a generator."""

    @property
    def clips(self) -> Sequence[Clip]:
        """All clips."""
        ...

    @property
    def failures(self) -> list[Failure]:
        """The clips that could not be used."""
        ...

    @property
    def networks(self) -> Sequence[nn.Module]:
        """What was trained."""
        ...


def report_training(
    cfg: TrainConfig, setup: TrainedSetup, trainer: pl.Trainer, best: BestCheckpoint, train_s: float
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
        "parameters": sum(p.numel() for part in setup.networks for p in part.parameters()),
        "epochs": trainer.current_epoch,
        "processes": trainer.world_size,
        "skipped_steps": find_callback(trainer, StepGuard).skipped,
        "throughput": find_callback(trainer, Throughput).totals,
        "best_checkpoint": best.path.name,
        "train_s": round(train_s, 1),
    }


def score_test_clips(
    setup: TrainingSetup,
    predictor: Predictor,
    decoder: Decoder,
    batch_size: int,
    groups: Sequence[str] | None = None,
    known: Mapping[str, RowPrediction] | None = None,
) -> tuple[dict[str, Any], Scores | None]:
    """Score the test clips with the decoder and, if that is not the greedy one, with the greedy decoder too.

    Args:
        setup: The parts of the recognizer, and its clips.
        predictor: The trained recognizer, which decodes greedily.
        decoder: The decoder.
        batch_size: Clips in a batch.
        groups: Fields by which clips are scored apart; None to choose them, see `choose_groups`.
        known: What other processes have recognised with this decoder, by clip id.

    Returns:
        Scores by name, such as "test/wer" and "test/greedy_wer", and the rows of the clips; none if the corpus has no
        test clips.
    """
    clips = [clip for clip in setup.clips if clip.split == "test"]
    if not clips:
        log.warning("the corpus has no test clips, so the scores on unseen speakers are unknown")
        return {}, None
    fields = choose_groups(setup.clips, groups)
    scores = score(predictor.with_decoder(decoder), setup.prepared, clips, batch_size, known, fields)
    metrics = {f"test/{name}": value for name, value in scores.summary.items()}
    if decoder == predictor.interpreter.decoder:
        return metrics, scores
    greedy = score(predictor, setup.prepared, clips, batch_size).summary
    return metrics | {f"test/greedy_{name}": greedy[name] for name in predictor.interpreter.error_rates}, scores


def write_page(
    run_dir: Path,
    setup: TrainingSetup,
    predictor: Predictor,
    scores: Scores | None,
    report: dict[str, Any],
    overrides: Sequence[str],
    cfg: TrainConfig,
) -> None:
    """Write report.html, about the test clips or, if there are none, about the validation clips.

    Args:
        run_dir: Directory of the run.
        setup: The parts of the recognizer, and its clips.
        predictor: The trained recognizer, with its decoder.
        scores: The scores of the test clips.
        report: What report.json holds.
        overrides: Settings given on the command line.
        cfg: The settings.
    """
    split = "test" if scores is not None else "validation"
    clips = [clip for clip in setup.clips if clip.split == split]
    path = run_dir / REPORT_NAME

    def write() -> None:
        from pipelines.reporting.clip_views import ClipViewer
        from pipelines.reporting.report import Origin, ScoredClips, write_report

        found = scores
        if found is None and clips:
            groups = choose_groups(setup.clips, cfg.groups)
            found = score(predictor, setup.prepared, clips, cfg.batch_size, groups=groups)
        viewer = ClipViewer(predictor, setup.prepared, clips)
        rates = predictor.interpreter.error_rates
        scored = found and ScoredClips(split, found, rates, viewer, cfg.report_clips, chosen_on=scores is None)
        command = command_line("train", overrides)
        write_report(path, run_dir.name, scored or None, Origin(command, report, read_history(run_dir / HISTORY_NAME)))

    attempt_page(path, write)
