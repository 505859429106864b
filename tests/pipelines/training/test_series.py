"""Series of numbers, from files to labels and texts, with every command."""

import json
from pathlib import Path

import numpy as np
import pytest

from data_prep.features.as_is import AsIs
from data_prep.manifest import Clip
from data_prep.prepare import prepare
from data_prep.report.thumbnails import WIDTH
from pipelines.reporting.clip_views import ClipViewer
from recognizers import load
from recognizers.encoder.bilstm import BiLstm
from recognizers.head.classification import Classification
from recognizers.inference.predictor import Predictor
from recognizers.vocabulary import Vocabulary
from tests.pipelines.conftest import run_command

SMALL = [
    "experiment=arrays",
    "features.num_features=2",
    "features.frame_rate_hz=10",
    "encoder.layers=1",
    "encoder.hidden_size=16",
    "encoder.dropout=0",
    "optimizer.learning_rate=1e-2",
    "batch_size=8",
    "num_workers=0",
]
LEVELS = {"a": (300.0, 0.0), "b": (0.0, 0.02), "c": (300.0, 0.02)}


def trend(label: str, rng: np.random.Generator) -> np.ndarray:
    """A series (T, 2) that rises or falls, in columns of very different scales."""
    length = int(rng.integers(15, 30))
    slope = np.linspace(0, 1, length) * (1 if label == "up" else -1)
    return np.stack([1000 + 200 * slope, 0.01 * rng.normal(size=length)], axis=1) + rng.normal(size=(length, 1)) * 1e-3


def levels(text: str, rng: np.random.Generator) -> np.ndarray:
    """A series (T, 2) with a level for each letter, and zeros between."""
    parts = [np.zeros((2, 2))]
    for letter in text:
        parts += [np.tile(LEVELS[letter], (int(rng.integers(3, 6)), 1)), np.zeros((2, 2))]
    return np.concatenate(parts)


def train(*settings: str) -> Path:
    with pytest.MonkeyPatch.context() as monkeypatch:
        ran = run_command(monkeypatch, None, "train", *SMALL, *settings)
    assert ran.exit_code == 0
    return Path(next(each for each in settings if each.startswith("hydra.run.dir=")).partition("=")[2])


