"""Arabic Speech Commands (Ghandoura et al., 2021): recordings of one second with one spoken word each."""

import csv
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from data_prep.corpora.corpus import check_root, no_clips_error, read_lines
from data_prep.errors import InputError
from data_prep.manifest import SPLITS, Clip

log = logging.getLogger(__name__)

#: The official lists and their splits.
LISTS = {"train.csv": "train", "val.csv": "validation", "test.csv": "test"}
HEADER = ["file", "class"]
#: Endings of recordings, in the distribution and in smaller copies of it.
SUFFIXES = (".wav", ".flac")


@dataclass(frozen=True)
class ArabicSpeechCommands:
    """The distribution's own layout: ``{train,val,test}.csv`` and ``dataset/WORD/SPEAKER_NO_ROUND.wav``.

    Each list has other speakers. Recordings that are in none of them, such as background noise, are no clips. Words
    whose folder is missing are left out, so that a copy may hold some of the 40 words.

    Attributes:
        root: Folder that holds the lists, directly or in a subfolder.
        validation_speakers: What the speakers of ``val.csv`` are for: "validation", as published; "train", to train on
            everyone outside the official test; or "test", for a copy without ``test.csv``, whose scores are then not
            those of the official test.
    """

    root: str
    validation_speakers: Literal["validation", "train", "test"] = "validation"

    def __post_init__(self) -> None:
        if self.validation_speakers not in SPLITS:
            raise InputError(
                f"corpus.validation_speakers must be validation, train or test; found {self.validation_speakers!r}"
            )

    def clips(self) -> list[Clip]:
        """Return the recordings of the lists that are there, in the official split."""
        expected = "train.csv, val.csv, test.csv and the folder dataset with a folder for each word"
        lists = sorted(check_root(self.root, expected).rglob("train.csv"))
        if not lists:
            raise no_clips_error(self.root, expected)
        root = lists[0].parent
        self._check_lists(root)
        clips: list[Clip] = []
        for name, split in LISTS.items():
            if (root / name).is_file():
                clips += _read_list(root / name, self.validation_speakers if split == "validation" else split)
        found = [clip for clip in clips if clip.path.parent.is_dir()]
        if not found:
            raise no_clips_error(self.root, expected)
        if missing := sorted({str(clip.label) for clip in clips} - {str(clip.label) for clip in found}):
            log.warning("%s: %d words have no folder and are left out: %s", root, len(missing), ", ".join(missing))
        return found

    def _check_lists(self, root: Path) -> None:
        """Say what cannot be tested or validated without a list, and keep other speakers out of the official test."""
        has_test = (root / "test.csv").is_file()
        if has_test and self.validation_speakers == "test":
            raise InputError(
                f"corpus.validation_speakers=test: {root / 'test.csv'} is there, and its speakers alone are "
                "the official test; give validation or train"
            )
        if not has_test and self.validation_speakers != "test":
            log.warning(
                "%s: there is no test.csv, so nothing is tested; corpus.validation_speakers=test tests on the speakers "
                "of val.csv, who then no longer choose the best checkpoint",
                root,
            )
        if not (root / "val.csv").is_file():
            log.warning("%s: there is no val.csv, so its speakers are not used", root)


def _read_list(path: Path, split: str) -> Iterator[Clip]:
    """Yield the clips of an official list, also those whose file is missing.

    Raises:
        InputError: A line is not as expected; the message names it.
    """
    rows = ((place, [cell.strip() for cell in next(csv.reader([line]), [])]) for place, line in read_lines(path))
    place, header = next(rows, (f"{path}:1", []))
    if [name.lstrip("\ufeff") for name in header] != HEADER:
        raise InputError(f"{place}: found {','.join(header)!r}, expected the header 'file,class'")
    for place, row in rows:
        if not row:
            continue
        name = Path(row[0].replace("\\", "/"))
        speaker, separator, _ = name.stem.partition("_NO_")
        if len(row) != 2 or not separator or not row[1]:
            raise InputError(f"{place}: found {','.join(row)!r}, expected 'dataset/WORD/SPEAKER_NO_ROUND.wav,WORD'")
        candidates = [(path.parent / name).with_suffix(suffix) for suffix in (name.suffix, *SUFFIXES)]
        recording = next((each for each in candidates if each.is_file()), candidates[0])
        yield Clip(f"{name.parent.name}/{name.stem}", recording, label=row[1], speaker=speaker, split=split)
