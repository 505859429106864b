"""Checks of a corpus: what is probably wrong with it, as warnings with numbers, examples and a suggested fix."""

from collections.abc import Sequence

from data_prep.report.corpus_report import CorpusReport
from data_prep.report.signal_stats import FEW_HANDS_SHARE
from data_prep.report.statistics import CLASS, SUBSAMPLINGS, SymbolCounts
from data_prep.report.warning import MAX_EXAMPLES, CorpusWarning, count_of, list_few


def check_corpus(report: CorpusReport) -> list[CorpusWarning]:
    """Return warnings about everything that is probably wrong, most serious first."""
    checks = (
        _check_empty_splits,
        _check_leaks,
        _check_speakers,
        _check_contradictions,
        _check_unseen_symbols,
        _check_ctc_fit,
        _check_levels,
        _check_hands,
    )
    return [warning for check in checks for warning in check(report)]


def _check_empty_splits(report: CorpusReport) -> list[CorpusWarning]:
    empty = [size.split for size in report.splits if not size.clips]
    if not empty:
        return []
    fix = "assign clips to each split, or remove all splits to have them assigned automatically"
    return [CorpusWarning(f"no clips in {' and '.join(empty)}", (), fix)]


def _check_leaks(report: CorpusReport) -> list[CorpusWarning]:
    leaks = [duplicate for duplicate in report.duplicates if duplicate.crosses_splits]
    return _warn_if_any(
        [" = ".join(duplicate.ids[:MAX_EXAMPLES]) for duplicate in leaks],
        f"{count_of(len(leaks), 'recording')} in more than one split under different ids",
        "a score on clips that were trained on says nothing about new ones: keep one copy of each recording",
    )


def _check_speakers(report: CorpusReport) -> list[CorpusWarning]:
    return _warn_if_any(
        [f"{speaker} ({', '.join(splits)})" for speaker, splits in report.shared_speakers.items()],
        f"{count_of(len(report.shared_speakers), 'speaker')} in more than one split",
        "scores will not show how well unknown speakers are recognised: split by speaker",
    )


def _check_contradictions(report: CorpusReport) -> list[CorpusWarning]:
    contradictions = [duplicate for duplicate in report.duplicates if len(duplicate.targets) > 1]
    return _warn_if_any(
        [" = ".join(duplicate.ids[:MAX_EXAMPLES]) for duplicate in contradictions],
        f"{count_of(len(contradictions), 'recording')} with several ids and different labels or texts",
        "at most one of them can be right: correct the manifest",
    )


def _check_unseen_symbols(report: CorpusReport) -> list[CorpusWarning]:
    return [warning for counts in report.symbols for warning in _check_unseen(counts)]


def _check_unseen(counts: SymbolCounts) -> list[CorpusWarning]:
    clips = list(dict.fromkeys(clip_id for ids in counts.unseen_in_training.values() for clip_id in ids))
    symbols = sorted(counts.unseen_in_training)
    plural = "classes" if counts.kind == CLASS else f"{counts.kind}s"
    return _warn_if_any(
        clips,
        f"{count_of(len(symbols), counts.kind, plural)} missing from training ({list_few(list(map(repr, symbols)))}) "
        f"but used in {count_of(len(clips), 'clip')}",
        "these clips cannot be recognised and are left out: add such clips to the training split, or correct them",
    )


def _check_ctc_fit(report: CorpusReport) -> list[CorpusWarning]:
    if report.ctc_fit is None:
        return []
    short_clips = report.ctc_fit.short_clips
    misfits = ", ".join(f"{count} at {subsampling}" for subsampling, count in report.ctc_fit.misfits.items())
    return _warn_if_any(
        [clip.id for clip in short_clips],
        f"{count_of(len(short_clips), 'clip')} too short for the {report.ctc_fit.unit}s of the text with "
        f"encoder.subsampling up to {SUBSAMPLINGS[-1]} ({misfits})",
        "clips that do not fit are left out: lower encoder.subsampling, correct the texts or times, or raise the "
        "frame rate",
    )


def _check_levels(report: CorpusReport) -> list[CorpusWarning]:
    levels = report.signals.levels
    silent = [level.id for level in levels if level.is_silent]
    clipped = [level.id for level in levels if level.is_clipped]
    offset = [level.id for level in levels if level.has_offset]
    among = _describe_sample(report)
    return [
        *_warn_if_any(
            silent,
            f"{count_of(len(silent), 'recording')} nearly silent (below -60 dBFS){among}",
            "listen to them, then remove them or record them again",
        ),
        *_warn_if_any(
            clipped,
            f"{count_of(len(clipped), 'recording')} clipped (over 0.1 % of the samples at full scale){among}",
            "if they sound distorted, record them again at a lower level",
        ),
        *_warn_if_any(
            offset,
            f"{count_of(len(offset), 'recording')} with a DC offset (over 5 % of full scale){among}",
            "remove the offset with a high-pass filter",
        ),
    ]


def _check_hands(report: CorpusReport) -> list[CorpusWarning]:
    rarely_visible = [clip for clip in report.signals.hands if clip.share < FEW_HANDS_SHARE]
    return _warn_if_any(
        [clip.id for clip in sorted(rarely_visible, key=lambda clip: clip.share)],
        f"{count_of(len(rarely_visible), 'clip')} with a hand in less than half of the frames"
        + _describe_sample(report),
        "watch them; if hands are tiny or cropped, try features.tracker.upscale, border and min_confidence",
    )


def _describe_sample(report: CorpusReport) -> str:
    signals = report.signals
    return "" if signals.num_read == signals.num_clips else f", among the {signals.num_read:,} clips that were read"


def _warn_if_any(examples: Sequence[str], problem: str, fix: str) -> list[CorpusWarning]:
    """Return a warning unless there are no examples of the problem."""
    return [CorpusWarning(problem, tuple(examples), fix)] if examples else []
