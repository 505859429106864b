"""The contract of predictors: frames in, predictions out, whether one network computes them or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from data_prep.features.extractor import FeatureExtractor, Frames
from recognizers.decoder.decoder import Decoder
from recognizers.interpreter import Interpreter
from recognizers.prediction import ClipPrediction


@dataclass(frozen=True)
class DecodedClip:
    """The symbols of a clip.

    Attributes:
        ids: The symbols, without blanks.
        confidence: The decoder's confidence, from 0 to 1.
        log_probs: (T', C) log-probabilities that tell when each symbol is emitted.
    """

    ids: list[int]
    confidence: float
    log_probs: np.ndarray


class ClipPredictor(Protocol):
    """A trained recognizer, or several that answer as one.

    Frames must come from its own extractor. Batches never affect a clip's result.
    """

    @property
    def extractor(self) -> FeatureExtractor:
        """Computes the features that it was trained on."""
        ...

    @property
    def interpreter(self) -> Interpreter:
        """Knows its vocabulary, its decoder, and how its predictions are scored."""
        ...

    @property
    def emission_rate_hz(self) -> float:
        """Emissions for each second of a clip."""
        ...

    def predict(self, clips: Sequence[Frames], batch_size: int) -> list[ClipPrediction]:
        """Predict the text or the label of each clip; keeps the order of the clips."""
        ...

    def emissions(self, clips: Sequence[Frames], batch_size: int) -> list[np.ndarray]:
        """Compute the log-probabilities of each clip: (T', C) of CTC's symbols, or (C,) of labels."""
        ...

    def decode_clips(self, clips: Sequence[Frames], batch_size: int) -> list[DecodedClip]:
        """Find the symbols of each clip, for a recognizer of text."""
        ...

    def with_decoder(self, decoder: Decoder) -> ClipPredictor:
        """The same recognizer with another decoder.

        Raises:
            InputError: The decoder does not suit the recognizer's vocabulary.
        """
        ...
