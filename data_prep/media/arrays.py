"""Sound and pictures given as arrays: checked and converted as if they came from a file."""

from collections.abc import Iterator

import numpy as np

from data_prep.media.file import SAMPLE_RATES_HZ, MediaError
from data_prep.media.mixing import mix_down
from data_prep.media.sound import check_samples, to_int16

#: Stands for the file name in error messages.
ARRAY = "the array"
#: Lowest and highest rate of pictures.
PICTURE_RATES_HZ = (1, 1000)


def sound_from_array(samples: np.ndarray, rate_hz: float | None) -> tuple[np.ndarray, float]:
    """Convert an array to the waveform that `read_audio` returns for a file with the same samples.

    Args:
        samples: (T,) or (T, channels), floats with a full scale of 1, or int16. Channels are mixed down to one.
        rate_hz: Samples per second.

    Returns:
        The samples (T,) int16, and their rate in Hz.

    Raises:
        MediaError: The array is empty or not such an array, or the rate is missing or out of range.
    """
    rate_hz = check_array_rate(rate_hz, SAMPLE_RATES_HZ, "samples")
    if samples.ndim not in (1, 2) or (samples.dtype != np.int16 and samples.dtype.kind != "f"):
        raise MediaError(
            f"{ARRAY}: found {samples.dtype} {samples.shape}, expected sound: (samples,) or (samples, channels), "
            "floats from -1 to 1 or int16"
        )
    if samples.size == 0:
        raise MediaError(f"{ARRAY}: no sound in it; found the shape {samples.shape}")
    if samples.ndim == 2 and samples.shape[0] < samples.shape[1]:
        raise MediaError(f"{ARRAY}: found {samples.shape}, expected (samples, channels); transpose it")
    if samples.dtype == np.int16 and (samples.ndim == 1 or samples.shape[1] == 1):
        return np.ascontiguousarray(samples.reshape(-1)), rate_hz
    if samples.dtype == np.int16:
        samples = samples / np.float32(32768)
    samples = mix_down(np.asarray(samples, np.float32).reshape(len(samples), -1), ARRAY)
    check_samples(ARRAY, samples)
    return to_int16(samples * 32768), rate_hz


def pictures_from_array(pictures: np.ndarray, rate_hz: float | None) -> Iterator[tuple[float, np.ndarray]]:
    """Yield the pictures of an array as `read_pictures` yields those of a file.

    Args:
        pictures: (T, height, width, 3) uint8 RGB, upright, with square pixels; or one picture (height, width, 3).
        rate_hz: Pictures per second; ignored for one picture.

    Yields:
        The time of each picture in seconds, and the picture.

    Raises:
        MediaError: The array is empty or not such an array, or the rate is missing or out of range.
    """
    if pictures.dtype != np.uint8 or pictures.ndim not in (3, 4) or pictures.shape[-1] != 3 or not pictures.size:
        raise MediaError(
            f"{ARRAY}: found {pictures.dtype} {pictures.shape}, expected pictures: (frames, height, width, 3) uint8 "
            "RGB, or one picture (height, width, 3)"
        )
    if pictures.ndim == 3:
        yield 0.0, pictures
        return
    rate_hz = check_array_rate(rate_hz, PICTURE_RATES_HZ, "frames")
    for index, picture in enumerate(pictures):
        yield index / rate_hz, picture


def check_array_rate(rate_hz: float | None, limits_hz: tuple[float, float], unit: str) -> float:
    """Return the rate of an array if it is given and within the limits.

    Args:
        rate_hz: Rate that the caller gave.
        limits_hz: Lowest and highest rate.
        unit: What the rate counts, for messages: "samples" or "frames".

    Raises:
        MediaError: The rate is missing or out of range.
    """
    if rate_hz is None:
        raise MediaError(f"{ARRAY}: its rate is unknown; pass rate_hz, its number of {unit} per second")
    lowest_hz, highest_hz = limits_hz
    if not lowest_hz <= rate_hz <= highest_hz:
        raise MediaError(f"{ARRAY}: rate_hz is {rate_hz:g}, expected {lowest_hz} to {highest_hz} {unit} per second")
    return rate_hz
