"""The comparison of a training from a starting point with one from random weights."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.training.gain import check_comparison, is_wanted, scratch_settings
from tests.pipelines.cli.test_schema import composed
from tests.pipelines.conftest import quick


@pytest.mark.parametrize(
    ("setting", "clips", "tested", "processes", "wanted"),
    [
        (None, 1000, 1, 1, True),
        (None, 1001, 1, 1, False),
        (True, 1001, 1, 1, True),
        (False, 10, 1, 1, False),
        (None, 10, 0, 1, False),
        (None, 10, 1, 2, False),
    ],
)
def test_few_clips_are_compared_unless_the_settings_say_otherwise(
    setting: bool | None, clips: int, tested: int, processes: int, wanted: bool
) -> None:
    cfg = composed("experiment=keywords", "corpus=manifest", "corpus.root=x", "init=speech_en")
    assert is_wanted(replace(cfg, compare_with_scratch=setting), clips, tested, processes) == wanted
    assert not is_wanted(replace(cfg, compare_with_scratch=setting, init=None), clips, tested, processes)


def test_the_comparison_has_nothing_of_the_starting_point() -> None:
    settings = ["init=speech_en", "freeze_encoder_epochs=2", "optimizer.encoder_rate_share=0.1", "resume=x"]
    scratch = scratch_settings(composed("experiment=keywords", "corpus=manifest", "corpus.root=x", *settings))
    assert (scratch.init, scratch.freeze_encoder_epochs, scratch.resume) == (None, 0, None)
    assert scratch.optimizer.encoder_rate_share == 1


def test_a_comparison_in_several_processes_is_refused_early(run, tones: Path, tones_run: Path, tmp_path: Path) -> None:
    settings = [f"init={tones_run}", "compare_with_scratch=true", "trainer=ddp"]
    ran = run("train", *quick(tones, tmp_path / "run", *settings))
    assert ran.exit_code == 2
    assert "compare_with_scratch=true needs a training with one process; found 2 (trainer.devices" in ran.stderr
    assert not (tmp_path / "run").exists()


def test_a_comparison_without_a_starting_point_is_pointed_out(caplog: pytest.LogCaptureFixture) -> None:
    cfg = composed("experiment=keywords", "corpus=manifest", "corpus.root=x", "compare_with_scratch=true")
    with caplog.at_level(logging.WARNING):
        check_comparison(cfg, 1)
    assert "compare_with_scratch=true changes nothing" in caplog.text
    caplog.clear()
    check_comparison(scratch_settings(cfg), 1)
    assert caplog.text == ""
