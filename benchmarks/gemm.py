"""How fast this machine multiplies matrices, and how much of a training step that is."""

import time
from multiprocessing.connection import Connection

import torch

from benchmarks.clips import NUM_FEATURES, NUM_SYMBOLS, Clips
from benchmarks.pacing import Batches, Turn, peak_bytes

SIZES = (512, 1024, 2048)


def flops_per_frame(layers: int = 3, hidden_size: int = 256) -> int:
    """Floating-point operations that a training step needs for a frame that is no padding.

    A direction of an LSTM layer multiplies its I inputs and H states by a (4 H, I + H) matrix, the last layer its 2 H
    inputs by a (C, 2 H) matrix: as many multiply-adds as these have elements, each of two operations. Backpropagation
    needs as many again for the gradient of the inputs and for that of the weights: three times in all. Activations,
    the loss and the optimizer are left out: they are not what a matrix product does, but time that it waits.
    """
    widths = [NUM_FEATURES] + [2 * hidden_size] * (layers - 1)
    multiply_adds = sum(2 * 4 * hidden_size * (width + hidden_size) for width in widths)
    multiply_adds += 2 * hidden_size * NUM_SYMBOLS
    return 3 * 2 * multiply_adds


def multiply(clips: Clips, connection: Connection) -> None:
    """Multiply square float32 matrices; tell operations and seconds of the size that went fastest."""
    pairs = [(torch.randn(size, size), torch.randn(size, size), torch.empty(size, size)) for size in SIZES]
    connection.send(Batches(0, 0, 0))
    while True:
        connection.recv()
        turns = [_turn(*pair) for pair in pairs]
        connection.send(max(turns, key=lambda turn: turn.amount / turn.seconds))


def _turn(left: torch.Tensor, right: torch.Tensor, product: torch.Tensor, least_s: float = 0.4) -> Turn:
    start = time.perf_counter()
    times = 0
    while time.perf_counter() - start < least_s:
        torch.mm(left, right, out=product)
        times += 1
    return Turn(times, times * 2.0 * len(left) ** 3, time.perf_counter() - start, peak_bytes())
