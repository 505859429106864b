"""SHREC'17 Track: hand gestures as 3-D skeletons (De Smedt et al., 2017)."""

from dataclasses import dataclass
from pathlib import Path

from data_prep.corpora.corpus import checked_root, no_clips
from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.splits import assign_splits

#: The 14 gestures in the order of their numbers.
GESTURES = (
    "grab",
    "tap",
    "expand",
    "pinch",
    "rotate_clockwise",
    "rotate_counterclockwise",
    "swipe_right",
    "swipe_left",
    "swipe_up",
    "swipe_down",
    "swipe_x",
    "swipe_plus",
    "swipe_v",
    "shake",
)


@dataclass(frozen=True)
class Shrec17:
    """The distribution's own layout: ``{train,test}_gestures.txt`` and ``gesture_*/finger_*/subject_*/essai_*``.

    The official test list is used where it is there; else subjects of the training list are held out.

    Attributes:
        root: The folder with the lists.
        label: 14 for the gesture alone, 28 for the gesture and whether it is made with one finger or the hand.
        validation_share: Share of the training sequences for validation, by subject.
        test_share: Likewise for the test, where there is no official list.
        fold: Which of the parts of that size is held out, for cross-validation; see `assign_splits`.
    """

    root: str
    label: int = 14
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int = 0

    def __post_init__(self) -> None:
        if self.label not in (14, 28):
            raise InputError(f"corpus.label must be 14 or 28; found {self.label!r}")

    def clips(self) -> list[Clip]:
        """Sequences of the lists that are there."""
        expected = "train_gestures.txt or test_gestures.txt and the folders gesture_*"
        root = checked_root(self.root, expected)
        clips = []
        for name, split in (("train_gestures.txt", None), ("test_gestures.txt", "test")):
            if (root / name).is_file():
                clips += [self._clip(row, root / name, split) for row in _rows(root / name)]
        if not clips:
            raise no_clips(self.root, expected)
        return assign_splits(clips, self.validation_share, self.test_share, self.fold)

    def _clip(self, numbered: tuple[int, list[str]], source: Path, split: str | None) -> Clip:
        number, row = numbered
        try:
            gesture, finger, subject, essai = (int(value) for value in row[:4])
            name = dict(enumerate(GESTURES, start=1))[gesture]
        except (ValueError, KeyError):
            raise InputError(
                f"{source}:{number}: found {' '.join(row)!r}, expected 'gesture finger subject essai label14 label28 "
                "frames'"
            ) from None
        folder = f"gesture_{gesture}/finger_{finger}/subject_{subject}/essai_{essai}"
        label = name if self.label == 14 else f"{name}_{'finger' if finger == 1 else 'hand'}"
        path = source.parent / folder / "skeletons_world.txt"
        return Clip(folder, path, label=label, speaker=f"subject_{subject}", split=split)


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    return [(number, line.split()) for number, line in lines if line.strip()]
