import html
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from data_prep.errors import InputError
from data_prep.features.as_is import AsIs
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.hand_tracker import HandTracker
from data_prep.features.landmark_files import read_landmarks
from data_prep.manifest import Clip, write_manifest
from data_prep.media import Media
from pipelines.cli.schema import ExportConfig
from pipelines.inference.export_onnx import export
from pipelines.web_page import assets, folder
from pipelines.web_page.examples import landmark_document, write_examples
from pipelines.web_page.folder import PageChoices, check_page_source, find_export, write_page
from recognizers.bundle.spec import read_spec, write_spec
from recognizers.instantiate import describe, instantiate
from recognizers.runtime.features_inside.inputs import LandmarkInput
from tests.recognizers.streaming.recognizers_for_streams import save, spec_of

FROZEN = Path(__file__).parents[2] / "frozen"


@pytest.fixture(autouse=True)
def no_downloads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Pages are made without npm, and with a stand-in for the hands' model."""
    (tmp_path / "model.task").write_bytes(b"model")
    monkeypatch.setattr(folder, "hand_model_path", lambda: tmp_path / "model.task")
    monkeypatch.setattr(assets.shutil, "which", lambda _: None)
    monkeypatch.setattr(assets.platformdirs, "user_cache_dir", lambda _: str(tmp_path / "cache"))


def make_run(run: Path) -> Path:
    """A run directory of sound with a test clip and a training clip."""
    run.mkdir()
    samples = np.arange(8000, dtype=np.int16)
    soundfile.write(run / "a.wav", samples, 16000)
    clips = [Clip(name, run / "a.wav", text=name, split=name) for name in ("test", "train")]
    write_manifest(run / "manifest.jsonl", clips)
    return run


