"""What a starting point gained: the same training from random weights, for comparison."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from data_prep.atomic import write_json
from data_prep.errors import InputError
from pipelines.cli.schema import TrainConfig

log = logging.getLogger(__name__)

#: Most training clips with which the comparison is made unless the settings say otherwise: it takes minutes then.
FEW_CLIPS = 1000
#: Folder of the comparison in the run directory.
SCRATCH_NAME = "scratch"


def check_comparison(cfg: TrainConfig, num_processes: int) -> None:
    """Check that the comparison can be made if the settings ask for it, and warn if it would compare nothing.

    Raises:
        InputError: It is asked for, but the training has several processes, which cannot train a second time.
    """
    if not cfg.compare_with_scratch:
        return
    if cfg.init is None:
        log.warning("compare_with_scratch=true changes nothing, because this training starts from random weights")
    elif num_processes > 1:
        raise InputError(
            f"compare_with_scratch=true needs a training with one process; found {num_processes} (trainer.devices, "
            "trainer.num_nodes). Give trainer.devices=1, or leave it out and train once more without init"
        )


def is_wanted(cfg: TrainConfig, num_clips: int, num_test_clips: int, num_processes: int) -> bool:
    """Tell whether a training of that many clips is to be compared with one from random weights."""
    if cfg.init is None or not num_test_clips or num_processes > 1:
        return False
    return num_clips <= FEW_CLIPS if cfg.compare_with_scratch is None else cfg.compare_with_scratch


def scratch_settings(cfg: TrainConfig) -> TrainConfig:
    """Return the settings of the same training from random weights.

    Args:
        cfg: The settings as the recipe has them, before those of the starting point were adopted.
    """
    optimizer = replace(cfg.optimizer, encoder_rate_share=1.0)
    return replace(
        cfg, init=None, freeze_encoder_epochs=0, compare_with_scratch=False, optimizer=optimizer, resume=None
    )


def compare_with_scratch(
    cfg: TrainConfig, run_dir: Path, scores: dict[str, Any], train: Callable[[TrainConfig, Path], dict[str, Any]]
) -> dict[str, Any]:
    """Train the recipe from random weights and add both scores to report.json.

    Args:
        cfg: The settings as the recipe has them, before those of the starting point were adopted.
        run_dir: Directory of the finished run; the comparison is in ``scratch`` below it; one that is there is resumed.
        scores: Scores of the finished run.
        train: Trains with settings in a directory, and returns the scores.

    Returns:
        ``from_scratch/NAME``: the score without the starting point; nothing if there are no scores.
    """
    folder = run_dir / SCRATCH_NAME
    log.info("training once more from random weights, to see what init=%s gained", cfg.init)
    # Begun or finished before, it is resumed: it may have to be trained for longer, as the run itself was.
    resume = str(folder) if (folder / "run.json").is_file() else None
    trained = train(replace(scratch_settings(cfg), resume=resume), folder)
    scratch = {key: value for key, value in trained.items() if key.startswith("test/")}
    name = next((name for name in ("test/wer", "test/accuracy") if name in scores), None)
    if name is not None:
        log.info("%s: %.4g with init=%s, %.4g from random weights", name, scores[name], cfg.init, scratch[name])
    path = run_dir / "report.json"
    write_json(path, json.loads(path.read_text(encoding="utf-8")) | {"from_scratch": scratch})
    return {} if name is None else {f"from_scratch/{name}": scratch[name]}
