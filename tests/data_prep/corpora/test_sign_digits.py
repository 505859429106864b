from collections import Counter
from pathlib import Path

import pytest

from data_prep.corpora.sign_digits import SignDigits
from data_prep.errors import InputError
from tests.data_prep.corpora.conftest import by_id, touch, write


def photo_names() -> list[str]:
    return [
        f"{digit}/IMG_{digit}{signer}.{'JPG' if signer % 2 else 'jpeg'}" for digit in range(3) for signer in range(10)
    ]


def test_photos_are_split_by_signer_if_an_index_names_the_signers(tmp_path: Path) -> None:
    touch(tmp_path, *(f"Dataset/{name}" for name in photo_names()), "Dataset/extra/IMG_1.JPG")
    rows = "".join(f"{name},{name[0]},{name.split('.')[0][-1]}\n" for name in photo_names())
    write(tmp_path, {"index.csv": "path,digit,signer_guess\n" + rows})
    clips = SignDigits(str(tmp_path)).clips()
    assert len(clips) == 30
    assert by_id(clips)["2/IMG_27"].speaker == "signer_7"
    assert by_id(clips)["2/IMG_27"].label == "2"
    assert len({(clip.speaker, clip.split) for clip in clips}) == 10
    assert Counter(clip.split for clip in clips) == {"train": 24, "validation": 3, "test": 3}


def test_photos_are_split_within_each_digit_if_the_signers_are_unknown(tmp_path: Path) -> None:
    touch(tmp_path, *(f"Dataset/{name}" for name in photo_names()))
    clips = SignDigits(str(tmp_path)).clips()
    counts = Counter((clip.label, clip.split) for clip in clips)
    assert {counts[str(digit), "test"] for digit in range(3)} == {1}
    assert {clip.speaker for clip in clips} == {None}


def test_error_for_an_index_without_the_needed_columns(tmp_path: Path) -> None:
    touch(tmp_path, "Dataset/1/IMG_1.JPG")
    write(tmp_path, {"index.csv": "file,signer\n"})
    with pytest.raises(InputError, match=r"index\.csv:1: expected the columns path and signer_guess, found"):
        SignDigits(str(tmp_path)).clips()
