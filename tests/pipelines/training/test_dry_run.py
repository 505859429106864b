"""What a dry run says, and that it leaves nothing behind."""

from pathlib import Path

import pytest

from tests.pipelines.conftest import quick, write_tones


def test_a_check_says_what_would_happen_and_leaves_nothing_behind(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "check=true", "trainer.max_epochs=5"))
    assert ran.exit_code == 0
    assert ran.result["clips"] == {"train": 48, "validation": 6, "test": 6}
    assert (ran.result["check"], ran.result["symbols"], ran.result["parameters"]) == ("ok", 3, 19076)
    assert ran.result["steps"] == 5 * 6
    assert ran.result["train_s"] > 0
    assert "epochs of 6 steps take about" in ran.stderr
    assert not (tmp_path / "run").exists()
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("settings", "steps", "words"),
    [
        (["trainer.max_epochs=null", "trainer.max_steps=10"], 10, "; 10 steps take about"),
        (["trainer.max_epochs=5", "trainer.max_steps=10"], 10, "; 10 steps take about"),
        (["trainer.max_epochs=1", "trainer.max_steps=10"], 6, "; 1 epoch of 6 steps take about"),
        (["trainer.max_epochs=5", "trainer.accumulate_grad_batches=4"], 10, "; 5 epochs of 2 steps take about"),
        (["trainer.max_epochs=5", "trainer.limit_train_batches=0.5"], 15, "; 5 epochs of 3 steps take about"),
        (["trainer.max_epochs=5", "trainer.limit_train_batches=2"], 10, "; 5 epochs of 2 steps take about"),
        (["trainer.max_epochs=5", "trainer=ddp"], 15, "; 5 epochs of 3 steps take about"),
    ],
)
def test_the_steps_are_those_that_would_be_trained(
    run, tones: Path, tmp_path: Path, settings: list[str], steps: int, words: str
) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "check=true", *settings))
    assert ran.result["steps"] == steps
    assert words in ran.stderr


def test_the_time_of_the_comparison_is_told(run, tones: Path, tones_run: Path, tmp_path: Path) -> None:
    arguments = quick(tones, tmp_path / "run", "check=true", f"init={tones_run}", "trainer.max_epochs=100")
    ran = run("train", *arguments)
    assert ran.result["scratch_s"] > 0
    assert "the comparison with random weights takes about" in ran.stderr
    ran = run("train", *arguments, "compare_with_scratch=false")
    assert "scratch_s" not in ran.result


def test_a_check_of_clips_that_cannot_be_read_names_them(run, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones", clips=12)
    for path in root.glob("*.wav"):
        path.write_bytes(b"no sound")
    ran = run("train", *quick(root, tmp_path / "run", "check=true"))
    assert "0.wav: not readable as audio" in ran.stderr
    assert "steps" not in ran.result
