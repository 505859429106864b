import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.errors import InputError
from data_prep.features.extractor import Signal
from data_prep.features.mfcc import Mfcc
from recognizers.bundle.spec import RecognizerSpec
from recognizers.bundle.weights import EncoderAndHead
from recognizers.encoder.bilstm import BiLstm
from recognizers.head.ctc import Ctc
from recognizers.runtime.stepwise.description import DESCRIPTION_NAME, NETWORK_NAME, describe_steps
from recognizers.runtime.stepwise.obstacles import algorithmic_latency_s, stepwise_obstacles
from recognizers.runtime.stepwise.onnx_steps import OnnxSteps
from recognizers.runtime.stepwise.step_export import write_steps
from recognizers.runtime.stepwise.step_module import StepModule, TorchSteps
from recognizers.streaming.emission_stream import EmissionStream
from recognizers.vocabulary import Vocabulary

FEATURES = {"sample_rate_hz": 8000, "num_coefficients": 13, "num_mels": 26, "cmvn": "none"}
VOCABULARY = Vocabulary("character", (" ", "a", "b", "c"))
NETWORKS = [(cell, by) for cell in ("lstm", "gru", "rnn") for by in ("stacking", "convolution")]


def build(
    cell: str = "lstm", subsample_by: str = "stacking", subsampling: int = 3, deltas: int = 0
) -> tuple[Any, Any, Any]:
    """Make an extractor, an encoder and a head with random weights that react to what they hear."""
    torch.manual_seed(1)
    extractor = Mfcc(**FEATURES, deltas=deltas)
    encoder = BiLstm(
        extractor.num_features, cell, 2, 8, subsampling=subsampling, subsample_by=subsample_by, direction="forward"
    )
    encoder.standardize.learn([extractor.frames(noise(8000)).values])
    return extractor, encoder.eval(), Ctc(encoder.num_outputs, VOCABULARY).eval()


def noise(length: int) -> Signal:
    rng = np.random.default_rng(length)
    samples = 3000 * rng.standard_normal(length) * (1 + np.sin(np.arange(length) / 700))
    return Signal(samples.astype(np.int16), 8000)


def whole(extractor: Mfcc, encoder: Any, head: Any, signal: Signal) -> np.ndarray:
    frames = extractor.frames(signal).values
    with torch.inference_mode():
        log_probs, _ = EncoderAndHead(encoder, head)(torch.from_numpy(frames[None]), torch.tensor([len(frames)]))
    return log_probs[0].numpy()


def streamed(extractor: Mfcc, network: Any, signal: Signal, cuts: list[int]) -> np.ndarray:
    stream = EmissionStream(extractor, network)
    rows = [stream.add(chunk) for chunk in np.split(signal.values, sorted(cuts))]
    return np.concatenate([*rows, stream.finish()])


def export(folder: Path, extractor: Mfcc, encoder: Any, head: Any) -> OnnxSteps:
    folder.mkdir(exist_ok=True)
    steps = StepModule(encoder, head)
    write_steps(folder / NETWORK_NAME, steps, extractor)
    spec = RecognizerSpec({}, {}, {}, VOCABULARY)
    network = {"file": NETWORK_NAME, "sha256": hashlib.sha256((folder / NETWORK_NAME).read_bytes()).hexdigest()}
    description = describe_steps(spec, extractor, encoder.subsampling, steps.state_shapes(), network)
    (folder / DESCRIPTION_NAME).write_text(json.dumps(description), encoding="utf-8")
    return OnnxSteps(folder, encoder.subsampling, VOCABULARY.num_ids, 1)


