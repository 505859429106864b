"""The steps of preparing a corpus."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.failures import write_failures
from data_prep.features.extractor import FeatureExtractor
from data_prep.manifest import write_manifest
from data_prep.overview.contents import SymbolsOf
from data_prep.overview.drawing import draw_clips
from data_prep.overview.findings import find
from data_prep.overview.overview import CLASS, Overview, look_at
from data_prep.overview.page import overview_page, write_page
from data_prep.overview.signals import share_of_frames
from data_prep.overview.tables import show_overview
from data_prep.prepare import Prepared, prepare
from pipelines.command import Outcome
from recognizers.build import build
from recognizers.vocabulary import Unit, split_target

log = logging.getLogger(__name__)


def prepare_corpus(cfg: dict[str, Any], output_dir: Path) -> Outcome:
    """Make the stored signals of a corpus, list its clips, splits and failures, and show what it consists of.

    Args:
        cfg: The keys of conf/prepare.yaml, as plain values.
        output_dir: Where manifest.jsonl, failures.jsonl and overview.html go.

    Raises:
        InputError: A setting is out of its range, or no clip can be used.
    """
    if cfg["unit"] not in ("character", "word"):
        raise InputError(f"unit must be character or word; found {cfg['unit']!r}")
    if cfg["pictures"] < 0:
        raise InputError(f"pictures must be at least 0; found {cfg['pictures']}")
    extractor = build(cfg["features"])
    clips = build(cfg["corpus"]).clips()
    prepared = prepare(clips, extractor, Path(cfg["store_dir"]), cfg["num_workers"])
    output_dir.mkdir(parents=True, exist_ok=True)
    write_manifest(output_dir / "manifest.jsonl", prepared.clips)
    write_failures(output_dir / "failures.jsonl", prepared.failures)
    overview, warnings = _show(cfg, prepared, extractor, output_dir / "overview.html")
    result = {
        "clips": len(prepared.clips),
        "failed": len(prepared.failures),
        "hours": round(sum(size.hours for size in overview.sizes), 4),
        "store": str(prepared.store.folder),
        "manifest": str(output_dir / "manifest.jsonl"),
        "overview": str(output_dir / "overview.html"),
        "warnings": warnings,
    }
    if hands := overview.measured.hands:
        result["frames_with_hands"] = round(share_of_frames(hands), 4)
    return Outcome(result, len(prepared.failures))


def _show(cfg: dict[str, Any], prepared: Prepared, extractor: FeatureExtractor, path: Path) -> tuple[Overview, int]:
    """Count, check and draw; to the terminal and to a page. Returns the number of warnings, too."""
    overview = look_at(prepared, extractor, _kinds(cfg["unit"]), cfg["unit"], cfg["seed"])
    findings = find(overview)
    pictures = draw_clips(prepared, cfg["pictures"], cfg["seed"])
    settings = {group: cfg[group] for group in ("corpus", "features")}
    write_page(path, overview_page(path.absolute().parent.name, overview, findings, pictures, settings))
    show_overview(overview)
    for finding in findings:
        log.warning("%s", finding)
    log.info("overview: %s", path)
    return overview, len(findings)


def _kinds(unit: Unit) -> Mapping[str, SymbolsOf]:
    """The kinds of symbols that recognizers may be taught, and how a clip's are found."""

    def symbols(target: str | None, unit: Unit) -> Sequence[str]:
        return split_target(target, unit) if target and target.strip() else []

    return {CLASS: lambda clip: symbols(clip.label, "label"), unit: lambda clip: symbols(clip.text, unit)}
