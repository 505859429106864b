"""Everything that is counted and measured of a prepared corpus."""

from collections.abc import Mapping
from dataclasses import dataclass

from data_prep.failures import Failure
from data_prep.features.extractor import FeatureExtractor
from data_prep.prepare import Prepared
from data_prep.report.signal_stats import SignalStats, measure_signals
from data_prep.report.statistics import (
    CtcFit,
    Duplicate,
    LengthStats,
    SplitSize,
    SymbolCounts,
    SymbolsOf,
    count_symbols,
    find_duplicates,
    group_by_split,
    group_failures,
    measure_ctc_fit,
    measure_lengths,
    measure_size,
)
from data_prep.splits import speakers_across_splits


@dataclass(frozen=True)
class CorpusReport:
    """What a corpus contains.

    Attributes:
        total: Size of the whole corpus.
        splits: Size of each split.
        lengths: Clip durations of the whole corpus ("all") and of each split that has clips.
        symbols: Counts of each kind of symbol that occurs: classes, and characters or words of texts.
        ctc_fit: Whether texts fit into their clips; None if no clip has a text.
        shared_speakers: Speakers whose clips are in more than one split, each with these splits.
        duplicates: Recordings that occur under several ids.
        failures: Clips that could not be prepared, grouped by reason.
        signals: Statistics of the stored signals.
    """

    total: SplitSize
    splits: list[SplitSize]
    lengths: dict[str, LengthStats]
    symbols: list[SymbolCounts]
    ctc_fit: CtcFit | None
    shared_speakers: dict[str, list[str]]
    duplicates: list[Duplicate]
    failures: dict[str, list[Failure]]
    signals: SignalStats

    @property
    def counted(self) -> dict[str, str]:
        """What this corpus has of speakers, classes and texts: attributes of `SplitSize` and their titles."""
        titles = {"speakers": "speakers", "classes": "classes", "texts": "distinct texts"}
        return {name: title for name, title in titles.items() if getattr(self.total, name)}

    @property
    def num_failures(self) -> int:
        """Number of clips that could not be prepared."""
        return sum(map(len, self.failures.values()))


def describe_corpus(
    prepared: Prepared, extractor: FeatureExtractor, symbols_of: Mapping[str, SymbolsOf], text_unit: str, seed: int
) -> CorpusReport:
    """Count and measure a prepared corpus.

    Args:
        prepared: The corpus.
        extractor: The feature extractor it was prepared with.
        symbols_of: For each kind of symbol, the function that returns a clip's symbols of that kind.
        text_unit: The kind that CTC would emit: "character" or "word".
        seed: Seed of the random sample that is read of a very large corpus.
    """
    groups = group_by_split(prepared.clips)
    counts = [count_symbols(prepared.clips, kind, symbols) for kind, symbols in symbols_of.items()]
    return CorpusReport(
        total=measure_size(prepared, "all", prepared.clips),
        splits=[measure_size(prepared, split, clips) for split, clips in groups.items()],
        lengths={
            name: measure_lengths(prepared, clips)
            for name, clips in ({"all": prepared.clips} | groups).items()
            if clips
        },
        symbols=[each for each in counts if each is not None],
        ctc_fit=measure_ctc_fit(prepared, extractor.frame_rate_hz, text_unit, symbols_of[text_unit]),
        shared_speakers=speakers_across_splits(prepared.clips),
        duplicates=find_duplicates(prepared),
        failures=group_failures(prepared.failures),
        signals=measure_signals(prepared, extractor, seed),
    )
