"""SHREC'17: hand gestures recorded as 3-D hand skeletons (De Smedt et al., 2017)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_prep.corpora.corpus import check_root, no_clips_error, read_lines
from data_prep.errors import InputError
from data_prep.folds import Folds
from data_prep.manifest import Clip
from data_prep.splits import SplitSettings

#: Names of the 14 gestures, which the corpus numbers from 1.
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
class Shrec17(SplitSettings):
    """The distribution's own layout: ``{train,test}_gestures.txt`` and ``gesture_*/finger_*/subject_*/essai_*``.

    The official test list is used if it is there; otherwise some subjects of the training list are held out.

    Attributes:
        root: Folder that holds the lists.
        label: Number of classes: 14 for the gesture alone; 28 also distinguishes gestures made with one finger from
            those made with the whole hand.
    """

    root: str
    label: int = 14
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int | None = None
    folds: Folds | None = None

    def __post_init__(self) -> None:
        if self.label not in (14, 28):
            raise InputError(f"corpus.label must be 14 or 28; found {self.label!r}")

    def clips(self) -> Sequence[Clip]:
        """Return the gesture sequences of the lists that are there."""
        expected = "train_gestures.txt or test_gestures.txt and the folders gesture_*"
        root = check_root(self.root, expected)
        clips = []
        for name, split in (("train_gestures.txt", None), ("test_gestures.txt", "test")):
            if (root / name).is_file():
                rows = ((place, line.split()) for place, line in read_lines(root / name) if line.strip())
                clips += [self._clip(root, place, row, split) for place, row in rows]
        if not clips:
            raise no_clips_error(self.root, expected)
        return self.assign_splits(clips)

    def _clip(self, root: Path, place: str, row: list[str], split: str | None) -> Clip:
        try:
            gesture, finger, subject, essai = (int(value) for value in row[:4])
            name = dict(enumerate(GESTURES, start=1))[gesture]
        except (ValueError, KeyError):
            raise InputError(
                f"{place}: found {' '.join(row)!r}, expected 'gesture finger subject essai label14 label28 frames'"
            ) from None
        clip_id = f"gesture_{gesture}/finger_{finger}/subject_{subject}/essai_{essai}"
        label = name if self.label == 14 else f"{name}_{'finger' if finger == 1 else 'hand'}"
        path = root / clip_id / "skeletons_world.txt"
        return Clip(clip_id, path, label=label, speaker=f"subject_{subject}", split=split)
