from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data_prep.corpora.an4 import An4
from data_prep.corpora.arabic_speech_commands import ArabicSpeechCommands
from data_prep.corpora.corpus import read_lines
from data_prep.corpora.folder import FolderCorpus
from data_prep.corpora.librispeech import LibriSpeech
from data_prep.corpora.pattern import PatternCorpus
from data_prep.corpora.shrec17 import Shrec17
from data_prep.corpora.shrec21.shrec21 import Shrec21
from data_prep.corpora.sign_digits import SignDigits
from data_prep.corpora.speech_commands import SpeechCommands
from data_prep.corpora.yesno import YesNo
from data_prep.errors import InputError
from tests.data_prep.corpora.conftest import touch

CORPORA: list[tuple[Callable[[str], Any], str]] = [
    (An4, "etc/an4_train.fileids"),
    (ArabicSpeechCommands, "train.csv, val.csv, test.csv"),
    (FolderCorpus, "a folder for each class"),
    (LibriSpeech, "train-clean-100"),
    (lambda root: PatternCorpus(root, r"(?P<label>\d)_(?P<speaker>[a-z]+)_(?P<take>\d+)\.wav"), r"(?P<label>\d)"),
    (Shrec17, "train_gestures.txt"),
    (Shrec21, "training_set/annotations_revised_training.txt"),
    (SignDigits, "Dataset/DIGIT/IMG_*.JPG"),
    (SpeechCommands, "testing_list.txt"),
    (YesNo, "0_1_1_0_0_1_0_1.wav"),
]
CORPUS_NAMES = [
    "an4",
    "arabic_speech_commands",
    "folder",
    "librispeech",
    "pattern",
    "shrec17",
    "shrec21",
    "sign_digits",
    "speech_commands",
    "yesno",
]


@pytest.mark.parametrize(("corpus", "expected"), CORPORA, ids=CORPUS_NAMES)
@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("missing", "there is no such folder; expected"),
        ("file", "it is a file; expected"),
        ("empty", "the folder is empty; expected"),
        ("other", "found no clip there; expected"),
    ],
)
def test_error_for_a_wrong_root_says_what_was_found_and_expected(
    tmp_path: Path, corpus: Callable[[str], Any], expected: str, kind: str, found: str
) -> None:
    root = tmp_path / "root"
    if kind == "file":
        root.touch()
    elif kind == "empty":
        root.mkdir()
    elif kind == "other":
        touch(root, "letters/dear_sir.txt", "holiday.wav")
    with pytest.raises(InputError) as error:
        corpus(str(root)).clips()
    assert str(error.value).startswith(f"corpus.root={root}: {found}")
    assert expected in str(error.value)


def test_lines_come_with_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("ä\n\nb\n", encoding="utf-8")
    assert list(read_lines(path)) == [(f"{path}:1", "ä"), (f"{path}:2", ""), (f"{path}:3", "b")]


def test_error_for_a_list_that_is_not_utf8_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes("ä".encode("latin-1"))
    with pytest.raises(InputError, match=r"list\.txt: not valid UTF-8 .*; save the file as UTF-8"):
        list(read_lines(path))
