"""CMU AN4: spelled names, numbers, dates and commands, 16 kHz (raw or NIST sphere distribution)."""

import re
from dataclasses import dataclass
from pathlib import Path

from data_prep.corpora.corpus import checked_root, no_clips
from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.splits import assign_splits

_TRANSCRIPT = re.compile(r"\s*(?:<s>)?\s*(?P<text>.*?)\s*(?:</s>)?\s*\((?P<id>\S+)\)\s*")


@dataclass(frozen=True)
class An4:
    """The distribution's own layout: ``etc/an4_{train,test}.{fileids,transcription}`` and ``wav/``.

    The official test list is used where it is there; else speakers of the training list are held out.

    Attributes:
        root: The folder with ``etc`` and ``wav``.
        validation_share: Share of the training utterances for validation, by speaker.
        test_share: Likewise for the test, where there is no official list.
        fold: Which of the parts of that size is held out, for cross-validation; see `assign_splits`.
    """

    root: str
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int = 0

    def clips(self) -> list[Clip]:
        """Utterances of the lists that are there."""
        expected = "etc/an4_train.fileids or etc/an4_test.fileids, their .transcription, and wav/"
        root = checked_root(self.root, expected)
        clips = []
        for part, split in (("train", None), ("test", "test")):
            if (root / "etc" / f"an4_{part}.fileids").is_file():
                clips += _read_part(root, part, split)
        if not clips:
            raise no_clips(self.root, expected)
        return assign_splits(clips, self.validation_share, self.test_share, self.fold)


def _read_part(root: Path, part: str, split: str | None) -> list[Clip]:
    fileids = root / "etc" / f"an4_{part}.fileids"
    transcripts = fileids.with_suffix(".transcription")
    if not transcripts.is_file():
        raise InputError(f"{transcripts}: no such file; {fileids} is there, so its transcripts should be")
    texts = {}
    for number, line in enumerate(transcripts.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            match = _TRANSCRIPT.fullmatch(line)
            if match is None:
                raise InputError(f"{transcripts}:{number}: expected 'TEXT (utterance-id)', found {line!r}")
            texts[match["id"]] = match["text"]
    clips = []
    for number, line in enumerate(fileids.read_text(encoding="utf-8").splitlines(), start=1):
        if fileid := line.strip():
            name = Path(fileid)
            if name.name not in texts:
                raise InputError(f"{fileids}:{number}: {name.name} has no transcript in {transcripts}")
            path, encoding = media_path(root, name)
            clips.append(
                Clip(fileid, path, text=texts[name.name], speaker=name.parent.name, split=split, encoding=encoding)
            )
    return clips


def media_path(root: Path, fileid: Path) -> tuple[Path, str | None]:
    """Where an utterance lies in either distribution, and how it is encoded if the file does not say so itself."""
    candidates = [root / "wav" / fileid.with_name(fileid.name + suffix) for suffix in (".raw", ".sph", ".wav")]
    path = next((path for path in candidates if path.is_file()), candidates[0])
    return path, "s16be@16000" if path.suffix == ".raw" else None
