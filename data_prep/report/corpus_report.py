"""Everything that is counted and checked of a prepared corpus, in one place."""

from collections.abc import Mapping
from dataclasses import dataclass

from data_prep.failures import Failure
from data_prep.features.extractor import FeatureExtractor
from data_prep.prepare import Prepared
from data_prep.report.signal_stats import Measured, measure
from data_prep.report.statistics import (
    Lengths,
    Repeat,
    SplitSize,
    SymbolCounts,
    SymbolsOf,
    TightClip,
    by_split,
    count_symbols,
    failures_by_reason,
    lengths,
    repeats,
    split_sizes,
    tight_clips,
)
from data_prep.splits import speakers_across_splits

#: Encoders make one frame of that many; which it will be is not known yet.
SUBSAMPLINGS = (1, 2, 3, 4)
CLASS = "class"


@dataclass(frozen=True)
class Overview:
    """What a corpus consists of.

    Attributes:
        sizes: A row for each split.
        lengths: Of all clips ("all") and of those of each split that has any.
        counts: Of each kind of symbol that occurs: classes, and characters or words of texts.
        tight: Clips that CTC cannot fit at the largest of `SUBSAMPLINGS`; None where no clip has a text.
        tight_unit: What was counted for that: "character" or "word".
        speakers: Those who stand in more than one split, with the splits.
        repeats: The same recordings under several ids.
        failures: By the first words of their reasons.
        measured: What was read from the signals.
    """

    sizes: list[SplitSize]
    lengths: dict[str, Lengths]
    counts: list[SymbolCounts]
    tight: list[TightClip] | None
    tight_unit: str
    speakers: dict[str, list[str]]
    repeats: list[Repeat]
    failures: dict[str, list[Failure]]
    measured: Measured


def look_at(
    prepared: Prepared, extractor: FeatureExtractor, kinds: Mapping[str, SymbolsOf], text_unit: str, seed: int
) -> Overview:
    """Count and check everything.

    Args:
        prepared: The corpus.
        extractor: What it was prepared with.
        kinds: How the symbols of each kind are found in a clip.
        text_unit: The kind that CTC would emit.
        seed: Draws the clips that are read where there are too many to read all.
    """
    groups = {"all": prepared.clips} | by_split(prepared.clips)
    counts = [count_symbols(prepared.clips, kind, symbols_of) for kind, symbols_of in kinds.items()]
    has_text = any(clip.text for clip in prepared.clips)
    return Overview(
        sizes=split_sizes(prepared),
        lengths={name: lengths(prepared, clips) for name, clips in groups.items() if clips},
        counts=[each for each in counts if each is not None],
        tight=tight_clips(prepared, extractor.frame_rate_hz, kinds[text_unit], SUBSAMPLINGS[-1]) if has_text else None,
        tight_unit=text_unit,
        speakers=speakers_across_splits(prepared.clips),
        repeats=repeats(prepared),
        failures=failures_by_reason(prepared.failures),
        measured=measure(prepared, extractor, seed),
    )
