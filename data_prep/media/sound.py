"""Sound out of any file that has some."""

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
    RATES_HZ,
    RAW_SUFFIXES,
    Media,
    MediaError,
    check_duration,
    check_file,
)
from data_prep.operating_system import native_path

#: Samples that are decoded at once.
BLOCK = 1 << 18
#: libsndfile's way to say that a header does not tell the length.
UNKNOWN_LENGTH = 1 << 62
#: Formats that decode to the same samples wherever one begins; MP3 differs in the last bit, and complains on stderr.
NOT_EXACT = ("MP3",)
#: Codecs in which each packet stands for itself.
EXACT_CODECS = re.compile(r"pcm_.*|alac|flac")

_ENCODING = re.compile(r"(?P<kind>[su]|[ua]law)(?P<bits>8|16|24|32)?(?P<endian>le|be)?@(?P<rate>\d+)")


def read_audio(media: Media, dtype: Literal["float32", "int16"] = "float32") -> tuple[np.ndarray, int]:
    """Decode the sound of a file; channels are mixed down to one.

    libsndfile reads WAV, FLAC, MP3, Ogg, NIST sphere and the like fastest; ffmpeg (PyAV) reads the rest, and the
    sound of videos. A stretch equals that part of the whole, sample by sample: where decoding cannot begin exactly in
    the middle (MP3, AAC), it begins at the beginning and keeps the stretch alone.

    Returns:
        samples (num_samples,) and their rate in Hz. Full scale is 1 in float32 and 32768 in int16, in which 16-bit
        recordings of one channel come just as they were recorded.

    Raises:
        MediaError: The file is missing, empty, truncated, not sound, too long to be read, or has no sample in the
            stretch asked for.
    """
    check_file(media.path)
    if media.encoding is None and media.path.suffix.lower() in RAW_SUFFIXES:
        raise MediaError(
            f"{media.path}: a headerless file does not say how it is encoded; give encoding=s16le@16000 (or s16be, "
            "u8, ulaw, ... and the rate it was recorded at)"
        )
    try:
        samples, rate_hz = _read_with_soundfile(media, dtype)
    except soundfile.LibsndfileError as error:
        if media.encoding is not None:
            raise MediaError(f"{media.path}: not readable as {media.encoding} ({error})") from None
        _refuse_shorten(media.path)
        samples, rate_hz = _read_with_ffmpeg(media)
    if samples.size == 0:
        raise MediaError(f"{media.path}: no sound in it{media.describe_range()}; leave the clip out or mend its times")
    if samples.dtype == np.int16:
        return samples, rate_hz
    if not np.isfinite(samples).all():
        raise MediaError(f"{media.path}: holds samples that are not finite numbers; re-export the recording")
    return (to_int16(samples * 32768) if dtype == "int16" else samples), rate_hz


def to_int16(samples: np.ndarray) -> np.ndarray:
    """Samples of which 32768 is full scale, rounded; what is beyond full scale is clipped."""
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)


def mix_down(samples: np.ndarray) -> np.ndarray:
    """(num_samples, channels) -> (num_samples,), the mean of the channels."""
    return samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1, dtype=np.float32)


def _read_with_soundfile(media: Media, dtype: str) -> tuple[np.ndarray, int]:
    with soundfile.SoundFile(native_path(media.path), **_raw_format(media)) as file:
        rate_hz = _checked_rate(media.path, file.samplerate)
        _check_header(media.path, file)
        # A header may say 0 where the writer could not know (FLAC from a pipe).
        count = file.frames if 0 < file.frames < UNKNOWN_LENGTH else None
        start, stop = media.index_range(rate_hz, count)
        if count is not None:
            check_duration(media, count / rate_hz, MAX_SOUND_S)
        begin = start if file.seekable() and file.format not in NOT_EXACT else 0
        if stop is not None and start >= stop:
            return np.zeros(0, np.float32), rate_hz
        if begin:
            file.seek(begin)
        as_recorded = dtype == "int16" and file.subtype == "PCM_16" and file.channels == 1
        blocks = _blocks(file, begin, stop, "int16" if as_recorded else "float32")
        samples, end = _stretch(media, blocks, begin, rate_hz)
        if stop is not None and end < 0.98 * stop:
            raise MediaError(
                f"{media.path}: truncated: its header promises {file.frames} samples, it ends after {end}; copy it "
                "again"
            )
        return samples, rate_hz


def _blocks(file: soundfile.SoundFile, position: int, stop: int | None, dtype: str) -> Iterator[np.ndarray]:
    """(num_samples, channels) from where the file stands to `stop`, or some more."""
    while stop is None or position < stop:
        # MP3 in blocks of other lengths differs in the last bit.
        wanted = BLOCK if stop is None or file.format in NOT_EXACT else min(BLOCK, stop - position)
        block = file.read(wanted, dtype=dtype, always_2d=True)
        if len(block) == 0:
            return
        position += len(block)
        yield block


