"""Sign Language Digits: photos of the handshapes for the digits 0 to 9."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_prep.corpora.corpus import check_root, no_clips_error
from data_prep.errors import InputError
from data_prep.folds import Folds
from data_prep.manifest import Clip
from data_prep.splits import SplitSettings


@dataclass(frozen=True)
class SignDigits(SplitSettings):
    """Photos ``Dataset/DIGIT/IMG_*.JPG``, optionally with an ``index.csv`` that tells the signers apart.

    The columns ``path`` and ``signer_guess`` of ``index.csv`` are read.

    Attributes:
        root: Folder that holds ``Dataset``.
    """

    root: str
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int | None = None
    folds: Folds | None = None

    def clips(self) -> Sequence[Clip]:
        """Return the photos."""
        expected = "photos Dataset/DIGIT/IMG_*.JPG"
        root = check_root(self.root, expected)
        signers = _read_signers(root / "index.csv")
        clips = []
        for path in sorted((root / "Dataset").glob("[0-9]/*.[jJ][pP]*[gG]")):
            name = path.relative_to(root / "Dataset").as_posix()
            clips.append(Clip(name.rsplit(".", 1)[0], path, label=path.parent.name, speaker=signers.get(name)))
        if not clips:
            raise no_clips_error(self.root, expected)
        return self.assign_splits(clips)


def _read_signers(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    with open(path, encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        if not {"path", "signer_guess"} <= set(rows.fieldnames or ()):
            raise InputError(f"{path}:1: expected the columns path and signer_guess, found {rows.fieldnames}")
        return {row["path"]: f"signer_{row['signer_guess']}" for row in rows}
