"""The steps of a training run."""

import logging
import shlex
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from data_prep.atomic import write_json
from data_prep.failures import Failure, write_failures
from data_prep.features.extractor import FeatureExtractor
from data_prep.manifest import Clip, write_manifest
from data_prep.prepare import Prepared, prepare
from data_prep.splits import speakers_across_splits, split_fingerprints
from pipelines.cli.command import CommandOutcome
from pipelines.cli.cpu_threads import free_cores
from pipelines.cli.provenance import provenance
from pipelines.cli.run_dir import check_unused
from pipelines.cli.schema import TrainConfig
from pipelines.corpora.extra_corpora import further_training
from pipelines.inference.decoder_setup import choose_decoder, complete_decoder, settings_of
from pipelines.training.checkpoints import best_checkpoint
from pipelines.training.lr_finder import find
from pipelines.training.malloc import keep_memory
from pipelines.training.model_summary import show_summary
from pipelines.training.nonfinite_guard import StepGuard
from pipelines.training.resume import check_same_run, is_requeued, newest_checkpoint, remove_older_checkpoints
from pipelines.training.throughput import Throughput
from pipelines.training.trainer import build_trainer, callback_of, fit
from recognizers.bundle.spec import RecognizerSpec
from recognizers.bundle.weights import load_weights, save_bundle
from recognizers.decoder.decoder import Decoder
from recognizers.encoder.encoder import Encoder
from recognizers.head.head import Head
from recognizers.inference.predictor import Predictor
from recognizers.inference.scoring import score
from recognizers.instantiate import describe, instantiate
from recognizers.training.datamodule import ClipData
from recognizers.training.lightning_module import SequenceRecognizer
from recognizers.training.targets import TargetClip, build_vocabulary, encode_targets, target_of

log = logging.getLogger(__name__)

#: Training clips whose frames tell the features' scale.
CLIPS_TO_SCALE_BY = 1000


@dataclass(frozen=True)
class Material:
    """What a recognizer is made of and learns from.

    Attributes:
        clips: All clips of the corpus.
        prepared: Those whose media could be read, and their signals.
        targets: Those for training and validation, with what they teach.
        failures: The others, with the reason.
        spec: Of the recognizer.
        extractor: Its features.
        encoder: Fresh weights.
        head: Fresh weights; decodes greedily while it is trained.
        decoder: What it is to decode with once it is trained.
    """

    clips: list[Clip]
    prepared: Prepared
    targets: list[TargetClip]
    failures: list[Failure]
    spec: RecognizerSpec
    extractor: FeatureExtractor
    encoder: Encoder
    head: Head
    decoder: Decoder


def train(cfg: TrainConfig, run_dir: Path, overrides: Sequence[str]) -> CommandOutcome:
    """Prepare what is missing, train, test the best checkpoint, write bundle and report.

    Args:
        cfg: The keys of conf/train.yaml, as plain values.
        run_dir: Where everything about this run goes.
        overrides: What was set on the command line, for the commands that are suggested at the end.

    Raises:
        InputError: The settings, the corpus or the run directory cannot be used.
        KeyboardInterrupt: It was interrupted.
    """
    started = time.monotonic()
    is_first_process = getattr(rank_zero_only, "rank", 0) == 0
    resume = bool(cfg.resume) or is_requeued(run_dir)
    if not is_first_process:
        logging.getLogger().setLevel(logging.WARNING)  # one process speaks for all
    elif not resume:
        check_unused(run_dir)
    torch.set_num_threads(free_cores(cfg.num_workers, cfg.trainer.get("devices", 1)))
    keep_memory()
    pl.seed_everything(cfg.seed, workers=True, verbose=False)
    material = _material(cfg)
    data = ClipData(
        material.targets,
        material.prepared,
        material.extractor,
        instantiate(cfg.augment),
        cfg.batch_size,
        cfg.batch_frames,
        cfg.num_workers,
        cfg.seed,
        views=2 if cfg.optimizer.consistency_weight else 1,
    )
    module = SequenceRecognizer(material.encoder, material.head, **asdict(cfg.optimizer))
    material.encoder.standardize.learn(data.train.plain_frames(CLIPS_TO_SCALE_BY))
    if cfg.find:
        return CommandOutcome(find(cfg.find, cfg, run_dir, module, data))
    settings = {"config": asdict(cfg), "split_fingerprints": split_fingerprints(material.clips)}
    if resume:
        check_same_run(run_dir, settings)
    trainer = build_trainer(cfg, run_dir, has_validation=len(data.validation) > 0)
    if is_first_process:
        _write_down(run_dir, settings, material.prepared.clips, material.failures)
        show_summary(material.encoder, material.head)
    fit(trainer, module, data, newest_checkpoint(run_dir) if resume else None)
    if not trainer.is_global_zero:
        return CommandOutcome({})
    remove_older_checkpoints(run_dir, cfg.keep_checkpoints)
    return _finish(cfg, run_dir, overrides, material, trainer, started)


def _material(cfg: TrainConfig) -> Material:
    extractor = instantiate(cfg.features)
    clips = instantiate(cfg.corpus).clips() + further_training(cfg.further_training)
    prepared = prepare(clips, extractor, Path(cfg.store_dir), cfg.num_workers)
    vocabulary = build_vocabulary(prepared.clips, cfg.head.get("unit", "character"))
    spec = RecognizerSpec(cfg.features, cfg.encoder, cfg.head, vocabulary)
    _, encoder, head = spec.build()
    decoder = choose_decoder(cfg.decoder, head.interpreter.decoder)
    decoder.check_vocabulary(vocabulary)  # fail before training if the decoder does not fit
    for clip in clips:
        if clip.split == "test":
            target_of(clip, vocabulary.unit)  # better said now than when it is to be scored
    targets, failures = _targets(prepared, extractor, encoder, head)
    return Material(clips, prepared, targets, failures, spec, extractor, encoder, head, decoder)


