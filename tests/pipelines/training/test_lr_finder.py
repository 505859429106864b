"""The search for a learning rate."""

from pathlib import Path

from tests.pipelines.conftest import quick


def arguments(root: Path, tmp_path: Path, *more: str) -> list[str]:
    return quick(root, tmp_path / "run", "trainer.max_epochs=3", *more)


def test_a_learning_rate_is_found(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *arguments(tones, tmp_path, "find=learning_rate", "optimizer.learning_rate=1e-9"))
    assert ran.exit_code == 0, ran.stderr
    assert 1e-5 < ran.result["optimizer.learning_rate"] < 0.3
    assert not (tmp_path / "run" / "bundle").exists()
