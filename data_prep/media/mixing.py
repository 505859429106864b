"""Several channels to one, without losing what they hold."""

import logging
from pathlib import Path

import numpy as np

log = logging.getLogger(__name__)

#: The average of C channels is lost in their opposition if its power is below this share of the loudest channel's,
#: divided by C squared. If only one channel sounds, the share is 1; if all are alike, C squared.
LEAST_SHARE = 0.5


class ChannelMixer:
    """Averages the channels of consecutive blocks and notices whether they cancel each other, or takes one channel.

    Microphones wired with opposite polarity, and encodings that store a difference of channels, give an average that is
    silent although each channel is not.

    Args:
        channel: Index of the channel to take instead of the average; None for the average.

    Attributes:
        num_channels: Largest number of channels in a block so far.
    """

    def __init__(self, channel: int | None = None) -> None:
        self.num_channels = 0
        self._channel = channel
        self._average_power = 0.0
        self._powers = np.zeros(1)

    def mix(self, samples: np.ndarray) -> np.ndarray:
        """Mix a block of samples: (T, channels) -> (T,)."""
        self.num_channels = max(self.num_channels, samples.shape[1])
        if samples.shape[1] == 1:
            return samples[:, 0]
        if self._channel is not None:  # the number of channels may change within a file
            return samples[:, min(self._channel, samples.shape[1] - 1)]
        average = samples.mean(axis=1, dtype=np.float32)
        powers = np.einsum("tc,tc->c", samples, samples, dtype=np.float64)
        size = max(len(powers), len(self._powers))
        self._powers = np.pad(self._powers, (0, size - len(self._powers))) + np.pad(powers, (0, size - len(powers)))
        self._average_power += float(np.einsum("t,t->", average, average, dtype=np.float64))
        return average

    def cancelled(self) -> int | None:
        """Return the index of the loudest channel if the average lost what the channels hold, otherwise None."""
        least = LEAST_SHARE * self._powers.max() / len(self._powers) ** 2
        return int(self._powers.argmax()) if self._average_power < least else None


def mix_down(samples: np.ndarray, name: Path | str) -> np.ndarray:
    """Mix all samples (T, channels) of a recording to (T,); `name` is for messages."""
    mixer = ChannelMixer()
    mixed = mixer.mix(samples)
    loudest = mixer.cancelled()
    return mixed if loudest is None else ChannelMixer(warn_and_choose(name, loudest)).mix(samples)


def warn_and_choose(name: Path | str, loudest: int) -> int:
    """Log which channel is taken instead of the average, and return it."""
    log.warning("%s: its channels cancel each other; channel=%d, the loudest, is taken alone", name, loudest)
    return loudest
