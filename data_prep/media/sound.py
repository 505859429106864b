"""Decoding of audio files, and of the sound of videos, to samples."""

from pathlib import Path
from typing import Literal

import numpy as np
import soundfile

from data_prep.media.ffmpeg_sound import read_with_ffmpeg
from data_prep.media.file import RAW_SUFFIXES, Media, MediaError, check_file
from data_prep.media.libsndfile_sound import check_not_shorten, read_with_libsndfile
from data_prep.media.mixing import ChannelMixer, warn_and_choose

#: Largest float sample accepted, where 1 is full scale. Some recordings exceed 1, but values above this come from
#: integers that were converted to floats without scaling.
MAX_SAMPLE = 16.0


def read_audio(media: Media, dtype: Literal["float32", "int16"] = "float32") -> tuple[np.ndarray, int]:
    """Decode the sound of a file, and mix its channels down to one or take one of them.

    libsndfile reads WAV, FLAC, MP3, Ogg, NIST sphere and similar formats fastest; ffmpeg (PyAV) reads the rest and the
    sound of videos. A time range equals that part of the whole file, sample by sample: if the format (MP3, AAC) cannot
    be decoded exactly from the middle, it is decoded from the start.

    Args:
        media: Media file, time range, channel and stream.
        dtype: Type of the samples. Full scale is 1 in float32 and 32768 in int16; 16-bit mono recordings are returned
            in int16 exactly as recorded.

    Returns:
        The samples (T,), and their rate in Hz.

    Raises:
        MediaError: The file is missing, empty, truncated, too long or not audio, it lacks the channel or the stream, or
            it ends before the time range does.
    """
    check_file(media.path)
    if media.encoding is None and media.path.suffix.lower() in RAW_SUFFIXES:
        raise MediaError(
            f"{media.path}: the file has no header, so its encoding and sample rate are unknown; give "
            "encoding=s16le@16000 (or s16be, u8, ulaw, ... with the sample rate)"
        )
    mixer = ChannelMixer(media.channel)
    samples, rate_hz = _decode(media, dtype, mixer)
    if media.channel is not None and media.channel >= mixer.num_channels > 0:
        raise MediaError(
            f"{media.path}: channel is {media.channel}, but its {mixer.num_channels} channel(s) are numbered from 0 to "
            f"{mixer.num_channels - 1}"
        )
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
    if media.audio_stream:  # libsndfile reads only files with a single stream
        return read_with_ffmpeg(media, mixer)
    try:
        return read_with_libsndfile(media, dtype, mixer)
    except soundfile.LibsndfileError as error:
        if media.encoding is not None:
            raise MediaError(f"{media.path}: not readable as {media.encoding} ({error})") from None
        check_not_shorten(media.path)
        return read_with_ffmpeg(media, mixer)
