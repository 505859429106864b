"""Training from the command line: what is learned, written and said."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
import torch
from safetensors.torch import load_file

from pipelines.cli.run_dir import create_unique_folder
from recognizers.language_model.arpa import read_arpa
from tests.pipelines.conftest import RATE_HZ, SMALL_AUDIO, quick, write_tones

ROOT = Path(__file__).parents[3]


def test_tones_are_learned_by_speakers_apart(tones_run: Path) -> None:
    report = json.loads((tones_run / "report.json").read_text())
    assert report["metrics"]["test/cer"] < 0.1
    assert report["metrics"]["test/clips"] == report["clips"]["test"] > 0
    assert report["speakers_in_two_splits"] == []
    low, high = report["metrics"]["test/cer_ci95"]
    assert low <= report["metrics"]["test/cer"] <= high


def test_movement_alone_is_learned(skeletons_run: Path) -> None:
    assert json.loads((skeletons_run / "report.json").read_text())["metrics"]["test/accuracy"] == 1.0


def test_a_choose_run_dir_holds_what_it_takes_to_repeat_it(tones_run: Path) -> None:
    report = json.loads((tones_run / "report.json").read_text())
    assert report["config"]["seed"] == 0
    assert report["versions"]["torch"]
    assert set(report["split_fingerprints"]) == {"train", "validation", "test"}
    assert (tones_run / ".hydra" / "overrides.yaml").is_file()
    rows = [json.loads(line) for line in (tones_run / "manifest.jsonl").read_text().splitlines()]
    assert {row["split"] for row in rows} == {"train", "validation", "test"}
    assert sorted(path.name for path in (tones_run / "bundle").iterdir()) == ["model.safetensors", "recognizer.json"]


def test_same_seed_same_weights(run, tones: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        assert run("train", *quick(tones, tmp_path / name)).exit_code == 0
    first, second = (load_file(tmp_path / name / "bundle" / "model.safetensors") for name in ("first", "second"))
    assert all((first[name] == second[name]).all() for name in first)
    assert run("train", *quick(tones, tmp_path / "third", "seed=1")).exit_code == 0
    third = load_file(tmp_path / "third" / "bundle" / "model.safetensors")
    assert any((first[name] != third[name]).any() for name in first)


def test_clips_that_cannot_be_used_are_named_and_the_rest_is_trained_on(run, tmp_path: Path) -> None:
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
    assert ran.exit_code == 0
    assert ran.result["failed"] == 5
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
    assert "'abz' contains characters that the training split does not: 'z'" in reasons["29.wav"]


def test_clips_of_other_corpora_are_trained_on_but_not_those_they_hold_out(run, tones: Path, tmp_path: Path) -> None:
    other = write_tones(tmp_path / "other", clips=20, seed=1)
    spec = f"{{_target_: data_prep.corpora.manifest.ManifestCorpus, root: {other}, test_share: 0.5}}"
    run_dir = tmp_path / "run"
    beam = ["decoder=beam", "decoder.lm_weight=0.1", "decoder.word_bonus=0"]
    assert run("train", *quick(tones, run_dir, f"+extra_corpora.other={spec}", *beam)).exit_code == 0
    rows = [json.loads(line) for line in (run_dir / "manifest.jsonl").read_text().splitlines()]
    added = [row for row in rows if row["id"].startswith("other/")]
    assert 0 < len(added) < 20
    assert {row["split"] for row in added} == {"train"}
    assert len(rows) - len(added) == 60
    own = [row["text"] for row in rows if row not in added and row["split"] == "train"]
    assert read_arpa(run_dir / "bundle" / "language_model.arpa").words == set(own)
    made = run(
        "language_model", f"transcripts={run_dir / 'manifest.jsonl'}", "split=train", f"output={tmp_path / 'lm'}"
    )
    assert made.result["sentences"] == len(own)
    refused = run("train", *quick(tones, tmp_path / "no", "+extra_corpora.other=3"))
    assert (refused.exit_code, "extra_corpora.other must be a corpus" in refused.stderr) == (2, True)


def test_no_usable_clip_stops_the_run(run, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones", clips=3)
    for path in root.glob("*.wav"):
        path.write_bytes(b"")
    ran = run("train", *quick(root, tmp_path / "run"))
    assert ran.exit_code == 2
    assert "none of the 3 clips can be used" in ran.stderr


def test_a_head_for_labels_on_a_corpus_of_texts_says_which_to_take(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "head=classification"))
    assert ran.exit_code == 2
    assert "did you mean head=ctc?" in ran.stderr


def test_an_unknown_argument_of_the_trainer_is_named(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "+trainer.max_epoch=3"))
    assert ran.exit_code == 2
    assert "trainer.max_epoch" in ran.stderr
    assert "max_epochs" in ran.stderr


def test_a_choose_run_dir_is_not_used_twice(run, tones: Path, tones_run: Path) -> None:
    before = (tones_run / "report.json").read_bytes()
    ran = run("train", *quick(tones, tones_run))
    assert ran.exit_code == 2
    assert "holds a run already" in ran.stderr
    assert (tones_run / "report.json").read_bytes() == before


def test_runs_of_the_same_second_get_folders_of_their_own(tmp_path: Path) -> None:
    wanted = str(tmp_path / "runs" / "now")
    assert [create_unique_folder(wanted) for _ in range(3)] == [wanted, f"{wanted}_2", f"{wanted}_3"]


def test_what_could_not_start_leaves_no_run_behind(run, tmp_path: Path) -> None:
    ran = run("train", *quick(tmp_path / "nowhere", tmp_path / "run"))
    assert ran.exit_code == 2
    assert not (tmp_path / "run").exists()


def test_the_trainer_takes_arguments_that_no_config_names(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "trainer.accumulate_grad_batches=2"))
    assert ran.exit_code == 0, ran.stderr
    assert torch.load(next((tmp_path / "run").glob("checkpoints/*.ckpt")), weights_only=True)["global_step"] == 3


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_device_that_is_not_there_says_what_is(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "trainer.accelerator=gpu"))
    assert ran.exit_code == 2
    assert "no CUDA GPU" in ran.stderr


def test_the_command_that_is_suggested_keeps_what_was_chosen(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "encoder.cell=gru"))
    suggested = ran.stderr[ran.stderr.index("python -m pipelines.train") :].splitlines()[0]
    assert "experiment=speech" in suggested
    assert "encoder.cell=gru" in suggested
    assert suggested.endswith("corpus=manifest corpus.root=FOLDER")


def test_a_single_label_is_nothing_to_learn(run, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / "corpus" / "only").mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / "corpus" / "only" / f"{number}.wav", [0.1] * 4000, RATE_HZ)
    arguments = [f"corpus.root={tmp_path / 'corpus'}", f"store_dir={tmp_path}", f"hydra.run.dir={tmp_path / 'run'}"]
    ran = run("train", "experiment=keywords", "corpus=folder", *arguments, *SMALL_AUDIO)
    assert ran.exit_code == 2
    assert "a single label, 'only'" in ran.stderr


def test_train_and_transcribe_as_a_user_would(tones: Path, tmp_path: Path) -> None:
    def command(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # From another folder than the clone's, as after an installation.
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
