"""Students of a teacher, trained from the command line."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from safetensors.torch import load_file

from recognizers.training.distillation import teacher_targets
from tests.pipelines.conftest import RATE_HZ, quick, spoken_tones, write_skeletons, write_tones
from tests.pipelines.training.test_run import train_in_subprocess

SIGNS = [
    "experiment=signs",
    "corpus=manifest",
    "encoder.layers=1",
    "encoder.hidden_size=16",
    "optimizer.learning_rate=1e-2",
    "batch_size=8",
    "num_workers=0",
    "report_clips=0",
]


def weights(run_dir: Path) -> dict[str, np.ndarray]:
    return {name: each.numpy() for name, each in load_file(run_dir / "bundle" / "model.safetensors").items()}


def same(first: Path, second: Path) -> bool:
    one, other = weights(first), weights(second)
    return all(np.array_equal(one[name], other[name]) for name in one)


def report_of(run_dir: Path) -> dict:
    return json.loads((run_dir / "report.json").read_text())


@pytest.fixture(scope="session")
def unlabelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unlabelled")
    rng = np.random.default_rng(8)
    for number in range(20):
        text = "".join(rng.choice(list("abc"), size=rng.integers(1, 5)))
        soundfile.write(folder / f"{number}.wav", spoken_tones(text, rng), RATE_HZ)
    return folder


def test_a_student_learns_labels_from_probabilities(run, skeletons_run: Path, tmp_path: Path) -> None:
    root = write_skeletons(tmp_path / "other", each=10)
    arguments = [*SIGNS, f"corpus.root={root}", "trainer.max_epochs=8", f"store_dir={tmp_path / 'store'}"]
    ran = run("train", *arguments, f"teacher={skeletons_run}", f"hydra.run.dir={tmp_path / 'student'}")
    assert ran.exit_code == 0, ran.stderr
    assert ran.result["test/accuracy"] == 1.0
    record = report_of(tmp_path / "student")["teacher"]
    assert record["by"] == "labels"
    assert record["models"] == [str(skeletons_run)]
    assert record["clips"] == report_of(tmp_path / "student")["clips"]["train"]
    assert run("train", *arguments, f"hydra.run.dir={tmp_path / 'alone'}").exit_code == 0
    assert not same(tmp_path / "student", tmp_path / "alone")


@pytest.mark.parametrize("by", ["frames", "hypotheses"])
def test_a_student_learns_texts_from_a_teacher_alone(
    run, tones_run: Path, tones: Path, unlabelled: Path, tmp_path: Path, by: str
) -> None:
    """With the teacher's loss alone, the student learns, also what has no text."""
    ran = run(
        "train",
        *quick(tones, tmp_path / "student", f"teacher={tones_run}", "distillation.weight=1", f"distillation.by={by}"),
        f"distillation.unlabelled={unlabelled}",
        "trainer.max_epochs=25",
    )
    assert ran.exit_code == 0, ran.stderr
    assert ran.result["test/cer"] < 0.1
    record = report_of(tmp_path / "student")["teacher"]
    assert record["by"].startswith(by)
    assert record["unlabelled"] == 20
    assert (
        json.loads((tmp_path / "student" / "bundle" / "recognizer.json").read_text())["training"]["teacher"] == record
    )


def test_an_ensemble_teaches_by_hypotheses_and_not_by_frames(run, tones_run: Path, tones: Path, tmp_path: Path) -> None:
    second = tmp_path / "second"
    assert run("train", *quick(tones, second, "seed=1", "trainer.max_epochs=10")).exit_code == 0
    assert run("ensemble", f"models=[{tones_run},{second}]", f"output={tmp_path / 'both'}").exit_code == 0
    refused = run("train", *quick(tones, tmp_path / "no", f"teacher={tmp_path / 'both'}", "distillation.by=frames"))
    assert refused.exit_code == 2
    assert "give distillation.by=hypotheses" in refused.stderr
    assert not (tmp_path / "no").exists()
    ran = run("train", *quick(tones, tmp_path / "student", f"teacher={tmp_path / 'both'}"))
    assert ran.exit_code == 0, ran.stderr
    assert report_of(tmp_path / "student")["teacher"]["by"] == "hypotheses-4"


def test_a_teacher_may_have_other_features_and_order_of_symbols(
    run, tones_run: Path, tones: Path, tmp_path: Path
) -> None:
    ran = run(
        "train",
        *quick(tones, tmp_path / "student", f"teacher={tones_run}", "features.num_coefficients=9"),
        "features.hop_ms=12.5",
        "encoder.subsampling=2",
        "features.sample_rate_hz=6000",
    )
    assert ran.exit_code == 0, ran.stderr


