"""The directory of a training run: its name, its log file, and its removal if the run never started."""

import logging
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from data_prep.errors import InputError
from data_prep.operating_system import expand_home
from data_prep.streaming.url import as_url, check_url, is_url, redact
from pipelines.cli.own_files import check_writes_only_own_files

LOG_FILE = "train.log"
#: Files that a run writes over; the last one marks the directory of a run.
WRITTEN = ("manifest.jsonl", "failures.jsonl", "csv/metrics.csv", "run.json")
#: Choices of ``corpus=`` that read a user's own recordings.
OWN_CORPORA = ("folder", "manifest")


def name_corpus(choice: str | None, root: str | None) -> str | None:
    """Return the name of a corpus, by which results are filed: that of its folder if it is the user's own.

    Args:
        choice: The setting ``corpus=``; None if it was left out.
        root: The setting ``corpus.root``; None if the corpus has none.
    """
    if choice not in OWN_CORPORA or not root:
        return choice
    path = Path(os.path.abspath(expand_home(root)))
    stem = re.sub(r"\.(jsonl|json|csv|tsv|textgrid|eaf|scp)(\.gz)?$", "", path.name, flags=re.IGNORECASE)
    is_usual = path.name != stem and stem in ("manifest", "metadata", "wav")
    name = path.parent.name if is_usual else stem
    return re.sub(r"[^\w.-]+", "_", name).strip("._-") or choice


def choose_run_dir(resume: str | None, name: str) -> str:
    """Return the directory of a run; a new one is created, so that no other run can take it.

    Args:
        resume: Run directory to resume or its URL, "last" for the newest run of this name, or None for a new run.
        name: Name of the run.

    Raises:
        InputError: The run to resume does not exist.
    """
    if resume is None:
        job = _job_name()
        return f"runs/{name}/{job}" if job else create_unique_folder(f"runs/{name}/{datetime.now():%Y-%m-%d_%H-%M-%S}")
    if is_url(resume):
        return fetch_run(resume, name)
    if resume == "last":
        runs = sorted(path.parent for path in Path("runs", name).glob("*/run.json"))
        if not runs:
            raise InputError(f"resume=last: there is no run in {Path('runs', name).absolute()}")
        return str(runs[-1])
    if not (Path(resume) / "run.json").is_file():
        raise InputError(f"resume={resume}: not a run directory (it has no run.json)")
    return resume


def fetch_run(url: str, name: str) -> str:
    """Copy a run from object storage to the directory of its name, or what is newer there; return the directory.

    Raises:
        InputError: There is no run at the URL, or the storage cannot be read.
    """
    from data_prep.streaming.object_storage import find_object
    from data_prep.streaming.remote_folder import RECORD_NAME, RemoteFolder

    url = check_url("resume", url)
    if find_object(f"{url}/run.json") is None:
        raise InputError(f"resume={redact(url)}: not a run directory (there is no run.json)")
    folder = Path("runs", name, url.rpartition("/")[2])
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".fetch.lock"):  # each process that torchrun starts resumes the run
        RemoteFolder(url, folder, folder / RECORD_NAME, "resume").fetch()
    return str(folder)


def create_unique_folder(path: str) -> str:
    """Create a folder and return its path, with a number appended if the name is taken."""
    for number in range(1, 1000):
        candidate = Path(path if number == 1 else f"{path}_{number}")
        try:
            candidate.mkdir(parents=True)
        except FileExistsError:
            continue
        return str(candidate)
    raise InputError(f"{path}: a thousand folders of this name exist; give hydra.run.dir=FOLDER")


def check_unused(run_dir: Path) -> None:
    """Check that a run directory holds neither a run yet nor files that a run would overwrite.

    Raises:
        InputError: It does.
    """
    if is_url(run_dir):
        raise InputError(
            f"hydra.run.dir={redact(as_url(run_dir))}: found a URL, expected a path on disk; to have the run copied to "
            "a URL while it trains, give upload_to=URL"
        )
    check_writes_only_own_files(run_dir, WRITTEN, "hydra.run.dir")
    for name in ("bundle", "report.json", "checkpoints"):
        if (run_dir / name).exists():
            raise InputError(
                f"{run_dir}: holds a run already ({name}); give another hydra.run.dir, or leave it out for a new one"
            )


def remove_if_not_started(run_dir: Path, had_log: bool = False) -> None:
    """Remove a run directory that holds nothing but Hydra's record of the settings and the log.

    Args:
        run_dir: The directory.
        had_log: Whether the log was there before the run, so that it is not the run's own.
    """
    if not had_log and {path.name for path in run_dir.glob("*")} <= {".hydra", LOG_FILE}:
        shutil.rmtree(run_dir)


@contextmanager
def log_to_file(path: Path, enabled: bool = True) -> Iterator[None]:
    """Append log messages, warnings and the error that ends the block to a plain-text file.

    Args:
        path: The file; created with the first message.
        enabled: False to write nothing; of several processes that share a run directory, one writes.
    """
    if not enabled:
        yield
        return
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    except InputError as error:
        handler.handle(root.makeRecord(__name__, logging.ERROR, __file__, 0, str(error), (), None))
        raise
    except BaseException as error:
        exc_info = (type(error), error, error.__traceback__)
        handler.handle(root.makeRecord(__name__, logging.ERROR, __file__, 0, "the run was stopped", (), exc_info))
        raise
    finally:
        root.removeHandler(handler)
        handler.close()


def _job_name() -> str | None:
    """Name that all processes of a job agree on if torchrun or SLURM started them; None otherwise."""
    if "SLURM_PROCID" in os.environ:
        return f"slurm-{os.environ['SLURM_JOB_ID']}"
    job = os.environ.get("TORCHELASTIC_RUN_ID")
    if job == "none":
        raise InputError("torchrun: give --rdzv-id=NAME, a new one for each run; it names the run directory")
    return job and f"torchrun-{job}"
