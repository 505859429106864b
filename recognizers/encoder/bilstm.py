"""Stacked recurrent layers over frames, in one direction or both."""

from collections.abc import Iterable
from typing import Literal, cast

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from data_prep.errors import InputError
from recognizers.encoder.reversal import Reorder, reversal_order, run_direction
from recognizers.encoder.standardize import Standardize
from recognizers.encoder.subsampling import FrameStacking, StridedConvolution, zero_padding

CELLS: dict[str, type[nn.LSTM | nn.GRU | nn.RNN]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}

#: More layers are a mistake, or a hostile bundle that is meant to exhaust the memory.
MAX_LAYERS = 100


class BiLstm(nn.Module):
    """Bidirectional LSTM (Graves & Schmidhuber, 2005), GRU or plain RNN layers.

    Three code paths give equal results, each the fastest where it is used. On a GPU, cuDNN runs packed sequences. On a
    CPU, where packed sequences of different lengths are slow, each direction runs separately over padded frames, the
    backward one over clips reversed within their own lengths: padding follows a clip's own frames in either direction
    and cannot affect them. For ONNX, packed sequences are traced, which become ONNX's own recurrent layers.

    Args:
        num_features: Width F of the frames.
        cell: "lstm", "gru" or "rnn".
        layers: Number of recurrent layers.
        hidden_size: Width of one direction.
        dropout: Dropout between layers and after the last.
        layer_norm: Whether each layer's outputs are normalised (Ba et al., 2016).
        subsampling: Number of frames that become one before the first layer.
        subsample_by: "stacking" concatenates these frames; "convolution" convolves with that stride.
        direction: "both", or "forward" for a recognizer that must not look ahead.

    Raises:
        InputError: A setting is out of range.
    """

    def __init__(
        self,
        num_features: int,
        cell: Literal["lstm", "gru", "rnn"] = "lstm",
        layers: int = 3,
        hidden_size: int = 256,
        dropout: float = 0.1,
        layer_norm: bool = True,
        subsampling: int = 1,
        subsample_by: Literal["stacking", "convolution"] = "stacking",
        direction: Literal["both", "forward"] = "both",
    ) -> None:
        super().__init__()
        _check_settings(cell, layers, hidden_size, dropout, subsampling, subsample_by, direction)
        both = direction == "both"
        self.direction = direction
        self.standardize = Standardize(num_features)
        self.subsampling = subsampling
        self.num_outputs = hidden_size * (2 if both else 1)
        self.subsample: FrameStacking | StridedConvolution = (
            FrameStacking(num_features, subsampling)
            if subsample_by == "stacking"
            else StridedConvolution(num_features, subsampling, hidden_size)
        )
        widths = [self.subsample.num_outputs] + [self.num_outputs] * (layers - 1)
        self.layers = nn.ModuleList(CELLS[cell](width, hidden_size, bidirectional=both) for width in widths)
        self.norms = nn.ModuleList(
            nn.LayerNorm(self.num_outputs) if layer_norm else nn.Identity() for _ in range(layers)
        )
        self.dropout = nn.Dropout(dropout)

    def output_lengths(self, lengths: torch.Tensor) -> torch.Tensor:
        """(N,) -> (N,), T' = ceil(T / subsampling)."""
        return (lengths + self.subsampling - 1) // self.subsampling

    def forward(self, frames: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, T, F), (N,) -> (N, T', H), (N,)."""
        encoded = self.subsample(zero_padding(self.standardize(frames), lengths)).transpose(0, 1)  # (T', N, F')
        lengths = self.output_lengths(lengths)
        if torch.onnx.is_in_onnx_export():
            encoded = self._run_for_export(encoded, lengths)
        elif encoded.is_cuda:
            encoded = self._run_packed(encoded, lengths)
        else:
            encoded = self._run_padded(encoded, lengths)
        return zero_padding(encoded.transpose(0, 1), lengths), lengths

    def _layers_and_norms(self) -> Iterable[tuple[nn.RNNBase, nn.Module]]:
        return zip(cast(Iterable[nn.RNNBase], self.layers), self.norms, strict=True)

    def _run_packed(self, encoded: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(T', N, F'), (N,) -> (T', N, H) without padding between the layers."""
        packed = pack_padded_sequence(encoded, lengths.cpu(), enforce_sorted=False)
        for layer, norm in self._layers_and_norms():
            outputs = layer(packed)[0]
            packed = outputs._replace(data=self.dropout(norm(outputs.data)))
        return pad_packed_sequence(packed, total_length=encoded.shape[0])[0]

    def _run_for_export(self, encoded: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(T', N, F'), (N,) -> (T', N, H), traced as ONNX's recurrent layers, which take the clips' lengths."""
        for layer, norm in self._layers_and_norms():
            outputs = layer(pack_padded_sequence(encoded, lengths))[0]
            encoded = self.dropout(norm(pad_packed_sequence(outputs)[0]))
        return encoded

    def _run_padded(self, encoded: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(T', N, F'), (N,) -> (T', N, H), one direction after the other."""
        order = reversal_order(lengths, encoded.shape[0]).to(encoded.device)
        for layer, norm in self._layers_and_norms():
            outputs = run_direction(layer, encoded)  # (T', N, H / directions)
            if layer.bidirectional:
                backward = run_direction(layer, Reorder.apply(encoded, order), "_reverse")
                outputs = torch.cat([outputs, Reorder.apply(backward, order)], dim=-1)
            encoded = self.dropout(norm(outputs))
        return encoded


def _check_settings(
    cell: str, layers: int, hidden_size: int, dropout: float, subsampling: int, subsample_by: str, direction: str
) -> None:
    checks = {
        f"cell must be one of {', '.join(CELLS)}; found {cell!r}": cell in CELLS,
        f"layers must be a whole number, from 1 to {MAX_LAYERS}; found {layers!r}": _is_count(layers)
        and layers <= MAX_LAYERS,
        f"hidden_size must be a whole number, at least 1; found {hidden_size!r}": _is_count(hidden_size),
        f"dropout must be from 0 to below 1; found {dropout!r}": isinstance(dropout, int | float) and 0 <= dropout < 1,
        f"subsampling must be a whole number, at least 1; found {subsampling!r}": _is_count(subsampling),
        f"subsample_by must be stacking or convolution; found {subsample_by!r}": subsample_by
        in ("stacking", "convolution"),
        f"direction must be both or forward; found {direction!r}": direction in ("both", "forward"),
    }
    for message, holds in checks.items():
        if not holds:
            raise InputError(f"encoder: {message}")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and value >= 1
