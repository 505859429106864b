"""Networks computed by torch."""

import numpy as np
import torch

from data_prep.features.extractor import FeatureExtractor
from recognizers.bundle.weights import EncoderAndHead
from recognizers.encoder.bilstm import BiLstm
from recognizers.encoder.encoder import Encoder
from recognizers.head.ctc import Ctc
from recognizers.head.head import Head
from recognizers.runtime.stepwise.obstacles import stepwise_obstacles
from recognizers.runtime.stepwise.step_module import StepModule, TorchSteps


class TorchNetwork:
    """Computes a trained encoder and head in inference mode."""

    def __init__(self, encoder: Encoder, head: Head) -> None:
        self.recognizer = EncoderAndHead(encoder, head).eval()
        self.subsampling = encoder.subsampling

    @torch.inference_mode()
    def __call__(self, frames: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, T, F), (N,) -> the head's log-probabilities, and (N,) numbers of encoded frames."""
        log_probs, encoded_lengths = self.recognizer(torch.from_numpy(frames), torch.from_numpy(lengths))
        return log_probs.numpy(), encoded_lengths.numpy()

    def steps(self, extractor: FeatureExtractor) -> TorchSteps | list[str]:
        """Return the same network for clips that come in chunks, or the reasons why it cannot be computed so."""
        encoder, head = self.recognizer.encoder, self.recognizer.head
        if not isinstance(encoder, BiLstm):
            return [f"encoder={type(encoder).__name__} cannot be computed step by step; set encoder=bilstm"]
        obstacles = stepwise_obstacles(extractor, {"direction": encoder.direction}, head.vocabulary.unit)
        if obstacles:
            return obstacles
        assert isinstance(head, Ctc)  # the only head of text
        return TorchSteps(StepModule(encoder, head))


def use_threads(count: int) -> None:
    """Set the number of threads that torch uses in this process."""
    torch.set_num_threads(count)
