from collections import Counter
from pathlib import Path

from data_prep.corpora.yesno import YesNo
from tests.data_prep.corpora.conftest import by_id, touch


def test_file_names_give_the_transcripts_and_the_customary_split(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{'_'.join(f'{n:08b}')}.wav" for n in range(0, 120, 2)), "README")
    clips = YesNo(str(tmp_path)).clips()
    assert by_id(clips)["0_0_0_0_0_1_1_0"].text == "no no no no no yes yes no"
    assert [clip.split for clip in clips[30:]] == ["test"] * 30
    assert Counter(clip.split for clip in clips[:30]) == {"train": 27, "validation": 3}
