"""What a starting point gained: the same training from random weights, for comparison."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from data_prep.atomic import write_json
from pipelines.cli.schema import TrainConfig

log = logging.getLogger(__name__)

#: Most training clips with which the comparison is made unless the settings say otherwise: it takes minutes then.
FEW_CLIPS = 1000
#: Folder of the comparison in the run directory.
SCRATCH_NAME = "scratch"


def is_wanted(cfg: TrainConfig, num_clips: int, num_test_clips: int) -> bool:
    """Tell whether a training of that many clips is to be compared with one from random weights."""
    if cfg.init is None or not num_test_clips:
        return False
    return num_clips <= FEW_CLIPS if cfg.compare_with_scratch is None else cfg.compare_with_scratch


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
    optimizer = replace(cfg.optimizer, encoder_rate_share=1.0)
    trained = train(replace(cfg, init=None, freeze_encoder_epochs=0, optimizer=optimizer, resume=resume), folder)
    scratch = {key: value for key, value in trained.items() if key.startswith("test/")}
    name = next((name for name in ("test/wer", "test/accuracy") if name in scores), None)
    if name is not None:
        log.info("%s: %.4g with init=%s, %.4g from random weights", name, scores[name], cfg.init, scratch[name])
    path = run_dir / "report.json"
    write_json(path, json.loads(path.read_text(encoding="utf-8")) | {"from_scratch": scratch})
    return {} if name is None else {f"from_scratch/{name}": scratch[name]}
