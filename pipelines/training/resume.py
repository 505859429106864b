"""Going on with a run that was stopped: where it is, what it left, and whether it is still the same run."""

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from pipelines.cli.run_dir import new_folder

#: Settings that may differ from the ones a run was started with, because the result does not depend on them.
FREE = (
    "num_workers",
    "corpus.num_workers",
    "store_dir",
    "logger",
    "resume",
    "checkpoint_every_s",
    "keep_checkpoints",
)
#: Groups of settings that the trained weights do not depend on.
FREE_GROUPS = ("decoder.",)


def run_directory(resume: str | None, name: str) -> str:
    """Where a run's files go: a new folder, or that of the run that is to be resumed.

    Args:
        resume: A run directory, "last" for the newest of this name, or None.
        name: Of the run, for example its corpus.

    Raises:
        InputError: There is no such run.
    """
    if resume is None:
        job = _job()
        return f"runs/{name}/{job}" if job else new_folder(f"runs/{name}/{datetime.now():%Y-%m-%d_%H-%M-%S}")
    if resume == "last":
        runs = sorted(path.parent for path in Path("runs", name).glob("*/run.json"))
        if not runs:
            raise InputError(f"resume=last: there is no run in {Path('runs', name).absolute()}")
        return str(runs[-1])
    if not (Path(resume) / "run.json").is_file():
        raise InputError(f"resume={resume}: not a run directory (it has no run.json)")
    return resume


def is_requeued(run_dir: Path) -> bool:
    """Whether SLURM has put this job back into its queue after it had begun."""
    return int(os.environ.get("SLURM_RESTART_COUNT", "0")) > 0 and (run_dir / "run.json").is_file()


def _job() -> str | None:
    """The name that all processes of a job know, where torchrun or SLURM started them."""
    if "SLURM_PROCID" in os.environ:
        return f"slurm-{os.environ['SLURM_JOB_ID']}"
    job = os.environ.get("TORCHELASTIC_RUN_ID")
    if job == "none":
        raise InputError("torchrun: give --rdzv-id=NAME, a new one for each run; it names the run directory")
    return job and f"torchrun-{job}"


def newest_checkpoint(run_dir: Path) -> Path | None:
    """The last whole checkpoint of a run; None if it was stopped before the first."""
    # Those that Lightning writes when SLURM warns it lie in the run directory itself.
    found = [*run_dir.glob("checkpoints/*.ckpt"), *run_dir.glob("hpc_ckpt_*.ckpt")]
    newest_first = sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)
    # A power cut may leave the newest cut short: a checkpoint is a zip archive, whose directory is at its end.
    return next((path for path in newest_first if zipfile.is_zipfile(path)), None)


def remove_older_checkpoints(run_dir: Path, keep: int) -> None:
    """Keep the newest checkpoints of each kind: those of a killed run are unknown to the one that went on with it."""
    for kind in ("step", "epoch_end_step"):
        for path in sorted((run_dir / "checkpoints").glob(f"{kind}=*.ckpt"))[:-keep]:
            path.unlink()


def check_same_run(run_dir: Path, settings: Mapping[str, Any]) -> None:
    """Compare a run's settings and data with those it was started with.

    Raises:
        InputError: They differ; the message lists how.
    """
    before = dict(_flat(json.loads((run_dir / "run.json").read_text(encoding="utf-8"))))
    now = dict(_flat(json.loads(json.dumps(settings))))
    differing = [
        f"{name} was {before.get(name)!r}, is {now.get(name)!r}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name) and not _is_free(name.removeprefix("config."))
    ]
    if differing:
        raise InputError(
            f"resume={run_dir}: this is not the run it was: {'; '.join(differing)}. Give the old settings and data, "
            "or start a new run without resume"
        )


def _is_free(name: str) -> bool:
    return name in FREE or name.startswith(FREE_GROUPS)


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
