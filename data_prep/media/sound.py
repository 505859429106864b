"""Decoding of audio files, and of the sound of videos, to samples."""

import logging
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

from data_prep.media.container import (
    check_not_truncated,
    choose_stream,
    header_duration_s,
    open_container,
    packet_duration_s,
)
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
from data_prep.media.mixing import ChannelMixer, warn_and_choose
from data_prep.media.wav_header import FileWithHeader, corrected_wav_header
from data_prep.operating_system import native_path

log = logging.getLogger(__name__)

#: Number of samples decoded at a time.
BLOCK_SIZE = 1 << 18
#: libsndfile reports at least this many samples if the header does not state the length.
UNKNOWN_LENGTH = 1 << 62
#: libsndfile formats whose samples depend on where decoding starts: MP3 differs in the last bit, with noise on stderr.
POSITION_DEPENDENT_FORMATS = ("MP3",)
#: libsndfile formats of which files can be joined by appending one to the other; libsndfile reads the first alone.
JOINABLE_FORMATS = ("MP3", "OGG")
#: A gap of this duration or longer in the times of a stream is silence; shorter ones are rounding and encoder delay.
SHORTEST_GAP_S = 0.1
#: ffmpeg codecs whose samples do not depend on where decoding starts, because each packet stands alone.
POSITION_INDEPENDENT_CODECS = re.compile(r"pcm_.*|alac|flac")

#: Largest float sample accepted, where 1 is full scale. Some recordings exceed 1, but values above this come from
#: integers that were converted to floats without scaling.
MAX_SAMPLE = 16.0

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
    mixer = ChannelMixer()
    samples, rate_hz = _decode(media, dtype, mixer)
    if (loudest := mixer.cancelled()) is not None:
        samples, rate_hz = _decode(media, dtype, ChannelMixer(warn_and_choose(media.path, loudest)))
    if samples.size == 0:
        raise MediaError(f"{media.path}: no sound in it{media.describe_range()}; remove the clip or correct its times")
    if samples.dtype == np.int16:
        return samples, rate_hz
    check_samples(media.path, samples)
    return (to_int16(samples * 32768) if dtype == "int16" else samples), rate_hz


def check_samples(name: Path | str, samples: np.ndarray) -> None:
    """Check that float samples are finite and scaled; the same for files and arrays.

    Args:
        name: The file or array, for messages.
        samples: Float samples (T,) with a full scale of 1.

    Raises:
        MediaError: They are not.
    """
    if not np.isfinite(samples).all():
        raise MediaError(f"{name}: contains samples that are not finite numbers; export the recording again")
    if np.abs(samples).max() > MAX_SAMPLE:
        raise MediaError(
            f"{name}: contains samples up to {np.abs(samples).max():g}, expected floats from -1 to 1; divide them by "
            "full scale (32768 for 16 bits), or use 16-bit integers"
        )


def to_int16(samples: np.ndarray) -> np.ndarray:
    """Round samples with a full scale of 32768 to int16, and clip those beyond full scale."""
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)


def _decode(media: Media, dtype: str, mixer: ChannelMixer) -> tuple[np.ndarray, int]:
    try:
        return _read_with_soundfile(media, dtype, mixer)
    except soundfile.LibsndfileError as error:
        if media.encoding is not None:
            raise MediaError(f"{media.path}: not readable as {media.encoding} ({error})") from None
        _check_not_shorten(media.path)
        return _read_with_ffmpeg(media, mixer)


def _read_with_soundfile(media: Media, dtype: str, mixer: ChannelMixer) -> tuple[np.ndarray, int]:
    with _open_soundfile(media) as file:
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
        samples, end = _collect_range(media, blocks, first, rate_hz, mixer)
        if file.format in JOINABLE_FORMATS and _continues_after(media, end / rate_hz):
            log.warning("%s: it consists of several recordings that were joined; all of them are read", media.path)
            return _read_with_ffmpeg(media, mixer)
        if stop is not None and end < 0.98 * stop:
            raise MediaError(
                f"{media.path}: truncated: its header promises {file.frames} samples, but it ends after {end}; copy it "
                "again"
            )
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


def _collect_range(
    media: Media, blocks: Iterator[np.ndarray], position: int, rate_hz: int, mixer: ChannelMixer
) -> tuple[np.ndarray, int]:
    """Collect the samples of the time range from decoded blocks (T, channels), mixed down to one channel.

    Args:
        media: Media file and time range.
        blocks: Consecutive blocks of samples.
        position: Index in the file of the first sample of the first block.
        rate_hz: Samples per second.
        mixer: Mixes the channels.

    Returns:
        The samples (T,), and the index in the file at which the last block ended.
    """
    start, stop = media.index_range(rate_hz)
    kept, num_kept = [], 0
    for block in blocks:
        inside = block[max(start - position, 0) : None if stop is None else max(stop - position, 0)]
        position += len(block)
        kept.append(mixer.mix(inside))
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


def _read_with_ffmpeg(media: Media, mixer: ChannelMixer) -> tuple[np.ndarray, int]:
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
        stream = choose_stream(media.path, container.streams.audio)
        rate_hz = _checked_rate(media.path, stream.codec_context.sample_rate)
        promised_s = header_duration_s(container, stream)
        if promised_s is not None:
            check_duration(media, promised_s, MAX_SOUND_S)
        first, frames = _frames_from(container, stream, media.index_range(rate_hz)[0], rate_hz)
        origin_s = (container.start_time or 0) / av.time_base
        longest_s = container.duration / av.time_base if container.duration is not None else None
        blocks = _to_blocks(frames, first, rate_hz, origin_s, longest_s)
        samples, end = _collect_range(media, blocks, first, rate_hz, mixer)
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


def _to_blocks(
    frames: Iterator[av.AudioFrame], position: int, rate_hz: int, origin_s: float, longest_s: float | None
) -> Iterator[np.ndarray]:
    """Convert frames to blocks (T, channels) float32, with silence where their times leave a gap.

    Args:
        frames: Decoded frames.
        position: Index of the first frame's first sample.
        rate_hz: Samples per second to return; frames with another rate are resampled.
        origin_s: Time of the file's start. Sound may begin later, if a video begins with pictures alone.
        longest_s: Duration that the header states; a frame beyond it has a wrong time. None if unknown.
    """
    resampler, setup = av.AudioResampler(format="fltp", rate=rate_hz), None
    for frame in frames:
        if setup not in (None, found := (frame.format.name, frame.layout.name, frame.sample_rate)):
            resampler = av.AudioResampler(format="fltp", rate=rate_hz)  # a resampler takes frames of one kind
        setup = found
        begin = position if frame.time is None else round((frame.time - origin_s) * rate_hz)
        if longest_s is None or begin > (longest_s + 1) * rate_hz:
            begin = position
        if begin - position > SHORTEST_GAP_S * rate_hz:
            for start in range(position, begin, BLOCK_SIZE):
                yield np.zeros((min(BLOCK_SIZE, begin - start), 1), np.float32)
            position = begin
        for chunk in resampler.resample(frame):
            samples = chunk.to_ndarray().T
            position += len(samples)
            yield samples
