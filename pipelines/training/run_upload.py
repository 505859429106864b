"""The copy of a run directory in object storage, which grows while the training goes on."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback

from data_prep.errors import InputError
from data_prep.streaming.object_storage import StorageError, list_tree
from data_prep.streaming.remote_folder import RECORD_NAME, RemoteFolder
from data_prep.streaming.url import as_url, is_url, redact
from pipelines.cli.schema import TrainConfig
from pipelines.training.first_process import is_first_process
from pipelines.training.resume import is_restarted

log = logging.getLogger(__name__)

# A run may train several recognizers, in folders below its own; what each of them adds belongs to the one copy.
_current: RemoteFolder | None = None


@contextlib.contextmanager
def uploaded_run(cfg: TrainConfig, run_dir: Path) -> Iterator[None]:
    """Copy a run directory to the URL that the settings name: what there is at the end, also after an error.

    Raises:
        InputError: The URL holds something already, of which the run directory is no copy.
        StorageError: The storage cannot be written.
    """
    global _current
    url = upload_url(cfg)
    if url is None or cfg.check or cfg.find is not None or not is_first_process():
        yield
        return
    remote = RemoteFolder(url, run_dir, run_dir / RECORD_NAME, "upload_to")
    if remote.is_copy() and (cfg.resume is not None or is_restarted(run_dir)):
        remote.fetch()
    elif list_tree(url):  # another run, or something else
        raise InputError(f"upload_to={redact(url)}: holds something already; give another URL, or resume={redact(url)}")
    _current = remote
    try:
        yield
    except Exception:
        with contextlib.suppress(InputError):  # the error that ended the training matters more
            _upload(remote, run_dir)
        raise
    finally:
        _current = None
    try:
        _upload(remote, run_dir)
    except StorageError as error:
        again = f"resume={run_dir} upload_to={redact(url)}"
        raise StorageError(f"{error}; the run is finished in {run_dir}. Give the same command with {again}") from None


def upload_url(cfg: TrainConfig) -> str | None:
    """Return the URL that a run is copied to; None if it stays on the disk."""
    if cfg.upload_to is not None:
        return as_url(cfg.upload_to)
    return as_url(cfg.resume) if cfg.resume is not None and is_url(cfg.resume) else None


def upload_callbacks() -> list[Callback]:
    """Return the callback that copies the run of this process, if it is to be copied."""
    return [] if _current is None else [CheckpointUpload(_current)]


class CheckpointUpload(Callback):
    """Copies the run after each checkpoint; if that fails, the training goes on, and the next copy makes up for it.

    It looks for new files at the next step, because Lightning writes checkpoints after it has called all others.
    """

    def __init__(self, remote: RemoteFolder) -> None:
        self._remote = remote
        self._seen: frozenset[Path] = frozenset()

    def on_train_batch_start(self, trainer: pl.Trainer, *arguments: Any) -> None:
        """Copy the run if there is a new checkpoint."""
        found = frozenset(self._remote.folder.rglob("checkpoints/*.ckpt"))
        if found <= self._seen:
            return
        self._seen = found
        try:
            self._remote.upload()
        except StorageError as error:
            log.warning("%s; the training goes on, and this is made up for after the next checkpoint", error)


def _upload(remote: RemoteFolder, run_dir: Path) -> None:
    if any(run_dir.glob("run.json")) and (count := remote.upload()):
        log.info("uploaded %d files of the run to %s", count, redact(remote.url))
