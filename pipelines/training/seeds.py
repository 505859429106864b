"""Several recognizers that differ in their seeds alone, trained one after the other and bundled as an ensemble."""

import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from data_prep.atomic import atomic_write, write_json
from data_prep.errors import InputError
from data_prep.manifest import SPLITS
from pipelines.cli.command import CommandOutcome
from pipelines.cli.ensemble_schema import EnsembleConfig
from pipelines.cli.provenance import provenance
from pipelines.cli.schema import EvaluateConfig, TrainConfig
from pipelines.inference.bundle_ensemble import bundle_ensemble
from pipelines.inference.evaluate_corpus import evaluate
from pipelines.training.resume import ResumedRun, check_settings_unchanged
from recognizers.bundle.layout import BUNDLE_NAME
from recognizers.ensemble.members import MAX_MEMBERS

log = logging.getLogger(__name__)

#: The files of a run that mark its directory, and say which clips it had and how it did.
RUN_NAME, MANIFEST_NAME, REPORT_NAME = "run.json", "manifest.jsonl", "report.json"
#: The splits on which the ensemble is scored, if there are such clips.
SCORED_SPLITS = ("validation", "test")


def check_seeds(seeds: int, num_processes: int) -> None:
    """Check that so many recognizers can be trained one after the other.

    Raises:
        InputError: There are more than an ensemble may have, or each would be trained by several processes.
    """
    if seeds > MAX_MEMBERS:
        raise InputError(f"seeds={seeds}: an ensemble has at most {MAX_MEMBERS} members; give fewer")
    if seeds > 1 and num_processes > 1:
        raise InputError(
            f"seeds={seeds} needs trainings with one process; found {num_processes} (trainer.devices, "
            "trainer.num_nodes). Give trainer.devices=1, or train each seed by a command of its own, and bundle the "
            "runs with python -m pipelines.ensemble"
        )


def train_seeds(
    cfg: TrainConfig,
    run_dir: Path,
    resumed: ResumedRun | None,
    train: Callable[[TrainConfig, Path], CommandOutcome],
) -> CommandOutcome:
    """Train a recognizer for each seed, bundle them, and score the ensemble on validation and test clips.

    The run directory holds a run directory for each seed, such as ``seed_0``, and the ensemble as its ``bundle``, so
    that all commands take it like any run.

    Args:
        cfg: The settings; `check_seeds` has been passed.
        run_dir: Directory of the run.
        resumed: The run that is resumed; None for a new run. What it has begun or finished is resumed too.
        train: Trains with settings in a directory.

    Raises:
        InputError: A training fails, or settings differ from those of the run that is resumed.
    """
    settings: dict[str, Any] = {"config": asdict(cfg), "split_fingerprints": {}}
    if resumed is not None:
        check_settings_unchanged(run_dir, settings)
    folders = [run_dir / f"seed_{seed}" for seed in range(cfg.seed, cfg.seed + cfg.seeds)]
    outcomes = []
    write_json(run_dir / RUN_NAME, settings)  # without it, there is no run to resume
    try:
        for number, folder in enumerate(folders):
            log.info("seeds=%d: training %d of them, in %s", cfg.seeds, number + 1, folder)
            resume = str(folder) if (folder / RUN_NAME).is_file() else None
            outcomes.append(train(replace(cfg, seed=cfg.seed + number, seeds=1, resume=resume), folder))
    finally:
        if not (folders[0] / RUN_NAME).is_file():
            (run_dir / RUN_NAME).unlink()  # the run could not start
    bundle_ensemble(EnsembleConfig(models=[str(folder) for folder in folders], output=str(run_dir / BUNDLE_NAME)))
    metrics = _score(cfg, run_dir, folders)
    failed = max(outcome.failed for outcome in outcomes)
    return CommandOutcome({"run_dir": str(run_dir), **metrics, "failed": failed}, failed)


def _score(cfg: TrainConfig, run_dir: Path, folders: list[Path]) -> dict[str, Any]:
    """Score the ensemble, and write report.json about it and its members."""
    reports = [json.loads((folder / REPORT_NAME).read_text(encoding="utf-8")) for folder in folders]
    with atomic_write(run_dir / MANIFEST_NAME) as partial:
        shutil.copyfile(folders[0] / MANIFEST_NAME, partial)
    members = {folder.name: report["metrics"] for folder, report in zip(folders, reports, strict=True)}
    clips = {split: reports[0]["clips"][split] for split in SPLITS}
    report = {"config": asdict(cfg), **provenance(), "clips": clips, "members": members}
    write_json(run_dir / REPORT_NAME, report)
    metrics: dict[str, Any] = {}
    for split in SCORED_SPLITS:
        if clips[split]:
            settings = EvaluateConfig(
                model=str(run_dir),
                split=split,
                batch_size=cfg.batch_size,
                num_workers=cfg.num_workers,
                store_dir=cfg.store_dir,
                report_clips=cfg.report_clips,
            )
            scores = evaluate(settings, [f"model={run_dir}", f"split={split}"]).result
            metrics |= {f"{split}/{name}": scores[name] for name in scores if name not in ("failed", "results")}
    for folder, scores in members.items():
        log.info("%s alone: %s", folder, _brief(scores))
    log.info("all together: %s", _brief(metrics))
    write_json(run_dir / REPORT_NAME, report | {"metrics": metrics})
    return metrics


def _brief(metrics: dict[str, Any]) -> str:
    wanted = ("accuracy", "wer", "cer")
    found = {name: value for name, value in metrics.items() if name.partition("/")[2] in wanted}
    return ", ".join(f"{name} {value:.4g}" for name, value in found.items()) or "no test clips"
