"""Decoding of sound with libsndfile, the fastest for WAV, FLAC, MP3, Ogg, NIST sphere and similar formats."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from data_prep.media.container import packet_duration_s
from data_prep.media.ffmpeg_sound import read_with_ffmpeg
from data_prep.media.file import MAX_SOUND_S, Media, MediaError, check_duration, check_end
from data_prep.media.mixing import ChannelMixer
from data_prep.media.sample_range import BLOCK_SIZE, check_rate, collect_range
from data_prep.media.wav_header import FileWithHeader, corrected_wav_header
from data_prep.operating_system import native_path

log = logging.getLogger(__name__)

#: libsndfile reports at least this many samples if the header does not state the length.
UNKNOWN_LENGTH = 1 << 62
#: libsndfile formats whose samples depend on where decoding starts: MP3 differs in the last bit, with noise on stderr.
POSITION_DEPENDENT_FORMATS = ("MP3",)
#: libsndfile formats of which files can be joined by appending one to the other; libsndfile reads the first alone.
JOINABLE_FORMATS = ("MP3", "OGG")

_ENCODING = re.compile(r"(?P<kind>[su]|[ua]law)(?P<bits>8|16|24|32)?(?P<endian>le|be)?@(?P<rate>\d+)")


def read_with_libsndfile(media: Media, dtype: str, mixer: ChannelMixer) -> tuple[np.ndarray, int]:
    """Decode the samples (T,) of a time range, and their rate in Hz; joined files are left to ffmpeg.

    Raises:
        MediaError: The file is truncated or too long, or ends before the time range does.
        soundfile.LibsndfileError: libsndfile cannot read the file.
    """
    with _open_soundfile(media) as file:
        rate_hz = check_rate(media.path, file.samplerate)
        _check_header(media.path, file)
        # A header states 0 samples if the writer could not know the length, as for FLAC written to a pipe.
        count = file.frames if 0 < file.frames < UNKNOWN_LENGTH else None
        start, stop = media.index_range(rate_hz, count)
        if count is not None:
            check_duration(media, count / rate_hz, MAX_SOUND_S)
        first = start if file.seekable() and file.format not in POSITION_DEPENDENT_FORMATS else 0
        if stop is not None and start >= stop:
            samples, end = np.zeros(0, np.float32), stop
        else:
            if first:
                file.seek(first)
            as_recorded = dtype == "int16" and file.subtype == "PCM_16" and file.channels == 1
            blocks = _read_blocks(file, first, stop, "int16" if as_recorded else "float32")
            samples, end = collect_range(media, blocks, first, rate_hz, mixer)
        if file.format in JOINABLE_FORMATS and _continues_after(media, end / rate_hz):
            log.warning("%s: it consists of several recordings that were joined; all of them are read", media.path)
            return read_with_ffmpeg(media, mixer)
        if stop is not None and end < 0.98 * stop:
            raise MediaError(
                f"{media.path}: truncated: its header promises {file.frames} samples, but it ends after {end}; copy it "
                "again"
            )
        check_end(media, end / rate_hz)
        return samples, rate_hz


def _continues_after(media: Media, end_s: float) -> bool:
    """Whether a file has more sound after a time at which libsndfile stopped, and that sound is wanted."""
    if media.end_s is not None and media.end_s <= end_s:
        return False
    whole_s = packet_duration_s(media.path)
    return whole_s is not None and whole_s > 1.02 * end_s + 0.25


def _open_soundfile(media: Media) -> soundfile.SoundFile:
    """Open a file with libsndfile; a WAV file whose header states too small a length is read to its end."""
    if media.encoding is None and (header := corrected_wav_header(media.path)) is not None:
        log.warning("%s: its header states a wrong length; all that follows the header is read", media.path)
        return soundfile.SoundFile(FileWithHeader(media.path, header))
    return soundfile.SoundFile(native_path(media.path), **_raw_format(media))


def _read_blocks(file: soundfile.SoundFile, position: int, stop: int | None, dtype: str) -> Iterator[np.ndarray]:
    """Yield blocks (T, channels) from the file's current position up to `stop` or slightly beyond."""
    while stop is None or position < stop:
        size = BLOCK_SIZE
        # A shorter last block suffices, except for MP3, whose samples would then differ in the last bit.
        if stop is not None and file.format not in POSITION_DEPENDENT_FORMATS:
            size = min(size, stop - position)
        block = file.read(size, dtype=dtype, always_2d=True)
        if len(block) == 0:
            return
        position += len(block)
        yield block


def _raw_format(media: Media) -> dict[str, Any]:
    """Return the arguments that soundfile needs to open a headerless file; none for other files."""
    if media.encoding is None:
        return {}
    match = _ENCODING.fullmatch(media.encoding)
    kind = match["kind"] if match else ""
    bits = {"s": ("16", "24", "32"), "u": ("8",)}.get(kind, (None,))
    if match is None or match["bits"] not in bits or (match["endian"] and kind != "s"):
        raise MediaError(
            f"{media.path}: encoding {media.encoding!r} is not understood; expected for example s16be@16000, "
            "s24le@48000, s32le@44100, u8@8000, ulaw@8000 or alaw@8000"
        )
    subtypes = {"s": f"PCM_{match['bits']}", "u": "PCM_U8", "ulaw": "ULAW", "alaw": "ALAW"}
    return {
        "format": "RAW",
        "samplerate": check_rate(media.path, int(match["rate"])),
        "channels": 1,
        "subtype": subtypes[kind],
        "endian": "BIG" if match["endian"] == "be" else "LITTLE",
    }


def _check_header(path: Path, file: soundfile.SoundFile) -> None:
    """Check that a WAV or NIST file has as many samples as its header says; see `check_not_truncated`."""
    match = re.search(r"data\s*:\s*(\d+)\s*\(should be (\d+)\)", file.extra_info)
    # Programs that write to a pipe do not know the length, and state zero or the largest possible one.
    if match and int(match[2]) < int(match[1]) < 0x7FFF_0000:
        raise MediaError(
            f"{path}: truncated: its header promises {match[1]} bytes of sound, but it has {match[2]}; copy it again"
        )
    promised = re.search(rb"sample_count -i (\d+)", _read_nist_header(path)) if file.format == "NIST" else None
    if promised and file.frames < 0.98 * int(promised[1]):
        raise MediaError(
            f"{path}: truncated: its header promises {int(promised[1])} samples, but it has {file.frames}; copy it "
            "again"
        )


def _read_nist_header(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(1024)


def check_not_shorten(path: Path) -> None:
    """Check that a file is not compressed with shorten, which older NIST discs use and neither decoder reads."""
    header = _read_nist_header(path)
    if header.startswith(b"NIST_1A") and b"shorten" in header:
        raise MediaError(
            f"{path}: the NIST sphere file is compressed with shorten, which is not supported; uncompress it: "
            "sph2pipe -p IN.sph OUT.sph"
        )
