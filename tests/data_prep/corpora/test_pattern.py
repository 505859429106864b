from collections import Counter
from pathlib import Path

import pytest

from data_prep.corpora.pattern import PatternCorpus
from data_prep.errors import InputError
from tests.data_prep.corpora.conftest import by_id, touch

DIGITS = r"(?P<label>\d)_(?P<speaker>[a-z]+)_(?P<take>\d+)\.wav"


def test_named_groups_fill_the_fields_of_a_clip(tmp_path: Path) -> None:
    names = [
        f"{digit}_{speaker}_{take}.wav" for digit in (0, 7) for speaker in ("ann", "bob", "cleo") for take in (0, 1)
    ]
    touch(tmp_path, *names, "README.md", "notes/7_ann_0.wav")
    clips = PatternCorpus(str(tmp_path), DIGITS).clips()
    assert sorted(clip.id for clip in clips) == sorted(names)
    found = by_id(clips)["7_bob_1.wav"]
    assert (found.label, found.speaker, found.extra, found.text) == ("7", "bob", {"take": "1"}, None)
    assert Counter(clip.split for clip in clips) == {"train": 4, "validation": 4, "test": 4}
    assert len({(clip.speaker, clip.split) for clip in clips}) == 3


def test_a_pattern_may_give_the_split_and_the_corpus_an_encoding(tmp_path: Path) -> None:
    touch(tmp_path, "train/x/1.raw", "test/y/2.raw")
    pattern = r"(?P<split>train|test)/(?P<text>[a-z])/\d\.raw"
    clips = PatternCorpus(str(tmp_path), pattern, encoding="s16le@8000").clips()
    assert {(clip.text, clip.split, clip.encoding) for clip in clips} == {
        ("x", "train", "s16le@8000"),
        ("y", "test", "s16le@8000"),
    }


def test_error_for_an_unknown_split(tmp_path: Path) -> None:
    touch(tmp_path, "dev/x.wav")
    with pytest.raises(InputError, match=r"x\.wav: the pattern's split is 'dev', expected one of"):
        PatternCorpus(str(tmp_path), r"(?P<split>\w+)/(?P<label>\w)\.wav").clips()


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "not a regular expression"),
        (r"(?P<word>\w+)\.wav", "needs a group named label or"),
        (r"(?P<label>\w+)_(?P<path>\w+)\.wav", "rename the group path, a reserved name"),
    ],
)
def test_error_for_a_pattern_that_cannot_work(pattern: str, message: str) -> None:
    with pytest.raises(InputError, match=f"corpus.pattern: {message}"):
        PatternCorpus("anywhere", pattern)
