"""Ensembles from the command line: bundled, given as a list, exported, and refused."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from recognizers import load
from recognizers.bundle.layout import ENSEMBLE_NAME
from recognizers.bundle.spec import SPEC_NAME, RecognizerSpec, read_spec
from recognizers.bundle.weights import load_bundle, save_bundle
from recognizers.inference.loading import load_predictor
from tests.pipelines.conftest import RATE_HZ, spoken_tones


def other_member(run_dir: Path, folder: Path, **features: object) -> Path:
    """Write a run that knows the same as another, with random weights and other features."""
    bundle = load_bundle(run_dir)
    spec = RecognizerSpec(
        dict(bundle.spec.features) | features, bundle.spec.encoder, bundle.spec.head, bundle.spec.vocabulary
    )
    _, encoder, head = spec.build()
    save_bundle(folder / "bundle", spec, encoder, head)
    for name in ("manifest.jsonl", "report.json"):
        shutil.copy(run_dir / name, folder / name)
    return folder


def rows(path: Path) -> dict[str, dict]:
    return {row["id"]: row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    rng = np.random.default_rng(5)
    for number in range(4):
        soundfile.write(folder / f"{number}.wav", spoken_tones("abcab"[: 2 + number], rng), RATE_HZ)
    pause = np.zeros(3 * RATE_HZ)
    long = np.concatenate([spoken_tones("abc", rng), pause, spoken_tones("cb", rng)])
    soundfile.write(folder / "long.wav", long, RATE_HZ)
    return folder


@pytest.fixture
def members(tones_run: Path, tmp_path: Path) -> list[Path]:
    return [tones_run, other_member(tones_run, tmp_path / "other", deltas=1)]


def as_list(members: list[Path]) -> str:
    return f"models=[{','.join(map(str, members))}]"


def test_files_are_transcribed_by_a_list_a_bundle_and_an_export_alike(
    run, members: list[Path], recordings: Path, tmp_path: Path
) -> None:
    bundle = tmp_path / "ensemble"
    made = run("ensemble", as_list(members), f"output={bundle}")
    assert made.result == {"ensemble": str(bundle), "members": 2, "task": "transcribe"}, made.stderr
    exported = run("export", f"model={bundle}")
    assert exported.result["onnx"] == str(bundle / "onnx"), exported.stderr
    assert 0 < exported.result["max_abs_diff"] < 1e-3
    results = []
    for name, models in (
        ("list", [as_list(members)]),
        ("bundle", [f"model={bundle}"]),
        ("onnx", [f"model={bundle}", "runtime=onnx"]),
        ("exported", [f"model={bundle / 'onnx'}", "runtime=onnx"]),
    ):
        out = tmp_path / name
        ran = run("transcribe", *models, f"inputs={recordings}", f"output_dir={out}", "num_workers=0", "batch_size=2")
        assert (ran.exit_code, ran.result["done"]) == (0, 5), ran.stderr
        again = run("transcribe", *models, f"inputs={recordings}", f"output_dir={out}", "num_workers=0")
        assert (again.result["done"], again.result["skipped"]) == (0, 5), "repeating recognises nothing again"
        results.append(rows(out / "results.jsonl"))
    assert len(results[0]["long.wav"]["text"].split()) == 2  # cut at the pause
    for other in results[1:]:
        for name, row in results[0].items():
            assert other[name]["text"] == row["text"]
            assert other[name]["confidence"] == pytest.approx(row["confidence"], abs=1e-3)
            assert [word["start_s"] for word in other[name]["words"]] == [word["start_s"] for word in row["words"]]


def test_an_ensemble_of_one_recognizer_twice_scores_like_it(run, tones_run: Path, tmp_path: Path) -> None:
    common = [f"store_dir={tmp_path / 'store'}", "num_workers=0", "report_clips=1", "split=all"]
    alone = run("evaluate", f"model={tones_run}", f"output_dir={tmp_path / 'alone'}", "decoder=greedy", *common)
    twice = run("evaluate", as_list([tones_run, tones_run]), f"output_dir={tmp_path / 'twice'}", *common)
    assert twice.exit_code == 0, twice.stderr
    assert twice.result["wer"] == pytest.approx(alone.result["wer"], abs=0.05)
    assert (tmp_path / "twice" / "report.html").is_file()
    assert rows(tmp_path / "twice" / "results.jsonl").keys() == rows(tmp_path / "alone" / "results.jsonl").keys()


def test_scores_go_next_to_the_runs(run, members: list[Path], tmp_path: Path) -> None:
    runs = [shutil.copytree(member, tmp_path / "runs" / f"seed_{seed}") for seed, member in enumerate(members)]
    ran = run("evaluate", as_list(runs), f"store_dir={tmp_path / 'store'}", "num_workers=0", "report_clips=0")
    assert ran.exit_code == 0, ran.stderr
    folder = tmp_path / "runs" / "evaluations" / "ensemble_own_test"
    assert ran.result["results"] == str(folder / "results.jsonl")


def test_clips_that_a_member_learned_are_not_scored(run, members: list[Path], tmp_path: Path) -> None:
    other = shutil.copytree(members[1], tmp_path / "moved")
    lines = [json.loads(line) for line in (other / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    moved = next(row for row in lines if row["split"] == "test")
    moved["split"] = "train"
    (other / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines), encoding="utf-8")
    ran = run("evaluate", as_list([members[0], other]), f"output_dir={tmp_path / 'out'}", "num_workers=0")
    assert ran.exit_code == 2
    assert f"{moved['id']} is in test and in train" in ran.stderr
    assert not (tmp_path / "out").exists()


def test_labels_are_those_of_the_mean(run, skeletons_run: Path, tmp_path: Path) -> None:
    other = other_member(skeletons_run, tmp_path / "other", velocity=True)
    root = Path(json.loads((skeletons_run / "report.json").read_text())["config"]["corpus"]["root"])
    clips = sorted(root.glob("*.txt"))[:6]
    single = [load(member) for member in (skeletons_run, other)]
    bundle = tmp_path / "ensemble"
    assert run("ensemble", as_list([skeletons_run, other]), f"output={bundle}").exit_code == 0
    assert run("export", f"model={bundle}").exit_code == 0
    together, exported = load(bundle), load(bundle, runtime="onnx")
    for clip in clips:
        found = together.classify(clip)
        expected = [each.classify(clip).scores for each in single]
        for label, score in found.scores.items():
            assert score == pytest.approx(np.mean([each[label] for each in expected]), abs=1e-5)
        assert exported.classify(clip).scores == pytest.approx(found.scores, abs=1e-4)
        assert load([skeletons_run, other]).classify(clip) == found
    ran = run("classify", f"model={bundle}", f"inputs={root}/*.txt", f"output_dir={tmp_path / 'out'}", "num_workers=0")
    assert ran.result["done"] == 24, ran.stderr


def test_an_ensemble_replaces_only_an_ensemble(run, tones_run: Path, tmp_path: Path) -> None:
    output = tmp_path / "ensemble"
    arguments = (as_list([tones_run, tones_run]), f"output={output}")
    assert run("ensemble", *arguments).exit_code == 0
    assert run("ensemble", *arguments).exit_code == 0
    (output / "notes.txt").write_text("mine")
    ran = run("ensemble", *arguments)
    assert ran.exit_code == 2
    assert "contains notes.txt, which this command does not write and would remove" in ran.stderr
    assert (output / "notes.txt").read_text() == "mine"
    (output / "notes.txt").unlink()
    (output / ENSEMBLE_NAME).unlink()
    assert f"contains files but no {ENSEMBLE_NAME}" in run("ensemble", *arguments).stderr
    (tmp_path / "file").write_text("mine")
    assert "is a file" in run("ensemble", arguments[0], f"output={tmp_path / 'file'}").stderr


def test_members_that_do_not_fit_leave_nothing_behind(
    run, tones_run: Path, skeletons_run: Path, tmp_path: Path
) -> None:
    output = tmp_path / "ensemble"
    ran = run("ensemble", as_list([tones_run, skeletons_run]), f"output={output}")
    assert ran.exit_code == 2
    assert f"{tones_run} recognises characters and {skeletons_run} recognises labels" in ran.stderr
    assert "at least two members; found 1" in run("ensemble", f"models=[{tones_run}]", f"output={output}").stderr
    assert "found no recognizer.json" in run("ensemble", as_list([tones_run, tmp_path]), f"output={output}").stderr
    assert not output.exists()


def test_model_and_models_exclude_each_other(run, tones_run: Path, tmp_path: Path) -> None:
    both = run("transcribe", f"model={tones_run}", as_list([tones_run] * 2), "inputs=x", f"output_dir={tmp_path}/out")
    assert "model and models are both set" in both.stderr
    neither = run("transcribe", "inputs=x", f"output_dir={tmp_path}/out")
    assert "model is not set; give model=VALUE" in neither.stderr
    one = run("classify", f"models=[{tones_run}]", "inputs=x", f"output_dir={tmp_path}/out")
    assert "expected a list of at least two recognizers" in one.stderr
    wrong = run("classify", as_list([tones_run] * 2), "inputs=x", f"output_dir={tmp_path}/out")
    assert f"models=[{tones_run},{tones_run}] gives a text for a clip, not a label" in wrong.stderr


def test_an_exported_member_names_what_it_is(run, tones_run: Path, tmp_path: Path) -> None:
    output = tmp_path / "ensemble"
    run("ensemble", as_list([tones_run, tones_run]), f"output={output}")
    assert (
        "found no exported ensemble"
        in run("transcribe", f"model={output}", "runtime=onnx", "inputs=x", f"output_dir={tmp_path}/out").stderr
    )
    run("export", f"model={output}")
    assert read_spec(output / "onnx" / "members" / "1" / SPEC_NAME) == read_spec(tones_run / "bundle" / SPEC_NAME)
    assert load_predictor(output, "onnx_int8").interpreter.target == "text"
    again = run("export", f"model={output}")
    assert again.exit_code == 0, again.stderr
