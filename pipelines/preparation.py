"""The steps of preparing a corpus."""

import logging
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from data_prep.failures import write_failures
from data_prep.features.extractor import FeatureExtractor
from data_prep.manifest import SPLITS, Clip, write_manifest
from data_prep.prepare import Prepared, prepare
from data_prep.splits import speakers_in_two_splits
from pipelines.command import Outcome
from recognizers.build import build

log = logging.getLogger(__name__)


def prepare_corpus(cfg: dict[str, Any], output_dir: Path) -> Outcome:
    """Make the stored signals of a corpus, and list its clips, splits and failures.

    Args:
        cfg: The keys of conf/prepare.yaml, as plain values.
        output_dir: Where manifest.jsonl and failures.jsonl go.
    """
    extractor = build(cfg["features"])
    clips = build(cfg["corpus"]).clips()
    prepared = prepare(clips, extractor, Path(cfg["store_dir"]), cfg["num_workers"])
    output_dir.mkdir(parents=True, exist_ok=True)
    write_manifest(output_dir / "manifest.jsonl", prepared.clips)
    write_failures(output_dir / "failures.jsonl", prepared.failures)
    Console(stderr=True).print(_table(prepared))
    if shared := speakers_in_two_splits(clips):
        log.warning("speakers in more than one split: %s", ", ".join(shared))
    result = {
        "clips": len(prepared.clips),
        "failed": len(prepared.failures),
        "hours": round(sum(prepared.duration_s(clip) for clip in prepared.clips) / 3600, 4),
        "store": str(prepared.store.folder),
        "manifest": str(output_dir / "manifest.jsonl"),
    }
    share = _hand_share(prepared, extractor)
    return Outcome(result | ({} if share is None else {"frames_with_hands": round(share, 4)}), len(prepared.failures))


def _table(prepared: Prepared) -> Table:
    table = Table("split", "clips", "hours", "speakers", "labels or texts")
    for split in SPLITS:
        clips = [clip for clip in prepared.clips if clip.split == split]
        hours = sum(prepared.duration_s(clip) for clip in clips) / 3600
        table.add_row(
            split, str(len(clips)), f"{hours:.3f}", str(_distinct(clips, "speaker")), str(_distinct(clips, "label"))
        )
    return table


def _distinct(clips: list[Clip], field: str) -> int:
    if field == "label":
        return len({clip.label or clip.text for clip in clips})
    return len({clip.speaker for clip in clips if clip.speaker is not None})


def _hand_share(prepared: Prepared, extractor: FeatureExtractor) -> float | None:
    """The share of all frames in which a hand is present; None where frames have no hands to have."""
    seen = total = 0
    for clip in prepared.clips:
        presence = extractor.frames(prepared.signal(clip)).presence
        if presence is None:
            return None
        seen += int(presence.sum())
        total += len(presence)
    return seen / max(total, 1)
