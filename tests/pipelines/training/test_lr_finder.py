"""The search for a learning rate."""

from pathlib import Path
from typing import Any

import pytest
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook

from tests.pipelines.conftest import quick


def arguments(root: Path, tmp_path: Path, *more: str) -> list[str]:
    return quick(root, tmp_path / "run", "trainer.max_epochs=3", *more)


def test_a_learning_rate_is_found(run, tones: Path, tmp_path: Path) -> None:
    settings = ["find=learning_rate", "optimizer.learning_rate=1e-9", "trainer.max_epochs=null"]
    ran = run("train", *arguments(tones, tmp_path, *settings))
    assert ran.exit_code == 0, ran.stderr
    assert 1e-5 < ran.result["optimizer.learning_rate"] < 0.3
    assert not (tmp_path / "run" / "bundle").exists()
    assert "training for" not in ran.stderr  # the search has a length of its own


def test_the_encoder_has_its_share_of_the_rate_that_is_tried(run, tones: Path, tmp_path: Path) -> None:
    rates: list[list[float]] = []

    def record(optimizer: Optimizer, *_: Any) -> None:
        rates.append([group["lr"] for group in optimizer.param_groups])

    hook = register_optimizer_step_post_hook(record)
    try:
        ran = run("train", *arguments(tones, tmp_path, "find=learning_rate", "optimizer.encoder_rate_share=0.25"))
        assert ran.exit_code == 0, ran.stderr
    finally:
        hook.remove()
    heads = [head for _, head in rates]
    assert heads[0] == pytest.approx(1e-5)
    assert heads == sorted(heads)
    assert [encoder for encoder, _ in rates] == pytest.approx([0.25 * head for head in heads])
    assert any(10 * ran.result["optimizer.learning_rate"] == pytest.approx(head, rel=0.1) for head in heads)
