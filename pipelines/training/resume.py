"""Resuming a run: what it recorded, its newest checkpoint, and a check that settings and data are the same."""

import json
import logging
import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.text_rules import DEFAULT_RULES
from pipelines.cli.overrides import current_name
from pipelines.cli.schema import TrainConfig
from recognizers.instantiate import current_target

log = logging.getLogger(__name__)

#: Settings that may change when a run is resumed, because the weights do not depend on them.
CHANGEABLE_SETTINGS = (
    "num_workers",
    "corpus.num_workers",
    "store_dir",
    "upload_to",
    "logger",
    "watch_every_epochs",
    "resume",
    "check",
    "checkpoint_every_s",
    "keep_checkpoints",
    "compare_with_scratch",
    "report_clips",
    "groups",
)
#: Settings that may grow when a run is resumed, to train for longer.
GROWING_SETTINGS = ("trainer.max_epochs", "trainer.max_steps")
#: Values of settings that came later which change nothing, or nothing while a share is 0, though they are not 0.
NEUTRAL_WHEN_NEW = {
    "optimizer.encoder_rate_share": 1.0,
    "augment.room_rt60_s": [0.15, 0.8],
    "augment.bandwidth_hz": [3400.0, 8000.0],
    "distillation.weight": 0.5,
    "distillation.temperature": 2.0,
    "distillation.hypotheses": 4,
    "seeds": 1,
    "augment.recombine._target_": "recognizers.augment.recombine.Recombine",
}
#: Settings that name a recognizer, which may have moved when a run is resumed.
MOVABLE_SETTINGS = ("init", "teacher")
#: Groups whose settings may all change.
CHANGEABLE_GROUPS = ("decoder.", "cache.")


@dataclass(frozen=True)
class ResumedRun:
    """A run that is resumed.

    Attributes:
        folder: Directory of the run.
        config: The settings it recorded when it was started or last resumed.
        checkpoint: Its newest checkpoint; None if it was stopped before the first.
    """

    folder: Path
    config: dict[str, Any]
    checkpoint: Path | None

    def keep_choices(self, cfg: TrainConfig) -> TrainConfig:
        """Return the settings with what was decided when the run was started.

        That is the number of epochs, where the settings leave it open, and the starting point. Without a checkpoint,
        the starting point is read again, so that the settings may name where it is now.
        """
        if cfg.trainer.get("max_epochs") is None:
            cfg = replace(cfg, trainer={**cfg.trainer, "max_epochs": self.config.get("trainer", {}).get("max_epochs")})
        start = self.config.get("init")
        if start is None or (cfg.init is not None and self.checkpoint is None):
            return cfg
        if cfg.init not in (None, start):
            log.info("init=%s is not read: the run started from %s, and has a checkpoint", cfg.init, start)
        return replace(cfg, init=start)


def find_resumed(resume: str | None, run_dir: Path) -> ResumedRun | None:
    """Return the run in a directory if it is to be resumed; None for a new run.

    Args:
        resume: The setting of that name; a job that SLURM or torchrun has restarted is resumed without it.
        run_dir: Directory of the run.

    Raises:
        InputError: The directory holds no run.
    """
    if resume is None and not is_restarted(run_dir):
        return None
    recorded = run_dir / "run.json"
    if not recorded.is_file():
        raise InputError(f"resume={resume}: there is no run in hydra.run.dir={run_dir}; leave hydra.run.dir out")
    config = json.loads(recorded.read_text(encoding="utf-8"))["config"]
    return ResumedRun(run_dir, config, newest_checkpoint(run_dir))


def is_restarted(run_dir: Path) -> bool:
    """Tell whether SLURM or torchrun has started this job again after the run had begun."""
    counts = (os.environ.get(name, "0") for name in ("SLURM_RESTART_COUNT", "TORCHELASTIC_RESTART_COUNT"))
    return any(int(count) > 0 for count in counts) and (run_dir / "run.json").is_file()


