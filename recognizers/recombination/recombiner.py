"""Gives the data set of a training new sequences of units, from the epoch on in which their alignments are known."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from data_prep.errors import InputError
from data_prep.features.extractor import Signal
from data_prep.prepare import Prepared
from recognizers.augment.recombine import Recombine
from recognizers.inference.aligned_clip import AlignedClip, read_alignments
from recognizers.inference.unit_alignment import unit_vocabulary
from recognizers.prediction import Word
from recognizers.recombination.joining import HandsJoiner, Joiner, SoundJoiner
from recognizers.recombination.unit_pools import Unit, UnitPools
from recognizers.training.targets import TargetClip
from recognizers.vocabulary import Vocabulary

#: Joins the units of signals of a modality; see `FeatureExtractor.modality`.
JOINERS: dict[str, Joiner] = {"audio": SoundJoiner(), "hands": HandsJoiner()}
#: Parts of seeds, so that units, joins and augmentation do not draw the same random numbers.
DRAWING, JOINING = 1, 2
#: Alignments that apply from an epoch on.
FILE_NAME, FILES = "epoch={epoch:03d}.jsonl", "epoch=*.jsonl"


@dataclass(frozen=True)
class NewSequence:
    """A sequence of units that takes the place of a clip.

    Attributes:
        units: The units.
        target: Its symbols.
        duration_s: About how long it is.
    """

    units: list[Unit]
    target: tuple[int, ...]
    duration_s: float

    @property
    def needed_frames(self) -> int:
        """Number of encoded frames that CTC needs for the target."""
        return len(self.target) + sum(first == second for first, second in pairwise(self.target))


class Recombiner:
    """Draws new sequences of units in place of clips, and joins their signals.

    What is drawn depends only on seed, epoch, clip and alignments. The alignments are files in a folder, named by the
    first epoch that they apply to; every process reads the newest that applies, when it needs it.

    Args:
        settings: How often clips are replaced.
        entries: The training clips with their targets.
        prepared: Gives the clips' signals.
        vocabulary: The symbols of the targets.
        modality: Modality of the signals.
        folder: Folder of the alignments.
        seed: Seed of what is drawn.

    Raises:
        InputError: Units cannot be recombined in this modality, or with labels.
    """

    def __init__(
        self,
        settings: Recombine,
        entries: Sequence[TargetClip],
        prepared: Prepared,
        vocabulary: Vocabulary,
        modality: str,
        folder: Path,
        seed: int,
    ) -> None:
        check_recombinable(modality, vocabulary.unit)
        self.settings = settings
        self.folder = folder
        self.seed = seed
        self._joiner = JOINERS[modality]
        self.entries = entries
        self._prepared = prepared
        self._vocabulary = vocabulary
        separated = vocabulary.unit == "character" and " " in vocabulary.symbols
        self._separator = (vocabulary.symbols.index(" ") + vocabulary.first_id,) if separated else ()
        self._pools: tuple[int, Path | None, UnitPools] | None = None  # of the epoch that was asked for last

    def replaces(self, earlier: int) -> bool:
        """Tell whether a clip that has occurred so often in the epoch before is to be replaced: all but the first."""
        return earlier % (self.settings.copies + 1) != 0

    def draw(self, epoch: int, entry: TargetClip, earlier: int) -> NewSequence | None:
        """Draw the sequence that takes the place of a clip; None if it is to be the clip itself.

        Args:
            epoch: The epoch.
            entry: The clip.
            earlier: Number of times that the clip has occurred in the epoch before.
        """
        if not self.replaces(earlier) or (pools := self._pools_of(epoch)) is None:
            return None
        units = pools.draw(entry.clip.id, self._rng(epoch, entry, earlier, DRAWING), self.settings.most_units)
        if not units:
            return None
        target = units[0].ids + tuple(symbol for unit in units[1:] for symbol in (*self._separator, *unit.ids))
        return NewSequence(units, target, self._joiner.duration_s(units))

    def join(self, sequence: NewSequence, epoch: int, entry: TargetClip, earlier: int) -> Signal | None:
        """Return the signal of a sequence that was drawn; None if its clips do not fit each other."""
        rng = self._rng(epoch, entry, earlier, JOINING)
        return self._joiner.join(sequence.units, lambda unit: self._prepared.signal(unit.clip), rng)

    def _pools_of(self, epoch: int) -> UnitPools | None:
        if self._pools is None or self._pools[0] != epoch:
            path = newest_alignments(self.folder, epoch)
            if self._pools is None or self._pools[1] != path:
                self._pools = (epoch, path, self._make_pools(path))
            self._pools = (epoch, *self._pools[1:])
        return self._pools[2] if self._pools[2].num_units else None

    def _make_pools(self, path: Path | None) -> UnitPools:
        alignments = {} if path is None else {each.id: each for each in read_alignments(path)}
        for entry in self.entries:
            if entry.clip.id not in alignments and (whole := self._whole_clip(entry)) is not None:
                alignments[entry.clip.id] = whole
        texts = {unit.text for each in alignments.values() for unit in each.words}
        ids = {text: self._ids_of(text) for text in texts}
        return UnitPools((entry.clip for entry in self.entries), ids, alignments)

    def _whole_clip(self, entry: TargetClip) -> AlignedClip | None:
        """Return the alignment of a clip that is one unit, from its beginning to its end; None for other clips."""
        units = unit_vocabulary(self._vocabulary).decode(entry.target).split()
        if len(units) != 1:
            return None
        duration_s = self._prepared.duration_s(entry.clip)
        word = Word(units[0], 0.0, duration_s, 1.0)
        return AlignedClip(entry.clip.id, str(entry.clip.path), units[0], duration_s, (word,))

    def _ids_of(self, text: str) -> tuple[int, ...]:
        try:
            return tuple(self._vocabulary.encode(text))
        except InputError:  # a unit of another recognizer, whose alignments were given
            return ()

    def _rng(self, epoch: int, entry: TargetClip, earlier: int, purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, epoch, zlib.crc32(entry.clip.id.encode()), earlier, purpose])


def check_recombinable(modality: str, unit: str) -> None:
    """Check that units of a modality can be recombined.

    Raises:
        InputError: They cannot, or the targets are labels.
    """
    if unit == "label":
        raise InputError(
            "augment.recombine makes new sequences, but this head learns one label a clip; give head=ctc, or "
            "augment.recombine.copies=0"
        )
    if modality not in JOINERS:
        raise InputError(
            f"augment.recombine joins {' and '.join(JOINERS)}, but the features are of {modality}; give "
            "augment.recombine.copies=0"
        )


def newest_alignments(folder: Path, epoch: int) -> Path | None:
    """Return the newest file of alignments that applies to an epoch; None if there is none yet."""
    found = [(first_epoch(path), path) for path in folder.glob(FILES)]
    return max((each for each in found if each[0] <= epoch), default=(0, None))[1]


def first_epoch(path: Path) -> int:
    """Return the first epoch that a file of alignments applies to."""
    return int(path.stem.removeprefix("epoch="))
