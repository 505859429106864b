"""The exit code of a sweep whose jobs may run in other processes or on other machines.

Hydra's launchers hand back what a job returned, but not every sweeper passes it on. So each job that fails writes its
exit code to a file in the folder of the sweep, which a launcher's processes share anyway.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig

from data_prep.atomic import write_text
from pipelines.cli.overrides import SWEEP_OPTIONS

#: Beginning and ending of the names of the files, with the number of the job between.
FAILED_PREFIX, FAILED_SUFFIX = ".failed-job-", ".txt"

_folders: list[Path] = []


class SweepWatcher(Callback):
    """Notes the folder of the sweep in the process that starts it, and removes what an earlier sweep left there."""

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Do so before any job starts."""
        folder = Path(config.hydra.sweep.dir)
        for path in _records(folder):
            path.unlink(missing_ok=True)
        _folders.append(folder)


@contextmanager
def watched_sweep() -> Iterator[Callable[[], list[int]]]:
    """Let Hydra, called inside the context, tell which folder its sweep has, if the command line asks for one.

    Yields:
        A function that returns the exit codes of the jobs that have failed.
    """
    if not SWEEP_OPTIONS & set(sys.argv[1:]):
        yield list
        return
    _folders.clear()
    arguments = sys.argv[:]
    sys.argv.append(f"+hydra.callbacks.sweep_watcher._target_={__name__}.{SweepWatcher.__name__}")
    try:
        yield lambda: [int(path.read_text(encoding="utf-8")) for folder in _folders for path in _records(folder)]
    finally:
        sys.argv[:] = arguments


def record_failed_job(exit_code: int) -> None:
    """Write the exit code of this job, if it is one of a sweep; called where the job runs."""
    hydra = HydraConfig.get()
    if hydra.mode == RunMode.MULTIRUN:
        name = f"{FAILED_PREFIX}{hydra.job.num}{FAILED_SUFFIX}"
        write_text(Path(hydra.runtime.cwd, hydra.sweep.dir, name), f"{exit_code}\n")


def _records(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{FAILED_PREFIX}*{FAILED_SUFFIX}"))
