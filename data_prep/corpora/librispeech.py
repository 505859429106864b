"""LibriSpeech (Panayotov et al., 2015) and other corpora with the same folder layout."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data_prep.corpora.corpus import check_root, no_clips_error, read_lines
from data_prep.errors import InputError
from data_prep.manifest import Clip

SPLIT_OF_PREFIX = {"train": "train", "dev": "validation", "test": "test"}


@dataclass(frozen=True)
class LibriSpeech:
    """FLAC files next to their transcripts, ``PART/SPEAKER/CHAPTER/SPEAKER-CHAPTER.trans.txt``.

    The name of a part decides its split: train-* is for training, dev-* for validation and test-* for testing.

    Attributes:
        root: Folder that holds the parts.
        parts: Parts to read, such as [train-clean-100, dev-clean, test-clean]; empty reads all that are there.
    """

    root: str
    parts: tuple[str, ...] = ()

    def clips(self) -> list[Clip]:
        """Return the utterances of all parts."""
        expected = "folders such as train-clean-100, dev-clean and test-clean"
        root = check_root(self.root, expected)
        folders = [root / part for part in self.parts] or sorted(path for path in root.iterdir() if path.is_dir())
        clips: list[Clip] = []
        for folder in folders:
            split = SPLIT_OF_PREFIX.get(folder.name.split("-")[0])
            if split is not None:
                check_root(folder, "speakers' folders")
                for transcripts in sorted(folder.glob("*/*/*.trans.txt")):
                    clips += _read_chapter(transcripts, split)
        if not clips:
            raise no_clips_error(self.root, expected)
        return clips


def _read_chapter(transcripts: Path, split: str) -> Iterator[Clip]:
    speaker = transcripts.parent.parent.name
    for place, line in read_lines(transcripts):
        name, _, text = line.partition(" ")
        if not text.strip():
            raise InputError(f"{place}: expected 'utterance-id TEXT', found {line!r}")
        yield Clip(name, transcripts.with_name(f"{name}.flac"), text=text.strip(), speaker=speaker, split=split)
