import numpy as np
import pytest
import torch

from data_prep.errors import InputError
from recognizers.encoder.bilstm import BiLstm
from recognizers.probe.layer_trace import trace_encoder, trace_layer


def encoder_of(cell: str, **settings: object) -> BiLstm:
    torch.manual_seed(0)
    encoder = BiLstm(num_features=5, cell=cell, layers=3, hidden_size=7, **settings).eval()  # type: ignore[arg-type]
    encoder.standardize.learn([np.random.default_rng(0).normal(2, 3, (50, 5))])
    return encoder


def frames(length: int = 23) -> np.ndarray:
    return np.random.default_rng(1).normal(2, 3, (length, 5)).astype(np.float32)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_trace_reproduces_a_layer(cell: str, direction: str) -> None:
    layer = encoder_of(cell).layers[1]
    inputs = np.random.default_rng(2).normal(size=(31, 14)).astype(np.float32)
    with torch.inference_mode():
        outputs = layer(torch.from_numpy(inputs)[:, None])[0][:, 0].numpy()
    expected = outputs[:, :7] if direction == "forward" else outputs[:, 7:]
    np.testing.assert_allclose(trace_layer(layer, inputs, direction).outputs, expected, atol=1e-5)  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize(
    "settings",
    [{}, {"subsampling": 3}, {"subsampling": 2, "subsample_by": "convolution"}, {"direction": "forward"}],
)
def test_trace_reproduces_the_whole_encoder(cell: str, settings: dict[str, object]) -> None:
    encoder = encoder_of(cell, **settings)
    values = frames()
    last = trace_encoder(encoder, values)[-1]
    outputs = np.concatenate([trace.outputs for trace in last.values()], axis=1)
    with torch.inference_mode():
        normed = encoder.norms[-1](torch.from_numpy(outputs.astype(np.float32)))
        [encoded], _ = encoder(torch.from_numpy(values)[None], torch.tensor([len(values)]))
    np.testing.assert_allclose(normed, encoded, atol=1e-5)


def test_gates_make_the_cell_state() -> None:
    trace = trace_encoder(encoder_of("lstm"), frames())[0]["forward"]
    assert set(trace.gates) == {"input", "forget", "output"}
    assert all(((gate > 0) & (gate < 1)).all() for gate in trace.gates.values())
    np.testing.assert_allclose(trace.outputs, trace.gates["output"] * np.tanh(trace.state), atol=1e-12)
    candidate = (trace.state[1:] - trace.gates["forget"][1:] * trace.state[:-1]) / trace.gates["input"][1:]
    assert (np.abs(candidate) <= 1 + 1e-9).all()


def test_backward_direction_starts_at_the_end() -> None:
    layer = encoder_of("gru").layers[0]
    inputs = frames()
    np.testing.assert_array_equal(
        trace_layer(layer, inputs, "backward").outputs[-3:], trace_layer(layer, inputs[-3:], "backward").outputs
    )


def test_other_encoders_are_refused() -> None:
    with pytest.raises(InputError, match="Linear has no layers of LSTM, GRU or RNN cells"):
        trace_encoder(torch.nn.Linear(2, 2), frames())  # type: ignore[arg-type]
