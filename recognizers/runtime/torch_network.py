"""A recognizer's network computed by torch."""

import numpy as np
import torch

from recognizers.bundle.weights import EncoderAndHead
from recognizers.encoder.encoder import Encoder
from recognizers.head.head import Head


class TorchNetwork:
    """An encoder and a head, in inference.

    Args:
        encoder: With trained weights.
        head: Likewise.
    """

    def __init__(self, encoder: Encoder, head: Head) -> None:
        self.recognizer = EncoderAndHead(encoder, head).eval()
        self.subsampling = encoder.subsampling

    @torch.inference_mode()
    def __call__(self, frames: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, T, F), (N,) -> log-probabilities, (N,)."""
        log_probs, encoded_lengths = self.recognizer(torch.from_numpy(frames), torch.from_numpy(lengths))
        return log_probs.numpy(), encoded_lengths.numpy()


def use_threads(count: int) -> None:
    """Let torch use so many threads."""
    torch.set_num_threads(count)
