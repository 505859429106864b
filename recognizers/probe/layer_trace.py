"""What a trained recurrent layer computes inside, step by step, in numpy: gates, state and outputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import torch
from torch import nn

from data_prep.errors import InputError
from recognizers.encoder.bilstm import BiLstm
from recognizers.encoder.encoder import Encoder

Direction = Literal["forward", "backward"]
#: The suffix of the weights' names in torch.
SUFFIX = {"forward": "", "backward": "_reverse"}


@dataclass(frozen=True)
class Trace:
    """What one direction of a recurrent layer does over a clip of T' steps.

    Attributes:
        gates: Gates by their names, each (T', H) from 0 to 1: "input", "forget" and "output" of an LSTM; "reset" and
            "update" of a GRU; none of a plain RNN.
        state: (T', H): the cell state of an LSTM, the hidden state of other cells.
        outputs: (T', H): what the layer gives to the next one.
    """

    gates: Mapping[str, np.ndarray]
    state: np.ndarray
    outputs: np.ndarray


def trace_encoder(encoder: Encoder, frames: np.ndarray) -> list[dict[Direction, Trace]]:
    """Compute all recurrent layers of an encoder over a clip from its weights.

    Args:
        encoder: The encoder, in inference mode.
        frames: (T, F).

    Returns:
        A trace for each direction of each layer.

    Raises:
        InputError: The encoder has no recurrent layers.
    """
    recurrent = recurrent_encoder(encoder)
    values = torch.from_numpy(np.ascontiguousarray(frames))[None]
    traces = []
    with torch.inference_mode():
        inputs = recurrent.subsample(recurrent.standardize(values))[0].numpy()  # (T', F')
        for layer, norm in zip(layers_of(recurrent), recurrent.norms, strict=True):
            directions: list[Direction] = ["forward", "backward"] if layer.bidirectional else ["forward"]
            traces.append({direction: trace_layer(layer, inputs, direction) for direction in directions})
            outputs = np.concatenate([trace.outputs for trace in traces[-1].values()], axis=1)  # (T', H)
            inputs = norm(torch.from_numpy(outputs.astype(np.float32))).numpy()
    return traces


def recurrent_encoder(encoder: Encoder) -> BiLstm:
    """Return an encoder whose layers can be traced.

    Raises:
        InputError: Its layers are not recurrent, or not ours.
    """
    if not isinstance(encoder, BiLstm):
        raise InputError(f"the encoder {type(encoder).__name__} has no layers of LSTM, GRU or RNN cells to look into")
    return encoder


def layers_of(encoder: BiLstm) -> list[nn.RNNBase]:
    """Return the recurrent layers of an encoder, the lowest first."""
    return [cast(nn.RNNBase, layer) for layer in encoder.layers]


def trace_layer(layer: nn.RNNBase, inputs: np.ndarray, direction: Direction = "forward") -> Trace:
    """Compute one direction of a layer over the inputs (T', F') of a clip, in double precision."""
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    weights = [getattr(layer, name + SUFFIX[direction]).detach().double().numpy() for name in names]
    ordered = inputs if direction == "forward" else inputs[::-1]
    fed = ordered.astype(np.float64) @ weights[0].T + weights[2]  # (T', gates * H)
    trace = {"LSTM": _trace_lstm, "GRU": _trace_gru}.get(layer.mode, _trace_rnn)(fed, weights[1], weights[3])
    if direction == "forward":
        return trace
    gates = {name: values[::-1] for name, values in trace.gates.items()}
    return Trace(gates, trace.state[::-1], trace.outputs[::-1])


def _trace_lstm(fed: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> Trace:
    """(T', 4 H), (4 H, H), (4 H,) -> the trace of an LSTM (Hochreiter & Schmidhuber, 1997; Gers et al., 2000)."""
    width = recurrent.shape[1]
    hidden, cell = np.zeros(width), np.zeros(width)
    rows = []
    for step in fed:
        sums = step + recurrent @ hidden + bias  # in torch's order: input, forget, candidate, output
        taken, kept, shown = (_sigmoid(sums[part * width : (part + 1) * width]) for part in (0, 1, 3))
        cell = kept * cell + taken * np.tanh(sums[2 * width : 3 * width])
        hidden = shown * np.tanh(cell)
        rows.append((taken, kept, shown, cell, hidden))
    taken, kept, shown, state, outputs = (np.stack(values) for values in zip(*rows, strict=True))
    return Trace({"input": taken, "forget": kept, "output": shown}, state, outputs)


def _trace_gru(fed: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> Trace:
    """(T', 3 H), (3 H, H), (3 H,) -> the trace of a GRU (Cho et al., 2014), whose update gate keeps the state."""
    width = recurrent.shape[1]
    hidden = np.zeros(width)
    rows = []
    for step in fed:
        back = recurrent @ hidden + bias  # in torch's order: reset, update, candidate
        reset, update = (_sigmoid((step + back)[part * width : (part + 1) * width]) for part in (0, 1))
        candidate = np.tanh(step[2 * width :] + reset * back[2 * width :])
        hidden = (1 - update) * candidate + update * hidden
        rows.append((reset, update, hidden))
    reset, update, state = (np.stack(values) for values in zip(*rows, strict=True))
    return Trace({"reset": reset, "update": update}, state, state)


def _trace_rnn(fed: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> Trace:
    """(T', H), (H, H), (H,) -> the trace of a plain RNN (Elman, 1990), which has no gates."""
    hidden = np.zeros(recurrent.shape[1])
    rows = []
    for step in fed:
        hidden = np.tanh(step + recurrent @ hidden + bias)
        rows.append(hidden)
    return Trace({}, np.stack(rows), np.stack(rows))


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * values))
