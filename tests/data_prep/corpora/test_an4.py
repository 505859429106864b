from collections import Counter
from pathlib import Path

import pytest

from data_prep.corpora.an4 import An4
from data_prep.errors import InputError
from tests.data_prep.corpora.conftest import by_id, touch, write


def an4_root(root: Path, ending: str = ".raw", test_list: bool = False) -> Path:
    speakers = ["fash", "fbbh", "mnfe", "mtxs"]
    ids = [f"an4_clstk/{name}/an{i}-{name}-b" for name in speakers for i in range(3)]
    touch(root, *(f"wav/{name}{ending}" for name in ids))
    transcripts = [f"<s> GO {i} </s> ({Path(name).name})\n" for i, name in enumerate(ids)]
    write(root, {"etc/an4_train.fileids": "\n".join(ids) + "\n", "etc/an4_train.transcription": "".join(transcripts)})
    if test_list:
        touch(root, f"wav/an4test_clstk/menk/cen7-menk-b{ending}")
        write(root, {"etc/an4_test.fileids": "an4test_clstk/menk/cen7-menk-b\n"})
        write(root, {"etc/an4_test.transcription": "P I T T S B U R G H (cen7-menk-b)\n"})
    return root


def test_raw_files_have_an_encoding_and_whole_speakers_are_held_out(tmp_path: Path) -> None:
    clips = An4(str(an4_root(tmp_path))).clips()
    found = by_id(clips)["an4_clstk/fbbh/an1-fbbh-b"]
    assert (found.text, found.speaker, found.encoding) == ("GO 4", "fbbh", "s16be@16000")
    assert found.path == tmp_path / "wav" / "an4_clstk" / "fbbh" / "an1-fbbh-b.raw"
    assert Counter(clip.split for clip in clips) == {"train": 6, "validation": 3, "test": 3}
    assert all(clip.path.is_file() for clip in clips)
    sexes = {clip.speaker: clip.extra["sex"] for clip in clips}
    assert sexes == {"fash": "female", "fbbh": "female", "mnfe": "male", "mtxs": "male"}


def test_the_official_test_list_is_used_if_it_is_there(tmp_path: Path) -> None:
    clips = An4(str(an4_root(tmp_path, ".sph", test_list=True))).clips()
    assert [(clip.text, clip.encoding) for clip in clips if clip.split == "test"] == [("P I T T S B U R G H", None)]
    assert Counter(clip.split for clip in clips) == {"train": 9, "validation": 3, "test": 1}


def test_errors_for_wrong_lists_name_the_line(tmp_path: Path) -> None:
    an4_root(tmp_path)
    etc = tmp_path / "etc"
    whole = (etc / "an4_train.transcription").read_text()
    (etc / "an4_train.transcription").write_text(whole.replace("GO 1 </s> (an1-fash-b)", "GO 1"))
    with pytest.raises(InputError, match=r"an4_train\.transcription:2: expected 'TEXT \(utterance-id\)', found"):
        An4(str(tmp_path)).clips()
    (etc / "an4_train.transcription").write_text("".join(whole.splitlines(keepends=True)[:1]))
    with pytest.raises(InputError, match=r"an4_train\.fileids:2: an1-fash-b has no transcript in"):
        An4(str(tmp_path)).clips()
    (etc / "an4_train.transcription").unlink()
    with pytest.raises(InputError, match=r"an4_train\.transcription: no such file; .* needs its transcripts"):
        An4(str(tmp_path)).clips()


def test_utterances_of_chosen_words_come_from_the_same_speakers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    root = str(an4_root(tmp_path))
    split = {clip.id: clip.split for clip in An4(root).clips()}
    chosen = An4(root, words=("GO", "3", "4", "9")).clips()
    assert sorted(str(clip.text) for clip in chosen) == ["GO 3", "GO 4", "GO 9"]
    assert {clip.id: clip.split for clip in chosen}.items() <= split.items()
    tested = sum(clip.split == "test" for clip in chosen)
    assert f"3 of 12 utterances ({tested} of 3 of the test) consist of these words" in caplog.text
