"""What ``inputs=`` means: files, folders, globs, lists of them, manifests, or paths on stdin."""

import glob
import hashlib
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_prep.errors import InputError
from data_prep.failures import Failure
from data_prep.manifest import read_manifest
from data_prep.media import LANDMARK_SUFFIXES, PHOTO_SUFFIXES, RAW_SUFFIXES, Media
from data_prep.media.frame_folder import is_picture

#: The longest name that a result may have, in bytes: file systems allow 255, with its ending.
MAX_NAME_BYTES = 240


@dataclass(frozen=True)
class Input:
    """A file, or a stretch of one, to recognise.

    Attributes:
        id: Unique among the inputs: its path below their common folder, or its id in a manifest.
        media: The file.
        output: Where its result goes below the output folder, without an ending.
    """

    id: str
    media: Media
    output: Path


def find_inputs(
    inputs: str | Sequence[str], suffixes: frozenset[str], encoding: str | None
) -> tuple[list[Input], list[Failure]]:
    """Find the files that are meant.

    Args:
        inputs: As given: one or several of file, folder, glob, manifest (.jsonl), or "-" for paths on stdin.
        suffixes: The endings that are taken from folders.
        encoding: What the files do not say themselves, as in `Media`: of headerless sound or of landmarks; with
            "frames@25" each folder that holds pictures is one clip, otherwise each picture is a photo.

    Returns:
        The inputs, and what was named but is not there, or cannot be looked into.

    Raises:
        InputError: Nothing was found at all. Of paths on stdin, each that is not there is a failure instead.
    """
    wanted = [inputs] if isinstance(inputs, str) else [str(each) for each in inputs]
    listed = [line for each in wanted if each == "-" for line in _stdin_lines() if line]
    named = [each for each in wanted if each != "-"]
    manifests = [name for name in [*named, *listed] if name.endswith(".jsonl")]
    paths: list[Path] = []
    failures = []
    for name in [*named, *listed]:
        if name not in manifests:
            frame_folders = bool(encoding and encoding.startswith("frames"))
            closed: list[Failure] = []
            found = _expand(name, suffixes, frame_folders, closed, is_glob=name in named)
            paths += found
            failures += closed
            if not found and not closed:
                failures.append(Failure(name, name, f"{name}: no such file, or no recording in that folder"))
    rows = [row for name in manifests for row in _from_manifest(Path(name))]
    everything = _with_outputs(list(dict.fromkeys(path.absolute() for path in paths)), encoding) + rows
    if not everything and not (listed and failures):
        endings = ", ".join(sorted(suffixes))
        raise InputError(f"inputs={inputs}: found no file to recognise; expected files ending in {endings}")
    _check_apart(everything)
    return everything, failures


def _check_apart(everything: list[Input]) -> None:
    """Refuse inputs of which one's result would take the other's place."""
    for what, names in (("id", [each.id for each in everything]), ("output", [each.output for each in everything])):
        for name, count in Counter(map(str, names)).most_common(1):
            if count > 1:
                raise InputError(
                    f"inputs: {count} files have the {what} {name!r}; recognise them in calls of their own, each with "
                    "its output_dir"
                )


def _stdin_lines() -> list[str]:
    """Paths by lines, or by NUL bytes as ``find -print0`` gives them."""
    text = sys.stdin.read()
    return text.split("\0") if "\0" in text else text.splitlines()


def _expand(
    name: str, suffixes: frozenset[str], frame_folders: bool, closed: list[Failure], is_glob: bool
) -> list[Path]:
    """The files that are meant by one name; folders that cannot be looked into are added to `closed`."""
    path = Path(name).expanduser()
    if path.is_dir():
        return sorted(_below(path, suffixes, frame_folders, closed))
    if path.exists():
        return [path]
    if not is_glob:  # a path that is not there must not pass for the files that it happens to match
        return []
    found = [Path(each) for each in glob.glob(str(path), recursive=True)]
    folders = [path for path in found if path.is_dir()] if frame_folders else []
    below = [each for folder in folders for each in _below(folder, suffixes, frame_folders, closed)]
    return sorted({*(path for path in found if path.is_file()), *below})


def _below(folder: Path, suffixes: frozenset[str], frame_folders: bool, closed: list[Failure]) -> Iterator[Path]:
    """The files below a folder; where folders of frames are meant, such a folder in the place of its pictures.

    What is hidden is left out, and links to folders are not followed: they may lead anywhere, and in circles.
    """

    def refused(error: OSError) -> None:
        closed.append(Failure(error.filename, error.filename, f"{error.filename}: cannot be read ({error.strerror})"))

    for parent, folders, names in os.walk(folder, onerror=refused):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files = [Path(parent) / name for name in names if not name.startswith(".")]
        if frame_folders and suffixes >= PHOTO_SUFFIXES and any(map(is_picture, files)):
            yield Path(parent)
            files = [file for file in files if not is_picture(file)]
        yield from (file for file in files if file.suffix.lower() in suffixes)


def _encoding_of(path: Path, encoding: str | None) -> str | None:
    """The encoding of a file that needs one: others say themselves what they are."""
    if encoding is None:
        return None
    if path.is_dir() or encoding.startswith("frames"):
        return encoding if path.is_dir() else None
    landmarks = encoding.startswith("landmarks")
    return encoding if path.suffix.lower() in (LANDMARK_SUFFIXES if landmarks else RAW_SUFFIXES) else None


def _with_outputs(paths: list[Path], encoding: str | None) -> list[Input]:
    """Mirror the inputs' tree below their common folder; files that differ in the ending alone keep it."""
    if not paths:
        return []
    base = Path(os.path.commonpath([path.parent for path in paths]))
    names = [path.relative_to(base) for path in paths]
    stems = [name.with_suffix("") for name in names]
    shared = {stem for stem, count in Counter(stems).items() if count > 1}
    return [
        Input(
            name.as_posix(),
            Media(path, encoding=_encoding_of(path, encoding)),
            _short_enough(name if stem in shared else stem),
        )
        for path, name, stem in zip(paths, names, stems, strict=True)
    ]


def _from_manifest(path: Path) -> list[Input]:
    rows = []
    for clip in read_manifest(path):
        output = Path(clip.id)
        if output.is_absolute() or ".." in output.parts:
            raise InputError(f"{path}: the id {clip.id!r} would be written outside the output folder; mend it")
        if not output.name or not _is_path(clip.id):
            raise InputError(f"{path}: the id {clip.id!r} cannot be the name of a file; mend it")
        rows.append(Input(clip.id, clip.media, _short_enough(output)))
    return rows


def _is_path(text: str) -> bool:
    """Whether a file system can take it; JSON can hold NUL, and halves of characters."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def _short_enough(output: Path) -> Path:
    """The same, but of names that leave no room for an ending, the beginning and a hash of the whole."""
    return Path(*map(_short_name, output.parts))


def _short_name(name: str) -> str:
    content = os.fsencode(name)
    if len(content) <= MAX_NAME_BYTES:
        return name
    digest = hashlib.blake2b(content, digest_size=8).hexdigest()
    return content[: MAX_NAME_BYTES - 17].decode(errors="ignore") + "~" + digest
