"""The output folder of transcribe and classify, which a repeated call completes."""

import contextlib
import errno
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Generic

from filelock import FileLock, Timeout

from data_prep.atomic import STALE_S, remove_stale_partials, write_text
from data_prep.errors import InputError
from data_prep.failures import Failure
from data_prep.store.content_hash import ContentHashCache, content_hash, media_key
from pipelines.cli.own_files import check_writes_only_own_files
from pipelines.cli.schema import ClassifyConfig, TranscribeConfig
from pipelines.inference.chosen_models import chosen_models
from pipelines.inference.file_result import FileResult, result_from_row
from pipelines.inference.formats import PICTURE_ENDINGS, ResultFormats, label_table
from pipelines.inference.inputs import Input
from recognizers.bundle.layout import files_of
from recognizers.inference.recognize import PredictionT

RESULTS_NAME, FAILURES_NAME, HASHES_NAME = "results.jsonl", "failures.jsonl", "content_hashes.jsonl"
LOCK_NAME = ".lock"
#: Part of every result's key. Increase it when the same content, model and settings give different results.
RESULTS_VERSION = 2
#: Settings that do not change a result: where things are, and how results are computed and written.
#: What is read of the media is part of their own key.
NOT_IN_KEY = (
    *("model", "models", "inputs", "output_dir", "overwrite", "formats", "batch_size", "num_workers"),
    *("encoding", "channel", "audio_stream"),
)

#: Errors of the operating system that a file's name causes: it is too long, or is the name of a folder.
NAME_ERRORS = (errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.EINVAL, errno.EILSEQ)


