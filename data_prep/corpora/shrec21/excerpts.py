"""Excerpts of SHREC'21's training sequences with a few gestures each."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import pairwise

from data_prep.corpora.shrec21.annotations import Gesture
from data_prep.corpora.shrec21.shrec21 import TIMES, Shrec21, gestures_of
from data_prep.errors import InputError
from data_prep.folds import Folds
from data_prep.manifest import Clip
from data_prep.splits import SplitSettings


@dataclass(frozen=True)
class Shrec21Excerpts(SplitSettings):
    """Excerpts with each gesture alone, each two neighbours, and so on, all of them for training.

    A sequence is cut halfway between two gestures, so an excerpt begins and ends with meaningless movement. With so few
    sequences of 37 s, CTC otherwise takes long to find where in them the gestures are.

    Attributes:
        root: Folder of the corpus, as in `Shrec21`.
        most_gestures: Most gestures of an excerpt.
        margin_s: Most movement before the first gesture and after the last, in seconds.
        validation_share: As in `Shrec21`; nothing is taken from sequences that the settings of the splits hold out.
        test_share: As in `Shrec21`.
    """

    root: str
    most_gestures: int = 2
    margin_s: float = 3.0
    validation_share: float = 0.0
    test_share: float = 0.0
    fold: int | None = None
    folds: Folds | None = None

    def __post_init__(self) -> None:
        if self.most_gestures < 1:
            raise InputError(f"most_gestures of the excerpts must be 1 or more; found {self.most_gestures!r}")
        if not self.margin_s > 0:
            raise InputError(f"margin_s of the excerpts must be above 0; found {self.margin_s!r}")

    def clips(self) -> list[Clip]:
        """Return the excerpts of all training sequences whose gestures have usable times."""
        corpus = Shrec21(self.root, self.validation_share, self.test_share, self.fold, self.folds)
        return [
            excerpt
            for clip in corpus.clips()
            if clip.split == "train" and all(gesture.is_timed for gesture in gestures_of(clip))
            for excerpt in self._excerpts(clip)
        ]

    def _excerpts(self, clip: Clip) -> Iterator[Clip]:
        gestures = gestures_of(clip)
        cuts = [(before.end_s + after.start_s) / 2 for before, after in pairwise(gestures)]
        starts = [max(cut, made.start_s - self.margin_s) for cut, made in zip([0.0, *cuts], gestures, strict=True)]
        ends = [min(cut, made.end_s + self.margin_s) for cut, made in zip([*cuts, float("inf")], gestures, strict=True)]
        for count in range(1, min(self.most_gestures, len(gestures) - 1) + 1):
            for first in range(len(gestures) - count + 1):
                start_s, last = starts[first], first + count - 1
                yield replace(
                    clip,
                    id=f"{clip.id}/{first + 1}-{last + 1}",
                    start_s=round(start_s, 3),
                    end_s=round(ends[last], 3),
                    text=" ".join(made.name for made in gestures[first : last + 1]),
                    extra={TIMES: [_moved(made, -start_s) for made in gestures[first : last + 1]]},
                )


def _moved(gesture: Gesture, shift_s: float) -> dict[str, str | float]:
    return asdict(replace(gesture, start_s=gesture.start_s + shift_s, end_s=gesture.end_s + shift_s))