def test_what_the_teacher_says_is_computed_once(
    run, tones_run: Path, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [f"teacher={tones_run}", "augment=speech", "trainer.max_epochs=2"]
    assert run("train", *quick(tones, tmp_path / "first", *arguments)).exit_code == 0
    stored = list((tmp_path / "store").glob("teacher-*"))
    assert len(stored) == 1

    def fail(*_: object) -> None:
        raise AssertionError("the teacher is asked again")

    monkeypatch.setattr("recognizers.training.distillation.guided_frames.GuidedFrames.targets", fail)
    assert run("train", *quick(tones, tmp_path / "second", *arguments)).exit_code == 0
    assert same(tmp_path / "first", tmp_path / "second")


def test_a_resumed_student_ends_with_the_same_weights(run, tones_run: Path, tones: Path, tmp_path: Path) -> None:
    arguments = [f"teacher={tones_run}", "augment=speech", "optimizer.schedule=constant"]
    whole, half = (quick(tones, tmp_path / name, *arguments) for name in ("whole", "half"))
    assert run("train", *whole, "trainer.max_epochs=2").exit_code == 0
    assert run("train", *half, "trainer.max_epochs=1").exit_code == 0
    shutil.rmtree(next((tmp_path / "store").glob("teacher-*")))  # it is computed again, with the same result
    moved = tmp_path / "moved"
    shutil.copytree(tones_run, moved)
    resumed = [each.replace(f"teacher={tones_run}", f"teacher={moved}") for each in half]
    ran = run("train", *resumed, f"resume={tmp_path / 'half'}", "trainer.max_epochs=2")
    assert ran.exit_code == 0, ran.stderr
    assert same(tmp_path / "whole", tmp_path / "half")


def test_a_run_is_not_resumed_with_another_teacher(run, tones_run: Path, tones: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert run("train", *quick(tones, other, "seed=3")).exit_code == 0
    student = quick(tones, tmp_path / "student")
    assert run("train", *student, f"teacher={tones_run}").exit_code == 0
    ran = run("train", *student, f"teacher={other}", f"resume={tmp_path / 'student'}")
    assert ran.exit_code == 2
    assert "taught.targets was" in ran.stderr


def test_interrupted_targets_are_completed_exactly(
    run, tones_run: Path, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teacher_targets, "CHUNK_CLIPS", 7)
    monkeypatch.setattr("data_prep.store.signal_store.SHARD_CLIPS", 3)  # written within a chunk
    whole = [f"teacher={tones_run}", f"store_dir={tmp_path / 'other_store'}"]
    assert run("train", *quick(tones, tmp_path / "whole", *whole)).exit_code == 0
    from recognizers.training.distillation.guided_frames import GuidedFrames

    compute, calls = GuidedFrames.targets, []

    def stop_at_third(*arguments: object) -> object:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return compute(*arguments)

    monkeypatch.setattr(GuidedFrames, "targets", stop_at_third)
    student = quick(tones, tmp_path / "student", f"teacher={tones_run}")
    assert run("train", *student).exit_code == 130
    assert run("train", *student).exit_code == 0
    assert same(tmp_path / "whole", tmp_path / "student")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["teacher=nowhere"], "teacher=nowhere: found no recognizer in it"),
        (["teacher={tones_run}", "head.unit=word"], "set head=ctc head.unit=character, or give a teacher of words"),
        (["teacher={skeletons_run}"], "has learned from hands, but the features of this training are of audio"),
        (["teacher={tones_run}", "text.normalize=[nfc]"], "set text.normalize=[nfc,invisible]"),
        (["distillation.unlabelled={tones_run}"], "give teacher=RUN too"),
        (["teacher={tones_run}", "distillation.unlabelled=nowhere"], "distillation.unlabelled=nowhere: found no file"),
        (
            ["teacher={tones_run}", "augment=speech", "augment.pad_share=0.5", "distillation.by=frames"],
            "augment.pad_share=0.5 moves them",
        ),
        (
            ["teacher={tones_run}", "distillation.unlabelled={tones}", "balance=speaker"],
            "balance=speaker cannot be combined with distillation.unlabelled",
        ),
    ],
)
def test_a_teacher_that_does_not_fit_is_refused_before_any_work(
    run, tones: Path, tones_run: Path, skeletons_run: Path, tmp_path: Path, settings: list[str], message: str
) -> None:
    named = {"tones_run": tones_run, "skeletons_run": skeletons_run, "tones": tones}
    ran = run("train", *quick(tones, tmp_path / "run", *(each.format(**named) for each in settings)))
    assert ran.exit_code == 2
    assert message in ran.stderr
    assert not (tmp_path / "run").exists()
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("distillation.weight=0", "distillation.weight must be above 0, up to 1; found 0"),
        ("distillation.temperature=0", "distillation.temperature must be from 0.1 to 100; found 0"),
        ("distillation.hypotheses=0", "distillation.hypotheses must be at least 1; found 0"),
        ("distillation.by=frame", "distillation.by must be one of frames, hypotheses; found 'frame'"),
        ("seeds=0", "seeds must be at least 1; found 0"),
    ],
)
def test_values_out_of_range_are_refused(run, tones: Path, tmp_path: Path, setting: str, message: str) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", setting))
    assert ran.exit_code == 2
    assert message in ran.stderr


