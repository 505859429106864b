"""CMU AN4: spelled names, numbers, dates and commands at 16 kHz, in its raw or its NIST SPHERE distribution."""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_prep.corpora.corpus import check_root, no_clips_error, read_lines
from data_prep.errors import InputError
from data_prep.folds import Folds
from data_prep.manifest import Clip
from data_prep.splits import SplitSettings

log = logging.getLogger(__name__)

#: The names of AN4's speakers begin with a letter for their sex.
SEXES = {"f": "female", "m": "male"}
_TRANSCRIPT = re.compile(r"\s*(?:<s>)?\s*(?P<text>.*?)\s*(?:</s>)?\s*\((?P<id>\S+)\)\s*")


@dataclass(frozen=True)
class An4(SplitSettings):
    """The distribution's own layout: ``etc/an4_{train,test}.{fileids,transcription}`` and ``wav/``.

    The official test list is used if it is there; otherwise some speakers of the training list are held out. Clips have
    the extra field ``sex``, "female" or "male", from the names of the speakers.

    Attributes:
        root: Folder that holds ``etc`` and ``wav``.
        words: If given, the corpus consists of the utterances of these words alone, also in the test, and a message
            says how many others there are.
    """

    root: str
    validation_share: float = 0.1
    test_share: float = 0.1
    fold: int | None = None
    folds: Folds | None = None
    words: tuple[str, ...] | None = None

    def clips(self) -> Sequence[Clip]:
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
        return assigned if self.words is None else _keep_words(assigned, set(self.words))


def _keep_words(clips: Sequence[Clip], words: set[str]) -> list[Clip]:
    kept = [clip for clip in clips if set((clip.text or "").split()) <= words]
    counts = [sum(clip.split == "test" for clip in part) for part in (clips, kept)]
    log.info(
        "corpus.words: %d of %d utterances (%d of %d of the test) consist of these words; the others are not scored",
        len(kept), len(clips), counts[1], counts[0],
    )  # fmt: skip
    return kept


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
            speaker = name.parent.name
            extra = {"sex": SEXES[speaker[0]]} if speaker[:1] in SEXES else {}
            yield Clip(fileid, path, None, None, texts[name.name], None, speaker, split, encoding, extra)


def find_recording(root: Path, fileid: Path) -> tuple[Path, str | None]:
    """Return the path of an utterance in either distribution, and its encoding if the file has no header."""
    candidates = [root / "wav" / fileid.with_name(fileid.name + suffix) for suffix in (".raw", ".sph", ".wav")]
    path = next((path for path in candidates if path.is_file()), candidates[0])
    return path, "s16be@16000" if path.suffix == ".raw" else None
