"""The steps of ``prepare``: store the signals of a corpus, list its clips, and report on its content."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from data_prep.atomic import write_text
from data_prep.dependency_groups import require
from data_prep.failures import read_failures, write_failures
from data_prep.features.extractor import FeatureExtractor
from data_prep.manifest import Clip, write_manifest
from data_prep.prepare import FAILURES_NAME, Prepared, prepare, prepare_part
from data_prep.report.checks import check_corpus
from data_prep.report.corpus_report import CorpusReport, describe_corpus
from data_prep.report.signal_stats import share_with_hand
from data_prep.report.split_checks import check_splits, spell_labels
from data_prep.report.statistics import CLASS, SymbolsOf
from data_prep.report.terminal_tables import print_report
from data_prep.report.text_checks import check_texts
from pipelines.cli.command import CommandOutcome
from pipelines.cli.own_files import check_writes_only_own_files, manifests_of
from pipelines.cli.schema import PrepareConfig
from pipelines.corpora.augment_preview import check_preview, write_preview
from pipelines.scaling.balance import share_of
from pipelines.scaling.shard import find_parts, remove_parts, shard_of
from pipelines.scaling.shared_run import run_shard
from recognizers.augment.augment import Augment
from recognizers.instantiate import instantiate
from recognizers.vocabulary import Unit, split_target

log = logging.getLogger(__name__)

#: Files that the command writes; the last one marks its folder.
WRITTEN = ("manifest.jsonl", "failures.jsonl", "overview.html")


def prepare_corpus(cfg: PrepareConfig, output_dir: Path) -> CommandOutcome:
    """Store the signals of a corpus, list its clips, splits and failures, and report on its content.

    A shard stores the signals of its part. The last one to finish does the rest.

    Raises:
        InputError: The corpus cannot be read, or none of its clips can be used.
    """
    require("prepare", "jinja2", "librosa", "matplotlib")
    check_writes_only_own_files(output_dir, WRITTEN, "output_dir", manifests_of(cfg.corpus.get("root")))
    extractor = instantiate(cfg.features)
    augment = check_preview(cfg, extractor, output_dir) if cfg.augment_preview else None
    clips = instantiate(cfg.corpus).clips()
    shard = shard_of(cfg)
    if shard is None:
        return _prepare_all(cfg, extractor, clips, augment, output_dir, {})
    shard.check_owns_parts(output_dir, FAILURES_NAME)
    share = share_of(clips, shard, lambda clip: (clip.id, clip.media))
    key = f"{extractor.modality}-{extractor.signal_fingerprint()}-{share.key}"
    return run_shard(
        output_dir,
        shard,
        key,
        lambda: _prepare_share(cfg, extractor, share.items, output_dir / shard.part_name(FAILURES_NAME)),
        lambda results: _prepare_all(cfg, extractor, clips, augment, output_dir, _given_up(output_dir)),
    )


def _prepare_share(
    cfg: PrepareConfig, extractor: FeatureExtractor, clips: Sequence[Clip], failures_path: Path
) -> CommandOutcome:
    """Store the signals of one shard's clips, and list those that fail."""
    prepared = prepare_part(clips, extractor, Path(cfg.store_dir), cfg.num_workers)
    write_failures(failures_path, prepared.failures)
    hours = sum(map(prepared.duration_s, prepared.clips)) / 3600
    result = {"clips": len(prepared.clips), "failed": len(prepared.failures), "hours": round(hours, 4)}
    return CommandOutcome(result | {"store": str(prepared.store.folder)}, len(prepared.failures))


def _prepare_all(
    cfg: PrepareConfig,
    extractor: FeatureExtractor,
    clips: Sequence[Clip],
    augment: Augment | None,
    output_dir: Path,
    given_up: Mapping[str, str],
) -> CommandOutcome:
    """Store what is missing, except what shards have given up, and describe the whole corpus."""
    prepared = prepare(clips, extractor, Path(cfg.store_dir), cfg.num_workers, given_up)
    output_dir.mkdir(parents=True, exist_ok=True)
    write_manifest(output_dir / "manifest.jsonl", prepared.clips)
    write_failures(output_dir / FAILURES_NAME, prepared.failures)
    report, num_warnings = _report(cfg, prepared, extractor, output_dir / "overview.html")
    result = {
        "clips": len(prepared.clips),
        "failed": len(prepared.failures),
        "hours": round(report.total.hours, 4),
        "store": str(prepared.store.folder),
        "manifest": str(output_dir / "manifest.jsonl"),
        "overview": str(output_dir / "overview.html"),
        "warnings": num_warnings,
    }
    if hands := report.signals.hands:
        result["frames_with_hands"] = round(share_with_hand(hands), 4)
    if augment is not None:
        page = write_preview(cfg, prepared, augment, output_dir)
        log.info("%d varied clips to listen to: %s", cfg.augment_preview, page)
        result["augment_preview"] = str(page)
    remove_parts(output_dir, FAILURES_NAME)
    return CommandOutcome(result, len(prepared.failures))


def _given_up(output_dir: Path) -> dict[str, str]:
    """Return the reasons for the clips that shards could not use, by id."""
    parts = [path for _, path in find_parts(output_dir, FAILURES_NAME)]
    return {failure.id: failure.reason for path in parts for failure in read_failures(path).values()}


def _report(
    cfg: PrepareConfig, prepared: Prepared, extractor: FeatureExtractor, path: Path
) -> tuple[CorpusReport, int]:
    """Show the content of the corpus in the terminal and on a page; return it with the number of warnings."""
    # Imported after `require`, which says how to install jinja2, librosa and matplotlib.
    from data_prep.report.hand_marks import longest_filled_gap_s
    from data_prep.report.html_page import render_page
    from data_prep.report.thumbnails import draw_thumbnails

    unit: Unit = "word" if cfg.unit == "word" else "character"
    report = describe_corpus(prepared, extractor, _symbol_kinds(unit, cfg.text.normalize), unit, cfg.seed)
    warnings = check_corpus(report) + check_splits(spell_labels(prepared.clips, cfg.text.normalize))
    warnings += check_texts(prepared.clips, cfg.text.normalize)
    thumbnails = draw_thumbnails(prepared, cfg.pictures, cfg.seed, longest_filled_gap_s(extractor))
    settings = {"corpus": cfg.corpus, "features": cfg.features}
    write_text(path, render_page(path.absolute().parent.name, report, warnings, thumbnails, settings))
    print_report(report)
    for warning in warnings:
        log.warning("%s", warning)
    log.info("overview: %s", path)
    return report, len(warnings)


def _symbol_kinds(unit: Unit, normalize: Sequence[str]) -> Mapping[str, SymbolsOf]:
    """Map each kind of symbol that a recognizer can learn to the function that returns the symbols of a clip."""

    def symbols(target: str | None, unit: Unit) -> Sequence[str]:
        return split_target(target or "", unit, normalize)

    return {CLASS: lambda clip: symbols(clip.label, "label"), unit: lambda clip: symbols(clip.text, unit)}
