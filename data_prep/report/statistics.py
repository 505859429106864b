"""What can be told of a corpus without reading a signal: sizes, lengths, symbols, repeats, failures."""

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

#: The symbols of a clip's target, such as the characters of its text; none where it has no such target.
SymbolsOf = Callable[[Clip], Sequence[str]]


@dataclass(frozen=True)
class SplitSize:
    """How much one split holds; speakers, classes and texts are counted once each."""

    split: str
    clips: int
    hours: float
    speakers: int
    classes: int
    texts: int


@dataclass(frozen=True)
class Lengths:
    """How long clips last, in seconds.

    Attributes:
        p5_s: 5 % are at most as long.
        median_s: Half of them are.
        p95_s: 95 % are.
        shortest: The shortest clip's id and seconds.
        longest: The longest clip's.
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
        clips_without_training: For each symbol that training never has, the ids of the clips that hold it.
    """

    kind: str
    by_split: dict[str, Counter[str]]
    clips_without_training: dict[str, list[str]]

    @cached_property
    def totals(self) -> list[tuple[str, int]]:
        """Every symbol with its occurrences, the most common first."""
        total: Counter[str] = sum(self.by_split.values(), Counter())
        return sorted(total.items(), key=lambda item: (-item[1], item[0]))


@dataclass(frozen=True)
class TightClip:
    """A clip with hardly enough frames for its text.

    Attributes:
        id: Of the clip.
        frames: How many frames it has before any subsampling.
        needed: How many encoded frames CTC needs: one a symbol, and one between each two equal neighbours.
    """

    id: str
    frames: int
    needed: int

    def fits(self, subsampling: int) -> bool:
        """Whether CTC can emit the text when every `subsampling` frames become one."""
        return -(-self.frames // subsampling) >= self.needed


@dataclass(frozen=True)
class Repeat:
    """The same stretch of the same recording under several ids.

    Attributes:
        ids: Of the clips.
        splits: The splits they stand in.
        targets: What is said to be in them.
    """

    ids: tuple[str, ...]
    splits: tuple[str, ...]
    targets: tuple[str, ...]


def split_of(clip: Clip) -> str:
    """The name of a clip's split, also where there is none."""
    return clip.split or UNDECIDED


def by_split(clips: Sequence[Clip]) -> dict[str, list[Clip]]:
    """The clips of each split; the usual splits always, in their order."""
    groups: dict[str, list[Clip]] = {split: [] for split in SPLITS}
    for clip in clips:
        groups.setdefault(split_of(clip), []).append(clip)
    return groups


def split_sizes(prepared: Prepared) -> list[SplitSize]:
    """A row for each split."""
    return [
        SplitSize(
            split,
            len(clips),
            sum(prepared.duration_s(clip) for clip in clips) / 3600,
            _distinct(clip.speaker for clip in clips),
            _distinct(clip.label for clip in clips),
            _distinct(clip.text for clip in clips),
        )
        for split, clips in by_split(prepared.clips).items()
    ]


def lengths(prepared: Prepared, clips: Sequence[Clip]) -> Lengths:
    """How long some clips (at least one) last."""
    seconds = np.array([prepared.duration_s(clip) for clip in clips])
    p5_s, median_s, p95_s = np.percentile(seconds, [5, 50, 95])
    least, most = int(seconds.argmin()), int(seconds.argmax())
    return Lengths(
        float(p5_s),
        float(median_s),
        float(p95_s),
        (clips[least].id, float(seconds[least])),
        (clips[most].id, float(seconds[most])),
    )


def count_symbols(clips: Sequence[Clip], kind: str, symbols_of: SymbolsOf) -> SymbolCounts | None:
    """Count the symbols of clips; None where no clip has any. Without a training clip, none is called missing."""
    counts = {
        split: Counter(itertools.chain.from_iterable(map(symbols_of, group)))
        for split, group in by_split(clips).items()
    }
    if not any(counts.values()):
        return None
    missing: dict[str, list[str]] = defaultdict(list)
    if taught := counts["train"]:
        for clip in clips:
            for symbol in sorted(set(symbols_of(clip)) - taught.keys()):
                missing[symbol].append(clip.id)
    return SymbolCounts(kind, counts, dict(missing))


def tight_clips(
    prepared: Prepared, frame_rate_hz: float, symbols_of: SymbolsOf, largest_subsampling: int
) -> list[TightClip]:
    """The clips that CTC cannot fit at some subsampling up to the largest, those furthest from it first."""
    found = []
    for clip in prepared.clips:
        if symbols := symbols_of(clip):
            repeats = sum(first == second for first, second in itertools.pairwise(symbols))
            frames = num_frames(prepared.duration_s(clip), frame_rate_hz)
            tight = TightClip(clip.id, frames, len(symbols) + repeats)
            if not tight.fits(largest_subsampling):
                found.append(tight)
    return sorted(found, key=lambda tight: tight.frames / tight.needed)


def repeats(prepared: Prepared) -> list[Repeat]:
    """Clips of equal content, those across splits first."""
    groups: dict[str, list[Clip]] = defaultdict(list)
    for clip in prepared.clips:
        groups[prepared.keys[clip.id]].append(clip)
    found = [
        Repeat(
            tuple(clip.id for clip in clips),
            tuple(dict.fromkeys(map(split_of, clips))),
            tuple(dict.fromkeys(clip.label or clip.text or "" for clip in clips)),
        )
        for clips in groups.values()
        if len(clips) > 1
    ]
    return sorted(found, key=lambda repeat: -len(repeat.splits))


def failures_by_reason(failures: Sequence[Failure]) -> dict[str, list[Failure]]:
    """Failures by the first words of their reasons, paths and numbers aside; the most common first."""
    groups: dict[str, list[Failure]] = defaultdict(list)
    for failure in failures:
        groups[_first_words(failure)].append(failure)
    return dict(sorted(groups.items(), key=lambda item: -len(item[1])))


def seconds(value: float) -> str:
    """Seconds as they are shown: to the millisecond where they are few."""
    return f"{value:.3f}" if value < 1 else f"{value:,.2f}"


def _first_words(failure: Failure) -> str:
    reason = failure.reason.replace(failure.path, "").lstrip(" :")
    reason = re.split(r"[(;:,]", reason, maxsplit=1)[0]
    return re.sub(r"\d+(\.\d+)?", "N", " ".join(reason.split()[:8])) or "no reason given"


def _distinct(values: Iterable[str | None]) -> int:
    return len({value for value in values if value is not None})
