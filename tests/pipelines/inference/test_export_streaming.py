"""The network for streaming, as ``python -m pipelines.export`` writes it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from data_prep.errors import InputError
from pipelines.cli.schema import ExportConfig
from pipelines.inference.export_onnx import export
from recognizers import Final, StreamSettings, load
from recognizers.inference.predictor import Predictor
from tests.recognizers.streaming.recognizers_for_streams import FORWARD, RATE_HZ, save, spec_of, tones


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run_dir = tmp_path_factory.mktemp("run")
    save(run_dir / "bundle", spec_of())
    export(ExportConfig(model=str(run_dir), features_inside=False))
    return run_dir


def test_the_export_reports_its_difference_and_latency(exported: Path, run: Any) -> None:
    ran = run("export", f"model={exported}", "features_inside=false")
    assert ran.exit_code == 0
    assert 0 < ran.result["streaming_max_abs_diff"] < 1e-5
    assert ran.result["streaming_latency_s"] == pytest.approx(0.0225)


def test_streams_of_both_runtimes_are_equal(exported: Path) -> None:
    finals = {}
    for runtime in ("torch", "onnx"):
        recognizer = load(exported, runtime=runtime, num_threads=1)  # type: ignore[arg-type]
        stream = recognizer.stream(RATE_HZ, StreamSettings(True, "energy"))
        results = [each for chunk in np.split(tones(1), 50) for each in stream.add(chunk)] + stream.finish()
        finals[runtime] = [each for each in results if isinstance(each, Final)]
    assert len(finals["torch"]) == 3
    assert [each.text for each in finals["torch"]] == [each.text for each in finals["onnx"]]
    for ours, theirs in zip(finals["torch"], finals["onnx"], strict=True):
        assert ours.prediction.confidence == pytest.approx(theirs.prediction.confidence, abs=1e-5)


def test_the_description_suffices(exported: Path) -> None:
    """Compute a clip as the description says, without any code of the project."""
    about = json.loads((exported / "onnx" / "streaming.json").read_text(encoding="utf-8"))
    session = onnxruntime.InferenceSession(exported / "onnx" / about["network"]["file"])
    window, hop, group, before = (
        about[name] for name in ("window_samples", "hop_samples", "subsampling", "samples_before")
    )
    clip = tones(1)[:5555] / np.float32(32768)
    states = {each["name"]: np.zeros(each["shape"], np.float32) for each in about["inputs"][2:]}
    buffer = np.concatenate([clip[1 : before + 1][::-1], clip])
    ending = np.concatenate([buffer, clip[::-1][1 : 1 + window - before]])
    rows: list[np.ndarray] = []
    total, done = int(len(clip) / hop + 0.5), 0
    while done < total:
        count = min(5 * group, total - done)
        padded = count + -count % group
        samples = ending[done * hop : done * hop + window + (count - 1) * hop]
        samples = np.pad(samples, (0, (padded - count) * hop))
        outputs = dict(
            zip(
                [each["name"] for each in about["outputs"]],
                session.run(None, {"waveform": samples, "num_frames": np.array([count]), **states}),
                strict=True,
            )
        )
        rows.append(outputs["log_probs"][0])
        states = {name: outputs[f"next_{name}"] for name in states}
        done += count
    predictor = Predictor.load(exported)
    signal = predictor.extractor.signal_of(clip, RATE_HZ)
    [expected] = predictor.emissions([predictor.extractor.frames(signal)], 1)
    np.testing.assert_allclose(np.concatenate(rows), expected, atol=1e-5)


def test_int8_and_former_exports_name_the_obstacle(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="runtime=onnx_int8 rounds values"):
        load(exported, runtime="onnx_int8").stream(RATE_HZ, StreamSettings(incremental=True))
    save(tmp_path / "bundle", spec_of(encoder={}))
    export(ExportConfig(model=str(tmp_path), features_inside=False))
    assert not (tmp_path / "onnx" / "streaming.onnx").exists()
    with pytest.raises(InputError, match="holds no network for streaming"):
        load(tmp_path, runtime="onnx").stream(RATE_HZ, StreamSettings(incremental=True))


def test_a_forward_recognizer_that_needs_whole_clips_is_told_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save(tmp_path / "bundle", spec_of(FORWARD, {"cmvn": "mean"}))
    outcome = export(ExportConfig(model=str(tmp_path), features_inside=False))
    assert "streaming_max_abs_diff" not in outcome.result
    assert "no network for streaming was written: features.cmvn=mean" in caplog.text
