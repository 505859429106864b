"""The output folder of transcribe and classify: written result by result, and gone on with where it was left."""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from data_prep.atomic import STALE_S, remove_stale_partials, write_text
from data_prep.errors import InputError
from data_prep.failures import Failure
from data_prep.store.content_hash import ContentHashCache, content_hash, media_key
from pipelines.cli.schema import ClassifyConfig, TranscribeConfig
from pipelines.inference.file_result import FileResult
from pipelines.inference.formats import OF_ALL, OF_EACH, VIDEO, VIDEO_ENDING, label_table
from pipelines.inference.inputs import Input
from recognizers.bundle.layout import files_of

RESULTS_NAME, FAILURES_NAME, HASHES_NAME = "results.jsonl", "failures.jsonl", "content_hashes.jsonl"
#: Changes when the same content, model and settings give other results.
RESULTS_VERSION = 2
#: Settings that say where results come from, and where and how they are written, but not what they are.
NOT_IN_KEY = ("model", "inputs", "output_dir", "encoding", "overwrite", "formats", "batch_size", "num_workers")

#: What the operating system says of names that are too long, or are those of folders.
NAME_ERRORS = (errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.EINVAL, errno.EILSEQ)


class OutputDir:
    """Results on disk.

    The line in ``results.jsonl`` comes first and in one piece, the files of the formats after it, each under a
    temporary name; they can be made of the line. So whatever kills the process, there is no half file, and a line
    always tells whose result a file is.

    Args:
        folder: Made if need be.
        target: What the results are.
        formats: Of the files to write, as `check_formats` allows them.
        settings: What `settings_key` gives.

    Raises:
        InputError: Another process is writing to the folder.
    """

    def __init__(self, folder: Path, target: Literal["text", "label"], formats: Sequence[str], settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._target, self._settings = folder, target, settings
        self._writers = {name: write for name, write in OF_EACH[target].items() if name in formats}
        self._wants_video = VIDEO in formats
        self._tables = [name for name in OF_ALL[target] if name in formats]
        self._lines = _lines_by_id(folder / RESULTS_NAME)
        self._failed: set[str] = set()
        self._items: dict[str, Input] = {}
        self._lock = _locked(folder)

    def key(self, recording: str) -> str:
        """Of the result of a recording, by the recording's own."""
        return hashlib.blake2b(f"{recording} {self._settings}".encode(), digest_size=16).hexdigest()

    def check_nothing_is_lost(self, inputs: Iterable[Input]) -> None:
        """Refuse to write over what is not a result of ours: an input of that name, or a transcript made by hand.

        Raises:
            InputError: There is such a file.
        """
        strangers = [
            path
            for item in inputs
            if item.id not in self._lines
            for path in self._files(item)
            if os.path.lexists(path) and not os.path.isdir(path)
        ]
        if strangers:
            raise InputError(
                f"output_dir={self.folder}: {strangers[0]} is there already and is no earlier result of this folder "
                f"({len(strangers)} such file(s)); give another output_dir, or overwrite=true to replace them"
            )

    def unfinished(self, inputs: Sequence[Input]) -> list[Input]:
        """The inputs without a result of this content, model and settings; files that others lack are made."""
        known = [(item, result) for item in inputs if (result := self._earlier(item)) is not None]
        hashes = ContentHashCache(self.folder / HASHES_NAME).lookup([item.media.path for item, _ in known])
        finished = set()
        for item, result in known:
            content = hashes[item.media.path]
            current = isinstance(content, str) and result.key == self.key(media_key(item.media, content))
            # A video cannot be made of its result: the landmarks are not kept.
            if current and (not self._wants_video or self.video_path(item).exists()):
                with contextlib.suppress(OSError):  # then it is done again, and listed if that fails as well
                    self._write_files(item, result, only_missing=True)
                    finished.add(item.id)
        return [item for item in inputs if item.id not in finished]

    def begin(self, inputs: Sequence[Input], failures: Sequence[Failure]) -> None:
        """Tidy up what an earlier call left, and write down what has failed already."""
        for folder in {self.folder, *(path.parent for item in inputs for path in self._files(item))}:
            if os.path.isdir(folder):
                remove_stale_partials(folder, STALE_S if self._lock is None else 0.0)
        self._items = {item.id: item for item in inputs}
        # Without a line that was cut off: the next would be joined to it.
        _write_lines(self.folder / RESULTS_NAME, self._lines.values())
        _write_lines(self.folder / FAILURES_NAME, [])
        for failure in failures:
            self.fail(failure)

    def add(self, item: Input, result: FileResult) -> Failure | None:
        """Write a result; returns why that cannot be, where the name of its files is to blame."""
        try:
            for path in self._files(item):
                path.unlink(missing_ok=True)  # else an earlier result's could pass for this one's if we are killed
            self._lines[item.id] = json.dumps(result.row(), ensure_ascii=False)
            _append(self.folder / RESULTS_NAME, self._lines[item.id])
            self._write_files(item, result)
        except OSError as error:
            if error.errno not in NAME_ERRORS:
                raise
            place = self.folder / item.output
            failure = Failure(item.id, result.path, f"{place}: cannot be written ({error.strerror}); rename the input")
            self.fail(failure)
            return failure
        return None

    def fail(self, failure: Failure) -> None:
        """Write down a failure, and remove the files of an earlier result."""
        self._failed.add(failure.id)
        if failure.id in self._lines and failure.id in self._items:
            for path in self._files(self._items[failure.id]):
                with contextlib.suppress(OSError):
                    path.unlink()
        _append(self.folder / FAILURES_NAME, json.dumps(asdict(failure), ensure_ascii=False))

    def finish(self) -> None:
        """Leave one line a result, the latest, and none of what failed this time; make the tables."""
        for name in self._failed:
            self._lines.pop(name, None)
        _write_lines(self.folder / RESULTS_NAME, self._lines.values())
        if not self._failed:
            (self.folder / FAILURES_NAME).unlink(missing_ok=True)
        for name in self._tables:
            rows = [row for line in self._lines.values() if isinstance((row := json.loads(line)).get("labels"), list)]
            write_text(self.folder / f"results.{name}", label_table(rows), errors="backslashreplace")

    def _earlier(self, item: Input) -> FileResult | None:
        with contextlib.suppress(KeyError, TypeError, ValueError):  # a line that another version wrote, or is damaged
            return FileResult.of_row(json.loads(self._lines[item.id]), self._target)
        return None

    def video_path(self, item: Input) -> Path:
        """Where the video with what was recognised in it goes."""
        return self.folder / item.output.parent / f"{item.output.name}.{VIDEO_ENDING}"

    def _files(self, item: Input) -> list[Path]:
        return [*self._paths(item).values(), *([self.video_path(item)] if self._wants_video else [])]

    def _paths(self, item: Input) -> dict[str, Path]:
        folder = self.folder / item.output.parent
        return {name: folder / f"{item.output.name}.{name}" for name in self._writers}

    def _write_files(self, item: Input, result: FileResult, only_missing: bool = False) -> None:
        for name, path in self._paths(item).items():
            if not (only_missing and path.is_file()):
                write_text(path, self._writers[name](result), errors="backslashreplace")


def settings_key(cfg: ClassifyConfig | TranscribeConfig) -> str:
    """A hash of what results depend on beside the inputs: what the runtime reads, and all settings that matter.

    Args:
        cfg: The keys of conf/transcribe.yaml or conf/classify.yaml, as plain values.

    Raises:
        InputError: A file of the model's, or a language model, cannot be read.
    """
    settings = {name: value for name, value in asdict(cfg).items() if name not in NOT_IN_KEY}
    decoder = dict(settings.get("decoder") or {})
    if decoder.get("language_model"):
        decoder["language_model"] = content_hash(Path(decoder["language_model"]))
        settings["decoder"] = decoder
    model = [content_hash(file) for file in files_of(Path(cfg.model), cfg.runtime)]
    about = [RESULTS_VERSION, model, settings]
    return hashlib.blake2b(json.dumps(about, sort_keys=True).encode(), digest_size=16).hexdigest()


def _lines_by_id(path: Path) -> dict[str, str]:
    """The lines of an earlier call's results, by the id of the input; of several the latest."""
    if not path.is_file():
        return {}
    lines = {}
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):  # cut off when the machine went down
            lines[str(json.loads(line)["id"])] = line
    return lines


def _locked(folder: Path) -> object | None:
    """Keep other processes out of a folder as long as what is returned, and this process, live.

    Returns:
        None where the file system has no such locks.

    Raises:
        InputError: Another process has the folder.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    lock = _Lock()
    weakref.finalize(lock, os.close, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError(
            f"output_dir={folder}: another process is writing its results there; wait for it, or give "
            "another output_dir"
        ) from None
    except OSError:
        return None
    return lock


class _Lock:
    """Stands for a lock, which ends with it."""


def _append(path: Path, line: str) -> None:
    """Add a line in one piece: whoever is killed has written all of it, or nothing."""
    with open(path, "ab", buffering=0) as file:
        file.write((line + "\n").encode("utf-8", errors="backslashreplace"))


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    write_text(path, "".join(line + "\n" for line in lines), errors="backslashreplace")
