"""The output folder of transcribe and classify, which a repeated call completes."""

import contextlib
import errno
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
from data_prep.store.content_hash import ContentHashCache, media_key
from pipelines.cli.own_files import check_writes_only_own_files
from pipelines.inference.file_result import FileResult, result_from_row
from pipelines.inference.formats import PICTURE_ENDINGS, ResultFormats, label_table
from pipelines.inference.inputs import Input
from pipelines.inference.result_lists import (
    FAILURES_NAME,
    RESULTS_NAME,
    append_line,
    holds_results,
    read_failure_lines,
    read_lines,
    read_results,
    write_lines,
)
from pipelines.inference.settings_key import result_key
from pipelines.scaling.records import acquire, busy_error, check_no_shard_works
from pipelines.scaling.shard import LOCK_NAME, Shard, remove_parts
from recognizers.inference.recognize import PredictionT

HASHES_NAME = "content_hashes.jsonl"
#: Errors of the operating system that a file's name causes: it is too long, or is the name of a folder.
NAME_ERRORS = (errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.EINVAL, errno.EILSEQ)


class OutputDir(Generic[PredictionT]):
    """The results of a command on disk.

    A result's line in ``results.jsonl`` is appended first, in one piece. The files of the formats follow, each written
    atomically; they can be made again from the line. Whenever the process is killed, no file is incomplete, and a line
    tells which result a file belongs to.

    A shard writes its own parts of the lists, and reads those of all shards as one, so that it does nothing twice. A
    call without a shard reads them too, and writes everything into the whole lists.

    Args:
        folder: Output folder; created if missing.
        command_formats: The formats of the command.
        formats: Names of the formats to write, as `ResultFormats.check` allows them.
        settings_key: Hash of the settings, from `settings_key`.
        shard: The shard whose results are written; None to write all of them.
        lock: Whether to lock the folder; False for shards, which are locked by `run_shard`.

    Raises:
        InputError: Another process is writing to the folder.
    """

    def __init__(
        self,
        folder: Path,
        command_formats: ResultFormats[PredictionT],
        formats: Sequence[str],
        settings_key: str,
        shard: Shard | None = None,
        lock: bool = True,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._shard = shard
        self._results_path, self._failures_path = (
            folder / (name if shard is None else shard.part_name(name)) for name in (RESULTS_NAME, FAILURES_NAME)
        )
        self._picture_endings = {name: ending for name, ending in PICTURE_ENDINGS.items() if name in formats}
        self._prediction_from_row = command_formats.prediction_from_row
        self._writers = {name: write for name, write in command_formats.writers.items() if name in formats}
        self._tables = [name for name in command_formats.tables if name in formats]
        self._settings_key = settings_key
        self._lines = read_results(folder)
        # The lines that this call keeps in its list: those of a shard are in its part, other lines stay where they are.
        self._own = self._lines if shard is None else read_lines(self._results_path)
        self._failures: dict[str, str] = {}
        self._inputs: dict[str, Input] = {}
        self._lock = FileLock(folder / LOCK_NAME, fallback_to_soft=False)
        self._is_locked = lock and self._acquire()
        if lock:
            check_no_shard_works(folder)

    def _acquire(self) -> bool:
        try:
            return acquire(self._lock)
        except Timeout:
            raise busy_error(self.folder) from None

    def result_key(self, media_key: str) -> str:
        """Return the key of a result: a hash of the media's key and of the settings."""
        return result_key(media_key, self._settings_key)

    def check_replaces_only_results(self) -> None:
        """Check that the lists of results and failures are this command's own.

        Raises:
            InputError: Another command wrote them.
        """
        results = self.folder / RESULTS_NAME
        if results.is_file() and not holds_results(results):
            raise InputError(
                f"output_dir={self.folder}: {results} was not written by this command and would be overwritten; give "
                "another output_dir"
            )
        check_writes_only_own_files(self.folder, (FAILURES_NAME, RESULTS_NAME), "output_dir")
        if self._shard is not None:
            self._shard.check_owns_parts(self.folder, RESULTS_NAME, FAILURES_NAME)

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
        write_lines(self._failures_path, [])
        if self._shard is None:
            remove_parts(self.folder, RESULTS_NAME, FAILURES_NAME)

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
            self._lines[item.id] = self._own[item.id] = json.dumps(result.row(), ensure_ascii=False)
            append_line(self._results_path, self._own[item.id])
            self._write_files(item, result)
        except OSError as error:
            if error.errno not in NAME_ERRORS:
                raise
            place = self.folder / item.output
            return Failure(item.id, result.path, f"{place}: cannot be written ({error.strerror}); rename the input")
        return None

    def add_failure(self, failure: Failure) -> None:
        """Write a failure, and remove the files of an earlier result for the same input."""
        self._failures[failure.id] = json.dumps(asdict(failure), ensure_ascii=False)
        if failure.id in self._lines and failure.id in self._inputs:
            for path in self._files(self._inputs[failure.id]):
                with contextlib.suppress(OSError):
                    path.unlink()
        append_line(self._failures_path, self._failures[failure.id])

    def finish(self) -> None:
        """Keep only the latest line of each result, drop the results of inputs that failed, and write the tables.

        The lines are put into the order of the inputs, so that they do not depend on how many processes did the work.
        """
        for name in self._failures:
            self._own.pop(name, None)
        self._rewrite_results()
        write_lines(self._failures_path, self._in_order(self._failures).values())
        if not self._failures:
            self._failures_path.unlink(missing_ok=True)
        for name in self._tables if self._shard is None else ():
            parsed = map(json.loads, self._in_order(self._own).values())
            rows = [row for row in parsed if isinstance(row.get("labels"), list)]
            write_text(self.folder / f"results.{name}", label_table(rows), errors="backslashreplace")

    def merge(self, inputs: Sequence[Input]) -> list[str]:
        """Put what all shards wrote into the whole lists, and write the tables.

        Args:
            inputs: The inputs of all shards.

        Returns:
            The ids of the inputs that failed.
        """
        self._inputs = {item.id: item for item in inputs}
        self._failures = read_failure_lines(self.folder)
        self.finish()
        remove_parts(self.folder, RESULTS_NAME, FAILURES_NAME)
        return list(self._failures)

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
        write_lines(self._results_path, self._in_order(self._own).values())

    def _in_order(self, lines: dict[str, str]) -> dict[str, str]:
        """Put the lines of this call's inputs after all others, and into the order of the inputs."""
        others = {name: line for name, line in lines.items() if name not in self._inputs}
        return others | {name: lines[name] for name in self._inputs if name in lines}

    def _earlier_result(self, item: Input) -> FileResult[PredictionT] | None:
        """Return the input's result from an earlier call; None if it has no line, or its line cannot be read."""
        with contextlib.suppress(KeyError, TypeError, ValueError):  # damaged, or of another version or command
            row = json.loads(self._lines[item.id])
            return result_from_row(row, self._prediction_from_row(row))
        return None