@pytest.fixture(scope="module")
def trends(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rng = tmp_path_factory.mktemp("trends"), np.random.default_rng(0)
    for label in ("up", "down"):
        (folder / label).mkdir()
        for number in range(20):
            if number % 2:
                np.save(folder / label / f"{number}.npy", trend(label, rng))
            else:
                np.savetxt(folder / label / f"{number}.csv", trend(label, rng), delimiter=",")
    return folder


@pytest.fixture(scope="module")
def trends_run(trends: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    more = ("corpus.test_share=0.3", "trainer.max_epochs=8")
    return train(f"corpus.root={trends}", *more, f"store_dir={folder / 'store'}", f"hydra.run.dir={folder / 'run'}")


def test_series_are_classified(run, trends: Path, trends_run: Path, tmp_path: Path) -> None:
    assert "accuracy" in (trends_run / "report.html").read_text(encoding="utf-8")
    exported = run("export", f"model={trends_run}")
    assert exported.result["max_abs_diff"] < 1e-4
    store = f"store_dir={trends_run.parent / 'store'}"
    for more in ([], ["runtime=onnx"]):
        ran = run("evaluate", f"model={trends_run}", "split=test", "num_workers=0", store, *more)
        assert (ran.exit_code, ran.result["accuracy"]) == (0, 1.0)
    for pattern in ("*.npy", "*.csv"):
        inputs = f"inputs={trends}/up/{pattern}"
        ran = run("classify", f"model={trends_run}", inputs, f"output_dir={tmp_path / pattern[2:]}", "num_workers=0")
        assert ran.result == {"done": 10, "failed": 0, "skipped": 0}
        rows = (tmp_path / pattern[2:] / "results.jsonl").read_text().splitlines()
        assert {json.loads(row)["label"] for row in rows} == {"up"}
    assert load(trends_run).classify(trend("down", np.random.default_rng(1))).label == "down"


def test_files_that_are_no_series_are_listed_and_the_rest_is_done(run, trends_run: Path, tmp_path: Path) -> None:
    folder, rng = tmp_path / "in", np.random.default_rng(2)
    folder.mkdir()
    np.save(folder / "good.npy", trend("up", rng))
    np.save(folder / "wide.npy", np.zeros((5, 3)))
    np.save(folder / "object.npy", np.array([{}]), allow_pickle=True)
    (folder / "head.csv").write_text("a,b\n1,2\n")
    (folder / "ragged.csv").write_text("1,2\n1\n")
    (folder / "gap.csv").write_text("1,2\n1,nan\n")
    ran = run("classify", f"model={trends_run}", f"inputs={folder}", f"output_dir={tmp_path / 'out'}", "num_workers=0")
    assert (ran.exit_code, ran.result) == (1, {"done": 1, "failed": 5, "skipped": 0})
    failures = [json.loads(row) for row in (tmp_path / "out/failures.jsonl").read_text().splitlines()]
    assert {Path(each["path"]).name for each in failures} == {
        "wide.npy",
        "object.npy",
        "head.csv",
        "ragged.csv",
        "gap.csv",
    }


def test_series_are_prepared_with_a_page(run, trends: Path, tmp_path: Path) -> None:
    settings = [f"corpus.root={trends}", f"output_dir={tmp_path / 'out'}", f"store_dir={tmp_path}", "num_workers=0"]
    ran = run("prepare", "corpus=arrays", "features=as_is", "features.num_features=2", *settings)
    assert (ran.exit_code, ran.result["clips"], ran.result["failed"]) == (0, 40, 0)
    page = (tmp_path / "out" / "overview.html").read_text(encoding="utf-8")
    assert page.count("data:image/webp") == 12
    assert "Hands" not in page
    assert "Sound levels" not in page


@pytest.mark.parametrize("rate_hz", [1e-4, 1.0, 1000.0])
def test_a_series_in_a_report_is_drawn_whole_at_any_rate(trends: Path, tmp_path: Path, rate_hz: float) -> None:
    extractor = AsIs(num_features=2, frame_rate_hz=rate_hz)
    clips = [Clip("a", trends / "up" / "1.npy", label="up")]
    prepared = prepare(clips, extractor, tmp_path, 0)
    vocabulary = Vocabulary("label", ("down", "up"))
    encoder = BiLstm(2, layers=1, hidden_size=8)
    predictor = Predictor.of(extractor, encoder, Classification(encoder.num_outputs, vocabulary))
    view = ClipViewer(predictor, prepared, clips).view({"id": "a", "reference": "up"})
    assert view is not None
    assert (view.sound, view.hands, view.shown_s) == (None, None, None)
    assert (view.picture.width, len(view.best)) == (WIDTH, 2)


def test_a_wrong_width_stops_before_the_training_and_names_the_right_one(run, trends: Path, tmp_path: Path) -> None:
    places = [f"store_dir={tmp_path}", f"hydra.run.dir={tmp_path / 'run'}"]
    ran = run("train", *SMALL, "features.num_features=1", f"corpus.root={trends}", *places)
    assert ran.exit_code == 2
    assert "none of the 40 clips can be used" in ran.stderr
    assert "set features.num_features=2" in ran.stderr


def test_variations_of_sound_are_refused(run, trends: Path, tmp_path: Path) -> None:
    ran = run("train", *SMALL, "augment=speech", f"corpus.root={trends}", f"hydra.run.dir={tmp_path / 'run'}")
    assert ran.exit_code == 2
    assert "augment varies audio, but the features are of series; give augment=none" in ran.stderr


def test_series_are_transcribed(run, tmp_path: Path) -> None:
    rng, rows = np.random.default_rng(0), []
    for number in range(80):
        text = "".join(rng.choice(list(LEVELS), size=rng.integers(1, 5)))
        np.save(tmp_path / f"{number}.npy", levels(text, rng))
        rows.append({"path": f"{number}.npy", "text": text, "speaker": f"s{number % 10}"})
    (tmp_path / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    places = (f"store_dir={tmp_path / 'store'}", f"hydra.run.dir={tmp_path / 'run'}")
    run_dir = train("head=ctc", f"corpus.root={tmp_path}", "trainer.max_epochs=15", *places)
    page = (run_dir / "report.html").read_text(encoding="utf-8")
    assert "data:image/webp" in page
    assert "moving hands" not in page
    assert "<audio" not in page
    np.save(tmp_path / "new.npy", levels("abca", rng))
    settings = [f"inputs={tmp_path / 'new.npy'}", f"output_dir={tmp_path / 'out'}", "num_workers=0"]
    ran = run("transcribe", f"model={run_dir}", *settings)
    assert ran.exit_code == 0
    result = json.loads((tmp_path / "out" / "results.jsonl").read_text())
    assert result["text"] == "abca"