def _stretch(media: Media, blocks: Iterator[np.ndarray], position: int, rate_hz: int) -> tuple[np.ndarray, int]:
    """The stretch that is meant out of blocks (num_samples, channels), and where the last block ended.

    Args:
        media: The file.
        blocks: What is decoded.
        position: The index of the first sample of the first block.
        rate_hz: Samples a second.
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
            raise MediaError(
                f"{media.path}: more than {MAX_SAMPLES / 1e6:.0f} million samples; cut it up, or name its parts with "
                "start_s and end_s in a manifest"
            )
        if stop is not None and position >= stop:
            break
    if len(kept) == 1:
        return np.ascontiguousarray(kept[0]), position
    return np.concatenate(kept) if kept else np.zeros(0, np.float32), position


def _checked_rate(path: Path, rate_hz: int) -> int:
    if not RATES_HZ[0] <= rate_hz <= RATES_HZ[1]:
        raise MediaError(
            f"{path}: says it was recorded at {rate_hz} Hz, expected {RATES_HZ[0]} to {RATES_HZ[1]}; its header is "
            "damaged, or the encoding is wrong"
        )
    return rate_hz


def _raw_format(media: Media) -> dict[str, Any]:
    """What soundfile must be told about a headerless file."""
    if media.encoding is None:
        return {}
    match = _ENCODING.fullmatch(media.encoding)
    kind = match["kind"] if match else ""
    bits = {"s": ("16", "24", "32"), "u": ("8",)}.get(kind, (None,))
    if match is None or match["bits"] not in bits or (match["endian"] and kind != "s"):
        raise MediaError(
            f"{media.path}: encoding {media.encoding!r} is not understood; expected such as s16be@16000, "
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
    """Refuse a file that ends before its header says: a transcript of the whole would be taught for the part."""
    match = re.search(r"data\s*:\s*(\d+)\s*\(should be (\d+)\)", file.extra_info)
    # Programs that write to a pipe cannot know the length and promise nothing, or more than fits.
    if match and int(match[2]) < int(match[1]) < 0x7FFF_0000:
        raise MediaError(
            f"{path}: truncated: its header promises {match[1]} bytes of sound, it has {match[2]}; copy it again"
        )
    promised = re.search(rb"sample_count -i (\d+)", _head(path)) if file.format == "NIST" else None
    if promised and file.frames < 0.98 * int(promised[1]):
        raise MediaError(
            f"{path}: truncated: its header promises {int(promised[1])} samples, it has {file.frames}; copy it again"
        )


def _head(path: Path) -> bytes:
    """As much of a file as a NIST sphere header takes."""
    with open(path, "rb") as file:
        return file.read(1024)


def _refuse_shorten(path: Path) -> None:
    """NIST's older discs are compressed in a way that neither decoder reads."""
    header = _head(path)
    if header.startswith(b"NIST_1A") and b"shorten" in header:
        raise MediaError(
            f"{path}: a NIST sphere file compressed with shorten, which is not read; uncompress it: "
            "sph2pipe -p IN.sph OUT.sph"
        )


def _read_with_ffmpeg(media: Media) -> tuple[np.ndarray, int]:
    otherwise = (
        "not readable as audio ({}); is it a recording at all? (videos of signs and skeletons need "
        "features=hand_keypoints)"
    )
    with open_container(media.path, otherwise) as container:
        if not container.streams.audio:
            raise MediaError(
                f"{media.path}: has no sound; expected an audio file or a video with sound (for signs: "
                "features=hand_keypoints)"
            )
        stream = container.streams.audio[0]
        check_codec(media.path, stream)
        rate_hz = _checked_rate(media.path, stream.codec_context.sample_rate)
        promised_s = header_duration_s(container, stream)
        if promised_s is not None:
            check_duration(media, promised_s, MAX_SOUND_S)
        begin, frames = _frames_from(container, stream, media.index_range(rate_hz)[0], rate_hz)
        samples, end = _stretch(media, _blocks_of(frames, rate_hz), begin, rate_hz)
        if media.end_s is None or end < media.end_s * rate_hz:
            check_not_truncated(media, container, promised_s, end / rate_hz)
        return samples, rate_hz


def _frames_from(
    container: InputContainer, stream: av.AudioStream, start: int, rate_hz: int
) -> tuple[int, Iterator[av.AudioFrame]]:
    """Decoded frames from the beginning, or, where that is exact, from a little before `start`.

    Returns:
        The index of the first frame's first sample, and the frames.
    """
    exact = EXACT_CODECS.fullmatch(stream.codec_context.name) and stream.time_base == Fraction(1, rate_hz)
    if exact and start > rate_hz and not stream.start_time:
        container.seek(start - rate_hz // 2, stream=stream)
        frames = container.decode(stream)
        first = next(frames, None)
        if first is not None and first.pts is not None and first.pts <= start:
            return first.pts, chain([first], frames)
        container.seek(0, stream=stream)
    return 0, container.decode(stream)


def _blocks_of(frames: Iterator[av.AudioFrame], rate_hz: int) -> Iterator[np.ndarray]:
    """(num_samples, channels)."""
    resampler = av.AudioResampler(format="fltp", rate=rate_hz)  # planar floats, nothing else changed
    for frame in frames:
        for chunk in resampler.resample(frame):
            yield chunk.to_ndarray().T
