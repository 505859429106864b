"""The units that may follow each other in a new sequence: those of one speaker, under the same conditions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np

from data_prep.manifest import EXTRA_CORPUS, Clip
from recognizers.inference.aligned_clip import AlignedClip
from recognizers.prediction import Word

#: Units whose alignment is less certain than this are not used, though they bound their neighbours.
MIN_CONFIDENCE = 0.3


@dataclass(frozen=True)
class Unit:
    """A word, letter or gloss in its clip.

    Attributes:
        clip: The clip it is from.
        text: The unit as written.
        ids: Its symbols.
        start_s: Where it begins in the clip, in seconds.
        end_s: Where it ends.
        before_s: Where the unit before it ends; None if it is the first.
        after_s: Where the unit after it begins; None if it is the last.
        duration_s: Duration of the clip.
    """

    clip: Clip
    text: str
    ids: tuple[int, ...]
    start_s: float
    end_s: float
    before_s: float | None
    after_s: float | None
    duration_s: float

    def reach(self, margin_s: float) -> tuple[float, float]:
        """Return about where it is cut: halfway to its neighbours, but at most a margin from its own times."""
        first = 0.0 if self.before_s is None else (self.before_s + self.start_s) / 2
        last = self.duration_s if self.after_s is None else (self.end_s + self.after_s) / 2
        start_s = max(first, self.start_s - margin_s)
        return start_s, max(start_s, min(last, self.end_s + margin_s))


class UnitPools:
    """Draws new sequences of units.

    A letter is replaced by a letter and a longer word by a longer word, so that voice, room and frequencies stay the
    same. Clips without a speaker are recombined only with clips of the same recording.

    Args:
        clips: The clips.
        ids: The symbols of each unit, by its text.
        alignments: When the units of clips are said, by clip id. Clips without units are left out.
    """

    def __init__(
        self, clips: Iterable[Clip], ids: Mapping[str, tuple[int, ...]], alignments: Mapping[str, AlignedClip]
    ) -> None:
        self._units: dict[str, list[Unit]] = {}
        self._pools: defaultdict[tuple[object, bool], list[Unit]] = defaultdict(list)
        for clip in clips:
            if (aligned := alignments.get(clip.id)) is None or not aligned.words:
                continue
            self._units[clip.id] = units = _units_of(clip, aligned, ids)
            for unit, word in zip(units, aligned.words, strict=True):
                if word.confidence >= MIN_CONFIDENCE and unit.ids:
                    self._pools[_key(unit)].append(unit)

    @property
    def num_units(self) -> int:
        """Number of units that may be used."""
        return sum(map(len, self._pools.values()))

    def draw(self, clip_id: str, rng: np.random.Generator, most_units: int | None = None) -> list[Unit]:
        """Draw a sequence in place of a clip.

        Args:
            clip_id: The clip.
            rng: Source of randomness.
            most_units: Largest number of units, of which a random number is drawn; None for as many as the clip has.

        Returns:
            The units; none if there are no others that could take the place of the clip's.
        """
        original = self._units.get(clip_id, [])
        if not original:
            return []
        count = len(original) if most_units is None else int(rng.integers(1, most_units + 1))
        pools = [self._pools.get(_key(unit), []) for unit in islice(cycle(original), count)]
        if not all(pools) or max(map(len, pools)) < 2:
            return []
        return [pool[rng.integers(len(pool))] for pool in pools]


def _units_of(clip: Clip, aligned: AlignedClip, ids: Mapping[str, tuple[int, ...]]) -> list[Unit]:
    words: Sequence[Word | None] = [None, *aligned.words, None]
    return [
        Unit(
            clip,
            word.text,
            ids.get(word.text, ()),
            word.start_s,
            word.end_s,
            None if before is None else before.end_s,
            None if after is None else after.start_s,
            aligned.duration_s,
        )
        for before, word, after in zip(words, words[1:], words[2:], strict=False)
        if word is not None
    ]


def _key(unit: Unit) -> tuple[object, bool]:
    """Return what units that may replace each other have in common."""
    source = unit.clip.path if unit.clip.speaker is None else unit.clip.speaker
    return (unit.clip.extra.get(EXTRA_CORPUS), source), len(unit.text) == 1
