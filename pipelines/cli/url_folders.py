"""Recognizers and output folders in object storage: what a command reads and writes instead, on disk."""

import contextlib
import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from data_prep.errors import InputError
from data_prep.streaming.file_cache import default_cache
from data_prep.streaming.object_storage import StorageError
from data_prep.streaming.url import as_url, check_url, is_url, redact

log = logging.getLogger(__name__)

#: Seconds between uploads while a command works.
UPLOAD_EVERY_S = 60.0
#: Parts of a run directory that recognising does not need.
NOT_OF_A_MODEL = ("checkpoints", "evaluations", ".hydra", "tensorboard", "csv", "wandb", "mlruns")

_urls: dict[str, str] = {}


def shown(name: object) -> str:
    """Return a path as the user knows it: as the URL whose copy it is, or below which it is."""
    text = str(name)
    for local, url in _urls.items():
        if text == local or text.startswith(local + "/"):
            return url + text[len(local) :]
    return text


@contextlib.contextmanager
def on_disk(config: Any) -> Iterator[Any]:
    """Let a command work on disk although its settings name folders in object storage.

    Recognizers are fetched before. The output folder is fetched before, uploaded every minute, and at the end, also
    after an error. Should the last upload fail, the same command again does what is missing.

    Args:
        config: The settings of a command, whose URLs `apply_url_settings` has checked.

    Yields:
        The settings with paths in place of URLs.

    Raises:
        InputError: Another process on this machine writes to the same URL, or the storage cannot be used.
    """
    _urls.clear()
    with contextlib.ExitStack() as stack:
        for name in ("model", "models"):
            if (value := getattr(config, name, None)) is not None:
                config = replace(config, **{name: _fetched(stack, name, value)})
        if is_url(output_dir := getattr(config, "output_dir", None) or ""):
            config = replace(config, output_dir=str(stack.enter_context(_working_copy(as_url(output_dir)))))
        yield config


def _fetched(stack: contextlib.ExitStack, name: str, value: Any) -> Any:
    """Return the setting of a recognizer, or of several, with paths on disk."""
    if isinstance(value, list):
        return [_fetched(stack, name, each) for each in value]
    if not isinstance(value, str) or not is_url(value):
        return value
    from data_prep.streaming.linked_copy import linked_copy

    url = check_url(name, value)
    folder = stack.enter_context(linked_copy(url, default_cache(), name, _is_of_a_model))
    _urls[str(folder)] = url
    return str(folder)


def _is_of_a_model(name: str) -> bool:
    return not name.endswith(".ckpt") and not set(NOT_OF_A_MODEL) & set(name.split("/")[:-1])


@contextlib.contextmanager
def _working_copy(url: str) -> Iterator[Path]:
    """Let a command write to a copy on disk of a folder in object storage."""
    from data_prep.streaming.remote_folder import RemoteFolder

    place = default_cache().folder / "outputs" / hashlib.sha256(url.encode()).hexdigest()[:16]
    folder = place / url.rpartition("/")[2]
    folder.mkdir(parents=True, exist_ok=True)
    _urls[str(folder)] = url
    try:
        lock = FileLock(place / "in_use.lock", timeout=0).acquire()
    except Timeout:
        raise InputError(
            f"output_dir={redact(url)}: another process is writing its results there; wait for it, or give another "
            "output_dir"
        ) from None
    with lock:
        remote = RemoteFolder(url, folder, place / "uploaded.json", "output_dir")
        remote.fetch()
        uploads = _RegularUploads(remote.upload)
        try:
            yield folder
        except Exception:
            uploads.stop()
            with contextlib.suppress(InputError):  # the error that ended the command matters more
                remote.upload()
            raise
        except BaseException:
            uploads.stop()
            raise
        uploads.stop()
        if count := remote.upload():
            log.info("uploaded %d files to %s", count, redact(url))


class _RegularUploads:
    """Uploads in the background; errors are left to the last upload, which follows `stop`."""

    def __init__(self, upload: Callable[[], int]) -> None:
        self._upload = upload
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Wait for the upload that may be going on."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(UPLOAD_EVERY_S):
            try:
                self._upload()
            except StorageError as error:
                log.warning("%s; tried again in %.0f s", error, UPLOAD_EVERY_S)
            except (InputError, OSError):  # a file may disappear while it is read
                continue
