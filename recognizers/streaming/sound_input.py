"""Chunks of sound, as a device gives them, to samples as the recognizer's extractor has them."""

import numpy as np
import soxr

from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor
from data_prep.features.joint import signal_extractor
from data_prep.features.mfcc import Mfcc
from data_prep.media import sound_from_array, to_int16


class SoundInput:
    """Converts and resamples chunks; together they give what the extractor's `signal_of` gives for all at once.

    Args:
        extractor: The recognizer's.
        rate_hz: Samples a second of the chunks.

    Raises:
        InputError: The recognizer does not read sound.
        MediaError: The rate is out of range.
    """

    def __init__(self, extractor: FeatureExtractor, rate_hz: float) -> None:
        first = signal_extractor(extractor)
        if not isinstance(first, Mfcc):
            raise InputError(f"features={type(first).__name__}: do not read sound, so a stream of sound is no use")
        self.rate_hz = first.sample_rate_hz
        self._chunk_rate_hz = rate_hz
        sound_from_array(np.zeros(1, np.int16), rate_hz)  # checks the rate
        self._resampler = None
        if rate_hz != self.rate_hz:
            self._resampler = soxr.ResampleStream(rate_hz, self.rate_hz, 1, dtype="float32")

    def add(self, chunk: np.ndarray) -> np.ndarray:
        """A chunk as `Recognizer` takes arrays -> (T,) int16 at the extractor's rate; it may be shorter or longer.

        Raises:
            MediaError: The chunk is no sound.
        """
        if chunk.size == 0:
            return np.zeros(0, np.int16)
        samples, _ = sound_from_array(chunk, self._chunk_rate_hz)
        return samples if self._resampler is None else self._resampled(samples, is_last=False)

    def finish(self) -> np.ndarray:
        """Return the last samples."""
        rest = np.zeros(0, np.int16)
        return rest if self._resampler is None else self._resampled(rest, is_last=True)

    def _resampled(self, samples: np.ndarray, is_last: bool) -> np.ndarray:
        assert self._resampler is not None
        return to_int16(self._resampler.resample_chunk(samples.astype(np.float32), is_last))
