"""A training run from its first check to its report, in the order things happen."""

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback

from data_prep.atomic import write_json
from data_prep.errors import InputError
from data_prep.failures import Failure, write_failures
from data_prep.json_rows import write_json_rows
from data_prep.manifest import Clip, write_manifest
from data_prep.splits import split_fingerprints
from pipelines.cli.command import CommandOutcome
from pipelines.cli.cpu_threads import free_cores
from pipelines.cli.run_dir import check_unused
from pipelines.cli.schema import TrainConfig
from pipelines.inference.decoder_setup import complete_decoder, readable_settings
from pipelines.training.checkpoints import best_checkpoint
from pipelines.training.dry_run import dry_run
from pipelines.training.early_checks import check_settings, check_trainer
from pipelines.training.epochs import choose_epochs
from pipelines.training.first_process import is_first_process
from pipelines.training.gain import compare_with_scratch, is_wanted, scratch_settings
from pipelines.training.live_promise import streaming_latency
from pipelines.training.lr_finder import suggest_learning_rate
from pipelines.training.malloc import reuse_freed_memory
from pipelines.training.model_summary import show_model_summary
from pipelines.training.next_commands import log_next_commands
from pipelines.training.resume import (
    ResumedRun,
    check_settings_unchanged,
    find_resumed,
    log_if_finished,
    remove_older_checkpoints,
)
from pipelines.training.run_report import report_training, score_test_clips, write_page
from pipelines.training.seeds import check_seeds, train_seeds
from pipelines.training.self_alignment import align_before_recombining
from pipelines.training.setup import TrainingSetup, make_data, make_module, set_up_training
from pipelines.training.shared_test import of_first_process, predict_shares
from pipelines.training.starting_point import adopt_settings, suggest_starting_point
from pipelines.training.trainer import build_trainer, fit
from pipelines.training.watching import watch_validation
from recognizers.bundle.weights import load_weights, save_bundle
from recognizers.inference.predictor import Predictor
from recognizers.instantiate import describe
from recognizers.training.datamodule import ClipData
from recognizers.training.lightning_module import SequenceRecognizer

log = logging.getLogger(__name__)

#: The test clips with what was recognised of each.
TEST_RESULTS_NAME = "test_results.jsonl"
#: Entries of report.json that the bundle carries as well.
REPORTED_IN_BUNDLE = (
    "git_commit",
    "versions",
    "clips",
    "split_fingerprints",
    "epochs",
    "parameters",
    "train_s",
    "teacher",
    "streaming_latency_s",
)


def train(cfg: TrainConfig, run_dir: Path, overrides: Sequence[str]) -> CommandOutcome:
    """Prepare what is missing, train, test the best checkpoint, write the bundle and the report.

    With several seeds, this is done for each of them, and the bundle is their ensemble. If the training starts from
    another recognizer, it may be repeated from random weights, to tell what that gained.

    Args:
        cfg: The settings.
        run_dir: Directory of the run.
        overrides: Settings given on the command line, which are repeated in the commands suggested at the end.

    Raises:
        InputError: The settings, the corpus or the run directory cannot be used.
    """
    resumed = find_resumed(cfg.resume, run_dir)
    if cfg.seeds > 1:
        check_seeds(cfg.seeds, check_trainer(cfg, run_dir))
    if cfg.seeds > 1 and not cfg.check and cfg.find is None:
        if resumed is None:
            check_unused(run_dir)
        outcome = train_seeds(cfg, run_dir, resumed, lambda each, folder: _train_and_compare(each, folder, overrides))
    else:
        outcome = _train_and_compare(cfg, run_dir, overrides)
    if is_first_process() and "run_dir" in outcome.result:
        target: Literal["label", "text"] = "label" if cfg.head.get("unit") == "label" else "text"
        log_next_commands(cfg.corpus, target, overrides, run_dir)
    return outcome


def _train_and_compare(cfg: TrainConfig, run_dir: Path, overrides: Sequence[str]) -> CommandOutcome:
    """Train one recognizer and, if wanted, once more from random weights."""
    resumed = find_resumed(cfg.resume, run_dir)
    if resumed is not None:
        cfg = resumed.keep_choices(cfg)
    outcome = _train_once(cfg, run_dir, overrides)
    if not is_first_process() or "run_dir" not in outcome.result:
        return outcome
    report = json.loads((run_dir / "report.json").read_text(encoding="utf-8"))
    if is_wanted(cfg, report["clips"]["train"], report["clips"]["test"], report["processes"]):

        def train_scratch(settings: TrainConfig, folder: Path) -> dict[str, Any]:
            return _train_once(settings, folder, [*overrides, "init=null"]).result

        try:
            gain = compare_with_scratch(cfg, run_dir, outcome.result, train_scratch)
            outcome = replace(outcome, result=outcome.result | gain)
        except InputError as error:
            log.warning("the run is finished, but its comparison with random weights failed: %s", error)
    return outcome


def _train_once(cfg: TrainConfig, run_dir: Path, overrides: Sequence[str]) -> CommandOutcome:
    resumed = find_resumed(cfg.resume, run_dir)
    if is_first_process() and resumed is None:
        check_unused(run_dir)
    configure_process(cfg)
    scratch = scratch_settings(cfg)
    cfg = adopt_settings(cfg, overrides, resumed)
    num_processes = check_settings(cfg, run_dir)
    if cfg.check:
        return dry_run(cfg, scratch, num_processes)
    setup = set_up_training(cfg)
    if resumed is None:
        if cfg.find is None:
            cfg = choose_epochs(cfg, setup.clips, num_processes)
        if not any(setting.startswith("init=") for setting in overrides):
            suggest_starting_point(cfg, setup.clips)
    data = make_data(cfg, setup, run_dir)
    module = make_module(cfg, setup, data, has_checkpoint=resumed is not None and resumed.checkpoint is not None)
    if cfg.find is not None:
        return CommandOutcome({f"optimizer.{cfg.find}": suggest_learning_rate(cfg.trainer, run_dir, module, data)})
    return _fit_and_test(cfg, run_dir, setup, data, module, resumed, overrides)


