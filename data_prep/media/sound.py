"""Decoding of audio files, and of the sound of videos, to samples."""

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
import soundfile
from av.container import InputContainer

from data_prep.media.container import check_codec, check_not_truncated, header_duration_s, open_container
from data_prep.media.file import (
    MAX_SAMPLES,
    MAX_SOUND_S,
    RAW_SUFFIXES,
    SAMPLE_RATES_HZ,
    SPLIT_ADVICE,
    Media,
    MediaError,
    check_duration,
    check_file,
)
from data_prep.operating_system import native_path

#: Number of samples decoded at a time.
BLOCK_SIZE = 1 << 18
#: libsndfile reports at least this many samples if the header does not state the length.
UNKNOWN_LENGTH = 1 << 62
#: libsndfile formats whose samples depend on where decoding starts: MP3 differs in the last bit, with noise on stderr.
POSITION_DEPENDENT_FORMATS = ("MP3",)
#: ffmpeg codecs whose samples do not depend on where decoding starts, because each packet stands alone.
POSITION_INDEPENDENT_CODECS = re.compile(r"pcm_.*|alac|flac")

_ENCODING = re.compile(r"(?P<kind>[su]|[ua]law)(?P<bits>8|16|24|32)?(?P<endian>le|be)?@(?P<rate>\d+)")


def read_audio(media: Media, dtype: Literal["float32", "int16"] = "float32") -> tuple[np.ndarray, int]:
    """Decode the sound of a file and mix its channels down to one.

    libsndfile reads WAV, FLAC, MP3, Ogg, NIST sphere and similar formats fastest; ffmpeg (PyAV) reads the rest and the
    sound of videos. A time range equals that part of the whole file, sample by sample: if the format (MP3, AAC) cannot
    be decoded exactly from the middle, it is decoded from the start.

    Args:
        media: Media file and time range.
        dtype: Type of the samples. Full scale is 1 in float32 and 32768 in int16; 16-bit mono recordings are returned
            in int16 exactly as recorded.

    Returns:
        The samples (T,), and their rate in Hz.

    Raises:
        MediaError: The file is missing, empty, truncated, too long or not audio, or there is no sample in the time
            range.
    """
    check_file(media.path)
    if media.encoding is None and media.path.suffix.lower() in RAW_SUFFIXES:
        raise MediaError(
            f"{media.path}: the file has no header, so its encoding and sample rate are unknown; give "
            "encoding=s16le@16000 (or s16be, u8, ulaw, ... with the sample rate)"
        )
    try:
        samples, rate_hz = _read_with_soundfile(media, dtype)
    except soundfile.LibsndfileError as error:
        if media.encoding is not None:
            raise MediaError(f"{media.path}: not readable as {media.encoding} ({error})") from None
        _check_not_shorten(media.path)
        samples, rate_hz = _read_with_ffmpeg(media)
    if samples.size == 0:
        raise MediaError(f"{media.path}: no sound in it{media.describe_range()}; remove the clip or correct its times")
    if samples.dtype == np.int16:
        return samples, rate_hz
    if not np.isfinite(samples).all():
        raise MediaError(f"{media.path}: contains samples that are not finite numbers; export the recording again")
    return (to_int16(samples * 32768) if dtype == "int16" else samples), rate_hz


def to_int16(samples: np.ndarray) -> np.ndarray:
    """Round samples with a full scale of 32768 to int16, and clip those beyond full scale."""
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)


def mix_down(samples: np.ndarray) -> np.ndarray:
    """Average the channels: (T, channels) -> (T,)."""
    return samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1, dtype=np.float32)


def _read_with_soundfile(media: Media, dtype: str) -> tuple[np.ndarray, int]:
    with soundfile.SoundFile(native_path(media.path), **_raw_format(media)) as file:
        rate_hz = _checked_rate(media.path, file.samplerate)
        _check_header(media.path, file)
        # A header states 0 samples if the writer could not know the length, as for FLAC written to a pipe.
        count = file.frames if 0 < file.frames < UNKNOWN_LENGTH else None
        start, stop = media.index_range(rate_hz, count)
        if count is not None:
            check_duration(media, count / rate_hz, MAX_SOUND_S)
        first = start if file.seekable() and file.format not in POSITION_DEPENDENT_FORMATS else 0
        if stop is not None and start >= stop:
            return np.zeros(0, np.float32), rate_hz
        if first:
            file.seek(first)
        as_recorded = dtype == "int16" and file.subtype == "PCM_16" and file.channels == 1
        blocks = _read_blocks(file, first, stop, "int16" if as_recorded else "float32")
        samples, end = _collect_range(media, blocks, first, rate_hz)
        if stop is not None and end < 0.98 * stop:
            raise MediaError(
                f"{media.path}: truncated: its header promises {file.frames} samples, but it ends after {end}; copy it "
                "again"
            )
        return samples, rate_hz


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


