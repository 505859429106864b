"""CMU AN4: spelled names, numbers, dates and commands at 16 kHz, in its raw or its NIST SPHERE distribution."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data_prep.corpora.corpus import check_root, no_clips_error, read_lines
from data_prep.errors import InputError
from data_prep.folds import Folds
from data_prep.manifest import Clip
from data_prep.splits import SplitSettings

_TRANSCRIPT = re.compile(r"\s*(?:<s>)?\s*(?P<text>.*?)\s*(?:</s>)?\s*\((?P<id>\S+)\)\s*")


@dataclass(frozen=True)
class An4(SplitSettings):
    """The distribution's own layout: ``etc/an4_{train,test}.{fileids,transcription}`` and ``wav/``.

    The official test list is used if it is there; otherwise some speakers of the training list are held out.

    Attributes:
        root: Folder that holds ``etc`` and ``wav``.
        words: If given, the words to learn: utterances with any other word are left out.
    """

    root: str
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int | None = None
    folds: Folds | None = None
    words: tuple[str, ...] | None = None

    def clips(self) -> list[Clip]:
        """Return the utterances of the lists that are there."""
        expected = "etc/an4_train.fileids or etc/an4_test.fileids, their .transcription, and wav/"
        root = check_root(self.root, expected)
        clips: list[Clip] = []
        for part, split in (("train", None), ("test", "test")):
            if (root / "etc" / f"an4_{part}.fileids").is_file():
                clips += _read_part(root, part, split)
        if not clips:
            raise no_clips_error(self.root, expected)
        # All utterances are split, so that the same speakers are held out whatever the words.
        assigned = self.assign_splits(clips)
        return [clip for clip in assigned if self.words is None or set((clip.text or "").split()) <= set(self.words)]


def _read_part(root: Path, part: str, split: str | None) -> Iterator[Clip]:
    fileids = root / "etc" / f"an4_{part}.fileids"
    transcripts = fileids.with_suffix(".transcription")
    if not transcripts.is_file():
        raise InputError(f"{transcripts}: no such file; {fileids} needs its transcripts")
    texts = {}
    for place, line in read_lines(transcripts):
        if line.strip():
            match = _TRANSCRIPT.fullmatch(line)
            if match is None:
                raise InputError(f"{place}: expected 'TEXT (utterance-id)', found {line!r}")
            texts[match["id"]] = match["text"]
    for place, line in read_lines(fileids):
        if fileid := line.strip():
            name = Path(fileid)
            if name.name not in texts:
                raise InputError(f"{place}: {name.name} has no transcript in {transcripts}")
            path, encoding = find_recording(root, name)
            yield Clip(fileid, path, text=texts[name.name], speaker=name.parent.name, split=split, encoding=encoding)


def find_recording(root: Path, fileid: Path) -> tuple[Path, str | None]:
    """Return the path of an utterance in either distribution, and its encoding if the file has no header."""
    candidates = [root / "wav" / fileid.with_name(fileid.name + suffix) for suffix in (".raw", ".sph", ".wav")]
    path = next((path for path in candidates if path.is_file()), candidates[0])
    return path, "s16be@16000" if path.suffix == ".raw" else None
