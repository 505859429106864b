"""Sound and pictures that are in memory already: checked like those of files, and made the same of."""

from collections.abc import Iterator

import numpy as np

from data_prep.media.file import RATES_HZ, MediaError
from data_prep.media.sound import mix_down, to_int16

#: What stands in messages where a file's name would.
ARRAY = "the array"
#: Full scale is 1. A few recordings exceed it, none by so much: those are integers that became floats.
MOST = 16.0
#: Pictures a second.
PICTURE_RATES_HZ = (1, 1000)


def sound_from_array(samples: np.ndarray, rate_hz: float | None) -> tuple[np.ndarray, float]:
    """The waveform in an array, as `read_audio` gives that of a file with the same samples.

    Args:
        samples: (T,), or (T, channels), which are mixed down to one: floats of which 1 is full scale, or int16.
        rate_hz: Samples a second.

    Returns:
        (T,) int16, and their rate in Hz.

    Raises:
        MediaError: It holds something else, or nothing; or the rate is missing or impossible.
    """
    rate_hz = check_array_rate(rate_hz, RATES_HZ, "samples")
    if samples.ndim not in (1, 2) or (samples.dtype != np.int16 and samples.dtype.kind != "f"):
        raise MediaError(
            f"{ARRAY}: found {samples.dtype} {samples.shape}, expected sound: (samples,) or (samples, channels), "
            "floats from -1 to 1 or int16"
        )
    if samples.size == 0:
        raise MediaError(f"{ARRAY}: no sound in it; found {samples.shape}")
    if samples.ndim == 2 and samples.shape[0] < samples.shape[1]:
        raise MediaError(f"{ARRAY}: found {samples.shape}, expected (samples, channels); transpose it")
    if samples.dtype == np.int16 and (samples.ndim == 1 or samples.shape[1] == 1):
        return np.ascontiguousarray(samples.reshape(-1)), rate_hz
    if samples.dtype == np.int16:
        samples = samples / np.float32(32768)
    samples = mix_down(np.asarray(samples, np.float32).reshape(len(samples), -1))
    if not np.isfinite(samples).all():
        raise MediaError(f"{ARRAY}: holds samples that are not finite numbers")
    if np.abs(samples).max() > MOST:
        raise MediaError(
            f"{ARRAY}: holds samples up to {np.abs(samples).max():g}, expected floats from -1 to 1; divide by full "
            "scale (of 16 bits 32768), or give it as int16"
        )
    return to_int16(samples * 32768), rate_hz


def pictures_from_array(pictures: np.ndarray, rate_hz: float | None) -> Iterator[tuple[float, np.ndarray]]:
    """The pictures in an array, as `read_pictures` gives those of a file.

    Args:
        pictures: (T, height, width, 3) uint8, RGB, upright, with square pixels; or a single one (height, width, 3).
        rate_hz: Pictures a second; of a single one it does not matter and may be None.

    Yields:
        The time of each picture in seconds, and the picture.

    Raises:
        MediaError: It holds something else, or nothing; or the rate is missing or impossible.
    """
    if pictures.dtype != np.uint8 or pictures.ndim not in (3, 4) or pictures.shape[-1] != 3 or not pictures.size:
        raise MediaError(
            f"{ARRAY}: found {pictures.dtype} {pictures.shape}, expected pictures: (frames, height, width, 3) uint8, "
            "RGB, or a single one (height, width, 3)"
        )
    if pictures.ndim == 3:
        yield 0.0, pictures
        return
    rate_hz = check_array_rate(rate_hz, PICTURE_RATES_HZ, "frames")
    for index, picture in enumerate(pictures):
        yield index / rate_hz, picture


def check_array_rate(rate_hz: float | None, limits_hz: tuple[float, float], of_what: str) -> float:
    """The rate of an array.

    Raises:
        MediaError: It is missing or out of its limits.
    """
    if rate_hz is None:
        raise MediaError(f"{ARRAY}: does not say its rate; give rate_hz, how many of its {of_what} are one second")
    lowest_hz, highest_hz = limits_hz
    if not lowest_hz <= rate_hz <= highest_hz:
        raise MediaError(f"{ARRAY}: rate_hz is {rate_hz:g}, expected {lowest_hz} to {highest_hz} {of_what} a second")
    return rate_hz
