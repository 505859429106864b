"""The contract of corpora, and the checks that they share."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.media import AUDIO_SUFFIXES, LANDMARK_SUFFIXES, PHOTO_SUFFIXES, VIDEO_SUFFIXES
from data_prep.operating_system import expand_home
from data_prep.streaming.url import refuse_urls


class Corpus(Protocol):
    """Recordings with transcripts or labels: a frozen dataclass whose fields are the keys of its YAML file."""

    @property
    def root(self) -> str:
        """Folder of the corpus, or its manifest file."""
        ...

    def clips(self) -> Sequence[Clip]:
        """Return all clips of the corpus, each with a split.

        Raises:
            InputError: The root is missing or empty, or does not hold this corpus.
        """
        ...


def check_root(root: str | Path, expected: str) -> Path:
    """Return the root as an absolute path after checking that it is a folder and not empty.

    Args:
        root: Root as the user gave it.
        expected: Contents that the folder should have, for the error message.

    Raises:
        InputError: The root is missing, empty, or not a folder.
    """
    refuse_urls(**{"corpus.root": root})
    path = expand_home(root).absolute()
    if not path.is_dir():
        found = "it is a file" if path.exists() else "there is no such folder"
        raise InputError(f"corpus.root={root}: {found}; expected a folder with {expected}")
    if not any(path.iterdir()):
        raise InputError(f"corpus.root={root}: the folder is empty; expected {expected}")
    return path


def no_clips_error(root: str | Path, expected: str) -> InputError:
    """Return the error for a root in which no clip of the corpus was found."""
    return InputError(f"corpus.root={root}: found no clip there; expected {expected}")


def find_media_files(root: Path) -> Iterator[Path]:
    """Yield all audio, video, photo and landmark files below a folder in order of their names, except hidden ones."""
    suffixes = AUDIO_SUFFIXES | PHOTO_SUFFIXES | VIDEO_SUFFIXES | LANDMARK_SUFFIXES
    for path in sorted(root.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        if path.suffix.lower() in suffixes and path.is_file() and not hidden:
            yield path


def find_upwards(folder: Path, name: str) -> Path:
    """Return the path of a file that recipes name relative to the folder they ran in: a folder or a parent of it.

    Returns:
        The file in `folder` or the nearest of its three parents; where there is none, the path from `folder`.
    """
    places = [parent / name for parent in (folder, *list(folder.parents)[:3])]
    return next((place for place in places if os.path.exists(place)), places[0])


def read_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield ``file:line``, for error messages, and the content of each line of a UTF-8 text file.

    Raises:
        InputError: The file is not valid UTF-8.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not valid UTF-8 ({error}); save the file as UTF-8") from None
    for number, line in enumerate(lines, start=1):
        yield f"{path}:{number}", line
