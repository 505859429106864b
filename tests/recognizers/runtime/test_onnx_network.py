"""Networks computed by ONNX Runtime, and damaged files."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from data_prep.errors import InputError
from recognizers.bundle.weights import EncoderAndHead
from recognizers.encoder.bilstm import BiLstm
from recognizers.head.ctc import Ctc
from recognizers.runtime.onnx_export import write_onnx
from recognizers.runtime.onnx_network import OnnxNetwork
from recognizers.vocabulary import Vocabulary

FEATURES, IDS = 5, 4


@pytest.fixture
def path(tmp_path: Path) -> Path:
    encoder = BiLstm(FEATURES, layers=1, hidden_size=8)
    head = Ctc(encoder.num_outputs, Vocabulary("character", ("a", "b", "c")))
    write_onnx(tmp_path / "model.onnx", EncoderAndHead(encoder, head), FEATURES)
    return tmp_path / "model.onnx"


def load(path: Path, **changes: Any) -> OnnxNetwork:
    return OnnxNetwork(
        path, **({"num_features": FEATURES, "num_ids": IDS, "subsampling": 1, "num_threads": 1} | changes)
    )


def test_a_batch_gives_log_probabilities_and_lengths(path: Path) -> None:
    frames = np.random.default_rng(0).standard_normal((2, 7, FEATURES)).astype(np.float32)
    log_probs, lengths = load(path)(frames, np.array([7, 3]))
    assert log_probs.shape == (2, 7, IDS)
    assert lengths.tolist() == [7, 3]
    np.testing.assert_allclose(np.exp(log_probs).sum(axis=-1), 1, rtol=1e-5)


@pytest.mark.parametrize("content", [b"", b"junk" * 100, b"\x80\x04\x95"])
def test_files_that_are_not_networks_are_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"^{path}: not a network that ONNX Runtime can load"):
        load(path)


@pytest.mark.parametrize("kept_share", [0.1, 0.5, 0.99])
def test_truncated_networks_are_refused(path: Path, kept_share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(kept_share * len(content))])
    with pytest.raises(InputError, match=rf"^{path}: "):
        load(path)


def test_a_file_with_another_checksum_is_refused(path: Path) -> None:
    with pytest.raises(InputError, match=r"differs from the exported file \(wrong SHA-256\)"):
        load(path, sha256="0" * 64)


def test_missing_and_huge_files_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no such file"):
        load(path.with_name("other.onnx"))
    monkeypatch.setattr("recognizers.runtime.onnx_session.MAX_BYTES", 100)
    with pytest.raises(InputError, match="a network may have at most 100"):
        load(path)


@pytest.mark.parametrize("changes", [{"num_features": 6}, {"num_ids": 3}])
def test_the_network_of_another_recognizer_is_refused(path: Path, changes: dict[str, int]) -> None:
    with pytest.raises(InputError, match="does not belong to this recognizer"):
        load(path, **changes)


def test_a_network_that_refers_to_another_file_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    (path.parent / "weights.bin").write_bytes(b"\0" * 1024)
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and tensor.dims[0] > 1:
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            entry = tensor.external_data.add()
            entry.key, entry.value = "location", "weights.bin"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(InputError, match="not a network that ONNX Runtime can load"):
        load(path)


def test_a_network_that_needs_absurd_memory_is_refused(path: Path) -> None:
    """The network has valid inputs and outputs, but fills a tensor of 40 terabytes."""
    size = helper.make_tensor("size", TensorProto.INT64, [2], [10**13 // IDS, IDS])
    nodes = [
        helper.make_node("ConstantOfShape", ["size"], ["log_probs"]),
        helper.make_node("Identity", ["frame_lengths"], ["lengths"]),
    ]
    inputs = [
        helper.make_tensor_value_info("frames", TensorProto.FLOAT, ["n", "t", FEATURES]),
        helper.make_tensor_value_info("frame_lengths", TensorProto.INT64, ["n"]),
    ]
    outputs = [
        helper.make_tensor_value_info("log_probs", TensorProto.FLOAT, [None, IDS]),
        helper.make_tensor_value_info("lengths", TensorProto.INT64, ["n"]),
    ]
    graph = helper.make_graph(nodes, "absurd", inputs, outputs, [size])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    network = load(path)
    with pytest.raises(InputError, match=rf"^{path}: cannot be computed"):
        network(np.zeros((1, 3, FEATURES), np.float32), np.array([3]))
