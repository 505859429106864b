"""Training from the command line: what is learned, written and reported."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
import torch
from safetensors.torch import load_file

from pipelines.training.resume import newest_checkpoint
from recognizers.bundle.weights import load_bundle
from tests.pipelines.conftest import RATE_HZ, SMALL_AUDIO, quick, write_skeletons, write_tones

ROOT = Path(__file__).parents[3]


def test_tones_of_unseen_speakers_are_recognised(tones_run: Path) -> None:
    report = json.loads((tones_run / "report.json").read_text())
    assert report["metrics"]["test/cer"] < 0.1
    assert report["metrics"]["test/clips"] == report["clips"]["test"] > 0
    assert report["speakers_in_two_splits"] == []
    low, high = report["metrics"]["test/cer_ci95"]
    assert low <= report["metrics"]["test/cer"] <= high


def test_hands_that_differ_in_movement_alone_are_told_apart(skeletons_run: Path) -> None:
    assert json.loads((skeletons_run / "report.json").read_text())["metrics"]["test/accuracy"] == 1.0


def test_a_run_directory_holds_what_is_needed_to_repeat_the_run(tones_run: Path) -> None:
    report = json.loads((tones_run / "report.json").read_text())
    assert report["config"]["seed"] == 0
    assert report["versions"]["torch"]
    assert set(report["split_fingerprints"]) == {"train", "validation", "test"}
    assert (tones_run / ".hydra" / "overrides.yaml").is_file()
    rows = [json.loads(line) for line in (tones_run / "manifest.jsonl").read_text().splitlines()]
    assert {row["split"] for row in rows} == {"train", "validation", "test"}
    assert sorted(path.name for path in (tones_run / "bundle").iterdir()) == ["model.safetensors", "recognizer.json"]


def test_the_same_seed_gives_the_same_weights(run, tones: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        assert run("train", *quick(tones, tmp_path / name)).exit_code == 0
    first, second = (load_file(tmp_path / name / "bundle" / "model.safetensors") for name in ("first", "second"))
    assert all((first[name] == second[name]).all() for name in first)
    assert run("train", *quick(tones, tmp_path / "third", "seed=1")).exit_code == 0
    third = load_file(tmp_path / "third" / "bundle" / "model.safetensors")
    assert any((first[name] != third[name]).any() for name in first)


def test_unusable_clips_are_listed_and_the_others_are_trained_on(run, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones", clips=30)
    (root / "3.wav").write_bytes(b"not sound")
    (root / "4.wav").write_bytes(b"")
    soundfile.write(root / "5.wav", [], RATE_HZ)
    soundfile.write(root / "short.wav", [0.1] * 400, RATE_HZ)
    rows = [json.loads(line) | {"split": "train"} for line in (root / "manifest.jsonl").read_text().splitlines()]
    for row in rows[-6:]:
        row["split"] = "validation"
    rows[-1]["text"] = "abz"
    rows.append({"path": "short.wav", "text": "abcabcabcabc", "split": "train"})
    (root / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = run("train", *quick(root, tmp_path / "run"))
    assert ran.exit_code == 1  # as for every command: some inputs failed
    assert ran.result["failed"] == 4
    assert not any(key.startswith("test/") for key in ran.result)
    assert "no test clips" in ran.stderr
    reasons = {
        Path(row["path"]).name: row["reason"]
        for row in map(json.loads, (tmp_path / "run" / "failures.jsonl").read_text().splitlines())
    }
    assert "not readable" in reasons["3.wav"]
    assert "0 bytes" in reasons["4.wav"]
    assert "no sound in it" in reasons["5.wav"]
    assert "12 symbols needs 12 encoded frames" in reasons["short.wav"]
    assert "29.wav" not in reasons  # a validation clip that cannot be learned is scored nevertheless
    assert "1 validation clips count in the scores, but not in the loss" in ran.stderr
    assert "'abz' contains characters that the training split does not: 'z'" in ran.stderr


def test_test_clips_with_unknown_words_are_scored_and_groups_are_told_apart(run, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones", clips=30)
    rows = [json.loads(line) for line in (root / "manifest.jsonl").read_text().splitlines()]
    for number, row in enumerate(rows):
        # Only four words occur in the training; every tenth test clip has another one.
        row |= {
            "split": "test" if number >= 20 else "train",
            "text": "abba"[: 1 + number % 4],
            "room": f"r{number % 2}",
        }
    rows[-1]["text"] = "c"
    (root / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = run("train", *quick(root, tmp_path / "run", "head.unit=word"))
    assert ran.exit_code == 0
    assert (ran.result["test/clips"], ran.result["test/unknown_words"]) == (10, 1)
    assert ran.result["test/closed_vocabulary"] == 4
    assert set(ran.result["test/groups"]["room"]) == {"r0", "r1"}
    assert json.loads((tmp_path / "run" / "report.json").read_text())["closed_vocabulary"] == 4
    assert "closed vocabulary of 4 words" in (tmp_path / "run" / "report.html").read_text()
    refused = run("train", *quick(root, tmp_path / "again", "groups=[rom]"))
    assert refused.exit_code == 2
    assert "groups=rom: no clip has this field; found room" in refused.stderr
    assert not (tmp_path / "again").exists()


def test_no_usable_clip_stops_the_run(run, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones", clips=3)
    for path in root.glob("*.wav"):
        path.write_bytes(b"")
    ran = run("train", *quick(root, tmp_path / "run"))
    assert ran.exit_code == 2
    assert "none of the 3 clips can be used" in ran.stderr


def test_a_classification_head_on_a_corpus_of_texts_suggests_the_ctc_head(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "head=classification"))
    assert ran.exit_code == 2
    assert "did you mean head=ctc?" in ran.stderr


def test_a_run_directory_is_not_used_twice(run, tones: Path, tones_run: Path) -> None:
    before = (tones_run / "report.json").read_bytes()
    ran = run("train", *quick(tones, tones_run))
    assert ran.exit_code == 2
    assert "holds a run already" in ran.stderr
    assert (tones_run / "report.json").read_bytes() == before


def test_a_run_that_cannot_start_leaves_no_run_directory(run, tmp_path: Path) -> None:
    ran = run("train", *quick(tmp_path / "nowhere", tmp_path / "run"))
    assert ran.exit_code == 2
    assert not (tmp_path / "run").exists()


def test_a_corpus_with_a_single_label_is_refused(run, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / "corpus" / "only").mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / "corpus" / "only" / f"{number}.wav", [0.1] * 4000, RATE_HZ)
    arguments = [f"corpus.root={tmp_path / 'corpus'}", f"store_dir={tmp_path}", f"hydra.run.dir={tmp_path / 'run'}"]
    ran = run("train", "experiment=keywords", "corpus=folder", *arguments, *SMALL_AUDIO)
    assert ran.exit_code == 2
    assert "a single label, 'only'" in ran.stderr


def test_train_and_transcribe_as_a_user_would(tones: Path, tmp_path: Path) -> None:
    def command(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # Run outside the clone, as after an installation.
        return subprocess.run(
            [sys.executable, "-m", f"pipelines.{name}", *arguments],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    trained = command("train", *quick(tones, tmp_path / "run"))
    assert trained.returncode == 0, trained.stderr
    result = json.loads(trained.stdout.splitlines()[-1])
    assert "pipelines.transcribe model=" in trained.stderr
    shutil.copy(tones / "0.wav", tmp_path / "mine.wav")
    done = command("transcribe", f"model={result['run_dir']}", "inputs=mine.wav", "output_dir=out")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["done"] == 1
    assert (tmp_path / "out" / "mine.txt").is_file()


def train_in_subprocess(root: Path, run_dir: Path, *more: str) -> None:
    """Train in a process of its own; Lightning starts the second process with the same command."""
    arguments = [
        "experiment=speech",
        "corpus=manifest",
        f"corpus.root={root}",
        *SMALL_AUDIO,
        "augment=speech",
        "trainer.max_epochs=2",
        "logger=csv",
        f"store_dir={run_dir.parent / 'store'}",
        f"hydra.run.dir={run_dir}",
        *more,
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.train", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    assert len([line for line in done.stdout.splitlines() if line.startswith("{")]) == 1


def test_two_processes_give_the_weights_of_one(tones: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    train_in_subprocess(tones, one, "batch_size=8", "batch_frames=2000")
    train_in_subprocess(tones, two, "batch_size=4", "batch_frames=1000", "trainer=ddp", "trainer.max_epochs=2")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "store", "two"]
    first, second = (torch.load(newest_checkpoint(path), weights_only=True) for path in (one, two))
    assert first["global_step"] == second["global_step"]
    for name, value in first["state_dict"].items():
        torch.testing.assert_close(second["state_dict"][name], value, atol=1e-4, rtol=0)
    curves = [last_validation(path) for path in (one, two)]
    assert curves[0] == pytest.approx(curves[1], abs=1e-4)
    reports = [json.loads((path / "report.json").read_text()) for path in (one, two)]
    assert [report["processes"] for report in reports] == [1, 2]
    assert reports[0]["metrics"] == reports[1]["metrics"]
    tested = [
        [json.loads(line) for line in (path / "test_results.jsonl").read_text().splitlines()] for path in (one, two)
    ]
    for row in [*tested[0], *tested[1]]:
        row["confidence"] = pytest.approx(row["confidence"], abs=1e-3)
    assert tested[0] == tested[1]


def last_validation(run_dir: Path) -> dict[str, float]:
    """Return the last validation metrics: those of all clips, not means over processes."""
    header, *rows = [
        line.split(",") for line in (run_dir / "csv" / "metrics.csv").read_text(encoding="utf-8").splitlines()
    ]
    found = [dict(zip(header, row, strict=True)) for row in rows]
    last = [row for row in found if row["val/loss"]][-1]
    return {name: float(last[name]) for name in ("val/loss", "val/cer", "val/wer")}


def test_the_messages_of_a_run_are_in_its_log_file(run, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones", clips=30)
    rows = [json.loads(line) | {"split": "train"} for line in (root / "manifest.jsonl").read_text().splitlines()]
    (root / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run_dir = tmp_path / "run"
    ran = run("train", *quick(root, run_dir))
    assert ran.exit_code == 0, ran.stderr
    first = (run_dir / "train.log").read_text(encoding="utf-8")
    assert "WARNING no validation clips: the last checkpoint is kept" in first
    assert "Recognise files of your own" in first
    assert "\x1b" not in first
    resumed = run("train", *quick(root, run_dir)[:-1], f"resume={run_dir}", "encoder.hidden_size=33")
    assert resumed.exit_code == 2
    both = (run_dir / "train.log").read_text(encoding="utf-8")
    assert both.startswith(first)
    assert "encoder.hidden_size was 32, is 33" in both
    out = tmp_path / "out"
    done = run("transcribe", f"model={run_dir}", f"inputs={root / '0.wav'}", f"output_dir={out}", "num_workers=0")
    assert done.exit_code == 0, done.stderr
    assert not list(out.glob("**/*.log"))
    assert (run_dir / "train.log").read_text(encoding="utf-8") == both


def test_a_run_with_class_weights_writes_a_bundle_that_loads(run, tmp_path: Path) -> None:
    root = write_skeletons(tmp_path / "skeletons", each=6)
    small = ["encoder.layers=1", "encoder.hidden_size=8", "trainer.max_epochs=1", "num_workers=0"]
    folders = [f"store_dir={tmp_path / 'store'}", f"hydra.run.dir={tmp_path / 'run'}"]
    recipe = ["experiment=signs", "corpus=manifest", f"corpus.root={root}", "head.class_weights=balanced"]
    ran = run("train", *recipe, *small, *folders)
    assert ran.exit_code == 0
    assert "train/loss and val/loss are weighted" in ran.stderr
    bundle = load_bundle(tmp_path / "run")
    assert bundle.spec.head["class_weights"] == "balanced"
    assert torch.equal(bundle.head.class_weights, torch.ones(2))  # only training needs them


def test_a_trial_that_fails_does_not_end_the_sweep(run, tones: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = [
        each for each in quick(tones, tmp_path / "run") if not each.startswith(("hydra.run.dir", "encoder.hid"))
    ]
    ran = run("train", "-m", *arguments, "encoder.hidden_size=0,16", f"hydra.sweep.dir={tmp_path / 'sweep'}")
    assert ran.exit_code == 2
    assert "hidden_size must be a whole number, at least 1; found 0" in ran.stderr
    assert Path(ran.result["run_dir"]) == tmp_path / "sweep" / "1"
    assert (tmp_path / "sweep" / "1" / "report.json").is_file()
