"""What an overview warns of: one line each, with numbers, examples and how to mend it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from data_prep.report.corpus_report import CLASS, SUBSAMPLINGS, Overview
from data_prep.report.printable import printable
from data_prep.report.signal_stats import FEW_HANDS_SHARE, HandsSeen, SoundLevel
from data_prep.report.statistics import SymbolCounts

EXAMPLES = 3


@dataclass(frozen=True)
class Finding:
    """Something that is likely to be wrong.

    Attributes:
        what: What is found, with its numbers.
        examples: Ids, speakers or symbols, all of them.
        advice: How to mend it.
    """

    what: str
    examples: tuple[str, ...]
    advice: str

    def __str__(self) -> str:
        shown = ", ".join(map(printable, self.examples[:EXAMPLES]))
        more = ", …" if len(self.examples) > EXAMPLES else ""
        return f"{self.what}{': ' if shown else ''}{shown}{more}; {self.advice}"


def find(overview: Overview) -> list[Finding]:
    """All that is likely to be wrong with a corpus, the gravest first."""
    checks: Sequence[Callable[[Overview], list[Finding]]] = (
        _empty_splits,
        _leaks,
        _speakers,
        _contradictions,
        _missing_in_training,
        _tight,
        _levels,
        _few_hands,
    )
    return [finding for check in checks for finding in check(overview)]


def _empty_splits(overview: Overview) -> list[Finding]:
    empty = [size.split for size in overview.sizes if not size.clips]
    if not empty:
        return []
    return [
        Finding(
            f"no clip for {' and '.join(empty)}",
            (),
            "give some clips that split, or none of them any: then some are held out",
        )
    ]


def _leaks(overview: Overview) -> list[Finding]:
    leaks = [repeat for repeat in overview.repeats if len(repeat.splits) > 1]
    return _finding(
        [" = ".join(repeat.ids[:EXAMPLES]) for repeat in leaks],
        f"{_number(len(leaks), 'recording')} in more than one split under different ids",
        "scores on them are of what was trained on: keep one of each",
    )


def _speakers(overview: Overview) -> list[Finding]:
    return _finding(
        [f"{speaker} ({', '.join(splits)})" for speaker, splits in overview.speakers.items()],
        f"{_number(len(overview.speakers), 'speaker')} in more than one split",
        "scores do not tell how strangers are recognised: split by speaker",
    )


def _contradictions(overview: Overview) -> list[Finding]:
    found = [repeat for repeat in overview.repeats if len(repeat.targets) > 1]
    return _finding(
        [" = ".join(repeat.ids[:EXAMPLES]) for repeat in found],
        f"{_number(len(found), 'recording')} with several ids and different labels or texts",
        "only one can be right: correct the manifest",
    )


def _missing_in_training(overview: Overview) -> list[Finding]:
    return [finding for counts in overview.counts for finding in _missing(counts)]


def _missing(counts: SymbolCounts) -> list[Finding]:
    clips = list(dict.fromkeys(name for ids in counts.clips_without_training.values() for name in ids))
    symbols = sorted(counts.clips_without_training)
    plural = "classes" if counts.kind == CLASS else f"{counts.kind}s"
    named = ", ".join(printable(repr(symbol)) for symbol in symbols[:EXAMPLES])
    return _finding(
        clips,
        f"{_number(len(symbols), counts.kind, plural)} that training never has ({named}"
        f"{', …' if len(symbols) > EXAMPLES else ''}) in {_number(len(clips), 'clip')}",
        "these clips cannot be recognised and are left out: put some into the training split, or correct them",
    )


def _tight(overview: Overview) -> list[Finding]:
    tight = overview.tight or []
    at = ", ".join(
        f"{sum(not clip.fits(subsampling) for clip in tight)} at {subsampling}" for subsampling in SUBSAMPLINGS
    )
    return _finding(
        [clip.id for clip in tight],
        f"{_number(len(tight), 'clip')} too short for the {overview.tight_unit}s of the text at an encoder.subsampling "
        f"up to {SUBSAMPLINGS[-1]} ({at})",
        "they are left out there: lower encoder.subsampling, correct the texts or times, or raise the frame rate",
    )


def _levels(overview: Overview) -> list[Finding]:
    levels = overview.measured.levels
    checks: list[tuple[str, Callable[[SoundLevel], bool], str]] = [
        ("near-silent (below -60 dBFS)", lambda level: level.is_silent, "listen, and leave them out or record again"),
        (
            "clipped (over 0.1 % of samples at full scale)",
            lambda level: level.is_clipped,
            "record them again at a lower level if they sound distorted",
        ),
        (
            "far off zero (by over 5 % of full scale)",
            lambda level: level.is_offset,
            "remove the offset with a high-pass filter",
        ),
    ]
    findings = []
    for name, is_bad, advice in checks:
        bad = [level.id for level in levels if is_bad(level)]
        findings += _finding(bad, f"{_number(len(bad), 'recording')} {name}{_of_read(overview)}", advice)
    return findings


def _few_hands(overview: Overview) -> list[Finding]:
    few = sorted((seen for seen in overview.measured.hands if seen.share < FEW_HANDS_SHARE), key=_share)
    return _finding(
        [seen.id for seen in few],
        f"{_number(len(few), 'clip')} with a hand in less than half of the frames{_of_read(overview)}",
        "watch them; for tiny or cropped hands try features.tracker.upscale, border and min_confidence",
    )


def _share(seen: HandsSeen) -> float:
    return seen.share


def _of_read(overview: Overview) -> str:
    measured = overview.measured
    return "" if measured.read == measured.clips else f", of {measured.read} that were read"


def _finding(examples: Sequence[str], what: str, advice: str) -> list[Finding]:
    """The finding, if there is an example of it."""
    return [Finding(what, tuple(examples), advice)] if examples else []


def _number(count: int, singular: str, plural: str | None = None) -> str:
    return f"{count} {singular if count == 1 else plural or singular + 's'}"
