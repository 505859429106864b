"""The steps of a training run."""

import inspect
import logging
import os
import shlex
import time
import warnings
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint, RichProgressBar
from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from data_prep.errors import InputError
from data_prep.failures import Failure, write_failures
from data_prep.features.extractor import FeatureExtractor
from data_prep.manifest import Clip, write_manifest
from data_prep.prepare import Prepared, prepare
from data_prep.splits import speakers_in_two_splits, split_fingerprints
from pipelines.command import Outcome
from pipelines.folders import check_unused
from pipelines.provenance import provenance, write_json
from pipelines.threads import share_cores
from recognizers.build import build
from recognizers.bundle import RecognizerSpec, load_weights, save_bundle
from recognizers.datamodule import ClipData
from recognizers.encoder.encoder import Encoder
from recognizers.head.head import Head
from recognizers.module import SequenceRecognizer
from recognizers.predictor import Predictor
from recognizers.scoring import score
from recognizers.targets import TargetClip, build_vocabulary, encode_targets, target_of

log = logging.getLogger(__name__)

# Lightning's advice to programmers would bury what users need to read.
logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
for advice in (
    ".*LeafSpec.*",
    ".*smaller than the logging interval.*",
    ".*does not have many workers.*",
    ".*across ranks is zero.*",
):
    warnings.filterwarnings("ignore", advice)


def train(cfg: dict[str, Any], run_dir: Path, overrides: Sequence[str]) -> Outcome:
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
    if is_first_process:
        check_unused(run_dir)
    share_cores(cfg["num_workers"])
    pl.seed_everything(cfg["seed"], workers=True, verbose=False)
    extractor = build(cfg["features"])
    clips = build(cfg["corpus"]).clips()
    prepared = prepare(clips, extractor, Path(cfg["store_dir"]), cfg["num_workers"])
    vocabulary = build_vocabulary(prepared.clips, cfg["head"]["unit"])
    spec = RecognizerSpec(cfg["features"], cfg["encoder"], cfg["head"], vocabulary)
    _, encoder, head = spec.build()
    for clip in clips:
        if clip.split == "test":
            target_of(clip, vocabulary.unit)  # better said now than when it is to be scored
    targets, failures = _targets(prepared, extractor, encoder, head)
    if is_first_process:
        run_dir.mkdir(parents=True, exist_ok=True)
        write_manifest(run_dir / "manifest.jsonl", prepared.clips)
        write_failures(run_dir / "failures.jsonl", failures)
    data = ClipData(
        targets, prepared, extractor, build(cfg["augment"]), cfg["batch_size"], cfg["num_workers"], cfg["seed"]
    )
    trainer = _trainer(cfg["trainer"], run_dir, has_validation=len(data.validation) > 0)
    _fit(trainer, SequenceRecognizer(encoder, head, **cfg["optimizer"]), data)
    if not trainer.is_global_zero:
        return Outcome({})
    load_weights(Path(_checkpoint(trainer).best_model_path or _checkpoint(trainer).last_model_path), encoder, head)
    report = _report(cfg, clips, failures, trainer, encoder, head) | {"train_s": round(time.monotonic() - started, 1)}
    save_bundle(run_dir / "bundle", _finished(spec, report, {}), encoder, head)
    scores = _test(Predictor(extractor, encoder, head), prepared, clips, cfg["batch_size"])
    save_bundle(run_dir / "bundle", _finished(spec, report, scores), encoder, head)
    write_json(run_dir / "report.json", report | {"metrics": scores})
    _say_what_next(head, overrides, run_dir)
    return Outcome({"run_dir": str(run_dir), **scores, "failed": len(failures)})


def _targets(
    prepared: Prepared, extractor: FeatureExtractor, encoder: Encoder, head: Head
) -> tuple[list[TargetClip], list[Failure]]:
    """Targets of what is trained and validated on; what the test holds is not looked at before the test."""
    learned = Prepared([clip for clip in prepared.clips if clip.split != "test"], [], prepared.store, prepared.keys)
    targets, failures = encode_targets(learned, extractor.frame_rate_hz, encoder, head)
    return targets, prepared.failures + failures


