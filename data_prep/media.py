"""The only decoder of media: sound and pictures out of any file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import av
import numpy as np
import soundfile
from PIL import Image, ImageOps, UnidentifiedImageError

from data_prep.errors import InputError

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".webm", ".mov", ".avi", ".mkv", ".mpg", ".mpeg", ".gif"})
AUDIO_SUFFIXES = frozenset(
    {".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".sph", ".aiff", ".aif", ".au", ".caf", ".wma"}
)
RAW_SUFFIXES = frozenset({".raw", ".pcm"})

_ENCODING = re.compile(r"(?P<kind>[su])(?P<bits>8|16|24|32)(?P<endian>le|be)?@(?P<rate>\d+)")


class MediaError(InputError):
    """A media file that cannot be used; the message names it and says why."""


@dataclass(frozen=True)
class Media:
    """A media file, or a stretch of one.

    Attributes:
        path: The file.
        start_s: Where the stretch begins, in seconds; None for the beginning.
        end_s: Where it ends; None for the end.
        encoding: Of a headerless file: "s16be@16000" is signed 16-bit big-endian PCM, mono, at 16 kHz.
    """

    path: Path
    start_s: float | None = None
    end_s: float | None = None
    encoding: str | None = None


def read_audio(media: Media, dtype: Literal["float32", "int16"] = "float32") -> tuple[np.ndarray, int]:
    """Decode the sound of a file; channels are mixed down to one.

    libsndfile reads WAV, FLAC, MP3, Ogg, NIST sphere and the like fastest; ffmpeg (PyAV) reads the rest, and the
    sound of videos.

    Returns:
        samples (num_samples,) and their rate in Hz. Full scale is 1 in float32 and 32768 in int16, in which 16-bit
        recordings of one channel come just as they were recorded.

    Raises:
        MediaError: The file is missing, empty, not sound, or has no sample in the stretch asked for.
    """
    _check_file(media.path)
    if media.encoding is None and media.path.suffix.lower() in RAW_SUFFIXES:
        raise MediaError(
            f"{media.path}: a headerless file does not say how it is encoded; give encoding=s16le@16000 (or s16be, "
            "u8, ... and the rate it was recorded at)"
        )
    try:
        samples, rate_hz = _read_with_soundfile(media, dtype)
    except soundfile.LibsndfileError as error:
        if media.encoding is not None:
            raise MediaError(f"{media.path}: not readable as {media.encoding} ({error})") from None
        samples, rate_hz = _read_with_ffmpeg(media)
    if samples.size == 0:
        raise MediaError(f"{media.path}: no sound in it{_stretch(media)}; leave the clip out or mend its times")
    if samples.dtype == np.int16:
        return samples[:, 0], rate_hz
    if not np.isfinite(samples).all():
        raise MediaError(f"{media.path}: holds samples that are not finite numbers; re-export the recording")
    mono = samples.mean(axis=1, dtype=np.float32) if samples.shape[1] > 1 else samples[:, 0]
    return (to_int16(mono * 32768) if dtype == "int16" else mono), rate_hz


def to_int16(samples: np.ndarray) -> np.ndarray:
    """Samples of which 32768 is full scale, rounded; what is beyond full scale is clipped."""
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)


def read_pictures(media: Media) -> Iterator[tuple[float, np.ndarray]]:
    """Decode the pictures of a video, or the one of a photo, upright (rotation flags are obeyed).

    Yields:
        The time of each picture in seconds from the beginning of the stretch, and the picture
        (height, width, 3) uint8, RGB.

    Raises:
        MediaError: The file is missing, empty, not a picture or video, or has no picture in the stretch asked for.
    """
    _check_file(media.path)
    pictures = _read_photo(media.path) if media.path.suffix.lower() in PHOTO_SUFFIXES else _read_video(media)
    count = 0
    for count, picture in enumerate(pictures, start=1):  # noqa: B007
        yield picture
    if count == 0:
        raise MediaError(f"{media.path}: no picture in it{_stretch(media)}; leave the clip out or mend its times")


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise MediaError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise MediaError(f"{path}: the file is empty (0 bytes); record or copy it again")


def _stretch(media: Media) -> str:
    if media.start_s is None and media.end_s is None:
        return ""
    return f" between {media.start_s or 0} s and {'its end' if media.end_s is None else f'{media.end_s} s'}"


def _raw_format(media: Media) -> dict[str, object]:
    """What soundfile must be told about a headerless file."""
    if media.encoding is None:
        return {}
    match = _ENCODING.fullmatch(media.encoding)
    if match is None or (match["kind"] == "u") != (match["bits"] == "8") or int(match["rate"]) == 0:
        raise MediaError(
            f"{media.path}: encoding {media.encoding!r} is not understood; expected such as s16be@16000, "
            "s24le@48000, s32le@44100 or u8@8000"
        )
    return {
        "format": "RAW",
        "samplerate": int(match["rate"]),
        "channels": 1,
        "subtype": "PCM_U8" if match["kind"] == "u" else f"PCM_{match['bits']}",
        "endian": "BIG" if match["endian"] == "be" else "LITTLE",
    }


def _read_with_soundfile(media: Media, dtype: str) -> tuple[np.ndarray, int]:
    with soundfile.SoundFile(media.path, **_raw_format(media)) as file:
        rate_hz = file.samplerate
        _check_whole(media.path, file.extra_info)
        start = round((media.start_s or 0.0) * rate_hz)
        stop = file.frames if media.end_s is None else min(round(media.end_s * rate_hz), file.frames)
        if start >= stop:
            return np.zeros((0, file.channels), np.float32), rate_hz
        file.seek(start)
        as_recorded = dtype == "int16" and file.subtype == "PCM_16" and file.channels == 1
        return file.read(stop - start, dtype="int16" if as_recorded else "float32", always_2d=True), rate_hz


def _check_whole(path: Path, header: str) -> None:
    """Refuse a WAV file that ends before its header says: a transcript of the whole would be taught for the part."""
    match = re.search(r"data\s*:\s*(\d+)\s*\(should be (\d+)\)", header)
    # Programs that write to a pipe cannot know the length and promise nothing, or more than fits.
    if match and int(match[2]) < int(match[1]) < 0x7FFF_0000:
        raise MediaError(
            f"{path}: truncated: its header promises {match[1]} bytes of sound, it has {match[2]}; copy it again"
        )


def _read_with_ffmpeg(media: Media) -> tuple[np.ndarray, int]:
    try:
        with av.open(str(media.path)) as container:
            if not container.streams.audio:
                raise MediaError(
                    f"{media.path}: has no sound; expected an audio file or a video with sound (for signs: "
                    "features=hand_keypoints)"
                )
            rate_hz = container.streams.audio[0].codec_context.sample_rate
            resampler = av.AudioResampler(format="fltp", rate=rate_hz)  # planar floats, nothing else changed
            chunks = [chunk.to_ndarray() for frame in container.decode(audio=0) for chunk in resampler.resample(frame)]
    except (av.FFmpegError, ValueError, OSError) as error:
        if isinstance(error, MediaError):
            raise
        raise MediaError(
            f"{media.path}: not readable as audio ({error}); is it a recording at all? "
            "(videos of signs and skeletons need features=hand_keypoints)"
        ) from None
    if not chunks:
        return np.zeros((0, 1), np.float32), rate_hz
    samples = np.concatenate(chunks, axis=1).T  # (num_samples, channels)
    start = round((media.start_s or 0.0) * rate_hz)
    stop = None if media.end_s is None else round(media.end_s * rate_hz)
    return samples[start:stop], rate_hz


def _read_photo(path: Path) -> Iterator[tuple[float, np.ndarray]]:
    try:
        with Image.open(path) as photo:
            yield 0.0, np.asarray(ImageOps.exif_transpose(photo).convert("RGB"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise MediaError(f"{path}: not readable as a photo ({error})") from None


def _read_video(media: Media) -> Iterator[tuple[float, np.ndarray]]:
    start_s, end_s = media.start_s or 0.0, media.end_s if media.end_s is not None else float("inf")
    try:
        with av.open(str(media.path)) as container:
            if not container.streams.video:
                raise MediaError(
                    f"{media.path}: has no pictures; expected a video or a photo (for sound: features=mfcc)"
                )
            stream = container.streams.video[0]
            rate_hz = float(stream.average_rate or 25)
            first_s, time_s = None, -float("inf")
            for frame in container.decode(stream):
                # Some files lack times, or repeat them: then the frame rate tells.
                rising = frame.time is not None and frame.time > time_s
                time_s = frame.time if rising else max(time_s, -1 / rate_hz) + 1 / rate_hz
                first_s = time_s if first_s is None else first_s
                if time_s - first_s >= end_s:
                    break
                if time_s - first_s >= start_s:
                    yield time_s - first_s - start_s, _upright(frame)
    except (av.FFmpegError, ValueError, OSError) as error:
        if isinstance(error, MediaError):
            raise
        raise MediaError(f"{media.path}: not readable as a video ({error}); does it play?") from None


def _upright(frame: av.VideoFrame) -> np.ndarray:
    picture = frame.to_ndarray(format="rgb24")
    quarter_turns = round(getattr(frame, "rotation", 0) / 90)  # phones store a turn instead of turning the picture
    return np.ascontiguousarray(np.rot90(picture, quarter_turns)) if quarter_turns else picture