class OutputDir(Generic[PredictionT]):
    """The results of a command on disk.

    A result's line in ``results.jsonl`` is appended first, in one piece. The files of the formats follow, each written
    atomically; they can be made again from the line. Whenever the process is killed, no file is incomplete, and a line
    tells which result a file belongs to.

    Args:
        folder: Output folder; created if missing.
        command_formats: The formats of the command.
        formats: Names of the formats to write, as `ResultFormats.check` allows them.
        settings_key: Hash of the settings, from `settings_key`.

    Raises:
        InputError: Another process is writing to the folder.
    """

    def __init__(
        self,
        folder: Path,
        command_formats: ResultFormats[PredictionT],
        formats: Sequence[str],
        settings_key: str,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._picture_endings = {name: ending for name, ending in PICTURE_ENDINGS.items() if name in formats}
        self._prediction_from_row = command_formats.prediction_from_row
        self._writers = {name: write for name, write in command_formats.writers.items() if name in formats}
        self._tables = [name for name in command_formats.tables if name in formats]
        self._settings_key = settings_key
        self._lines = _read_lines(folder / RESULTS_NAME)
        self._failed: set[str] = set()
        self._inputs: dict[str, Input] = {}
        self._lock = FileLock(folder / LOCK_NAME, fallback_to_soft=False)
        self._is_locked = _acquire(self._lock, folder)

    def result_key(self, media_key: str) -> str:
        """Return the key of a result: a hash of the media's key and of the settings."""
        return hashlib.blake2b(f"{media_key} {self._settings_key}".encode(), digest_size=16).hexdigest()

    def check_replaces_only_results(self) -> None:
        """Check that the lists of results and failures are this command's own.

        Raises:
            InputError: Another command wrote them.
        """
        results = self.folder / RESULTS_NAME
        if results.is_file() and not _holds_results(results):
            raise InputError(
                f"output_dir={self.folder}: {results} was not written by this command and would be overwritten; give "
                "another output_dir"
            )
        check_writes_only_own_files(self.folder, (FAILURES_NAME, RESULTS_NAME), "output_dir")

    def check_overwrites_only_results(self, inputs: Iterable[Input]) -> None:
        """Check that only earlier results would be overwritten, and not, say, an input or a manual transcript.

        Raises:
            InputError: Another file would be overwritten.
        """
        others = [
            path
            for item in inputs
            if item.id not in self._lines
            for path in self._files(item)
            if os.path.lexists(path) and not os.path.isdir(path)
        ]
        if others:
            raise InputError(
                f"output_dir={self.folder}: {others[0]} exists and is not a result of an earlier call "
                f"({len(others)} such file(s)); give another output_dir, or overwrite=true to replace them"
            )

    def begin(self, inputs: Sequence[Input]) -> None:
        """Remove what an interrupted call left behind, and start an empty list of failures.

        Args:
            inputs: All inputs of this call, finished or not.
        """
        for folder in {self.folder, *(path.parent for item in inputs for path in self._files(item))}:
            if os.path.isdir(folder):
                remove_stale_partials(folder, 0.0 if self._is_locked else STALE_S)
        self._inputs = {item.id: item for item in inputs}
        self._rewrite_results()  # drops an incomplete last line, to which the next one would be appended
        _write_lines(self.folder / FAILURES_NAME, [])

    def find_unfinished(self, inputs: Sequence[Input]) -> list[Input]:
        """Find the inputs that have no result for their present content and the same model and settings.

        Files of formats that a finished result lacks are written from its line.
        """
        known = [(item, result) for item in inputs if (result := self._earlier_result(item)) is not None]
        hashes = ContentHashCache(self.folder / HASHES_NAME).lookup([item.media.path for item, _ in known])
        finished = set()
        for item, result in known:
            content = hashes[item.media.path]
            is_current = isinstance(content, str) and result.key == self.result_key(media_key(item.media, content))
            # A missing picture means recognising again: it needs the landmarks, which are not in the line.
            if is_current and all(path.exists() for path in self.picture_paths(item).values()):
                with contextlib.suppress(OSError):  # if a file cannot be written, recognising again reports it
                    self._write_files(item, result, only_missing=True)
                    finished.add(item.id)
        return [item for item in inputs if item.id not in finished]

    def add_result(self, item: Input, result: FileResult[PredictionT]) -> Failure | None:
        """Write a result; returns a failure if the name of one of its files does not allow that."""
        try:
            for path in self._files(item):
                path.unlink(missing_ok=True)  # or, after a crash, it could pass for the new result
            self._lines[item.id] = json.dumps(result.row(), ensure_ascii=False)
            _append(self.folder / RESULTS_NAME, self._lines[item.id])
            self._write_files(item, result)
        except OSError as error:
            if error.errno not in NAME_ERRORS:
                raise
            place = self.folder / item.output
            return Failure(item.id, result.path, f"{place}: cannot be written ({error.strerror}); rename the input")
        return None

    def add_failure(self, failure: Failure) -> None:
        """Write a failure, and remove the files of an earlier result for the same input."""
        self._failed.add(failure.id)
        if failure.id in self._lines and failure.id in self._inputs:
            for path in self._files(self._inputs[failure.id]):
                with contextlib.suppress(OSError):
                    path.unlink()
        _append(self.folder / FAILURES_NAME, json.dumps(asdict(failure), ensure_ascii=False))

    def finish(self) -> None:
        """Keep only the latest line of each result, drop the results of inputs that failed, and write the tables."""
        for name in self._failed:
            self._lines.pop(name, None)
        self._rewrite_results()
        if not self._failed:
            (self.folder / FAILURES_NAME).unlink(missing_ok=True)
        for name in self._tables:
            rows = [row for line in self._lines.values() if isinstance((row := json.loads(line)).get("labels"), list)]
            write_text(self.folder / f"results.{name}", label_table(rows), errors="backslashreplace")

    def picture_paths(self, item: Input) -> dict[str, Path]:
        """Return the paths of the pictures of the hands that are wanted for an input, by format."""
        return {name: self._path(item, ending) for name, ending in self._picture_endings.items()}

    def _path(self, item: Input, ending: str) -> Path:
        return self.folder / item.output.parent / f"{item.output.name}.{ending}"

    def _files(self, item: Input) -> list[Path]:
        return [*(self._path(item, name) for name in self._writers), *self.picture_paths(item).values()]

    def _write_files(self, item: Input, result: FileResult[PredictionT], only_missing: bool = False) -> None:
        for name, write in self._writers.items():
            path = self._path(item, name)
            if not (only_missing and path.is_file()):
                write_text(path, write(result), errors="backslashreplace")

    def _rewrite_results(self) -> None:
        _write_lines(self.folder / RESULTS_NAME, self._lines.values())

    def _earlier_result(self, item: Input) -> FileResult[PredictionT] | None:
        """Return the input's result from an earlier call; None if it has no line, or its line cannot be read."""
        with contextlib.suppress(KeyError, TypeError, ValueError):  # damaged, or of another version or command
            row = json.loads(self._lines[item.id])
            return result_from_row(row, self._prediction_from_row(row))
        return None


def settings_key(cfg: ClassifyConfig | TranscribeConfig) -> str:
    """Hash everything besides the inputs that affects results: the model's files and the settings not in NOT_IN_KEY.

    Raises:
        InputError: A file of the model, or a language model, cannot be read.
    """
    settings = {name: value for name, value in asdict(cfg).items() if name not in NOT_IN_KEY}
    decoder = dict(settings.get("decoder") or {})
    if decoder.get("language_model"):
        decoder["language_model"] = content_hash(Path(decoder["language_model"]))
        settings["decoder"] = decoder
    model = [content_hash(file) for path in chosen_models(cfg) for file in files_of(path, cfg.runtime)]
    hashed = [RESULTS_VERSION, model, settings]
    return hashlib.blake2b(json.dumps(hashed, sort_keys=True).encode(), digest_size=16).hexdigest()


def _read_lines(path: Path) -> dict[str, str]:
    """Read the last line of each input in results.jsonl, by the input's id."""
    if not path.is_file():
        return {}
    lines = {}
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):  # incomplete or damaged
            lines[str(json.loads(line)["id"])] = line
    return lines


def _holds_results(path: Path) -> bool:
    """Return whether this command wrote a file: it is empty, or its first line is a result, which may be cut off."""
    with open(path, encoding="utf-8", errors="replace") as lines:
        first = lines.readline()
    return not first or (first.startswith('{"id": ') and ('"key": ' in first or not first.endswith("}\n")))


def _acquire(lock: FileLock, folder: Path) -> bool:
    """Lock the folder against other processes, until the lock is garbage collected or this process ends.

    The operating system releases the lock of a process that is killed; the lock file remains, without effect.

    Returns:
        False if the file system has no locks, or the lock file cannot be written.

    Raises:
        InputError: Another process holds the lock.
    """
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise InputError(
            f"output_dir={folder}: another process is writing its results there; wait for it, or give another "
            "output_dir"
        ) from None
    except (OSError, NotImplementedError):
        return False
    return True


def _append(path: Path, line: str) -> None:
    """Append a line with a single write, so that a process that is killed leaves the whole line or none."""
    with open(path, "ab", buffering=0) as file:
        file.write((line + "\n").encode("utf-8", errors="backslashreplace"))


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    write_text(path, "".join(line + "\n" for line in lines), errors="backslashreplace")