def _fit_and_test(
    cfg: TrainConfig,
    run_dir: Path,
    setup: TrainingSetup,
    data: ClipData,
    module: SequenceRecognizer,
    resumed: ResumedRun | None,
    overrides: Sequence[str],
) -> CommandOutcome:
    settings = {"config": asdict(cfg), "split_fingerprints": split_fingerprints(setup.clips)}
    if setup.teaching is not None:
        settings["taught"] = setup.teaching.identity
    if resumed is not None:
        check_settings_unchanged(run_dir, settings)
        if is_first_process():
            log_if_finished(run_dir, cfg.trainer.get("max_epochs"))
    trainer = build_trainer(cfg, run_dir, len(data.validation) > 0, _observers(cfg, data))
    if is_first_process():
        record_start(run_dir, settings, setup.prepared.clips, setup.failures)
        show_model_summary(module)
    started = time.monotonic()
    fit(trainer, module, data, None if resumed is None else resumed.checkpoint)
    if trainer.is_global_zero:
        remove_older_checkpoints(run_dir, cfg.keep_checkpoints)
    best = of_first_process(trainer, lambda: best_checkpoint(trainer))
    load_weights(best.path, setup.encoder, setup.head)
    report = report_training(cfg, setup, trainer, best, train_s=time.monotonic() - started)
    unit, subsampling = setup.spec.vocabulary.unit, setup.encoder.subsampling
    report |= streaming_latency(setup.extractor, setup.spec.encoder, unit, subsampling)
    report["teacher"] = setup.teaching and setup.teaching.record
    scores = _save_and_test(cfg, run_dir, setup, trainer, report, overrides)
    if not trainer.is_global_zero:
        return CommandOutcome({})
    result = {"run_dir": str(run_dir), **scores, "failed": len(setup.failures)}
    return CommandOutcome(result, len(setup.failures), objective=best.selection)


def _observers(cfg: TrainConfig, data: ClipData) -> list[Callback]:
    """Make the callbacks that recognise clips during the training: to recombine them, and to show what is learned."""
    watch = watch_validation(data, cfg.watch_every_epochs)
    return [*align_before_recombining(data, cfg.trainer.get("max_epochs")), *([] if watch is None else [watch])]


def configure_process(cfg: TrainConfig) -> None:
    """Set threads, memory and seeds, and let only the first process speak."""
    if not is_first_process():
        logging.getLogger().setLevel(logging.ERROR)  # all processes would give the same warnings
    torch.set_num_threads(free_cores(cfg.num_workers, cfg.trainer.get("devices", 1)))
    reuse_freed_memory()
    pl.seed_everything(cfg.seed, workers=True, verbose=False)


def record_start(run_dir: Path, settings: dict[str, Any], clips: Sequence[Clip], failures: Sequence[Failure]) -> None:
    """Write what is known before training: the settings, the clips with their splits, and the failures."""
    run_dir.mkdir(parents=True, exist_ok=True)
    write_json(run_dir / "run.json", settings)
    write_manifest(run_dir / "manifest.jsonl", clips)
    write_failures(run_dir / "failures.jsonl", failures)


def _save_and_test(
    cfg: TrainConfig,
    run_dir: Path,
    setup: TrainingSetup,
    trainer: pl.Trainer,
    report: dict[str, Any],
    overrides: Sequence[str],
) -> dict[str, Any]:
    """Write the bundle and the reports, and return the scores of the test clips; of several processes, the first does.

    All of them recognise their shares of the test clips.
    """
    is_first = trainer.is_global_zero
    bundle = run_dir / "bundle"
    reported = {name: report[name] for name in REPORTED_IN_BUNDLE if name in report}
    spec = replace(setup.spec, training=reported | {"seed": cfg.seed})
    if is_first:
        save_bundle(bundle, spec, setup.encoder, setup.head)  # before the test, which could fail
    predictor = Predictor.of(setup.extractor, setup.encoder, setup.head)
    decoder = of_first_process(
        trainer, lambda: complete_decoder(setup.decoder, predictor, setup.prepared, setup.clips, cfg.batch_size)
    )
    tested = [clip for clip in setup.clips if clip.split == "test"]
    known = predict_shares(trainer, predictor.with_decoder(decoder), setup.prepared, tested, cfg.batch_size)
    if not is_first:
        return {}
    metrics, scores = score_test_clips(setup, predictor, decoder, cfg.batch_size, cfg.groups, known)
    save_bundle(bundle, replace(spec, metrics=metrics, decoder=describe(decoder)), setup.encoder, setup.head)
    report |= {"decoder": readable_settings(decoder), "metrics": metrics}
    report["closed_vocabulary"] = setup.spec.vocabulary.closed_size
    write_json(run_dir / "report.json", report)
    if scores is not None:
        write_json_rows(run_dir / TEST_RESULTS_NAME, scores.rows)
    write_page(run_dir, setup, predictor.with_decoder(decoder), scores, report, overrides, cfg)
    return metrics
