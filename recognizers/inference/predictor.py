"""A trained recognizer that turns frames into predictions; transcribe, classify and evaluate all use it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

import numpy as np

from data_prep.dependency_groups import is_installed, missing_package
from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor, Frames
from recognizers.bundle.layout import NETWORK_NAMES, RECORD_NAME, RUNTIMES, folder_of
from recognizers.decoder.decoder import Decoder
from recognizers.inference.clip_predictor import DecodedClip
from recognizers.interpreter import Interpreter, interpreter_for
from recognizers.prediction import ClipPrediction
from recognizers.runtime.stepwise.step_network import StepNetwork

if TYPE_CHECKING:  # these import torch, which takes seconds and which an exported recognizer does not need
    from recognizers.encoder.encoder import Encoder
    from recognizers.head.head import Head

Result = TypeVar("Result")


class Network(Protocol):
    """An encoder and a head with trained weights."""

    #: Frames for each encoded frame.
    subsampling: int

    def __call__(self, frames: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Frames (N, T, F) float32, lengths (N,) int64 -> the head's log-probabilities, encoded lengths (N,)."""
        ...


@runtime_checkable
class SteppableNetwork(Protocol):
    """A network that knows whether it can be computed step by step."""

    def steps(self, extractor: FeatureExtractor) -> StepNetwork | list[str]:
        """Return the same network for clips that come in chunks, or the reasons why it cannot be computed so."""
        ...


class Predictor:
    """A trained recognizer with one network; see `recognizers.inference.clip_predictor.ClipPredictor`.

    Args:
        extractor: Computes the features that it was trained on.
        network: Its encoder and head.
        interpreter: Turns the head's log-probabilities into text or a label.
    """

    def __init__(self, extractor: FeatureExtractor, network: Network, interpreter: Interpreter) -> None:
        self.extractor = extractor
        self.network = network
        self.interpreter = interpreter

    @classmethod
    def of(cls, extractor: FeatureExtractor, encoder: Encoder, head: Head) -> Predictor:
        """Make one from torch modules, to decode greedily."""
        from recognizers.runtime.torch_network import TorchNetwork

        return cls(extractor, TorchNetwork(encoder, head), head.interpreter)

    @classmethod
    def load(cls, path: Path, runtime: str = "torch", num_threads: int | None = None) -> Predictor:
        """Load a bundle or an exported recognizer.

        Args:
            path: The bundle, the export, or the run directory that holds either.
            runtime: "torch" for a bundle; "onnx" or "onnx_int8" for an export.
            num_threads: Threads that the network may use; None keeps the runtime's setting. With torch, it applies to
                the whole process.

        Raises:
            InputError: There is no such runtime, or `path` holds nothing for it, or what it holds is damaged.
        """
        if runtime not in RUNTIMES:
            raise InputError(f"runtime must be one of {', '.join(RUNTIMES)}; found {runtime!r}")
        if runtime == "torch":
            if not is_installed("torch"):
                raise missing_package("runtime=torch", "torch", _way_without_torch(path))
            from recognizers.bundle.weights import load_bundle
            from recognizers.runtime.torch_network import TorchNetwork, use_threads

            if num_threads is not None:
                use_threads(num_threads)
            bundle = load_bundle(path)
            return cls(bundle.extractor, TorchNetwork(bundle.encoder, bundle.head), bundle.interpreter)
        from recognizers.runtime.onnx_network import load_exported

        return cls(*load_exported(path, runtime, num_threads))

    def with_decoder(self, decoder: Decoder) -> Predictor:
        """The same recognizer with another decoder.

        Raises:
            InputError: The decoder does not suit the recognizer's vocabulary.
        """
        return Predictor(self.extractor, self.network, interpreter_for(self.interpreter.vocabulary, decoder))

    def steps(self) -> StepNetwork | list[str]:
        """Return the network for clips that come in chunks, or the reasons why it cannot be computed so."""
        if not isinstance(self.network, SteppableNetwork):
            return [f"{type(self.network).__name__} cannot be computed step by step"]
        return self.network.steps(self.extractor)

    @property
    def emission_rate_hz(self) -> float:
        """Emissions for each second of a clip."""
        return self.extractor.frame_rate_hz / self.network.subsampling

    def predict(self, clips: Sequence[Frames], batch_size: int) -> list[ClipPrediction]:
        """Predict the text or the label of each clip, in batches of similar length; keeps the order of the clips.

        Raises:
            InputError: `batch_size` is below 1.
        """
        return self._run(clips, batch_size, self.interpreter.predictions)

    def emissions(self, clips: Sequence[Frames], batch_size: int) -> list[np.ndarray]:
        """Compute each clip's log-probabilities, from which decoders start; batches and errors are as in `predict`."""
        return self._run(clips, batch_size, self.interpreter.emissions)

    def decode_clips(self, clips: Sequence[Frames], batch_size: int) -> list[DecodedClip]:
        """Find the symbols of each clip; batches and errors are as in `predict`."""
        return [DecodedClip(*self.decode(each), each) for each in self.emissions(clips, batch_size)]

    def decode(self, log_probs: np.ndarray) -> tuple[list[int], float]:
        """(T', C) emissions of a clip -> its symbol ids, without blanks, and its confidence."""
        lengths = np.array([len(log_probs)])
        [decoded] = self.interpreter.decoder.decode(log_probs[None], lengths, self.interpreter.vocabulary)
        return decoded

    def _run(
        self,
        clips: Sequence[Frames],
        batch_size: int,
        interpret: Callable[[np.ndarray, np.ndarray], Sequence[Result]],
    ) -> list[Result]:
        if batch_size < 1:
            raise InputError(f"batch_size must be at least 1; found {batch_size}")
        order = sorted(range(len(clips)), key=lambda index: len(clips[index].values))
        results: dict[int, Result] = {}
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            log_probs, lengths = self.network(*pad([clips[index].values for index in batch]))
            results.update(zip(batch, interpret(log_probs, lengths), strict=True))
        return [results[index] for index in range(len(clips))]


def _way_without_torch(path: Path) -> str:
    folder = folder_of(path, "onnx")
    for runtime, name in NETWORK_NAMES.items():
        if (folder / RECORD_NAME).is_file() and (folder / name).is_file():
            return f"; or give runtime={runtime}, because {path} holds an exported recognizer, which does not need it"
    return "; or run python -m pipelines.export where it is installed, and give runtime=onnx here"


def pad(clips: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """N arrays (T, F) -> (N, T, F) with zeros after the shorter ones, and (N,) lengths."""
    lengths = np.array([len(values) for values in clips], dtype=np.int64)
    frames = np.zeros((len(clips), lengths.max(), clips[0].shape[1]), np.float32)
    for row, values in zip(frames, clips, strict=True):
        row[: len(values)] = values
    return frames, lengths
