"""``python -m pipelines.probe``: what it writes, and what it says to bad input."""

import functools
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from pipelines.inference import probe_measures
from tests.pipelines.conftest import Ran, write_skeletons, write_tones

FILES = {
    f"{name}.{ending}"
    for name, ending in [
        *((name, ending) for name in ("order", "reach", "gates") for ending in ("json", "svg")),
        ("context", "svg"),
        ("probe", "json"),
        ("probe", "html"),
    ]
}


@pytest.fixture
def probe(run: Callable[..., Ran], tmp_path: Path) -> Callable[..., Ran]:
    """Probe into a folder of the test, without training cells."""
    return lambda model, *more: run(
        "probe",
        f"model={model}",
        f"output_dir={tmp_path / 'probe'}",
        f"store_dir={tmp_path / 'store'}",
        "num_workers=0",
        *(more if any("cells=" in each for each in more) else ("cells=[]", *more)),
    )


def read(folder: Path, name: str) -> dict:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def test_probe_of_text(tones_run: Path, probe: Callable[..., Ran], tmp_path: Path) -> None:
    ran = probe(tones_run)
    assert ran.exit_code == 0, ran.stderr
    folder = tmp_path / "probe"
    assert {path.name for path in folder.iterdir()} == FILES
    order = read(folder, "order")
    assert [each["order"] for each in order["scores"]][:2] == ["in order", "reversed"]
    test_wer = json.loads((tones_run / "report.json").read_text())["metrics"]["test/wer"]
    assert ran.result["order/wer_in_order"] == pytest.approx(test_wer, abs=1e-5)
    assert ran.result["order/wer_reversed"] > test_wer
    reach = read(folder, "reach")
    assert len(reach["lags"]) == len(reach["gradient"])
    assert reach["contexts"][0]["kind"] == "either side"
    gates = read(folder, "gates")
    assert gates["boundaries"]["of"] == "word"
    assert len(gates["forget_gate"]) == len(gates["drawn_units"]) == 16
    assert all(0 <= value <= 1 for row in gates["forget_gate"] for value in row)
    for name in ("order", "reach", "context", "gates"):
        ElementTree.parse(folder / f"{name}.svg")
    assert "split test" in (folder / "probe.html").read_text(encoding="utf-8")
    assert "Only" in ran.stderr  # there are few clips


def test_probe_of_labels_in_the_run_directory(skeletons_run: Path, run: Callable[..., Ran], tmp_path: Path) -> None:
    model = tmp_path / "copied"
    shutil.copytree(skeletons_run, model)
    arguments = (f"model={model}", f"store_dir={tmp_path / 'store'}", "num_workers=0", "cells=[]", "split=all")
    ran = run("probe", *arguments, "direction=backward", "layer=1")
    assert ran.exit_code == 0, ran.stderr
    assert ran.result["page"] == str(model / "probe" / "probe.html")
    assert (ran.result["clips"], ran.result["failed"]) == (24, 0)
    # Opening hands are closing hands in reverse.
    assert ran.result["order/accuracy_reversed"] < 0.5 < ran.result["order/accuracy_in_order"]
    assert [each["kind"] for each in read(model / "probe", "reach")["contexts"]] == ["last", "first"]
    gates = read(model / "probe", "gates")
    assert (gates["layer"], gates["direction"]) == (1, "backward")
    again = run("probe", *arguments)  # replaces its own files
    assert again.exit_code == 0


def test_the_same_probe_twice_gives_the_same_numbers(
    skeletons_run: Path, probe: Callable[..., Ran], tmp_path: Path
) -> None:
    results = []
    for _ in range(2):
        assert probe(skeletons_run).exit_code == 0
        results.append([read(tmp_path / "probe", name) for name in ("order", "reach", "gates")])
    assert results[0] == results[1]


def test_one_clip_and_a_chosen_clip(tones_run: Path, tones: Path, probe: Callable[..., Ran], tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (tones_run / "manifest.jsonl").read_text().splitlines()]
    chosen = next(row["id"] for row in rows if row["split"] == "test")
    ran = probe(tones_run, f"clip='{chosen}'", "max_clips=1")
    assert ran.exit_code == 0, ran.stderr
    assert ran.result["clips"] == 1
    assert read(tmp_path / "probe", "gates")["clip"] == chosen
    page = (tmp_path / "probe" / "probe.html").read_text(encoding="utf-8")
    assert "Only 1 clip(s)" in page
    assert "drawn at random (max_clips)" in page


