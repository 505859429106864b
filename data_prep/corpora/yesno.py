"""OpenSLR 1: recordings of eight Hebrew words each, "yes" or "no", that their file names spell out."""

import re
from dataclasses import dataclass, replace

from data_prep.corpora.corpus import checked_root, no_clips
from data_prep.manifest import Clip
from data_prep.splits import assign_splits

_NAME = re.compile(r"[01](_[01])+\.wav")
TRAIN_RECORDINGS = 30


@dataclass(frozen=True)
class YesNo:
    """Files such as ``0_1_1_0_0_1_0_1.wav``; 1 is yes. One speaker, who therefore stands in every split.

    The customary split: in the order of their names, the first 30 are for training, the others for the test.

    Attributes:
        root: The folder ``waves_yesno``.
        validation_share: Share of the training recordings for validation.
        fold: Which of the parts of that size these are, for cross-validation; see `assign_splits`.
    """

    root: str
    validation_share: float = 0.1
    fold: int = 0

    def clips(self) -> list[Clip]:
        """The recordings."""
        expected = "recordings named such as 0_1_1_0_0_1_0_1.wav"
        root = checked_root(self.root, expected)
        paths = sorted(path for path in root.iterdir() if _NAME.fullmatch(path.name))
        if not paths:
            raise no_clips(self.root, expected)
        clips = [
            Clip(path.stem, path, text=" ".join("yes" if digit == "1" else "no" for digit in path.stem.split("_")))
            for path in paths
        ]
        test = [replace(clip, split="test") for clip in clips[TRAIN_RECORDINGS:]]
        return assign_splits(clips[:TRAIN_RECORDINGS] + test, self.validation_share, 0.0, self.fold)
