"""Finds the files that ``inputs=`` names: files, folders, globs, lists of them, manifests, or paths on stdin."""

import glob
import hashlib
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data_prep.corpora.foreign.sources import read_clips
from data_prep.errors import InputError
from data_prep.failures import Failure
from data_prep.media import LANDMARK_SUFFIXES, NAMED_LANDMARK_SUFFIXES, PHOTO_SUFFIXES, RAW_SUFFIXES, Media
from data_prep.media.frame_folder import is_picture
from data_prep.operating_system import expand_home

#: Longest name of a result file without its ending, in bytes; file systems allow 255 with it.
MAX_NAME_BYTES = 240
#: Endings of manifests; other formats are those of corpora alone, because landmarks may be in tables too.
MANIFEST_ENDINGS = (".jsonl", ".jsonl.gz")


@dataclass(frozen=True)
class Input:
    """A file, or a part of one, to recognise.

    Attributes:
        id: Unique among the inputs: its path below their common folder, or its id in a manifest.
        media: The file.
        output: Path of its results below the output folder, without an ending.
    """

    id: str
    media: Media
    output: Path


@dataclass(frozen=True)
class ReadingSettings:
    """What is read of each file, unless its row in a manifest says otherwise; the fields are those of `Media`."""

    encoding: str | None = None
    channel: int | None = None
    audio_stream: int | None = None


READ_PLAINLY = ReadingSettings()


def find_inputs(
    inputs: str | Sequence[str],
    suffixes: frozenset[str],
    reading: ReadingSettings = READ_PLAINLY,
    setting: str = "inputs",
) -> tuple[list[Input], list[Failure]]:
    """Find the files to recognise.

    Args:
        inputs: The setting: a file, folder, glob, manifest (.jsonl or .jsonl.gz), "-" for paths on stdin, or a list of
            these.
        suffixes: Endings of the files to take from folders.
        reading: What is read of each file. With the encoding "frames@25", each folder of pictures is one clip;
            otherwise each picture is a photo.
        setting: Name of the setting, for messages.

    Returns:
        The inputs, and a failure for each name that is not there or cannot be read.

    Raises:
        InputError: No file was found. If paths come from stdin, each that is missing is a failure instead.
    """
    given = [inputs] if isinstance(inputs, str) else [str(each) for each in inputs]
    from_stdin = [line for each in given if each == "-" for line in _stdin_lines() if line]
    named = [each for each in given if each != "-"]
    manifests = [
        name for name in [*named, *from_stdin] if name.endswith(MANIFEST_ENDINGS) and expand_home(name).is_file()
    ]
    paths: list[Path] = []
    failures: list[Failure] = []
    for name in [*named, *from_stdin]:
        if name in manifests:
            continue
        frame_folders = (reading.encoding or "").startswith("frames")
        found = list(_expand(name, suffixes, frame_folders, is_glob=name in named))
        paths += [each for each in found if isinstance(each, Path)]
        failures += [each for each in found if isinstance(each, Failure)]
        if not found:
            failures.append(Failure(name, name, f"{name}: no such file, or no recording in that folder"))
    rows = [row for name in manifests for row in _from_manifest(Path(name), reading)]
    found_inputs = _with_outputs(list(dict.fromkeys(path.absolute() for path in paths)), reading) + rows
    if not found_inputs and not (from_stdin and failures):
        endings = ", ".join(sorted(suffixes))
        raise InputError(f"{setting}={inputs}: found no file to recognise; expected files ending in {endings}")
    _check_unique(found_inputs, setting)
    return found_inputs, failures


def _check_unique(inputs: list[Input], setting: str) -> None:
    """Raise InputError if the results of two inputs would have the same id or the same files."""
    for what, names in (("id", [each.id for each in inputs]), ("output", [each.output for each in inputs])):
        for name, count in Counter(map(str, names)).most_common(1):
            if count > 1:
                raise InputError(
                    f"{setting}: {count} files have the {what} {name!r}; recognise them in separate calls, each with "
                    "its own output_dir"
                )


def _stdin_lines() -> list[str]:
    """Read paths from stdin, separated by line ends, or by NUL bytes as ``find -print0`` writes them."""
    text = sys.stdin.read()
    return text.split("\0") if "\0" in text else text.splitlines()


