"""Collects the samples of a time range from decoded blocks, whichever library decodes them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from data_prep.media.file import (
    MAX_SAMPLES,
    MAX_SOUND_S,
    SAMPLE_RATES_HZ,
    SPLIT_ADVICE,
    Media,
    MediaError,
    check_duration,
)
from data_prep.media.mixing import ChannelMixer

#: Number of samples decoded at a time.
BLOCK_SIZE = 1 << 18


def collect_range(
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


def check_rate(path: Path, rate_hz: int) -> int:
    """Return a file's sample rate in Hz.

    Raises:
        MediaError: It is out of range.
    """
    lowest_hz, highest_hz = SAMPLE_RATES_HZ
    if not lowest_hz <= rate_hz <= highest_hz:
        raise MediaError(
            f"{path}: its sample rate is {rate_hz} Hz, expected {lowest_hz} to {highest_hz} Hz; the header is damaged "
            "or the encoding is wrong"
        )
    return rate_hz
