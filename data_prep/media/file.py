"""What is meant by a media file, and what is refused before it is decoded."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from data_prep.errors import InputError

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".avif"})
VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".webm", ".mov", ".avi", ".mkv", ".mpg", ".mpeg", ".gif", ".apng"}
    | {".wmv", ".flv", ".3gp", ".ogv", ".mts", ".m2ts"}
)
AUDIO_SUFFIXES = frozenset(
    {".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".sph", ".aiff", ".aif", ".au", ".caf", ".wma"}
    | {".aifc", ".snd", ".w64", ".mka", ".weba", ".amr"}
)
RAW_SUFFIXES = frozenset({".raw", ".pcm"})
#: Hand landmarks that others have tracked; `data_prep.features.landmark_files` reads them.
LANDMARK_SUFFIXES = frozenset({".npy", ".npz", ".parquet", ".pose"})

#: The longest stretches that are read; a clip of more is a mistake, or would not fit in memory.
MAX_SOUND_S, MAX_VIDEO_S = 4 * 3600.0, 3600.0
#: 2.8 GB as floats: 4 hours at 48 kHz.
MAX_SAMPLES = round(MAX_SOUND_S) * 48_000
#: An hour at 120 pictures a second.
MAX_PICTURES = round(MAX_VIDEO_S) * 120
#: Of a picture: 400 MB as RGB.
MAX_PIXELS = 1 << 27
RATES_HZ = (1000, 768_000)
#: What is said of what is neither a file nor a folder.
NOT_A_FILE = "a pipe, a socket or a device, and no file; copy what comes from it into a file"


class MediaError(InputError):
    """A media file that cannot be used; the message names it and says why."""


@dataclass(frozen=True)
class Media:
    """A media file, or a stretch of one; or a folder of frames.

    Attributes:
        path: The file. A folder of numbered pictures is a clip as well: a frame a picture.
        start_s: Where the stretch begins, in seconds; None for the beginning.
        end_s: Where it ends; None for the end.
        encoding: What the file does not say itself. Of headerless sound: "s16be@16000" is signed 16-bit big-endian
            PCM, mono, at 16 kHz; "ulaw@8000" and "alaw@8000" are telephone's. "frames@25" is a folder of frames at
            25 a second (the default), "landmarks@30" are landmarks at 30 a second (the default).
    """

    path: Path
    start_s: float | None = None
    end_s: float | None = None
    encoding: str | None = None

    def index_range(self, rate_hz: float, count: int | None = None) -> tuple[int, int | None]:
        """The stretch as indices [start, stop) at a rate; `stop` is at most `count`, None where neither is known."""
        start = round((self.start_s or 0.0) * rate_hz)
        if self.end_s is None:
            return start, count
        stop = round(self.end_s * rate_hz)
        return start, stop if count is None else min(stop, count)

    def describe_range(self) -> str:
        """The stretch for messages, such as `` between 1.0 s and its end``; empty for a whole file."""
        if self.start_s is None and self.end_s is None:
            return ""
        return f" between {self.start_s or 0} s and {'its end' if self.end_s is None else f'{self.end_s} s'}"


def check_file(path: Path) -> None:
    """Refuse what is not a file with something in it.

    Raises:
        MediaError: It is missing, a folder, or empty.
    """
    if path.is_dir():
        raise MediaError(f"{path}: no such file (it is a folder)")
    if not path.exists():
        link = f" (it is a link to {os.readlink(path)}, which is not there)" if path.is_symlink() else ""
        raise MediaError(f"{path}: no such file{link}")
    if not path.is_file():
        raise MediaError(f"{path}: {NOT_A_FILE}")
    if path.stat().st_size == 0:
        raise MediaError(f"{path}: the file is empty (0 bytes); record or copy it again")


def check_duration(media: Media, whole_s: float, limit_s: float) -> None:
    """Refuse a stretch that is too long to be read.

    Args:
        media: The file, and the stretch of it that is meant.
        whole_s: How long the file is; or how long what has been decoded of it is so far.
        limit_s: The most that is read at a stretch.

    Raises:
        MediaError: The stretch is longer.
    """
    end_s = whole_s if media.end_s is None else min(whole_s, media.end_s)
    length_s = end_s - (media.start_s or 0.0)
    if length_s > limit_s:
        raise MediaError(
            f"{media.path}: lasts {length_s / 3600:.1f} h or more, and at most {limit_s / 3600:g} h are read at a "
            "stretch; cut it up, or name its parts with start_s and end_s in a manifest"
        )


def check_pixels(path: Path, width: int, height: int) -> None:
    """Refuse pictures that would eat the memory.

    Raises:
        MediaError: There are more than `MAX_PIXELS`.
    """
    if width * height > MAX_PIXELS:
        raise MediaError(
            f"{path}: a picture of {width} x {height} pixels, and at most {MAX_PIXELS / 1e6:.0f} million are read; "
            "scale it down"
        )


def rate_from_encoding(media: Media, kind: str, default_hz: float) -> float:
    """The rate in an encoding such as ``frames@25``.

    Args:
        media: The file; its encoding may be None.
        kind: What must stand before the ``@``.
        default_hz: The rate where there is no encoding.

    Raises:
        MediaError: The encoding is of another kind, or its rate is not from 1 to 1000 a second.
    """
    if media.encoding is None:
        return default_hz
    match = re.fullmatch(rf"{kind}@(\d+(?:\.\d+)?)", media.encoding)
    if match is None or not 1 <= float(match[1]) <= 1000:
        raise MediaError(
            f"{media.path}: encoding {media.encoding!r} is not understood; expected such as {kind}@{default_hz:g} "
            "(1 to 1000 a second)"
        )
    return float(match[1])
