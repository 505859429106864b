"""The steps of ``prepare``: store the signals of a corpus, list its clips, and report on its content."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from data_prep.dependency_groups import require
from data_prep.failures import write_failures
from data_prep.features.extractor import FeatureExtractor
from data_prep.manifest import write_manifest
from data_prep.prepare import Prepared, prepare
from data_prep.report.checks import find
from data_prep.report.corpus_report import CLASS, Overview, look_at
from data_prep.report.html_page import overview_page, write_page
from data_prep.report.signal_stats import share_of_frames
from data_prep.report.statistics import SymbolsOf
from data_prep.report.terminal_tables import show_overview
from data_prep.report.thumbnails import draw_clips
from pipelines.cli.command import CommandOutcome
from pipelines.cli.schema import PrepareConfig
from recognizers.instantiate import instantiate
from recognizers.vocabulary import Unit, split_target

log = logging.getLogger(__name__)


def prepare_corpus(cfg: PrepareConfig, output_dir: Path) -> CommandOutcome:
    """Store the signals of a corpus, list its clips, splits and failures, and report on its content.

    Args:
        cfg: Settings of the command.
        output_dir: Folder of manifest.jsonl, failures.jsonl and overview.html.

    Raises:
        InputError: The corpus cannot be read, or none of its clips can be used.
    """
    require("prepare", "jinja2", "librosa", "matplotlib")
    extractor = instantiate(cfg.features)
    clips = instantiate(cfg.corpus).clips()
    prepared = prepare(clips, extractor, Path(cfg.store_dir), cfg.num_workers)
    output_dir.mkdir(parents=True, exist_ok=True)
    write_manifest(output_dir / "manifest.jsonl", prepared.clips)
    write_failures(output_dir / "failures.jsonl", prepared.failures)
    overview, warnings = _report(cfg, prepared, extractor, output_dir / "overview.html")
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
    return CommandOutcome(result, len(prepared.failures))


def _report(cfg: PrepareConfig, prepared: Prepared, extractor: FeatureExtractor, path: Path) -> tuple[Overview, int]:
    """Show the content of the corpus in the terminal and on a page; return it with the number of warnings."""
    overview = look_at(
        prepared, extractor, _symbol_kinds("word" if cfg.unit == "word" else "character"), cfg.unit, cfg.seed
    )
    findings = find(overview)
    pictures = draw_clips(prepared, cfg.pictures, cfg.seed)
    settings = {"corpus": cfg.corpus, "features": cfg.features}
    write_page(path, overview_page(path.absolute().parent.name, overview, findings, pictures, settings))
    show_overview(overview)
    for finding in findings:
        log.warning("%s", finding)
    log.info("overview: %s", path)
    return overview, len(findings)


def _symbol_kinds(unit: Unit) -> Mapping[str, SymbolsOf]:
    """Map each kind of symbol that a recognizer can learn to the function that returns the symbols of a clip."""

    def symbols(target: str | None, unit: Unit) -> Sequence[str]:
        return split_target(target, unit) if target and target.strip() else []

    return {CLASS: lambda clip: symbols(clip.label, "label"), unit: lambda clip: symbols(clip.text, unit)}
