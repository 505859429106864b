"""Which checkpoint becomes the result of a training."""

from pathlib import Path

import pytest

from tests.pipelines.conftest import quick


def arguments(root: Path, tmp_path: Path, *more: str) -> list[str]:
    return quick(root, tmp_path / "run", "trainer.max_epochs=3", *more)


@pytest.mark.parametrize("setting", ["trainer.max_steps=2", "trainer.limit_val_batches=0"])
def test_a_training_that_never_validates_keeps_its_last_weights(run, tones: Path, tmp_path: Path, setting: str) -> None:
    ran = run("train", *arguments(tones, tmp_path, setting))
    assert ran.exit_code == 0, ran.stderr
    assert (tmp_path / "run" / "bundle").is_dir()