def _trainer(settings: dict[str, Any], run_dir: Path, has_validation: bool) -> pl.Trainer:
    known = inspect.signature(pl.Trainer).parameters
    for name in settings:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise InputError(f"trainer.{name}: Lightning's Trainer has no such argument{hint}")
    if settings.get("max_epochs", 1) == 0:
        raise InputError("trainer.max_epochs is 0: nothing would be trained")
    if not has_validation:
        log.warning("no validation clips: the last checkpoint is taken, whether it is the best or not")
    checkpoint = ModelCheckpoint(
        run_dir / "checkpoints",
        filename="epoch={epoch:03d}",
        auto_insert_metric_name=False,
        monitor="val/selection" if has_validation else None,
        mode="min",
        save_last=True,
    )
    ours: dict[str, Any] = {
        "callbacks": [checkpoint, _Progress(console_kwargs={"stderr": True})],
        "logger": TensorBoardLogger(run_dir, name=None, version="tensorboard"),
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,
        "use_distributed_sampler": False,  # our batch sampler already gives each process its own
    }
    try:
        return pl.Trainer(**(ours | settings))
    except (MisconfigurationException, ValueError, TypeError) as error:
        raise InputError(f"trainer: {error} (this machine has {os.cpu_count()} cores and {_gpus()})") from None


def _gpus() -> str:
    count = torch.cuda.device_count()
    return f"{count} CUDA GPU{'s' if count > 1 else ''}" if count else "no CUDA GPU"


def _fit(trainer: pl.Trainer, module: SequenceRecognizer, data: ClipData) -> None:
    try:
        trainer.fit(module, data)
    except SystemExit:
        if not trainer.interrupted:
            raise
        raise KeyboardInterrupt from None  # Lightning makes an exit of it, with a code that means something else here


class _Progress(RichProgressBar):
    """Lightning's bar without the logger's version number."""

    def get_metrics(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> dict[str, Any]:
        """What stands at the end of the bar."""
        metrics = super().get_metrics(trainer, pl_module)
        return {name: value for name, value in metrics.items() if name != "v_num"}


def _checkpoint(trainer: pl.Trainer) -> ModelCheckpoint:
    assert isinstance(trainer.checkpoint_callback, ModelCheckpoint)
    return trainer.checkpoint_callback


def _report(
    cfg: dict[str, Any],
    clips: Sequence[Clip],
    failures: Sequence[Failure],
    trainer: pl.Trainer,
    encoder: Encoder,
    head: Head,
) -> dict[str, Any]:
    parameters = sum(p.numel() for part in (encoder, head) for p in part.parameters())
    shared = speakers_in_two_splits(clips)
    return {
        "config": cfg,
        **provenance(),
        "clips": {split: sum(clip.split == split for clip in clips) for split in ("train", "validation", "test")},
        "split_fingerprints": split_fingerprints(clips),
        "speakers_in_two_splits": shared,
        "speakers_known": any(clip.speaker is not None for clip in clips),
        "failed": len(failures),
        "parameters": parameters,
        "epochs": trainer.current_epoch,
        "best_checkpoint": Path(_checkpoint(trainer).best_model_path).name,
    }


def _test(predictor: Predictor, prepared: Prepared, clips: Sequence[Clip], batch_size: int) -> dict[str, Any]:
    test = [clip for clip in clips if clip.split == "test"]
    if not test:
        log.warning("the corpus has no test clips: nothing says how well this recognizer does on strangers")
        return {}
    return {f"test/{name}": value for name, value in score(predictor, prepared, test, batch_size).summary.items()}


def _finished(spec: RecognizerSpec, report: dict[str, Any], scores: dict[str, Any]) -> RecognizerSpec:
    kept = ("git_commit", "versions", "clips", "split_fingerprints", "epochs", "parameters", "train_s")
    training = {name: report[name] for name in kept} | {"seed": report["config"]["seed"]}
    return RecognizerSpec(spec.features, spec.encoder, spec.head, spec.vocabulary, training, scores)


def _say_what_next(head: Head, overrides: Sequence[str], run_dir: Path) -> None:
    verb, corpus, layout = {
        "text": (
            "transcribe",
            "manifest",
            'manifest.jsonl with lines such as {"path": "a.wav", "text": "what is said"}',
        ),
        "label": ("classify", "folder", "a folder for each class"),
    }[head.target]
    kept = [
        each.removeprefix("++") for each in overrides if not each.startswith(("corpus", "hydra.", "name=", "seed="))
    ]
    log.info(
        "\nRecognise files of your own:\n"
        "  python -m pipelines.%s model=%s inputs=FILE_OR_FOLDER output_dir=out\n"
        "Train on your own recordings (FOLDER holds %s):\n"
        "  python -m pipelines.train %s",
        verb,
        shlex.quote(str(run_dir)),
        layout,
        shlex.join([*kept, f"corpus={corpus}", "corpus.root=FOLDER"]),
    )