def test_a_teacher_of_other_symbols_is_refused(run, tones_run: Path, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones", clips=30)
    rows = [json.loads(line) for line in (root / "manifest.jsonl").read_text().splitlines()]
    for row in rows:
        row["text"] = row["text"].replace("c", "d")
    (root / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = run("train", *quick(root, tmp_path / "run", f"teacher={tones_run}"))
    assert ran.exit_code == 2
    assert "only the teacher knows 'c' (1 in all)" in ran.stderr
    assert not (tmp_path / "store").exists()


def test_a_generator_has_no_teacher(run, skeletons_run: Path, tmp_path: Path) -> None:
    root = write_skeletons(tmp_path / "skeletons")
    arguments = ["experiment=generate_gestures", "corpus=manifest", f"corpus.root={root}", f"teacher={skeletons_run}"]
    ran = run("train", *arguments, f"hydra.run.dir={tmp_path / 'run'}")
    assert ran.exit_code == 2
    assert "teacher is for recognizers" in ran.stderr


def test_a_teacher_that_learned_the_test_clips_is_reported(run, tones_run: Path, tones: Path, tmp_path: Path) -> None:
    def messages(*settings: str) -> str:
        ran = run("train", *quick(tones, tmp_path / "run", f"teacher={tones_run}", "check=true", *settings))
        assert ran.exit_code == 0
        return ran.stderr

    assert "are among the training clips" not in messages()
    assert "are among the training clips" in messages("corpus.test_share=0.5")
    bundle = tmp_path / "bundle"
    shutil.copytree(tones_run / "bundle", bundle)
    assert (
        "what it was trained on is unknown"
        in run("train", *quick(tones, tmp_path / "run", f"teacher={bundle}", "check=true")).stderr
    )


def test_unlabelled_recordings_of_the_corpus_are_left_out(run, tones_run: Path, tones: Path, tmp_path: Path) -> None:
    """Else the student would learn its own test clips."""
    ran = run("train", *quick(tones, tmp_path / "run", f"teacher={tones_run}", f"distillation.unlabelled={tones}"))
    assert ran.exit_code == 0
    assert "60 of its 60 recordings are left out" in ran.stderr


def test_unlabelled_recordings_that_cannot_be_read_are_listed(
    run, tones_run: Path, tones: Path, unlabelled: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.wav").write_bytes(b"not sound")
    both = f"distillation.unlabelled=[{unlabelled},{tmp_path / 'broken.wav'}]"
    ran = run("train", *quick(tones, tmp_path / "run", f"teacher={tones_run}", both))
    assert ran.exit_code == 1
    assert "unlabelled/" in (tmp_path / "run" / "failures.jsonl").read_text()


@pytest.mark.slow
def test_two_processes_learn_what_one_does(tones: Path, tones_run: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    teacher = f"teacher={tones_run}"
    train_in_subprocess(tones, one, "batch_size=8", "batch_frames=2000", teacher)
    train_in_subprocess(tones, two, "batch_size=4", "batch_frames=1000", "trainer=ddp", "trainer.max_epochs=2", teacher)
    first, second = weights(one), weights(two)
    assert all(np.allclose(first[name], second[name], atol=1e-4) for name in first)


def test_a_corpus_may_be_unlabelled(run, tones_run: Path, tones: Path, tmp_path: Path) -> None:
    other = write_tones(tmp_path / "other", clips=30, seed=9)
    corpus = "data_prep.corpora.manifest.ManifestCorpus"
    settings = [f"+distillation.unlabelled._target_={corpus}", f"+distillation.unlabelled.root={other}"]
    ran = run("train", *quick(tones, tmp_path / "run", f"teacher={tones_run}", *settings))
    assert ran.exit_code == 0, ran.stderr
    assert 0 < report_of(tmp_path / "run")["teacher"]["unlabelled"] < 30  # what it holds out stays held out
