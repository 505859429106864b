from collections import Counter
from pathlib import Path

import pytest

from data_prep.corpora.librispeech import LibriSpeech
from data_prep.errors import InputError
from tests.data_prep.corpora.conftest import by_id, touch, write


def librispeech_root(root: Path) -> Path:
    for part, speaker in (("train-clean-100", 1), ("dev-clean", 2), ("test-other", 3)):
        chapter = root / part / str(speaker) / "7"
        touch(chapter, f"{speaker}-7-0000.flac", f"{speaker}-7-0001.flac")
        write(chapter, {f"{speaker}-7.trans.txt": f"{speaker}-7-0000 HELLO THERE\n{speaker}-7-0001 YES\n"})
    return touch(root, "BOOKS.TXT", "intro/other.txt")


def test_names_of_parts_give_the_splits(tmp_path: Path) -> None:
    clips = LibriSpeech(str(librispeech_root(tmp_path))).clips()
    assert Counter(clip.split for clip in clips) == {"train": 2, "validation": 2, "test": 2}
    found = by_id(clips)["2-7-0000"]
    assert (found.text, found.speaker, found.split) == ("HELLO THERE", "2", "validation")
    assert found.path == tmp_path / "dev-clean" / "2" / "7" / "2-7-0000.flac"
    only = LibriSpeech(str(tmp_path), parts=("test-other",)).clips()
    assert {clip.split for clip in only} == {"test"}


def test_errors_for_missing_parts_and_empty_transcripts(tmp_path: Path) -> None:
    librispeech_root(tmp_path)
    with pytest.raises(InputError, match=r"train-clean-360: there is no such folder; expected a folder with speakers'"):
        LibriSpeech(str(tmp_path), parts=("train-clean-360",)).clips()
    (tmp_path / "dev-clean" / "2" / "7" / "2-7.trans.txt").write_text("2-7-0000 HELLO\n2-7-0001\n")
    with pytest.raises(InputError, match=r"2-7\.trans\.txt:2: expected 'utterance-id TEXT', found '2-7-0001'"):
        LibriSpeech(str(tmp_path)).clips()