def test_clips_of_one_class(skeletons_run: Path, probe: Callable[..., Ran], tmp_path: Path) -> None:
    root = write_skeletons(tmp_path / "one", 3)
    manifest = root / "manifest.jsonl"
    lines = [line for line in manifest.read_text().splitlines() if json.loads(line)["label"] == "open"]
    manifest.write_text("\n".join(lines))
    ran = probe(skeletons_run, "corpus=manifest", f"corpus.root={root}", "split=all")
    assert ran.exit_code == 0, ran.stderr
    assert "most frequent label: 100.0 %" in ran.stderr
    assert "manifest, split all" in (tmp_path / "probe" / "probe.html").read_text(encoding="utf-8")


@pytest.fixture
def short_forgetting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train each cell for a few steps only."""
    quick = functools.partial(probe_measures.measure_forgetting, lags=(1, 3), repeats=1, steps=30)
    monkeypatch.setattr(probe_measures, "measure_forgetting", quick)


@pytest.mark.usefixtures("short_forgetting")
def test_cells_are_trained_on_memory(skeletons_run: Path, probe: Callable[..., Ran], tmp_path: Path) -> None:
    ran = probe(skeletons_run, "cells=[rnn,lstm]")
    assert ran.exit_code == 0, ran.stderr
    folder = tmp_path / "probe"
    forgetting = read(folder, "forgetting")
    assert [cell["cell"] for cell in forgetting["symbol"]["cells"]] == ["rnn", "lstm"]
    assert len(forgetting["pause"]["cells"][0]["accuracy"]) == 2
    assert "forgetting/pause_lstm_frames_back" in ran.result
    for name in ("forgetting", "forgetting_pause"):
        ElementTree.parse(folder / f"{name}.svg")
    page = (folder / "probe.html").read_text(encoding="utf-8")
    assert "A symbol is remembered by the plain RNN " in page
    assert "mathdefault" not in page


@pytest.mark.usefixtures("short_forgetting")
def test_a_corpus_without_labels_to_tell_apart_has_no_task_of_its_own(
    skeletons_run: Path, probe: Callable[..., Ran], tmp_path: Path
) -> None:
    root = write_skeletons(tmp_path / "one", 3)
    manifest = root / "manifest.jsonl"
    lines = [line for line in manifest.read_text().splitlines() if json.loads(line)["label"] == "open"]
    manifest.write_text("\n".join(lines))
    ran = probe(skeletons_run, "corpus=manifest", f"corpus.root={root}", "split=all", "cells=[lstm]")
    assert ran.exit_code == 0, ran.stderr
    assert read(tmp_path / "probe", "forgetting")["pause"] is None
    assert "no task made of this corpus" in (tmp_path / "probe" / "probe.html").read_text(encoding="utf-8")


@pytest.mark.browser
@pytest.mark.usefixtures("short_forgetting")
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_a_browser_shows_the_probe(
    tones_run: Path, probe: Callable[..., Ran], tmp_path: Path, open_page: Callable, width: int, theme: str
) -> None:
    assert probe(tones_run, "cells=[rnn,lstm]").exit_code == 0
    page = open_page(tmp_path / "probe" / "probe.html", width, theme)
    for name in ("Order:", "Reach:", "Forgetting:", "Gates:"):
        assert page.get_by_role("heading", name=name).is_visible()
    assert page.locator("svg.chart").count() == 6
    assert all(chart.bounding_box()["width"] > 250 for chart in page.locator("svg.chart").all())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_text("forget gate").is_visible()


def test_photos_have_no_order(skeletons_run: Path, probe: Callable[..., Ran], tmp_path: Path) -> None:
    root = write_skeletons(tmp_path / "photos", 2)
    for path in root.glob("*.txt"):
        path.write_text(path.read_text().splitlines()[0])
    ran = probe(skeletons_run, "corpus=manifest", f"corpus.root={root}", "split=all")
    assert ran.exit_code == 0, ran.stderr
    assert "Each clip is a single frame" in (tmp_path / "probe" / "probe.html").read_text(encoding="utf-8")
    assert read(tmp_path / "probe", "order")["applies"] is False


def test_unreadable_clips_are_counted(skeletons_run: Path, probe: Callable[..., Ran], tmp_path: Path) -> None:
    root = write_skeletons(tmp_path / "damaged", 3)
    (root / "1.txt").write_text("no numbers")
    ran = probe(skeletons_run, "corpus=manifest", f"corpus.root={root}", "split=all")
    assert (ran.exit_code, ran.result["failed"], ran.result["clips"]) == (1, 1, 5)
    assert "1.txt" in (tmp_path / "probe" / "failures.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["split=validation", "corpus=manifest", "corpus.root=ROOT"], "split=validation: the corpus has no such clips"),
        (["longest_s=0.01"], "clips are longer than longest_s=0.01"),
        (["clip=nowhere"], "clip=nowhere: there is no such clip among those with split=test"),
        (["layer=2"], "layer=2: the encoder has layers 1 to 1"),
        (["direction=sideways"], "direction must be one of forward, backward"),
        (["cells=[rnn,lstn]"], "cells must be one of rnn, gru, lstm; found 'lstn'"),
        (["cells=[rnn,rnn]"], "a cell is named twice"),
        (["max_clips=0"], "max_clips must be at least 1"),
        (["longest_s=0"], "longest_s must be above 0"),
    ],
)
def test_bad_settings(
    more: list[str], message: str, tones_run: Path, probe: Callable[..., Ran], tmp_path: Path
) -> None:
    if "corpus=manifest" in more:
        root = write_tones(tmp_path / "unsplit", 3)
        manifest = root / "manifest.jsonl"
        rows = [json.loads(line) | {"split": "test"} for line in manifest.read_text().splitlines()]
        manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
        more = [each.replace("ROOT", str(root)) for each in more]
    ran = probe(tones_run, *more)
    assert ran.exit_code == 2
    assert message in ran.stderr
    assert not (tmp_path / "probe" / "probe.html").exists()


def test_a_long_clip_that_is_asked_for(tones_run: Path, probe: Callable[..., Ran]) -> None:
    rows = [json.loads(line) for line in (tones_run / "manifest.jsonl").read_text().splitlines()]
    chosen = next(row["id"] for row in rows if row["split"] == "test")
    ran = probe(tones_run, f"clip='{chosen}'", "longest_s=0.02")
    assert ran.exit_code == 2
    assert "give longest_s=SECONDS to use it" in ran.stderr


def test_an_exported_recognizer_has_no_gradients(probe: Callable[..., Ran], tmp_path: Path) -> None:
    exported = Path(__file__).parents[2] / "frozen/speech/onnx"
    for model in (exported, exported.parent):
        run_dir = tmp_path / model.name
        shutil.copytree(model, run_dir)
        shutil.rmtree(run_dir / "bundle", ignore_errors=True)
        ran = probe(run_dir)
        assert ran.exit_code == 2
        assert "found an exported recognizer only, from which no gradients and no gates can be read" in ran.stderr


def test_a_bundle_needs_a_corpus(tones_run: Path, probe: Callable[..., Ran]) -> None:
    ran = probe(tones_run / "bundle")
    assert ran.exit_code == 2
    assert "has no report.json that names its corpus; give corpus=NAME" in ran.stderr


def test_other_files_are_not_overwritten(tones_run: Path, probe: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "probe").mkdir()
    (tmp_path / "probe" / "order.json").write_text("mine")
    ran = probe(tones_run)
    assert ran.exit_code == 2
    assert "order.json exists and would be overwritten" in ran.stderr
    assert (tmp_path / "probe" / "order.json").read_text() == "mine"


def test_a_series_of_numbers_is_drawn_as_lines(
    run: Callable[..., Ran], probe: Callable[..., Ran], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    root = tmp_path / "series"
    for label, slope in (("up", 1), ("down", -1)):
        for number in range(12):
            (root / label).mkdir(parents=True, exist_ok=True)
            rising = slope * np.linspace(-1, 1, 20)[:, None]
            np.save(root / label / f"{number}.npy", rising + 0.1 * rng.normal(size=(20, 2)))
    run_dir = tmp_path / "run"
    small = ["encoder.layers=1", "encoder.hidden_size=8", "num_workers=0", f"store_dir={tmp_path / 'store'}"]
    assert (
        run(
            "train",
            "experiment=arrays",
            f"corpus.root={root}",
            "features.num_features=2",
            *small,
            "trainer.max_epochs=2",
            f"hydra.run.dir={run_dir}",
        ).exit_code
        == 0
    )
    ran = probe(run_dir, "split=all")
    assert ran.exit_code == 0, ran.stderr
    assert read(tmp_path / "probe", "gates")["boundaries"]["of"] == "event"
    assert "series" in (tmp_path / "probe" / "gates.svg").read_text(encoding="utf-8")
