"""Frames to predictions with a trained recognizer: the one way in which transcribe, classify and evaluate do it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor, Frames
from recognizers.batch import Batch, Example
from recognizers.bundle import load_bundle
from recognizers.encoder.encoder import Encoder
from recognizers.head.head import Head
from recognizers.prediction import Prediction

Result = TypeVar("Result")


class Predictor:
    """A recognizer at work.

    Args:
        extractor: The features it was trained on.
        encoder: Its encoder, with trained weights.
        head: Its head, likewise.
    """

    def __init__(self, extractor: FeatureExtractor, encoder: Encoder, head: Head) -> None:
        self.extractor = extractor
        self.encoder = encoder.eval()
        self.head = head.eval()

    @classmethod
    def load(cls, path: Path) -> "Predictor":
        """From a bundle or a run directory; raises InputError as `load_bundle` does."""
        _, extractor, encoder, head = load_bundle(path)
        return cls(extractor, encoder, head)

    @property
    def emission_rate_hz(self) -> float:
        """How many emissions of a clip stand for one second."""
        return self.extractor.frame_rate_hz / self.encoder.subsampling

    def predict(self, clips: Sequence[Frames], batch_size: int) -> list[Prediction]:
        """Predictions in the order of the clips; batches are made of clips of similar length.

        Raises:
            InputError: `batch_size` is below 1.
        """
        return self._run(clips, batch_size, self.head.decode)

    def emissions(self, clips: Sequence[Frames], batch_size: int) -> list[torch.Tensor]:
        """What decoders start from, in the order of the clips; raises InputError as `predict` does."""
        return self._run(clips, batch_size, self.head.emissions)

    def decode(self, log_probs: np.ndarray) -> tuple[list[int], float]:
        """(T', C), the emissions of a clip -> its symbol ids, without blanks, and its confidence."""
        emissions = torch.as_tensor(log_probs)[None]
        [decoded] = self.head.decoder.decode(emissions, torch.tensor([len(log_probs)]), self.head.vocabulary)
        return decoded

    @torch.inference_mode()
    def _run(
        self,
        clips: Sequence[Frames],
        batch_size: int,
        finish: Callable[[torch.Tensor, torch.Tensor], list[Result]],
    ) -> list[Result]:
        if batch_size < 1:
            raise InputError(f"batch_size must be at least 1; found {batch_size}")
        order = sorted(range(len(clips)), key=lambda index: len(clips[index].values))
        results: dict[int, Result] = {}
        for start in range(0, len(order), batch_size):
            part = order[start : start + batch_size]
            batch = Batch.of([Example(str(index), clips[index].values) for index in part])
            encoded, lengths = self.encoder(batch.frames, batch.frame_lengths)
            results.update(zip(part, finish(encoded, lengths), strict=True))
        return [results[index] for index in range(len(clips))]
