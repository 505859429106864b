"""The contract of corpora."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.media import AUDIO_SUFFIXES, LANDMARK_SUFFIXES, PHOTO_SUFFIXES, VIDEO_SUFFIXES


class Corpus(Protocol):
    """Recordings with their transcripts or labels: a frozen dataclass whose fields are its YAML's keys."""

    @property
    def root(self) -> str:
        """The folder (or the manifest) it lies in."""
        ...

    def clips(self) -> list[Clip]:
        """Its clips, each with a split.

        Raises:
            InputError: The root is missing, empty, or not this corpus.
        """
        ...


def checked_root(root: str | Path, expected: str) -> Path:
    """The root as an absolute path, if it is a folder with something in it.

    Args:
        root: As the user gave it.
        expected: What should lie there, for the message.

    Raises:
        InputError: It is missing, not a folder, or empty.
    """
    path = Path(root).expanduser().absolute()
    if not path.is_dir():
        found = "it is a file" if path.exists() else "there is no such folder"
        raise InputError(f"corpus.root={root}: {found}; expected a folder with {expected}")
    if not any(path.iterdir()):
        raise InputError(f"corpus.root={root}: the folder is empty; expected {expected}")
    return path


def media_files(root: Path) -> Iterator[Path]:
    """Every recording, photo, video and file of landmarks below a folder, by name; hidden ones are left out."""
    suffixes = AUDIO_SUFFIXES | PHOTO_SUFFIXES | VIDEO_SUFFIXES | LANDMARK_SUFFIXES
    for path in sorted(root.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        if path.suffix.lower() in suffixes and path.is_file() and not hidden:
            yield path


def no_clips(root: str | Path, expected: str) -> InputError:
    """The error of a root in which nothing of the corpus was found."""
    return InputError(f"corpus.root={root}: found no clip there; expected {expected}")
