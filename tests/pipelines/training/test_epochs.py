"""Few clips are seen more often."""

from dataclasses import replace
from pathlib import Path

import pytest

from data_prep.manifest import Clip
from pipelines.training.epochs import FEWEST_EPOCHS, MOST_EPOCHS, choose_epochs
from tests.pipelines.cli.test_schema import composed


def clips(count: int) -> list[Clip]:
    """Training clips, and as many of another split."""
    return [
        Clip(f"{split}{n}", Path("a.wav"), label="a", split=split) for split in ("train", "test") for n in range(count)
    ]


@pytest.mark.parametrize(("count", "epochs"), [(10, MOST_EPOCHS), (1200, 22), (1_000_000, FEWEST_EPOCHS)])
def test_the_fewer_the_clips_the_more_epochs(count: int, epochs: int) -> None:
    cfg = composed("experiment=keywords", "corpus=manifest", "corpus.root=x")
    assert cfg.trainer["max_epochs"] is None
    assert choose_epochs(cfg, clips(count), 1).trainer == cfg.trainer | {"max_epochs": epochs}


@pytest.mark.parametrize(("processes", "accumulated", "batch_size"), [(2, 1, 16), (1, 2, 16), (2, 2, 8)])
def test_the_clips_of_a_step_count_however_they_are_divided(processes: int, accumulated: int, batch_size: int) -> None:
    cfg = composed("experiment=keywords", "corpus=manifest", "corpus.root=x")
    assert cfg.batch_size == 32
    whole = choose_epochs(cfg, clips(1200), 1).trainer["max_epochs"]
    cfg = replace(cfg, trainer=cfg.trainer | {"accumulate_grad_batches": accumulated})
    assert choose_epochs(replace(cfg, batch_size=batch_size), clips(1200), processes).trainer["max_epochs"] == whole
    assert choose_epochs(cfg, clips(1200), processes).trainer["max_epochs"] > 1.8 * whole  # larger steps, fewer of them


@pytest.mark.parametrize("limit", [{"max_epochs": 3}, {"max_steps": 7}])
def test_a_given_limit_stays(limit: dict) -> None:
    cfg = composed("experiment=keywords", "corpus=manifest", "corpus.root=x")
    given = replace(cfg, trainer=cfg.trainer | limit)
    assert choose_epochs(given, clips(10), 1) == given


@pytest.mark.parametrize("limit", [{"max_time": "00:01:00:00"}, {"max_steps": -1}])
def test_what_does_not_limit_the_steps_leaves_the_epochs_open(limit: dict) -> None:
    cfg = composed("experiment=keywords", "corpus=manifest", "corpus.root=x")
    chosen = choose_epochs(replace(cfg, trainer=cfg.trainer | limit), clips(10), 1)
    assert chosen.trainer["max_epochs"] == MOST_EPOCHS