def _expand(name: str, suffixes: frozenset[str], frame_folders: bool, is_glob: bool) -> Iterator[Path | Failure]:
    """Find the files that one name stands for; a folder that cannot be read is a failure."""
    path = expand_home(name)
    if path.is_dir():
        yield from _sorted_below([path], suffixes, frame_folders)
    elif path.exists():
        yield path
    elif is_glob:  # a missing path from stdin must not be taken for the files that match it as a glob
        matches = [Path(each) for each in glob.glob(str(path), recursive=True)]
        folders = [each for each in matches if each.is_dir()] if frame_folders else []
        files = [each for each in matches if each.is_file()]
        yield from _sorted_below(folders, suffixes, frame_folders, files)


def _sorted_below(
    folders: Sequence[Path], suffixes: frozenset[str], frame_folders: bool, files: Sequence[Path] = ()
) -> Iterator[Path | Failure]:
    """Yield the given files and those below the folders, sorted and without repeats; then the unreadable folders."""
    found = [each for folder in folders for each in _walk(folder, suffixes, frame_folders)]
    yield from sorted({*files, *(each for each in found if isinstance(each, Path))})
    yield from (each for each in found if isinstance(each, Failure))


def _walk(folder: Path, suffixes: frozenset[str], frame_folders: bool) -> Iterator[Path | Failure]:
    """Find the files below a folder; with `frame_folders`, a folder of pictures is found in place of its pictures.

    Hidden files and folders are left out. Links to folders are not followed, because they may lead out of the folder or
    in circles.
    """
    unreadable: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=unreadable.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files = [Path(parent) / name for name in names if not name.startswith(".")]
        if frame_folders and suffixes >= PHOTO_SUFFIXES and any(map(is_picture, files)):
            yield Path(parent)
            files = [file for file in files if not is_picture(file)]
        yield from (file for file in files if file.suffix.lower() in suffixes)
    for error in unreadable:
        yield Failure(error.filename, error.filename, f"{error.filename}: cannot be read ({error.strerror})")


def _encoding_of(path: Path, encoding: str | None) -> str | None:
    """Return the encoding if the file is of a kind that needs one; other files have headers."""
    if encoding is None:
        return None
    if path.is_dir() or encoding.startswith("frames"):
        return encoding if path.is_dir() else None
    landmarks = encoding.startswith("landmarks")
    return (
        encoding
        if path.suffix.lower() in (LANDMARK_SUFFIXES | NAMED_LANDMARK_SUFFIXES if landmarks else RAW_SUFFIXES)
        else None
    )


def _with_outputs(paths: list[Path], reading: ReadingSettings) -> list[Input]:
    """Give each file an output that mirrors its place below the common folder.

    The output lacks the file's ending, except where files differ only in their endings.
    """
    if not paths:
        return []
    base = Path(os.path.commonpath([path.parent for path in paths]))
    names = [path.relative_to(base) for path in paths]
    stems = [name.with_suffix("") for name in names]
    shared = {stem for stem, count in Counter(stems).items() if count > 1}
    return [
        Input(
            name.as_posix(),
            Media(path, None, None, _encoding_of(path, reading.encoding), reading.channel, reading.audio_stream),
            _shorten(name if stem in shared else stem),
        )
        for path, name, stem in zip(paths, names, stems, strict=True)
    ]


def _from_manifest(path: Path, reading: ReadingSettings) -> list[Input]:
    rows = []
    for clip in read_clips(path, {}):
        output = Path(clip.id)
        if output.is_absolute() or ".." in output.parts:
            raise InputError(
                f"{path}: the result for the id {clip.id!r} would be written outside the output folder; use an id that "
                "is a relative path without '..'"
            )
        if not output.name or not _is_encodable(clip.id):
            raise InputError(f"{path}: the id {clip.id!r} cannot be the name of a file; use another id")
        channel = reading.channel if clip.channel is None else clip.channel
        stream = reading.audio_stream if clip.audio_stream is None else clip.audio_stream
        media = replace(clip.media, channel=channel, audio_stream=stream)
        rows.append(Input(clip.id, media, _shorten(output)))
    return rows


def _is_encodable(name: str) -> bool:
    """Whether a file system can have the name; JSON can hold NUL and lone surrogates."""
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        return False


def _shorten(output: Path) -> Path:
    """Shorten the names in a path that are too long to append an ending."""
    return Path(*map(_shorten_name, output.parts))


def _shorten_name(name: str) -> str:
    """Return the name, or, if it is too long, its beginning and a hash of the whole name."""
    content = os.fsencode(name)
    if len(content) <= MAX_NAME_BYTES:
        return name
    digest = hashlib.blake2b(content, digest_size=8).hexdigest()
    return content[: MAX_NAME_BYTES - 17].decode(errors="ignore") + "~" + digest
