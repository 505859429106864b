"""Folders of frames: numbered pictures that together are one clip."""

import re
from collections.abc import Iterable
from pathlib import Path

from data_prep.media.file import PHOTO_SUFFIXES, Media, MediaError, rate_from_encoding

#: Frame rate of a folder without an encoding such as ``frames@30``.
DEFAULT_FRAME_RATE_HZ = 25.0

_NUMBERED = re.compile(r"(?P<name>.*?)(?P<number>\d+)", re.ASCII)


def folder_frame_rate_hz(media: Media) -> float:
    """Return the frame rate of a folder of frames.

    Raises:
        MediaError: The folder has an encoding that is not of the form ``frames@25``.
    """
    return rate_from_encoding(media, "frames", DEFAULT_FRAME_RATE_HZ)


def frame_files(folder: Path) -> list[Path]:
    """List the pictures in a folder in natural order: 2.png comes before 10.png; or OpenPose's files for each frame.

    Raises:
        MediaError: The folder contains neither.
    """
    present = [path for path in folder.iterdir() if path.is_file()]
    files = [path for path in present if is_picture(path)]
    files = files or [path for path in present if path.name.endswith("_keypoints.json")]
    if not files:
        raise MediaError(f"{folder}: a folder without pictures; expected the frames of a clip as numbered pictures")
    return sorted(files, key=lambda path: _natural_order(path.name))


def is_picture(path: Path) -> bool:
    """Return whether a path has the name of a picture and is not hidden."""
    return path.suffix.lower() in PHOTO_SUFFIXES and not path.name.startswith(".")


def is_frame_folder(files: Iterable[Path]) -> bool:
    """Return whether the files in a folder are the frames of one clip, rather than separate photos.

    The folder must contain two or more pictures and, apart from hidden files, nothing else. The names must differ only
    in a number at the end, and the numbers must be consecutive: ``frame_0001.jpg``, ``frame_0002.jpg``, ...
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


def _natural_order(name: str) -> tuple[tuple[int, str], ...]:
    parts = re.split(r"([0-9]+)", name)  # text and digits alternate
    return tuple((int(part), "") if part.isdecimal() and part.isascii() else (-1, part) for part in parts)