@pytest.mark.parametrize(("cell", "subsample_by"), NETWORKS)
@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_steps_equal_the_whole_clip_however_it_is_cut(cell: str, subsample_by: str, data: st.DataObject) -> None:
    parts = build(cell, subsample_by, data.draw(st.sampled_from([1, 2, 3])), data.draw(st.sampled_from([0, 1, 2])))
    signal = noise(data.draw(st.one_of(st.integers(1, 600), st.integers(600, 9000))))
    cuts = data.draw(st.lists(st.integers(0, len(signal.values)), max_size=40))
    expected = whole(*parts, signal)
    found = streamed(parts[0], TorchSteps(StepModule(*parts[1:])), signal, cuts)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("cell", "subsample_by"), NETWORKS)
@pytest.mark.parametrize("deltas", [0, 1])
def test_exported_steps_equal_the_whole_clip(cell: str, subsample_by: str, deltas: int, tmp_path: Path) -> None:
    parts = build(cell, subsample_by, 3, deltas)
    network = export(tmp_path / "onnx", *parts)
    assert network.source == ("frames" if deltas else "waveform")
    rng = np.random.default_rng(0)
    for length in (1, 100, 399, 400, 1000, 7777):
        signal = noise(length)
        for cuts in ([], rng.integers(0, length + 1, 30).tolist()):
            found = streamed(parts[0], network, signal, cuts)
            np.testing.assert_allclose(found, whole(*parts, signal), atol=1e-5)


def test_filterbanks_of_another_window_are_exported(tmp_path: Path) -> None:
    _, encoder, head = build(subsampling=2)
    extractor = Mfcc(**FEATURES | {"num_coefficients": 13}, kind="filterbank", window_ms=20.125)
    network = export(tmp_path / "onnx", extractor, encoder, head)
    np.testing.assert_allclose(
        streamed(extractor, network, noise(5000), [1, 2, 800, 3333]),
        whole(extractor, encoder, head, noise(5000)),
        atol=1e-5,
    )


def test_a_clip_does_not_depend_on_the_one_before(tmp_path: Path) -> None:
    parts = build()
    network = export(tmp_path / "onnx", *parts)
    first = streamed(parts[0], network, noise(3000), [])
    streamed(parts[0], network, noise(5000), [77])
    np.testing.assert_array_equal(streamed(parts[0], network, noise(3000), []), first)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / NETWORK_NAME).write_bytes(b"x"), "wrong SHA-256"),
        (lambda folder: (folder / NETWORK_NAME).unlink(), "no such file"),
        (lambda folder: (folder / DESCRIPTION_NAME).write_text("[]"), "not the description"),
        (lambda folder: _edit(folder, lambda found: found["inputs"][2].update(shape=[10**9, 10**9])), "states"),
        (lambda folder: _edit(folder, lambda found: found["inputs"][2].update(shape=[2, 1, 9])), "does not belong"),
        (lambda folder: _edit(folder, lambda found: found.update(format=9)), "format 9"),
    ],
)
def test_damaged_exports_are_refused(damage: Callable[[Path], object], message: str, tmp_path: Path) -> None:
    export(tmp_path / "onnx", *build())
    damage(tmp_path / "onnx")
    with pytest.raises(InputError, match=message):
        OnnxSteps(tmp_path / "onnx", 3, VOCABULARY.num_ids, 1)


def _edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads((folder / DESCRIPTION_NAME).read_text())
    change(document)
    (folder / DESCRIPTION_NAME).write_text(json.dumps(document))


def test_obstacles_name_the_settings() -> None:
    extractor = Mfcc(cmvn="mean", dynamic_range_db=60.0)
    assert [each.split(" ")[0] for each in stepwise_obstacles(extractor, {"direction": "both"}, "label")] == [
        "encoder.direction=both",
        "features.cmvn=mean",
        "features.dynamic_range_db=60",
        "head=classification",
    ]
    assert stepwise_obstacles(Mfcc(cmvn="none"), {"direction": "forward"}, "word") == []


def test_latency() -> None:
    assert algorithmic_latency_s(Mfcc(cmvn="none"), 3) == pytest.approx(0.0325)
    assert algorithmic_latency_s(Mfcc(cmvn="none", deltas=2), 1) == pytest.approx(0.0525)