def test_a_page_of_sound_has_what_it_needs_and_no_more(exports: dict[str, Path], tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    outcome = write_page(tmp_path / "web", exports["speech"], run, PageChoices(("int8",)))
    page = json.loads((tmp_path / "web/page.json").read_text())
    files = {path.relative_to(tmp_path / "web").as_posix() for path in (tmp_path / "web").rglob("*") if path.is_file()}
    assert files == {"page.json", *page["files"]}
    assert {name for name in files if name.startswith(("recognizer/", "examples/"))} == {
        *("recognizer/from_waveform.json", "recognizer/from_waveform.int8.onnx", "recognizer/silero_vad.onnx"),
        *("recognizer/silero_vad.LICENSE.txt", "examples/example_1.wav"),
    }
    assert outcome["libraries"] == "cdn"
    assert outcome["web_bytes"] == sum(path.stat().st_size for path in (tmp_path / "web").rglob("*") if path.is_file())
    assert page["examples"] == [{"file": "example_1.wav", "kind": "sound", "target": "test"}]
    assert list(page["libraries"]) == ["onnxruntime"]
    assert soundfile.read(tmp_path / "web/examples/example_1.wav", dtype="int16")[0].tolist() == list(range(8000))
    about = json.loads((tmp_path / "web/recognizer/from_waveform.json").read_text())
    assert list(about["networks"]) == page["precisions"] == ["int8"]


def test_a_page_that_loads_libraries_says_so_and_allows_nothing_else(
    exports: dict[str, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_page(tmp_path / "web", exports["signs"], tmp_path, PageChoices(num_examples=0))
    assert "npm is not installed" in caplog.text
    index = html.unescape((tmp_path / "web/index.html").read_text())
    assert "connect-src 'self' blob: https://cdn.jsdelivr.net;" in index
    page = json.loads((tmp_path / "web/page.json").read_text())
    file = page["libraries"]["mediapipe"]["module"]
    assert file["url"] == "https://cdn.jsdelivr.net/npm/@mediapipe/tasks-vision@0.10.35/vision_bundle.mjs"
    assert file["integrity"].startswith("sha384-")
    assert page["tracker"]["second_hand_every"] == 5
    assert (tmp_path / "web/recognizer/hand_landmarker.task").read_bytes() == b"model"


def test_only_pages_are_replaced(exports: dict[str, Path], tmp_path: Path) -> None:
    web = tmp_path / "web"
    choices = PageChoices(num_examples=0)
    write_page(web, exports["speech"], tmp_path, choices)
    write_page(web, exports["speech"], tmp_path, choices)
    (web / "mine.txt").touch()
    with pytest.raises(InputError, match=r"web contains mine\.txt, which no page wrote; give another web_dir"):
        write_page(web, exports["speech"], tmp_path, choices)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file is a file"):
        write_page(tmp_path / "file", exports["speech"], tmp_path, choices)


def test_an_export_without_features_inside_or_of_an_earlier_version_is_refused(
    exports: dict[str, Path], tmp_path: Path
) -> None:
    spec = read_spec(exports["speech"] / "recognizer.json")
    write_spec(tmp_path, spec)
    with pytest.raises(InputError, match="features_inside=true"):
        write_page(tmp_path / "web", tmp_path, tmp_path, PageChoices())
    assert find_export(tmp_path) is None
    (tmp_path / "from_waveform.json").write_text('{"networks": {}}')
    assert find_export(tmp_path) == tmp_path
    with pytest.raises(InputError, match="by an earlier version; export again"):
        write_page(tmp_path / "web", tmp_path, tmp_path, PageChoices())


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (AsIs(num_features=3, frame_rate_hz=10), "features=AsIs: the page takes sound"),
        (HandKeypoints(tracker=HandTracker(pose_model="pose.task")), r"features\.tracker\.pose_model: a page cannot"),
    ],
)
def test_recognizers_of_other_things_are_refused_before_work(tmp_path: Path, features: object, message: str) -> None:
    spec = read_spec(FROZEN / "speech/bundle/recognizer.json")
    described = describe(features)
    if isinstance(features, HandKeypoints):
        described["tracker"] = describe(features.tracker)
    write_spec(tmp_path, replace(spec, features=described))
    with pytest.raises(InputError, match=message):
        check_page_source(tmp_path)


def test_an_ensemble_is_refused_before_work(tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle/ensemble.json").write_text("{}")
    with pytest.raises(InputError, match="holds an ensemble, and a page runs a single network; give one of its"):
        export(ExportConfig(model=str(tmp_path), web=True))
    assert not (tmp_path / "onnx").exists()


def test_landmarks_of_examples_are_those_of_the_clip(tmp_path: Path) -> None:
    signal = LandmarkInput(HandKeypoints()).noise(np.random.default_rng(0), 8)
    (tmp_path / "a.json").write_text(json.dumps(landmark_document(signal)))
    read = read_landmarks(Media(tmp_path / "a.json"))
    assert read.rate_hz == signal.rate_hz
    both = np.isfinite(signal.values[:, :, 0, 0, 0]).all(axis=1)
    np.testing.assert_allclose(read.values[both][:, :, 0], signal.values[both][:, :, 0], rtol=1e-6)


def test_a_run_without_clips_gives_no_examples(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    extractor = instantiate(read_spec(FROZEN / "speech/bundle/recognizer.json").features)
    assert write_examples(tmp_path / "examples", tmp_path, extractor, 4) == []
    assert "the page offers no examples" in caplog.text
    assert not (tmp_path / "examples").exists()


@pytest.mark.parametrize(("deltas", "streams"), [(0, True), (1, False)])  # with derivatives, it takes frames
def test_a_network_for_streaming_is_used_if_it_takes_sound(deltas: int, streams: bool, tmp_path: Path) -> None:
    save(tmp_path / "run/bundle", spec_of(features={"cmvn": "none", "deltas": deltas}))
    export(ExportConfig(model=str(tmp_path / "run")))
    write_page(tmp_path / "web", tmp_path / "run/onnx", tmp_path / "run", PageChoices())
    page = json.loads((tmp_path / "web/page.json").read_text())
    copied = {name for name in page["files"] if "streaming.json" in name or name.endswith("streaming.onnx")}
    assert (page["streams"], copied) == (
        streams,
        {"recognizer/streaming.json", "recognizer/streaming.onnx"} if streams else set(),
    )
