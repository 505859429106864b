"""``python -m pipelines.compare``: which run is better, by how much, how sure."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.conftest import Ran


def row(number: int, errors: int, **more: Any) -> dict[str, Any]:
    said = ["a", "b", "c", "d"]
    return {
        "id": f"clip-{number}",
        "reference": " ".join(said),
        "prediction": " ".join(said[errors:]),
        "speaker": f"s{number % 8}",
        "word_errors": errors,
        "words": 4,
        "character_errors": 2 * errors,
        "characters": 7,
        **more,
    }


def write_run(folder: Path, rows: list[dict[str, Any]], report: dict[str, Any] | None = None) -> Path:
    folder.mkdir(parents=True)
    (folder / "test_results.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    if report is not None:
        (folder / "report.json").write_text(json.dumps(report))
    return folder


@pytest.fixture
def compare(run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: run("compare", *map(str, arguments))


def test_a_better_run_is_named_with_its_interval(compare: Callable[..., Ran], tmp_path: Path) -> None:
    first = write_run(tmp_path / "old", [row(n, 1 + n % 2) for n in range(40)])
    second = write_run(tmp_path / "new", [row(n, n % 2) for n in range(40)])
    ran = compare(first, second)
    assert ran.exit_code == 0, ran.stderr
    wer, cer = ran.result["compared"]
    assert (ran.result["baseline"], wer["model"], wer["metric"], cer["metric"]) == ("old", "new", "wer", "cer")
    assert wer["difference"] == pytest.approx(-0.25)
    assert wer["better"] is True
    assert wer["sure"] == 1.0
    assert (wer["clips"], wer["drawn"]) == (40, "speakers")
    assert "new makes 67 % fewer errors than old (WER 12.5 % instead of 37.5 %)" in ran.stderr
    page = (tmp_path / "compare.html").read_text(encoding="utf-8")
    assert "fewer errors than the first run: 40 clips" in page
    assert "By speaker or signer" in page


def test_a_few_clips_or_speakers_are_too_little_to_be_sure(compare: Callable[..., Ran], tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", [row(n, int(n < 3), speaker=None) for n in range(90)])
    second = write_run(tmp_path / "b", [row(n, 0, speaker=None) for n in range(90)])
    ran = compare(first, second)
    assert "but only 3 clips tell them apart, which is too little to be sure" in " ".join(ran.stderr.split())
    assert ran.result["compared"][0]["differing"] == 3
    third = write_run(tmp_path / "c", [row(n, 1) for n in range(80)])
    fourth = write_run(tmp_path / "d", [row(n, 0) for n in range(80)])
    ran = compare(third, fourth, "overwrite=true")
    assert "but only 8 speakers tell them apart" in " ".join(ran.stderr.split())
    assert "beyond chance" not in (tmp_path / "compare.html").read_text(encoding="utf-8")


def test_neither_of_two_equal_runs_is_better(compare: Callable[..., Ran], tmp_path: Path) -> None:
    rows = [{"id": f"{n}", "reference": "a", "prediction": "a", "label_errors": 0, "labels": 1} for n in range(9)]
    ran = compare(write_run(tmp_path / "a", rows), write_run(tmp_path / "b", rows))
    [accuracy] = ran.result["compared"]
    assert (accuracy["better"], str(accuracy["difference"])) == (None, "0.0")
    assert "+0.00" in ran.stderr


def test_settings_that_differ_are_listed(compare: Callable[..., Ran], tmp_path: Path) -> None:
    rows = [row(n, n % 3) for n in range(10)]
    config = {"encoder": {"cell": "lstm", "layers": 2}, "num_workers": 2}
    first = write_run(tmp_path / "a", rows, {"config": config, "parameters": 1234567, "epochs": 3, "train_s": 60})
    other = {"encoder": {"cell": "gru", "layers": 2}, "num_workers": 0}
    second = write_run(tmp_path / "b", rows, {"config": other, "parameters": 99, "epochs": 3, "train_s": 60})
    third = write_run(tmp_path / "c", rows, {"config": other, "parameters": 99, "epochs": 3, "train_s": 60})
    ran = compare(first, second, third, "output=side.html")
    assert ran.exit_code == 0, ran.stderr
    assert "makes as many errors" in ran.stderr
    page = (tmp_path / "side.html").read_text(encoding="utf-8")
    assert "encoder.cell" in page
    assert "encoder.layers" not in page
    assert "num_workers" not in page
    assert "1,234,567" in page


def test_clips_that_not_all_runs_have_are_left_out_with_a_warning(compare: Callable[..., Ran], tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", [row(n, 1) for n in range(12)])
    second = write_run(tmp_path / "b", [row(n, 0) for n in range(6, 20)])
    ran = compare(first, second)
    assert ran.result["compared"][0]["clips"] == 6
    assert "a: 6 of 12 clips are in all runs and compared" in ran.stderr


def test_runs_that_cannot_be_compared_are_refused(compare: Callable[..., Ran], tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", [row(n, 1) for n in range(4)])
    others = {
        "strangers": ([row(n, 1) for n in range(50, 54)], "no clip occurs in all runs"),
        "respelled": ([row(n, 1, reference="A B C D") for n in range(4)], "the references of 4 clips differ"),
        "labels": (
            [{"id": "clip-0", "reference": "a", "prediction": "a", "label_errors": 0, "labels": 1}],
            "has texts, but",
        ),
        "recognised": ([{"id": "clip-0", "reference": "a", "prediction": "a"}], "has no count of errors"),
        "else": ([{"id": 5}], "expected a scored clip"),
    }
    for name, (rows, message) in others.items():
        ran = compare(first, write_run(tmp_path / name, rows))
        assert (ran.exit_code, message in ran.stderr) == (2, True), ran.stderr
    assert not (tmp_path / "compare.html").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"id": "clip-0"}, "duplicate id 'clip-0'; expected each clip once"),
        ({"id": ["x"]}, "expected a scored clip with id, reference, prediction"),
        ({"prediction": None}, "expected a scored clip"),
        ({"word_errors": "1"}, "must be whole numbers from 0 on; found ['1', 4, 2, 7]"),
        ({"words": -1}, "must be whole numbers from 0 on"),
        ({"characters": None}, "must be whole numbers from 0 on"),
        ({"label_errors": 1, "labels": 1}, "has both texts and labels"),
    ],
)
def test_damaged_rows_are_refused(
    compare: Callable[..., Ran], tmp_path: Path, more: dict[str, Any], message: str
) -> None:
    first = write_run(tmp_path / "a", [row(n, 1) for n in range(4)])
    ran = compare(first, write_run(tmp_path / "b", [row(0, 1), row(1, 1), row(2, 1, **more)]))
    assert (ran.exit_code, message in ran.stderr) == (2, True), ran.stderr


def test_damaged_reports_are_refused_but_a_history_may_be_cut_off(compare: Callable[..., Ran], tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", [row(0, 1)])
    second = write_run(tmp_path / "b", [row(0, 0)], {})
    for folder in (first, second):
        (folder / "report.json").write_text("{}")
        (folder / "history.jsonl").write_text('{"epoch": 1, "train/loss": 1.0}\n{"epoch": 2, "tra')
    assert compare(first, second).exit_code == 0
    (second / "report.json").write_text("{")
    assert "report.json: not valid JSON" in compare(first, second, "overwrite=true").stderr
    (second / "report.json").write_text("[]")
    assert "report.json: expected a JSON object; found list" in compare(first, second, "overwrite=true").stderr


def test_the_texts_of_long_recordings_are_shortened(compare: Callable[..., Ran], tmp_path: Path) -> None:
    said = "word " * 9000
    first = write_run(tmp_path / "a", [row(n, 1, reference=said, prediction=said + "x") for n in range(300)])
    second = write_run(tmp_path / "b", [row(n, 0, reference=said, prediction=said) for n in range(300)])
    assert compare(first, second).exit_code == 0
    assert (tmp_path / "compare.html").stat().st_size < 500_000


def test_the_training_of_an_evaluation_is_found(compare: Callable[..., Ran], tmp_path: Path) -> None:
    """By the model that scores.json names, or because the folder is in that of the run."""
    rows = [row(n, n % 2) for n in range(4)]
    first = write_run(tmp_path / "a", rows, {"config": {"seed": 1}, "parameters": 1111})
    second = write_run(tmp_path / "b", rows, {"config": {"seed": 2}, "parameters": 2222})
    elsewhere = write_run(tmp_path / "scored", rows)
    (elsewhere / "scores.json").write_text(json.dumps({"models": [str(first)]}))
    assert compare(elsewhere, write_run(second / "evaluations" / "own_all", rows)).exit_code == 0
    page = (tmp_path / "compare.html").read_text(encoding="utf-8")
    assert "1,111" in page
    assert "2,222" in page
    assert "Settings that differ" in page


def test_an_ensemble_has_no_training_of_its_own(compare: Callable[..., Ran], tmp_path: Path) -> None:
    rows = [row(n, n % 2) for n in range(4)]
    first = write_run(tmp_path / "a", rows, {"parameters": 1111})
    ensemble = write_run(first / "evaluations" / "several", rows)
    (ensemble / "scores.json").write_text(json.dumps({"models": [str(first), str(tmp_path / "b")]}))
    assert compare(first, ensemble).exit_code == 0
    assert (tmp_path / "compare.html").read_text(encoding="utf-8").count("1,111") == 1


def test_wrong_arguments_are_refused(compare: Callable[..., Ran], tmp_path: Path) -> None:
    first = write_run(tmp_path / "a", [row(0, 1)])
    second = write_run(tmp_path / "b", [row(0, 1)])
    assert "expected at least two runs" in compare(first).stderr
    assert "named twice" in compare(first, first).stderr
    assert "python -m pipelines.evaluate model=" in compare(first, tmp_path).stderr
    (tmp_path / "compare.html").write_text("mine")
    assert "compare.html exists" in compare(first, second).stderr
    assert (tmp_path / "compare.html").read_text() == "mine"
    assert compare(first, second, "overwrite=true").exit_code == 0


def test_texts_of_a_corpus_are_escaped(compare: Callable[..., Ran], tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    first = write_run(tmp_path / "<b>a", [row(n, 1, id=f"{evil}{n}", speaker=f"{evil}{n}") for n in range(9)])
    second = write_run(tmp_path / "<i>b", [row(n, 0, id=f"{evil}{n}", speaker=f"{evil}{n}") for n in range(9)])
    assert compare(first, second).exit_code == 0
    page = (tmp_path / "compare.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<i>b" not in page


def test_a_run_and_its_evaluation_are_compared(
    run: Callable[..., Ran], tones_run: Path, compare: Callable[..., Ran], tmp_path: Path
) -> None:
    model = tmp_path / "run"
    shutil.copytree(tones_run, model)
    scored = run("evaluate", f"model={model}", f"store_dir={tmp_path / 'store'}", "num_workers=0", "decoder=greedy")
    assert scored.exit_code == 0, scored.stderr
    ran = compare("run", Path(scored.result["results"]).parent)
    assert ran.exit_code == 0, ran.stderr
    assert ran.result["compared"][0]["difference"] == 0


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [(1280, "dark"), (390, "light")])
def test_a_browser_shows_the_comparison(
    compare: Callable[..., Ran], open_page: Callable, tmp_path: Path, width: int, theme: str
) -> None:
    first = write_run(tmp_path / "a", [row(n, 1) for n in range(12)])
    second = write_run(tmp_path / "b", [row(n, n % 2) for n in range(12)])
    assert compare(first, second).exit_code == 0
    page = open_page(tmp_path / "compare.html", width, theme)
    assert page.get_by_text("fewer errors than a").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
