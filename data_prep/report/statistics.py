"""Statistics of a prepared corpus that need no signal: sizes, lengths, symbols, duplicates, failures."""

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from data_prep.failures import Failure
from data_prep.features.extractor import num_frames
from data_prep.manifest import SPLITS, Clip
from data_prep.prepare import Prepared
from data_prep.splits import UNDECIDED

#: The kind of symbol that is a clip's whole label; the other kinds are units of its text.
CLASS = "class"
#: Subsampling factors for which the report says whether texts fit; the encoder's own is not known yet.
SUBSAMPLINGS = (1, 2, 3, 4)
#: Returns the symbols of a clip's target, such as the characters of its text; empty for a clip without such a target.
SymbolsOf = Callable[[Clip], Sequence[str]]


@dataclass(frozen=True)
class SplitSize:
    """Size of one split, or of the whole corpus.

    Attributes:
        split: Name of the split.
        clips: Number of clips.
        hours: Their total duration.
        speakers: Number of distinct speakers.
        classes: Number of distinct labels.
        texts: Number of distinct texts.
    """

    split: str
    clips: int
    hours: float
    speakers: int
    classes: int
    texts: int


@dataclass(frozen=True)
class LengthStats:
    """Distribution of clip durations.

    Attributes:
        p5_s: 5th percentile.
        median_s: Median.
        p95_s: 95th percentile.
        shortest: Id and duration, in seconds, of the shortest clip.
        longest: Id and duration, in seconds, of the longest clip.
    """

    p5_s: float
    median_s: float
    p95_s: float
    shortest: tuple[str, float]
    longest: tuple[str, float]


@dataclass(frozen=True)
class SymbolCounts:
    """How often each symbol occurs in each split.

    Attributes:
        kind: What a symbol is: "class", "character" or "word".
        by_split: Occurrences by split and symbol.
        unseen_in_training: Symbols that never occur in training, each with the ids of the clips that contain it;
            empty if there are no training clips at all.
    """

    kind: str
    by_split: dict[str, Counter[str]]
    unseen_in_training: dict[str, list[str]]

    @property
    def title(self) -> str:
        """A heading for these counts."""
        return "Classes" if self.kind == CLASS else f"{self.kind.capitalize()}s in texts"

    @cached_property
    def totals(self) -> list[tuple[str, int]]:
        """All symbols with their occurrences in all splits, most frequent first."""
        total: Counter[str] = sum(self.by_split.values(), Counter())
        return sorted(total.items(), key=lambda item: (-item[1], item[0]))


