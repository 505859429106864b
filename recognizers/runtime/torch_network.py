"""Networks computed by torch."""

import numpy as np
import torch

from recognizers.bundle.weights import EncoderAndHead
from recognizers.encoder.encoder import Encoder
from recognizers.head.head import Head


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


def use_threads(count: int) -> None:
    """Set the number of threads that torch uses in this process."""
    torch.set_num_threads(count)
