"""Google Speech Commands (Warden, 2018): recordings of one second with one spoken word each."""

from dataclasses import dataclass
from pathlib import Path

from data_prep.corpora.corpus import check_root, no_clips_error
from data_prep.errors import InputError
from data_prep.manifest import Clip


@dataclass(frozen=True)
class SpeechCommands:
    """The distribution's own layout: ``WORD/SPEAKER_nohash_N.wav``, ``validation_list.txt``, ``testing_list.txt``.

    Attributes:
        root: Folder that holds the two lists, directly or in a subfolder.
    """

    root: str

    def clips(self) -> list[Clip]:
        """Return the recordings in the official split, without those of background noise."""
        expected = "testing_list.txt, validation_list.txt and a folder for each word"
        lists = sorted(check_root(self.root, expected).rglob("testing_list.txt"))
        if not lists:
            raise no_clips_error(self.root, expected)
        root = lists[0].parent
        split_of = _read_list(root / "validation_list.txt", "validation") | _read_list(lists[0], "test")
        clips = []
        for path in sorted(root.glob("*/*.wav")):
            name = path.relative_to(root).as_posix()
            if not name.startswith("_"):
                speaker = path.stem.split("_nohash_")[0]
                clips.append(
                    Clip(name[:-4], path, label=path.parent.name, speaker=speaker, split=split_of.get(name, "train"))
                )
        if not clips:
            raise no_clips_error(self.root, expected)
        return clips


def _read_list(path: Path, split: str) -> dict[str, str]:
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; without it, {split} clips would be used for training. Restore it from the "
            "distribution"
        )
    return dict.fromkeys(path.read_text(encoding="utf-8").split(), split)
