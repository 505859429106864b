"""Speed of matrix products on this machine, and the number of operations in a training step."""

import time
from multiprocessing.connection import Connection

import torch

from benchmarks.clips import NUM_FEATURES, NUM_SYMBOLS, Clips
from benchmarks.pacing import Batches, Turn, peak_bytes

SIZES = (512, 1024, 2048)


def flops_per_frame(layers: int = 3, hidden_size: int = 256) -> int:
    """Return the number of floating-point operations that a training step needs per frame, without padding.

    Each direction of an LSTM layer multiplies its I inputs and H states by a (4 H, I + H) matrix. The output layer
    multiplies 2 H inputs by a (C, 2 H) matrix. Each matrix element costs one multiply-add, which is two operations. The
    backward pass needs the same number once for the gradient of the inputs and once for that of the weights, so the
    total is three times that of the forward pass. Activations, the loss and the optimizer are not counted because they
    are not matrix products.
    """
    widths = [NUM_FEATURES] + [2 * hidden_size] * (layers - 1)
    multiply_adds = sum(2 * 4 * hidden_size * (width + hidden_size) for width in widths)
    multiply_adds += 2 * hidden_size * NUM_SYMBOLS
    return 3 * 2 * multiply_adds


def multiply(clips: Clips, connection: Connection) -> None:
    """Multiply square float32 matrices of several sizes, and report the fastest size."""
    operands = [(torch.randn(size, size), torch.randn(size, size), torch.empty(size, size)) for size in SIZES]
    connection.send(Batches(0, 0, 0))
    while True:
        connection.recv()
        turns = [_multiply_repeatedly(*matrices) for matrices in operands]
        connection.send(max(turns, key=lambda turn: turn.amount / turn.seconds))


def _multiply_repeatedly(left: torch.Tensor, right: torch.Tensor, product: torch.Tensor, min_s: float = 0.4) -> Turn:
    start = time.perf_counter()
    count = 0
    while time.perf_counter() - start < min_s:
        torch.mm(left, right, out=product)
        count += 1
    return Turn(count, count * 2.0 * len(left) ** 3, time.perf_counter() - start, peak_bytes())
