"""The frames of sound that arrives in chunks, equal to those that `Mfcc` computes for the whole clip."""

import numpy as np

from data_prep.errors import InputError
from data_prep.features.extractor import num_frames
from data_prep.features.mfcc import Mfcc, slopes, static_coefficients, window_samples

#: Frames that the derivative of a frame looks ahead, for each order.
DELTA_REACH = 2


def settings_over_whole_clip(settings: Mfcc) -> list[str]:
    """Name the settings that need a clip's last sample for its first frame, and what to set instead."""
    obstacles = []
    if settings.cmvn != "none":
        obstacles.append(f"features.cmvn={settings.cmvn} normalises over the whole clip; set features.cmvn=none")
    if settings.dynamic_range_db is not None:
        obstacles.append(
            f"features.dynamic_range_db={settings.dynamic_range_db:g} is relative to the clip's loudest frame; set "
            "features.dynamic_range_db=null"
        )
    return obstacles


def lookahead_s(settings: Mfcc) -> float:
    """How much sound after the centre of its window a frame needs, in seconds."""
    window = window_samples(settings)
    after = (window - (window + 1) // 2) / settings.sample_rate_hz
    return after + DELTA_REACH * settings.deltas * settings.hop_ms / 1000


class SampleWindows:
    """Collects the samples under the windows of a clip's frames, reflected at both ends as `Mfcc` does.

    Args:
        settings: The extractor.
        group: Windows are given in multiples of this number, apart from the last ones.

    Attributes:
        num_given: Number of windows that were given so far.
    """

    def __init__(self, settings: Mfcc, group: int = 1) -> None:
        self._settings = settings
        self._group = group
        self._length = window_samples(settings)
        self._hop = round(settings.sample_rate_hz * settings.hop_ms / 1000)
        self._before = (self._length + 1) // 2
        self._held = np.zeros(0, np.float32)  # from the beginning of the next window on
        self._last = np.zeros(0, np.float32)  # the end of the clip so far, to be reflected
        self._received = 0
        self._has_begun = False
        self.num_given = 0

    def add(self, samples: np.ndarray) -> np.ndarray:
        """Take the next samples (T,), with a full scale of 32768.

        Returns:
            The samples (W + (n - 1) * hop,) under the next n windows that are complete; (0,) if none is.
        """
        samples = samples.astype(np.float32)
        self._received += len(samples)
        self._held = np.concatenate([self._held, samples])
        self._last = np.concatenate([self._last, samples])[-2 * self._length :]
        if not self._has_begun:
            if self._received < 2 * self._length:  # a clip may be as short; then it is filled up with silence
                return self._held[:0]
            self._begin()
        # A clip that ended here would have this many frames; later frames may not come to be.
        certain = (2 * self._received + self._hop) // (2 * self._hop) - self.num_given
        count = min(self._num_complete, certain)
        return self._take(count - count % self._group)

    def finish(self) -> np.ndarray:
        """End the clip, and return the samples under its last windows."""
        if not self._has_begun:
            self._held = np.pad(self._held, (0, 2 * self._length - len(self._held)))
            self._last = self._held
            self._begin()
        end = self._last[self._before - self._length - 1 : -1][::-1]
        self._held = np.concatenate([self._held, end])
        count = num_frames(self._received / self._settings.sample_rate_hz, self._settings.frame_rate_hz)
        return self._take(count - self.num_given)

    @property
    def _num_complete(self) -> int:
        return max(0, (len(self._held) - self._length) // self._hop + 1)

    def _begin(self) -> None:
        self._held = np.concatenate([self._held[1 : self._before + 1][::-1], self._held])
        self._has_begun = True

    def _take(self, count: int) -> np.ndarray:
        if count <= 0:
            return self._held[:0]
        taken = self._held[: self._length + (count - 1) * self._hop]
        self._held = self._held[count * self._hop :]
        self.num_given += count
        return taken


class MfccStream:
    """Computes each frame of a clip once, as soon as its samples and those that its derivatives need are there.

    Args:
        settings: The extractor.

    Raises:
        InputError: A setting needs the whole clip.
    """

    def __init__(self, settings: Mfcc) -> None:
        if obstacles := settings_over_whole_clip(settings):
            raise InputError("; ".join(obstacles))
        self._settings = settings
        self._windows = SampleWindows(settings)
        self._deltas = [_DeltaStream() for _ in range(settings.deltas)]
        width = settings.num_coefficients
        #: For each order of derivatives, the values that wait for those of the highest order.
        self._waiting = [np.zeros((0, width), np.float32) for _ in range(1 + settings.deltas)]

    def add(self, samples: np.ndarray) -> np.ndarray:
        """(T,) int16 -> (n, F): the frames that are complete by now."""
        return self._frames(self._windows.add(samples), is_last=False)

    def finish(self) -> np.ndarray:
        """End the clip, and return its last frames (n, F)."""
        return self._frames(self._windows.finish(), is_last=True)

    def _frames(self, samples: np.ndarray, is_last: bool) -> np.ndarray:
        values = self._static(samples)
        self._waiting[0] = np.concatenate([self._waiting[0], values])
        for order, deltas in enumerate(self._deltas, start=1):
            values = deltas.add(values)
            if is_last:
                values = np.concatenate([values, deltas.finish()])
            self._waiting[order] = np.concatenate([self._waiting[order], values])
        count = len(self._waiting[-1])
        frames = np.concatenate([each[:count] for each in self._waiting], axis=1)  # (n, F)
        self._waiting = [each[count:] for each in self._waiting]
        return frames

    def _static(self, samples: np.ndarray) -> np.ndarray:
        """The samples under n windows -> (n, num_coefficients)."""
        if not len(samples):
            return np.zeros((0, self._settings.num_coefficients), np.float32)
        hop = round(self._settings.sample_rate_hz * self._settings.hop_ms / 1000)
        windows = np.lib.stride_tricks.sliding_window_view(samples, window_samples(self._settings))[::hop]
        return static_coefficients(windows, self._settings)


class _DeltaStream:
    """Slopes over five frames; the first and the last frame of the clip are repeated."""

    def __init__(self) -> None:
        self._held: np.ndarray | None = None

    def add(self, values: np.ndarray) -> np.ndarray:
        """(n, F) -> (m, F): the slopes of the frames whose neighbours are there."""
        if not len(values) and self._held is None:
            return values
        before = np.repeat(values[:1], DELTA_REACH, axis=0) if self._held is None else self._held
        padded = np.concatenate([before, values])
        self._held = padded[-2 * DELTA_REACH :]
        return slopes(padded) if len(padded) > 2 * DELTA_REACH else values[:0]

    def finish(self) -> np.ndarray:
        """Return the slopes of the last frames."""
        assert self._held is not None  # a clip has at least one frame
        return self.add(np.repeat(self._held[-1:], DELTA_REACH, axis=0))
