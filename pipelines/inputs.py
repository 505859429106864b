"""What ``inputs=`` means: files, folders, globs, lists of them, manifests, or paths on stdin."""

import glob
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_prep.errors import InputError
from data_prep.failures import Failure
from data_prep.manifest import read_manifest
from data_prep.media import RAW_SUFFIXES, Media


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
        encoding: How headerless files are encoded.

    Returns:
        The inputs, and what was named but is not there.

    Raises:
        InputError: Nothing was found at all.
    """
    wanted = [inputs] if isinstance(inputs, str) else [str(each) for each in inputs]
    named = [line for each in wanted for line in (_stdin_lines() if each == "-" else [each]) if line]
    manifests = [name for name in named if name.endswith(".jsonl")]
    paths: list[Path] = []
    failures = []
    for name in named:
        if name not in manifests:
            found = _expand(name, suffixes)
            paths += found
            if not found:
                failures.append(Failure(name, name, f"{name}: no such file, or no recording in that folder"))
    rows = [row for name in manifests for row in _from_manifest(Path(name))]
    everything = _with_outputs(list(dict.fromkeys(path.absolute() for path in paths)), encoding) + rows
    if not everything:
        endings = ", ".join(sorted(suffixes))
        raise InputError(f"inputs={inputs}: found no file to recognise; expected files ending in {endings}")
    return everything, failures


def _stdin_lines() -> list[str]:
    """Paths by lines, or by NUL bytes as ``find -print0`` gives them."""
    text = sys.stdin.read()
    return text.split("\0") if "\0" in text else text.splitlines()


def _expand(name: str, suffixes: frozenset[str]) -> list[Path]:
    path = Path(name).expanduser()
    if path.is_dir():
        files = (Path(folder) / file for folder, _, names in os.walk(path) for file in names)
        return sorted(file for file in files if file.suffix.lower() in suffixes and not file.name.startswith("."))
    if path.exists():
        return [path]
    return sorted(Path(found) for found in glob.glob(str(path), recursive=True) if os.path.isfile(found))


def _with_outputs(paths: list[Path], encoding: str | None) -> list[Input]:
    """Mirror the inputs' tree below their common folder; files that differ in the ending alone keep it."""
    if not paths:
        return []
    base = Path(os.path.commonpath([path.parent for path in paths]))
    names = [path.relative_to(base) for path in paths]
    stems = [name.with_suffix("") for name in names]
    shared = {stem for stem in stems if stems.count(stem) > 1} if len(set(stems)) < len(stems) else set()
    return [
        Input(
            name.as_posix(),
            Media(path, encoding=encoding if path.suffix.lower() in RAW_SUFFIXES else None),
            name if stem in shared else stem,
        )
        for path, name, stem in zip(paths, names, stems, strict=True)
    ]


def _from_manifest(path: Path) -> list[Input]:
    rows = []
    for clip in read_manifest(path):
        output = Path(clip.id)
        if output.is_absolute() or ".." in output.parts:
            raise InputError(f"{path}: the id {clip.id!r} would be written outside the output folder; mend it")
        rows.append(Input(clip.id, clip.media, output))
    return rows