@dataclass(frozen=True)
class ShortClip:
    """A clip that may be too short for CTC to emit its text.

    Attributes:
        id: Id of the clip.
        frames: Number of frames before subsampling.
        needed_frames: Encoded frames that CTC needs: one per symbol, and one more between two equal neighbours.
    """

    id: str
    frames: int
    needed_frames: int

    def fits(self, subsampling: int) -> bool:
        """Return whether CTC can emit the text if the encoder merges every `subsampling` frames into one."""
        return -(-self.frames // subsampling) >= self.needed_frames

    @property
    def largest_fit(self) -> int | None:
        """The largest of `SUBSAMPLINGS` at which the text fits; None if it fits at none of them."""
        return max(filter(self.fits, SUBSAMPLINGS), default=None)


@dataclass(frozen=True)
class CtcFit:
    """Whether the texts of a corpus fit into the frames of their clips.

    Attributes:
        unit: What CTC would emit: "character" or "word".
        short_clips: Clips that do not fit at the largest of `SUBSAMPLINGS`, worst first.
    """

    unit: str
    short_clips: list[ShortClip]

    @property
    def misfits(self) -> dict[int, int]:
        """For each of `SUBSAMPLINGS`, the number of clips that do not fit."""
        return {each: sum(not clip.fits(each) for clip in self.short_clips) for each in SUBSAMPLINGS}


@dataclass(frozen=True)
class Duplicate:
    """One recording that occurs under several ids.

    Attributes:
        ids: Ids of the clips.
        splits: The distinct splits of these clips.
        targets: Their distinct labels or texts.
    """

    ids: tuple[str, ...]
    splits: tuple[str, ...]
    targets: tuple[str, ...]

    @property
    def crosses_splits(self) -> bool:
        """Whether the recording is in more than one split."""
        return len(self.splits) > 1


def split_name(clip: Clip) -> str:
    """Return the name of a clip's split, "undecided" if it has none."""
    return clip.split or UNDECIDED


def group_by_split(clips: Sequence[Clip]) -> dict[str, list[Clip]]:
    """Group clips by split: first the usual splits in their usual order, even if empty."""
    groups: dict[str, list[Clip]] = {split: [] for split in SPLITS}
    for clip in clips:
        groups.setdefault(split_name(clip), []).append(clip)
    return groups


def measure_size(prepared: Prepared, name: str, clips: Sequence[Clip]) -> SplitSize:
    """Count the clips, hours, speakers, classes and texts of one split."""
    return SplitSize(
        name,
        len(clips),
        sum(prepared.duration_s(clip) for clip in clips) / 3600,
        _count_distinct(clip.speaker for clip in clips),
        _count_distinct(clip.label for clip in clips),
        _count_distinct(clip.text for clip in clips),
    )


def measure_lengths(prepared: Prepared, clips: Sequence[Clip]) -> LengthStats:
    """Measure the distribution of the durations of some clips; there must be at least one."""
    durations_s = np.array([prepared.duration_s(clip) for clip in clips])
    p5_s, median_s, p95_s = np.percentile(durations_s, [5, 50, 95])
    shortest, longest = int(durations_s.argmin()), int(durations_s.argmax())
    return LengthStats(
        float(p5_s),
        float(median_s),
        float(p95_s),
        (clips[shortest].id, float(durations_s[shortest])),
        (clips[longest].id, float(durations_s[longest])),
    )


def count_symbols(clips: Sequence[Clip], kind: str, symbols_of: SymbolsOf) -> SymbolCounts | None:
    """Count the symbols of one kind in each split; returns None if no clip has any."""
    counts = {
        split: Counter(itertools.chain.from_iterable(map(symbols_of, group)))
        for split, group in group_by_split(clips).items()
    }
    if not any(counts.values()):
        return None
    unseen: dict[str, list[str]] = defaultdict(list)
    if trained := counts["train"]:
        for clip in clips:
            for symbol in sorted(set(symbols_of(clip)) - trained.keys()):
                unseen[symbol].append(clip.id)
    return SymbolCounts(kind, counts, dict(unseen))


def measure_ctc_fit(prepared: Prepared, frame_rate_hz: float, unit: str, symbols_of: SymbolsOf) -> CtcFit | None:
    """Find the clips that are too short for their text; returns None if no clip has a text."""
    if not any(clip.text for clip in prepared.clips):
        return None
    short_clips = []
    for clip in prepared.clips:
        if symbols := symbols_of(clip):
            repeats = sum(first == second for first, second in itertools.pairwise(symbols))
            frames = num_frames(prepared.duration_s(clip), frame_rate_hz)
            short = ShortClip(clip.id, frames, len(symbols) + repeats)
            if not short.fits(max(SUBSAMPLINGS)):
                short_clips.append(short)
    return CtcFit(unit, sorted(short_clips, key=lambda short: short.frames / short.needed_frames))


def find_duplicates(prepared: Prepared) -> list[Duplicate]:
    """Find clips of equal content, those that are in several splits first."""
    groups: dict[str, list[Clip]] = defaultdict(list)
    for clip in prepared.clips:
        groups[prepared.keys[clip.id]].append(clip)
    duplicates = [
        Duplicate(
            tuple(clip.id for clip in clips),
            tuple(dict.fromkeys(map(split_name, clips))),
            tuple(dict.fromkeys(clip.label or clip.text or "" for clip in clips)),
        )
        for clips in groups.values()
        if len(clips) > 1
    ]
    return sorted(duplicates, key=lambda duplicate: -len(duplicate.splits))


def group_failures(failures: Sequence[Failure]) -> dict[str, list[Failure]]:
    """Group failures by the first words of their reasons, without paths and numbers; largest group first."""
    groups: dict[str, list[Failure]] = defaultdict(list)
    for failure in failures:
        groups[_short_reason(failure)].append(failure)
    return dict(sorted(groups.items(), key=lambda item: -len(item[1])))


def format_seconds(seconds: float) -> str:
    """Format a duration for display: with three decimals below one second, two above."""
    return f"{seconds:.3f}" if seconds < 1 else f"{seconds:,.2f}"


def _short_reason(failure: Failure) -> str:
    reason = failure.reason.replace(failure.path, "").lstrip(" :")
    reason = re.split(r"[(;:,]", reason, maxsplit=1)[0]
    return re.sub(r"\d+(\.\d+)?", "N", " ".join(reason.split()[:8])) or "no reason given"


def _count_distinct(values: Iterable[str | None]) -> int:
    return len({value for value in values if value is not None})
