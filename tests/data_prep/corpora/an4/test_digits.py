from pathlib import Path

import pytest

from data_prep.corpora.an4.digits import An4Digits
from data_prep.errors import InputError
from tests.data_prep.corpora.conftest import touch


@pytest.mark.parametrize(("ending", "encoding"), [(".raw", "s16be@16000"), (".sph", None)])
def test_digits_are_segments_of_training_utterances(tmp_path: Path, ending: str, encoding: str | None) -> None:
    touch(tmp_path, f"wav/an4_clstk/fash/cen7-fash-b{ending}")
    clips = An4Digits(str(tmp_path)).clips()
    assert "".join(clip.label or "" for clip in clips) == "2684418"
    assert all(clip.end_s > clip.start_s for clip in clips)
    assert {(clip.speaker, clip.split, clip.encoding) for clip in clips} == {("fash", "train", encoding)}


def test_a_missing_folder_is_an_error_unless_the_digits_are_optional(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert An4Digits(str(tmp_path / "an4"), optional=True).clips() == []
    assert f"there is no folder {tmp_path / 'an4'}" in caplog.text
    with pytest.raises(InputError, match="there is no such folder"):
        An4Digits(str(tmp_path / "an4")).clips()
    with pytest.raises(InputError, match="found no clip there"):
        An4Digits(str(touch(tmp_path, "other.txt")), optional=True).clips()
