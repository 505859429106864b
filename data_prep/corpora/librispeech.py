"""LibriSpeech (Panayotov et al., 2015) and corpora in its layout."""

from dataclasses import dataclass
from pathlib import Path

from data_prep.corpora.corpus import checked_root, no_clips
from data_prep.errors import InputError
from data_prep.manifest import Clip

SPLIT_OF_PREFIX = {"train": "train", "dev": "validation", "test": "test"}


@dataclass(frozen=True)
class LibriSpeech:
    """``PART/SPEAKER/CHAPTER/SPEAKER-CHAPTER.trans.txt`` with FLAC files beside it; parts as train-*, dev-*, test-*.

    Attributes:
        root: The folder with the parts.
        parts: The parts to take, such as [train-clean-100, dev-clean, test-clean]; empty for all that are there.
    """

    root: str
    parts: tuple[str, ...] = ()

    def clips(self) -> list[Clip]:
        """The utterances."""
        expected = "folders such as train-clean-100, dev-clean and test-clean"
        root = checked_root(self.root, expected)
        folders = [root / part for part in self.parts] or sorted(path for path in root.iterdir() if path.is_dir())
        clips = []
        for folder in folders:
            split = SPLIT_OF_PREFIX.get(folder.name.split("-")[0])
            if split is not None:
                checked_root(folder, "speakers' folders")
                for transcripts in sorted(folder.glob("*/*/*.trans.txt")):
                    clips += _read_chapter(transcripts, split)
        if not clips:
            raise no_clips(self.root, expected)
        return clips


def _read_chapter(transcripts: Path, split: str) -> list[Clip]:
    clips = []
    for number, line in enumerate(transcripts.read_text(encoding="utf-8").splitlines(), start=1):
        name, _, text = line.partition(" ")
        if not text.strip():
            raise InputError(f"{transcripts}:{number}: expected 'utterance-id TEXT', found {line!r}")
        path = transcripts.with_name(f"{name}.flac")
        clips.append(Clip(name, path, text=text.strip(), speaker=transcripts.parent.parent.name, split=split))
    return clips
