"""Runs each direction of a recurrent layer over padded frames, with the same results as packed sequences."""

from typing import Any, Literal

import torch
from torch import nn


def run_direction(layer: nn.RNNBase, frames: torch.Tensor, direction: Literal["", "_reverse"] = "") -> torch.Tensor:
    """Run the weights of one direction of a layer from the first frame to the last.

    Args:
        layer: An LSTM, GRU or plain RNN of one layer.
        frames: (T, N, F).
        direction: Suffix of the weights' names: "" for the forward ones, "_reverse" for the backward ones.

    Returns:
        (T, N, H).
    """
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    weights = [getattr(layer, name + direction) for name in names]
    state = frames.new_zeros(1, frames.shape[1], layer.hidden_size)
    # In torch's order: has_biases, num_layers, dropout, train, bidirectional, batch_first.
    settings = (True, 1, 0.0, layer.training, False, False)
    if layer.mode == "LSTM":
        return torch.lstm(frames, (state, state), weights, *settings)[0]
    return (torch.gru if layer.mode == "GRU" else torch.rnn_tanh)(frames, state, weights, *settings)[0]


def reversal_order(lengths: torch.Tensor, size: int) -> torch.Tensor:
    """Compute the order that reverses each clip within its own length; padding, up to `size` frames, stays in place.

    Returns:
        (T * N,), the source index of each row when frames (T, N, F) are flattened to (T * N, F). The order is its own
        inverse.
    """
    clips = len(lengths)
    steps = torch.arange(size, device=lengths.device)[:, None].expand(size, clips)
    source = torch.where(steps < lengths, lengths - 1 - steps, steps)  # (T, N)
    return (source * clips + torch.arange(clips, device=lengths.device)).flatten()


class Reorder(torch.autograd.Function):
    """Put frames (T, N, F) into an order that is its own inverse.

    Plain indexing gives the same values, but its gradient is slower: it adds rows where moving them is enough.
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
