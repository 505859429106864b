"""YesNo (OpenSLR 1): recordings of eight Hebrew words each; every word is "yes" or "no"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from data_prep.corpora.corpus import check_root, no_clips_error
from data_prep.folds import Folds
from data_prep.manifest import Clip
from data_prep.splits import SplitSettings

_NAME = re.compile(r"[01](_[01])+\.wav")
TRAIN_RECORDINGS = 30


@dataclass(frozen=True)
class YesNo(SplitSettings):
    """Files such as ``0_1_1_0_0_1_0_1.wav``, whose names spell out the words: 1 is yes, 0 is no.

    The split is the customary one: sorted by name, the first 30 recordings are for training and the others for
    testing. All recordings are by the same speaker, who is therefore in every split.

    Attributes:
        root: The folder ``waves_yesno``.
    """

    root: str
    validation_share: float = 0.1
    fold: int | None = None
    folds: Folds | None = None
    test_share: float = 0.0

    def clips(self) -> Sequence[Clip]:
        """Return the recordings."""
        expected = "recordings named such as 0_1_1_0_0_1_0_1.wav"
        root = check_root(self.root, expected)
        paths = sorted(path for path in root.iterdir() if _NAME.fullmatch(path.name))
        if not paths:
            raise no_clips_error(self.root, expected)
        clips = [
            Clip(path.stem, path, text=" ".join("yes" if digit == "1" else "no" for digit in path.stem.split("_")))
            for path in paths
        ]
        test = [replace(clip, split="test") for clip in clips[TRAIN_RECORDINGS:]]
        return self.assign_splits(clips[:TRAIN_RECORDINGS] + test)
