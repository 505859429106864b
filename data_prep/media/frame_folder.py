"""Folders of frames: numbered pictures that are one clip."""

import re
from collections.abc import Iterable
from pathlib import Path

from data_prep.media.file import PHOTO_SUFFIXES, Media, MediaError, rate_from_encoding

#: Of a folder of frames that is not said to have another (by the encoding ``frames@30``, say).
DEFAULT_FRAME_RATE_HZ = 25.0

_NUMBERED = re.compile(r"(?P<name>.*?)(?P<number>\d+)", re.ASCII)


def frame_rate_hz(media: Media) -> float:
    """Frames a second of a folder of frames.

    Raises:
        MediaError: Its encoding is not such as ``frames@25``.
    """
    return rate_from_encoding(media, "frames", DEFAULT_FRAME_RATE_HZ)


def frame_files(folder: Path) -> list[Path]:
    """The pictures in a folder in natural order: 2.png comes before 10.png.

    Raises:
        MediaError: There is none.
    """
    files = [path for path in folder.iterdir() if is_picture(path) and path.is_file()]
    if not files:
        raise MediaError(f"{folder}: a folder without pictures; expected a clip's frames as numbered pictures")
    return sorted(files, key=lambda path: _natural(path.name))


def is_picture(path: Path) -> bool:
    """Whether a file is a picture by its name; hidden ones are none."""
    return path.suffix.lower() in PHOTO_SUFFIXES and not path.name.startswith(".")


def is_frame_folder(files: Iterable[Path]) -> bool:
    """Whether the files in a folder are the frames of one clip.

    They are if there are two or more pictures, whose names are equal but for a number at the end, and the numbers
    follow each other without a gap: ``frame_0001.jpg``, ``frame_0002.jpg``, ... Hidden files are of no concern; any
    other file in the folder makes the pictures photos.
    """
    numbers, names = [], set()
    for path in files:
        match = _NUMBERED.fullmatch(path.stem)
        if path.name.startswith("."):
            continue
        if match is None or not is_picture(path):
            return False
        numbers.append(int(match["number"]))
        names.add((match["name"], path.suffix))
    return (
        len(numbers) > 1
        and len(names) == 1
        and sorted(numbers) == list(range(min(numbers), min(numbers) + len(numbers)))
    )


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    parts = re.split(r"([0-9]+)", name)  # text and digits in turn
    return tuple((int(part), "") if part.isdecimal() and part.isascii() else (-1, part) for part in parts)
