from pathlib import Path

import pytest

from data_prep.corpora.speech_commands import SpeechCommands
from data_prep.errors import InputError
from tests.data_prep.corpora.conftest import touch, write


@pytest.mark.parametrize("above", ["", "speech_commands_v2"])
def test_official_lists_give_the_splits(tmp_path: Path, above: str) -> None:
    root = tmp_path / above
    touch(root, "yes/ann_nohash_0.wav", "yes/bob_nohash_0.wav", "no/cleo_nohash_3.wav", "_background_noise_/hum.wav")
    write(root, {"validation_list.txt": "yes/bob_nohash_0.wav\n", "testing_list.txt": "no/cleo_nohash_3.wav\n"})
    clips = SpeechCommands(str(tmp_path)).clips()
    assert {(clip.id, clip.label, clip.speaker, clip.split) for clip in clips} == {
        ("yes/ann_nohash_0", "yes", "ann", "train"),
        ("yes/bob_nohash_0", "yes", "bob", "validation"),
        ("no/cleo_nohash_3", "no", "cleo", "test"),
    }


def test_error_for_a_missing_list_says_why_it_is_needed(tmp_path: Path) -> None:
    write(tmp_path, {"testing_list.txt": "no/cleo_nohash_3.wav\n"})
    with pytest.raises(InputError, match=r"validation_list\.txt: no such file; .* validation clips would be used"):
        SpeechCommands(str(tmp_path)).clips()
