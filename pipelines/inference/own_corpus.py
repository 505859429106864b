"""The corpus that a run was trained on, with the splits that its clips had in the training."""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.manifest import Clip
from recognizers.instantiate import instantiate

log = logging.getLogger(__name__)


def read_report(model: Path) -> dict[str, Any]:
    """Read the report of a run.

    Raises:
        InputError: There is none, as in a bundle.
    """
    path = model / "report.json"
    if not path.is_file():
        raise InputError(f"model={model} has no report.json that names its corpus; give corpus=NAME corpus.root=DIR")
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report


def read_own_corpus(model: Path) -> dict[str, Any]:
    """Read the specification of the corpus that a run was trained on; see `read_report` for errors."""
    corpus: dict[str, Any] = read_report(model)["config"]["corpus"]
    return corpus


def own_clips(model: Path) -> list[Clip]:
    """Return the clips of the corpus that a run was trained on, each in the split that it had in the training.

    Where clips were added or removed since, or where another version of this program divides a corpus differently, the
    corpus alone could put clips into the test that were trained on.

    Raises:
        InputError: The run has no report, or its corpus cannot be read.
    """
    clips = instantiate(read_own_corpus(model)).clips()
    recorded = _recorded_splits(model / "manifest.jsonl")
    moved = [clip.id for clip in clips if recorded.get(clip.id, clip.split) != clip.split]
    if moved:
        log.warning(
            "the corpus is no longer divided as it was for %s: %d clips, such as %s, would be in another split; they "
            "are scored in the splits of the training",
            model,
            len(moved),
            moved[0],
        )
    return [replace(clip, split=recorded.get(clip.id, clip.split)) for clip in clips]


def common_clips(models: Sequence[Path]) -> list[Clip]:
    """Return the clips of the corpus that the members of an ensemble were trained on, as `own_clips` does for one run.

    Raises:
        InputError: They were not trained on the same clips, or a clip is in another split for one than for another,
            so that one may have learned what is to be scored.
    """
    clips = own_clips(models[0])
    splits = {clip.id: clip.split for clip in clips}
    for model in models[1:]:
        theirs = {clip.id: clip.split for clip in own_clips(model)}
        differing = [name for name in {**splits, **theirs} if splits.get(name) != theirs.get(name)]
        if differing:
            first = differing[0]
            raise InputError(
                f"{len(differing)} clips are divided differently for {models[0]} and {model}: {first} is in "
                f"{splits.get(first, 'no split')} and in {theirs.get(first, 'no split')}, so that an ensemble of them "
                "may have learned what is to be scored; give runs with the same corpus settings, or give corpus=NAME "
                "corpus.root=DIR for clips that none of them has seen"
            )
    return clips


def _recorded_splits(manifest: Path) -> dict[str, str]:
    """Read the split of each clip, by its id, from the manifest that a training wrote; none if there is no manifest."""
    if not manifest.is_file():
        return {}
    with open(manifest, encoding="utf-8") as lines:
        return {row["id"]: row["split"] for row in map(json.loads, lines)}
