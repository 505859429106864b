"""Media files: what counts as one, how large it may be, and the checks before decoding."""

import logging
import os
import re
from dataclasses import dataclass
from pathlib import Path

from data_prep.errors import InputError

log = logging.getLogger(__name__)

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
#: Files of hand landmarks from other tools; `data_prep.features.landmark_files` reads them.
LANDMARK_SUFFIXES = frozenset({".npy", ".npz", ".parquet", ".pose"})
#: Other such files, which are read only if they are named: in a folder of recordings they are usually something else.
NAMED_LANDMARK_SUFFIXES = frozenset({".json", ".ndjson", ".csv"})
#: Files of any other series of numbers.
SERIES_SUFFIXES = frozenset({".npy", ".csv", ".tsv"})

#: Longest clips in seconds; a longer one is a mistake or would not fit in memory.
MAX_SOUND_S, MAX_VIDEO_S = 4 * 3600.0, 3600.0
#: Most samples in a clip: 4 hours at 48 kHz, 2.8 GB as float32.
MAX_SAMPLES = round(MAX_SOUND_S) * 48_000
#: A file may end this much before the end of a time range in it, because times are rounded; above `ROUNDING_S` with a
#: warning.
MAX_MISSING_S, ROUNDING_S = 0.5, 0.1
#: Most pictures in a clip: 1 hour at 120 pictures a second.
MAX_PICTURES = round(MAX_VIDEO_S) * 120
#: Most pixels in a picture: 400 MB as RGB.
MAX_PIXELS = 1 << 27
#: Lowest and highest sample rate of audio.
SAMPLE_RATES_HZ = (1000, 768_000)
#: Error text for a path that is neither a file nor a folder.
NOT_A_FILE = "is a pipe, a socket or a device, not a file; copy its content into a file"
#: Advice for clips over a limit.
SPLIT_ADVICE = "split the file, or list its parts with start_s and end_s in a manifest"


class MediaError(InputError):
    """A media file or array cannot be used; the message names it and the reason."""


@dataclass(frozen=True)
class Media:
    """A media file or a folder of frames, or a time range of one.

    Attributes:
        path: Path of the file, or of a folder of numbered pictures that are the frames of a clip.
        start_s: Start of the time range in seconds; None for the start of the file.
        end_s: End of the time range in seconds; None for the end of the file.
        encoding: Encoding and rate of a file that does not state its own, None otherwise. Examples: "s16be@16000" is
            headerless signed 16-bit big-endian PCM, mono, at 16 kHz; "ulaw@8000" and "alaw@8000" are telephone
            encodings; "frames@25" is a folder of frames at 25 Hz (the default); "landmarks@30" is a landmark file at
            30 Hz (the default), and "landmarks@30#1784060" is a sequence in a file of several.
        channel: Index of the channel of a sound to take, from 0; None to mix all of them.
        audio_stream: Index of the sound to take among those of a video or container, from 0; None for the one that
            players choose.
    """

    path: Path
    start_s: float | None = None
    end_s: float | None = None
    encoding: str | None = None
    channel: int | None = None
    audio_stream: int | None = None

    def index_range(self, rate_hz: float, count: int | None = None) -> tuple[int, int | None]:
        """Convert the time range to indices [start, stop).

        Args:
            rate_hz: Samples or frames per second.
            count: Number of samples or frames in the whole file; None if unknown.

        Returns:
            The start index, and the stop index, which is at most `count` and None if neither it nor `end_s` is known.
        """
        start = round((self.start_s or 0.0) * rate_hz)
        if self.end_s is None:
            return start, count
        stop = round(self.end_s * rate_hz)
        return start, stop if count is None else min(stop, count)

    def describe_range(self) -> str:
        """Describe the time range for messages, such as `` between 1.0 s and its end``; empty for a whole file."""
        if self.start_s is None and self.end_s is None:
            return ""
        return f" between {self.start_s or 0} s and {'its end' if self.end_s is None else f'{self.end_s} s'}"


def check_file(path: Path) -> None:
    """Check that a path is a file with content.

    Raises:
        MediaError: The path does not exist, or is a folder, a pipe, a socket, a device or an empty file.
    """
    if path.is_dir():
        raise MediaError(f"{path}: is a folder, expected a file")
    if not path.exists():
        link = f" (it is a broken link to {os.readlink(path)})" if path.is_symlink() else ""
        raise MediaError(f"{path}: no such file{link}")
    if not path.is_file():
        raise MediaError(f"{path}: {NOT_A_FILE}")
    if path.stat().st_size == 0:
        raise MediaError(f"{path}: the file is empty (0 bytes); record or copy it again")


def check_duration(media: Media, whole_s: float, limit_s: float) -> None:
    """Check that a clip is not too long to be read.

    Args:
        media: Media file and time range.
        whole_s: Duration of the file in seconds, or of the part decoded so far.
        limit_s: Longest duration of a clip, `MAX_SOUND_S` or `MAX_VIDEO_S`.

    Raises:
        MediaError: The time range is longer than the limit.
    """
    end_s = whole_s if media.end_s is None else min(whole_s, media.end_s)
    duration_s = end_s - (media.start_s or 0.0)
    if duration_s > limit_s:
        raise MediaError(
            f"{media.path}: lasts at least {duration_s / 3600:.1f} h; a clip may be at most "
            f"{MAX_SOUND_S / 3600:g} h of audio or {MAX_VIDEO_S / 3600:g} h of video; {SPLIT_ADVICE}"
        )


def check_end(media: Media, whole_s: float) -> None:
    """Check that a file does not end before its time range does; a small difference is logged.

    Args:
        media: Media file and time range.
        whole_s: Duration of the file in seconds.

    Raises:
        MediaError: The file ends more than `MAX_MISSING_S` before the time range: the times are wrong, or the file is
            not whole, and its target would describe more than it holds.
    """
    if media.end_s is None or (media.start_s or 0.0) >= whole_s:  # callers say when nothing is in the range
        return
    missing_s = media.end_s - whole_s
    if missing_s > MAX_MISSING_S:
        raise MediaError(
            f"{media.path}: end_s is {media.end_s:g}, but the file ends after {whole_s:.2f} s; correct end_s, or copy "
            "the file again"
        )
    if missing_s > ROUNDING_S:
        log.warning("%s: end_s is %g, but the file ends after %.2f s", media.path, media.end_s, whole_s)


def check_pixels(path: Path, width: int, height: int) -> None:
    """Check that a picture is not too large to be decoded.

    Raises:
        MediaError: The picture has more than `MAX_PIXELS`.
    """
    if width * height > MAX_PIXELS:
        raise MediaError(
            f"{path}: a picture has {width} x {height} pixels, but at most {MAX_PIXELS / 1e6:.0f} million are allowed; "
            "scale it down"
        )


def rate_from_encoding(media: Media, kind: str, default_hz: float) -> float:
    """Read the rate out of an encoding such as ``frames@25``.

    Args:
        media: Media whose encoding is read.
        kind: The word expected before the ``@``.
        default_hz: Rate of media without an encoding.

    Raises:
        MediaError: The encoding is of another kind, or its rate is not from 1 to 1000 Hz.
    """
    if media.encoding is None:
        return default_hz
    match = re.fullmatch(rf"{kind}@(\d+(?:\.\d+)?)(#\d+)?", media.encoding)
    if match is None or not 1 <= float(match[1]) <= 1000:
        raise MediaError(
            f"{media.path}: encoding {media.encoding!r} is not understood; expected {kind}@RATE with a rate of 1 to "
            f"1000 per second, such as {kind}@{default_hz:g}"
        )
    return float(match[1])
