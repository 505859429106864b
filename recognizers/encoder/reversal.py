"""Both directions of a recurrent layer over padded frames, exact without packed sequences."""

from typing import Any, Literal

import torch
from torch import nn


def one_direction(layer: nn.RNNBase, frames: torch.Tensor, direction: Literal["", "_reverse"] = "") -> torch.Tensor:
    """One direction's weights of a layer, run from the first frame to the last.

    Args:
        layer: An LSTM, GRU or plain RNN.
        frames: (T, N, F).
        direction: "" for the weights that run forwards, "_reverse" for those that run backwards.

    Returns:
        (T, N, H).
    """
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    weights = [getattr(layer, name + direction) for name in names]
    state = frames.new_zeros(1, frames.shape[1], layer.hidden_size)
    settings = (True, 1, 0.0, layer.training, False, False)  # biases, layers, dropout, ..., both ways, batch first
    if layer.mode == "LSTM":
        return torch.lstm(frames, (state, state), weights, *settings)[0]
    return (torch.gru if layer.mode == "GRU" else torch.rnn_tanh)(frames, state, weights, *settings)[0]


def reversal(lengths: torch.Tensor, size: int) -> torch.Tensor:
    """Where each frame of the reversed clips comes from; padding stays where it is.

    Args:
        lengths: (N,).
        size: T.

    Returns:
        (T * N,): rows of frames (T, N, F) laid end to end. It is its own inverse.
    """
    clips = len(lengths)
    steps = torch.arange(size, device=lengths.device)[:, None].expand(size, clips)
    source = torch.where(steps < lengths, lengths - 1 - steps, steps)  # (T, N)
    return (source * clips + torch.arange(clips, device=lengths.device)).flatten()


class Reordered(torch.autograd.Function):
    """Frames (T, N, F) in another order that is its own inverse.

    Indexing would do, but its gradient adds rows up where moving them is enough.
    """

    @staticmethod
    def forward(ctx: Any, frames: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
        """(T, N, F), (T * N,) -> (T, N, F)."""
        ctx.save_for_backward(order)
        return _reorder(frames, order)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        """(T, N, F) -> (T, N, F)."""
        return _reorder(gradient, *ctx.saved_tensors), None


def _reorder(frames: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    return frames.reshape(-1, frames.shape[-1]).index_select(0, order).view(frames.shape)