def _finish(
    cfg: TrainConfig,
    run_dir: Path,
    overrides: Sequence[str],
    material: Material,
    trainer: pl.Trainer,
    started: float,
) -> CommandOutcome:
    """Test the best checkpoint; write bundle and report."""
    best, selection = best_checkpoint(trainer)
    load_weights(best, material.encoder, material.head)
    report = _report(cfg, material, trainer) | {"train_s": round(time.monotonic() - started, 1)}
    bundle = run_dir / "bundle"
    spec = _finished(material.spec, report)
    save_bundle(bundle, spec, material.encoder, material.head)  # kept even if what follows should fail
    predictor = Predictor.of(material.extractor, material.encoder, material.head)
    decoder = complete_decoder(material.decoder, predictor, material.prepared, material.clips, cfg.batch_size)
    scores = _test(material, predictor, decoder, cfg.batch_size)
    spec = replace(spec, metrics=scores, decoder=describe(decoder))
    save_bundle(bundle, spec, material.encoder, material.head)
    write_json(run_dir / "report.json", report | {"decoder": settings_of(decoder), "metrics": scores})
    _say_what_next(material.head, overrides, run_dir)
    result = {"run_dir": str(run_dir), **scores, "failed": len(material.failures)}
    return CommandOutcome(result, objective=selection)


def _write_down(run_dir: Path, settings: dict[str, Any], clips: Sequence[Clip], failures: Sequence[Failure]) -> None:
    """What is known before the training: the settings, the clips with their splits, and those left out."""
    run_dir.mkdir(parents=True, exist_ok=True)
    write_json(run_dir / "run.json", settings)
    write_manifest(run_dir / "manifest.jsonl", clips)
    write_failures(run_dir / "failures.jsonl", failures)


def _targets(
    prepared: Prepared, extractor: FeatureExtractor, encoder: Encoder, head: Head
) -> tuple[list[TargetClip], list[Failure]]:
    """Targets of what is trained and validated on; what the test holds is not looked at before the test."""
    learned = Prepared([clip for clip in prepared.clips if clip.split != "test"], [], prepared.store, prepared.keys)
    targets, failures = encode_targets(learned, extractor.frame_rate_hz, encoder, head)
    return targets, prepared.failures + failures


def _report(cfg: TrainConfig, material: Material, trainer: pl.Trainer) -> dict[str, Any]:
    clips = material.clips
    return {
        "config": asdict(cfg),
        **provenance(),
        "clips": {split: sum(clip.split == split for clip in clips) for split in ("train", "validation", "test")},
        "split_fingerprints": split_fingerprints(clips),
        "speakers_in_two_splits": list(speakers_across_splits(clips)),
        "speakers_known": any(clip.speaker is not None for clip in clips),
        "failed": len(material.failures),
        "parameters": sum(p.numel() for part in (material.encoder, material.head) for p in part.parameters()),
        "epochs": trainer.current_epoch,
        "processes": trainer.world_size,
        "skipped_steps": callback_of(trainer, StepGuard).skipped,
        "throughput": callback_of(trainer, Throughput).totals,
        "best_checkpoint": best_checkpoint(trainer)[0].name,
    }


def _test(material: Material, predictor: Predictor, decoder: Decoder, batch_size: int) -> dict[str, Any]:
    """Scores with the decoder; if it is not the greedy one, the greedy rates as well."""
    test = [clip for clip in material.clips if clip.split == "test"]
    if not test:
        log.warning("the corpus has no test clips: nothing says how well this recognizer does on strangers")
        return {}
    greedy = {}
    if decoder != predictor.interpreter.decoder:
        summary = score(predictor, material.prepared, test, batch_size).summary
        greedy = {f"test/greedy_{name}": summary[name] for name in predictor.interpreter.error_rates}
    summary = score(predictor.with_decoder(decoder), material.prepared, test, batch_size).summary
    return {f"test/{name}": value for name, value in summary.items()} | greedy


def _finished(spec: RecognizerSpec, report: dict[str, Any]) -> RecognizerSpec:
    kept = ("git_commit", "versions", "clips", "split_fingerprints", "epochs", "parameters", "train_s")
    training = {name: report[name] for name in kept} | {"seed": report["config"]["seed"]}
    return replace(spec, training=training)


def _say_what_next(head: Head, overrides: Sequence[str], run_dir: Path) -> None:
    corpus, layout = {
        "text": ("manifest", 'manifest.jsonl with lines such as {"path": "a.wav", "text": "what is said"}'),
        "label": ("folder", "a folder for each class"),
    }[head.interpreter.target]
    kept = [
        each.removeprefix("++")
        for each in overrides
        if not each.startswith(("corpus", "hydra.", "name=", "resume=", "seed="))
    ]
    log.info(
        "\nRecognise files of your own:\n"
        "  python -m pipelines.%s model=%s inputs=FILE_OR_FOLDER output_dir=out\n"
        "Train on your own recordings (FOLDER holds %s):\n"
        "  python -m pipelines.train %s",
        head.interpreter.task,
        shlex.quote(str(run_dir)),
        layout,
        shlex.join([*kept, f"corpus={corpus}", "corpus.root=FOLDER"]),
    )