def _collect_range(media: Media, blocks: Iterator[np.ndarray], position: int, rate_hz: int) -> tuple[np.ndarray, int]:
    """Collect the samples of the time range from decoded blocks (T, channels), mixed down to one channel.

    Args:
        media: Media file and time range.
        blocks: Consecutive blocks of samples.
        position: Index in the file of the first sample of the first block.
        rate_hz: Samples per second.

    Returns:
        The samples (T,), and the index in the file at which the last block ended.
    """
    start, stop = media.index_range(rate_hz)
    kept, num_kept = [], 0
    for block in blocks:
        inside = block[max(start - position, 0) : None if stop is None else max(stop - position, 0)]
        position += len(block)
        kept.append(mix_down(inside))
        num_kept += len(inside)
        check_duration(media, position / rate_hz, MAX_SOUND_S)
        if num_kept > MAX_SAMPLES:
            raise MediaError(f"{media.path}: has more than {MAX_SAMPLES / 1e6:.0f} million samples; {SPLIT_ADVICE}")
        if stop is not None and position >= stop:
            break
    if len(kept) == 1:
        return np.ascontiguousarray(kept[0]), position
    return np.concatenate(kept) if kept else np.zeros(0, np.float32), position


def _checked_rate(path: Path, rate_hz: int) -> int:
    lowest_hz, highest_hz = SAMPLE_RATES_HZ
    if not lowest_hz <= rate_hz <= highest_hz:
        raise MediaError(
            f"{path}: its sample rate is {rate_hz} Hz, expected {lowest_hz} to {highest_hz} Hz; the header is damaged "
            "or the encoding is wrong"
        )
    return rate_hz


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
        "samplerate": _checked_rate(media.path, int(match["rate"])),
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


def _check_not_shorten(path: Path) -> None:
    """Check that a file is not compressed with shorten, which older NIST discs use and neither decoder reads."""
    header = _read_nist_header(path)
    if header.startswith(b"NIST_1A") and b"shorten" in header:
        raise MediaError(
            f"{path}: the NIST sphere file is compressed with shorten, which is not supported; uncompress it: "
            "sph2pipe -p IN.sph OUT.sph"
        )


def _read_with_ffmpeg(media: Media) -> tuple[np.ndarray, int]:
    error_text = (
        "not readable as audio ({}); check that it is a recording (sign videos and landmark files need "
        "features=hand_keypoints)"
    )
    with open_container(media.path, error_text) as container:
        if not container.streams.audio:
            raise MediaError(
                f"{media.path}: has no sound; expected an audio file or a video with sound (sign videos need "
                "features=hand_keypoints)"
            )
        stream = container.streams.audio[0]
        check_codec(media.path, stream)
        rate_hz = _checked_rate(media.path, stream.codec_context.sample_rate)
        promised_s = header_duration_s(container, stream)
        if promised_s is not None:
            check_duration(media, promised_s, MAX_SOUND_S)
        first, frames = _frames_from(container, stream, media.index_range(rate_hz)[0], rate_hz)
        samples, end = _collect_range(media, _to_blocks(frames, rate_hz), first, rate_hz)
        if media.end_s is None or end < media.end_s * rate_hz:
            check_not_truncated(media, container, promised_s, end / rate_hz)
        return samples, rate_hz


def _frames_from(
    container: InputContainer, stream: av.AudioStream, start: int, rate_hz: int
) -> tuple[int, Iterator[av.AudioFrame]]:
    """Decode frames from the start of the file, or from half a second before `start` if that gives the same samples.

    Args:
        container: The open file.
        stream: Its audio stream.
        start: Index of the first sample wanted.
        rate_hz: Samples per second.

    Returns:
        The index of the first frame's first sample, and the frames.
    """
    counts_samples = stream.time_base == Fraction(1, rate_hz) and not stream.start_time
    if counts_samples and start > rate_hz and POSITION_INDEPENDENT_CODECS.fullmatch(stream.codec_context.name):
        container.seek(start - rate_hz // 2, stream=stream)
        frames = container.decode(stream)
        first = next(frames, None)
        if first is not None and first.pts is not None and first.pts <= start:
            return first.pts, chain([first], frames)
        container.seek(0, stream=stream)
    return 0, container.decode(stream)


def _to_blocks(frames: Iterator[av.AudioFrame], rate_hz: int) -> Iterator[np.ndarray]:
    """Convert frames to blocks (T, channels) float32."""
    resampler = av.AudioResampler(format="fltp", rate=rate_hz)  # converts to planar floats and changes nothing else
    for frame in frames:
        for chunk in resampler.resample(frame):
            yield chunk.to_ndarray().T