def newest_checkpoint(run_dir: Path) -> Path | None:
    """Return the newest complete checkpoint of a run; None if it was stopped before the first."""
    # Lightning writes the checkpoint that SLURM asks for into the run directory itself.
    found = [*run_dir.glob("checkpoints/*.ckpt"), *run_dir.glob("hpc_ckpt_*.ckpt")]
    newest_first = sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)
    # A power cut may truncate the newest one: a checkpoint is a zip archive, whose directory is at its end.
    return next((path for path in newest_first if zipfile.is_zipfile(path)), None)


def remove_older_checkpoints(run_dir: Path, keep: int) -> None:
    """Keep the newest checkpoints of each kind; a resumed run does not know those of the process that was killed."""
    for kind in ("step", "epoch_end_step"):
        for path in sorted((run_dir / "checkpoints").glob(f"{kind}=*.ckpt"))[:-keep]:
            path.unlink()


def check_settings_unchanged(run_dir: Path, settings: Mapping[str, Any]) -> None:
    """Compare the settings and the data of a run with those it was started with.

    Args:
        run_dir: Directory of the run, with the run.json that its start wrote.
        settings: What run.json would hold now.

    Raises:
        InputError: They differ; the message lists the differences.
    """
    before = dict(_flatten(json.loads((run_dir / "run.json").read_text(encoding="utf-8"))))
    now = dict(_flatten(json.loads(json.dumps(settings))))
    differences = [
        f"{name} was {before.get(name)!r}, is {now.get(name)!r}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
        and not _may_change(name, before.get(name), now.get(name))
        and not (name not in before and _is_as_before(name, now[name]))
    ]
    if differences:
        raise InputError(
            f"resume={run_dir}: settings or data have changed: {'; '.join(differences)}. Give the former ones, or "
            "start a new run without resume"
        )


def log_if_finished(run_dir: Path, max_epochs: int | None) -> None:
    """Say that a run to be resumed has nothing left to train, and how to train on."""
    report = run_dir / "report.json"
    epochs = json.loads(report.read_text(encoding="utf-8")).get("epochs") if report.is_file() else None
    if epochs is None:
        return
    if max_epochs is not None and 0 <= max_epochs <= epochs:
        log.info(
            "%s was finished after %d epochs; it is only tested again. To train on, give trainer.max_epochs=%d or more",
            run_dir,
            epochs,
            2 * epochs,
        )
    else:
        log.info("%s was finished after %d epochs; it is trained on from there", run_dir, epochs)


def _may_change(name: str, before: Any, now: Any) -> bool:
    """Return whether a setting may differ, given its values at the start of the run and now."""
    if name in GROWING_SETTINGS and isinstance(before, int) and isinstance(now, int):
        return 0 < before < now
    if name in MOVABLE_SETTINGS:
        return before is not None and now is not None
    return name in CHANGEABLE_SETTINGS or name.startswith(CHANGEABLE_GROUPS)


def _is_as_before(name: str, now: Any) -> bool:
    """Return whether a setting that did not exist when a run was started leaves the training as it was then."""
    return not now or NEUTRAL_WHEN_NEW.get(name) == now


def _flatten(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the settings of run.json by their present dotted names, and the fingerprints of the splits and targets."""
    yield from dotted_settings(document["config"]).items()
    yield from _dotted(document["split_fingerprints"], "split_fingerprints.")
    yield from _dotted(document.get("taught", {}), "taught.")


def dotted_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a run recorded by their present dotted names, such as "encoder.layers"."""
    settings = {}
    for name, value in _dotted(config):
        if name.endswith(".fold") and value == 0:
            value = None  # 0 was the default; whether other clips are held out is seen from the fingerprints
        settings[current_name(name)] = current_target(value) if name.endswith("_target_") else value
    settings.setdefault("text.normalize", list(DEFAULT_RULES))
    return settings


def _dotted(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
