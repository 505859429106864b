from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data_prep.corpora.an4.an4 import An4
from data_prep.corpora.an4.digits import An4Digits
from data_prep.corpora.folder import FolderCorpus
from data_prep.corpora.librispeech import LibriSpeech
from data_prep.corpora.pattern import PatternCorpus
from data_prep.corpora.shrec17 import GESTURES, Shrec17
from data_prep.corpora.sign_digits import SignDigits
from data_prep.corpora.speech_commands import SpeechCommands
from data_prep.corpora.yesno import YesNo
from data_prep.errors import InputError
from data_prep.manifest import Clip

DIGITS = r"(?P<label>\d)_(?P<speaker>[a-z]+)_(?P<take>\d+)\.wav"


def touch(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def write(root: Path, **contents: str) -> Path:
    """Text files; __ in a name stands for a slash and the last _ for the dot before its ending."""
    for name, content in contents.items():
        path = root / name.replace("__", "/")
        path = path.with_name(".".join(path.name.rsplit("_", 1)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root


def by_id(clips: list[Clip]) -> dict[str, Clip]:
    assert len({clip.id for clip in clips}) == len(clips)
    return {clip.id: clip for clip in clips}


def an4_root(root: Path, ending: str = ".raw", test_list: bool = False) -> Path:
    speakers = ["fash", "fbbh", "mnfe", "mtxs"]
    ids = [f"an4_clstk/{name}/an{i}-{name}-b" for name in speakers for i in range(3)]
    touch(root, *(f"wav/{name}{ending}" for name in ids))
    write(
        root,
        etc__an4_train_fileids="\n".join(ids) + "\n",
        etc__an4_train_transcription="".join(f"<s> GO {i} </s> ({Path(name).name})\n" for i, name in enumerate(ids)),
    )
    if test_list:
        touch(root, f"wav/an4test_clstk/menk/cen7-menk-b{ending}")
        write(
            root,
            etc__an4_test_fileids="an4test_clstk/menk/cen7-menk-b\n",
            etc__an4_test_transcription="P I T T S B U R G H (cen7-menk-b)\n",
        )
    return root


def test_an4_raw_files_carry_their_encoding_and_speakers_are_held_out(tmp_path: Path) -> None:
    clips = An4(str(an4_root(tmp_path))).clips()
    found = by_id(clips)["an4_clstk/fbbh/an1-fbbh-b"]
    assert (found.text, found.speaker, found.encoding) == ("GO 4", "fbbh", "s16be@16000")
    assert found.path == tmp_path / "wav" / "an4_clstk" / "fbbh" / "an1-fbbh-b.raw"
    assert Counter(clip.split for clip in clips) == {"train": 6, "validation": 3, "test": 3}
    assert all(clip.path.is_file() for clip in clips)


def test_an4_takes_the_official_test_list_where_it_is_there(tmp_path: Path) -> None:
    clips = An4(str(an4_root(tmp_path, ".sph", test_list=True))).clips()
    assert [(clip.text, clip.encoding) for clip in clips if clip.split == "test"] == [("P I T T S B U R G H", None)]
    assert Counter(clip.split for clip in clips) == {"train": 9, "validation": 3, "test": 1}


@pytest.mark.parametrize(("ending", "encoding"), [(".raw", "s16be@16000"), (".sph", None)])
def test_the_digits_of_an4_are_stretches_of_its_training_utterances(
    tmp_path: Path, ending: str, encoding: str | None
) -> None:
    touch(tmp_path, f"wav/an4_clstk/fash/cen7-fash-b{ending}")
    clips = An4Digits(str(tmp_path)).clips()
    assert "".join(clip.label or "" for clip in clips) == "2684418"
    assert all(clip.end_s > clip.start_s for clip in clips)
    assert {(clip.speaker, clip.split, clip.encoding) for clip in clips} == {("fash", "train", encoding)}


def test_the_digits_of_an4_may_be_missed_if_that_is_allowed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert An4Digits(str(tmp_path / "an4"), optional=True).clips() == []
    assert f"there is no folder {tmp_path / 'an4'}" in caplog.text
    with pytest.raises(InputError, match="there is no such folder"):
        An4Digits(str(tmp_path / "an4")).clips()
    with pytest.raises(InputError, match="found no clip there"):
        An4Digits(str(touch(tmp_path, "other.txt")), optional=True).clips()


def test_an4_names_the_line_that_does_not_fit(tmp_path: Path) -> None:
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
    with pytest.raises(InputError, match=r"an4_train\.transcription: no such file; .*its transcripts should be"):
        An4(str(tmp_path)).clips()


def test_a_pattern_fills_the_fields_of_clips(tmp_path: Path) -> None:
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


def test_a_pattern_may_tell_the_split_and_an_encoding(tmp_path: Path) -> None:
    touch(tmp_path, "train/x/1.raw", "test/y/2.raw")
    pattern = r"(?P<split>train|test)/(?P<text>[a-z])/\d\.raw"
    clips = PatternCorpus(str(tmp_path), pattern, encoding="s16le@8000").clips()
    assert {(clip.text, clip.split, clip.encoding) for clip in clips} == {
        ("x", "train", "s16le@8000"),
        ("y", "test", "s16le@8000"),
    }


def test_a_pattern_s_split_must_be_one_we_know(tmp_path: Path) -> None:
    touch(tmp_path, "dev/x.wav")
    with pytest.raises(InputError, match=r"x\.wav: the pattern's split is 'dev', expected one of"):
        PatternCorpus(str(tmp_path), r"(?P<split>\w+)/(?P<label>\w)\.wav").clips()


@pytest.mark.parametrize(
    ("pattern", "message"), [("(", "not a regular expression"), (r"(?P<word>\w+)\.wav", "needs a group named label or")]
)
def test_a_pattern_that_cannot_work_is_an_error(pattern: str, message: str) -> None:
    with pytest.raises(InputError, match=f"corpus.pattern: {message}"):
        PatternCorpus("anywhere", pattern)


def test_folders_are_classes(tmp_path: Path) -> None:
    touch(tmp_path, *(f"cat/{i}.wav" for i in range(10)), *(f"Hund ä/deep/{i}.MP4" for i in range(20)))
    touch(tmp_path, "loose.wav", "cat/notes.txt", "cat/.hidden.wav", ".trash/1.wav")
    clips = FolderCorpus(str(tmp_path), validation_share=0.1, test_share=0.2).clips()
    counts = Counter((clip.label, clip.split) for clip in clips)
    assert counts == {
        ("cat", "train"): 7,
        ("cat", "validation"): 1,
        ("cat", "test"): 2,
        ("Hund ä", "train"): 14,
        ("Hund ä", "validation"): 2,
        ("Hund ä", "test"): 4,
    }
    assert by_id(clips)["Hund ä/deep/3.MP4"].path == tmp_path / "Hund ä" / "deep" / "3.MP4"


def test_a_folder_of_numbered_pictures_below_a_class_is_a_clip(tmp_path: Path) -> None:
    touch(tmp_path, *(f"hello/ann/{i:04d}.jpg" for i in range(1, 13)), *(f"hello/deep/bob/f{i}.png" for i in range(3)))
    touch(tmp_path, "hello/1.jpg", "hello/2.jpg", "hello/mixed/1.png", "hello/mixed/2.png", "hello/mixed/a.mp4")
    touch(tmp_path, "hello/named/ann.jpg", "hello/named/bob.jpg", "hello/tracked.npz", "hello/tracked.pose")
    found = {clip.id: clip for clip in FolderCorpus(str(tmp_path)).clips()}
    files = {"1.jpg", "2.jpg", "mixed/1.png", "mixed/2.png", "mixed/a.mp4", "named/ann.jpg", "named/bob.jpg"}
    files |= {"tracked.npz", "tracked.pose"}
    assert set(found) == {f"hello/{name}" for name in files | {"ann", "deep/bob"}}
    assert found["hello/ann"].path == tmp_path / "hello" / "ann"
    assert {clip.label for clip in found.values()} == {"hello"}
    folders = {"hello/ann", "hello/deep/bob"}
    assert all(clip.encoding == ("frames@25" if name in folders else None) for name, clip in found.items())
    faster = FolderCorpus(str(tmp_path), frames_hz=29.97).clips()
    assert {clip.encoding for clip in faster} == {None, "frames@29.97"}
    photos = FolderCorpus(str(tmp_path), frames_hz=0).clips()
    assert len(photos) == 9 + 12 + 3
    with pytest.raises(InputError, match=r"corpus\.frames_hz must be from 1 to 1000, or 0; found -1"):
        FolderCorpus(str(tmp_path), frames_hz=-1)


def test_yesno_spells_out_file_names_in_the_customary_split(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{'_'.join(f'{n:08b}')}.wav" for n in range(0, 120, 2)), "README")
    clips = YesNo(str(tmp_path)).clips()
    assert by_id(clips)["0_0_0_0_0_1_1_0"].text == "no no no no no yes yes no"
    assert [clip.split for clip in clips[30:]] == ["test"] * 30
    assert Counter(clip.split for clip in clips[:30]) == {"train": 27, "validation": 3}


@pytest.mark.parametrize("above", ["", "speech_commands_v2"])
def test_speech_commands_take_the_official_lists(tmp_path: Path, above: str) -> None:
    root = tmp_path / above
    touch(root, "yes/ann_nohash_0.wav", "yes/bob_nohash_0.wav", "no/cleo_nohash_3.wav", "_background_noise_/hum.wav")
    write(root, validation_list_txt="yes/bob_nohash_0.wav\n", testing_list_txt="no/cleo_nohash_3.wav\n")
    clips = SpeechCommands(str(tmp_path)).clips()
    assert {(clip.id, clip.label, clip.speaker, clip.split) for clip in clips} == {
        ("yes/ann_nohash_0", "yes", "ann", "train"),
        ("yes/bob_nohash_0", "yes", "bob", "validation"),
        ("no/cleo_nohash_3", "no", "cleo", "test"),
    }


def shrec_root(root: Path, test_list: bool = True) -> Path:
    train = [f"{gesture} {finger} {subject} 1" for gesture in (1, 14) for finger in (1, 2) for subject in (1, 2, 3, 4)]
    write(root, train_gestures_txt="".join(f"{row} 0 0 40\n" for row in train))
    if test_list:
        write(root, test_gestures_txt="2 2 9 5 2 4 31\n")
    return root


@pytest.mark.parametrize(
    ("label", "first", "last", "tested"),
    [(14, "grab", "shake", "tap"), (28, "grab_finger", "shake_finger", "tap_hand")],
)
def test_shrec17_has_14_or_28_classes(tmp_path: Path, label: int, first: str, last: str, tested: str) -> None:
    clips = Shrec17(str(shrec_root(tmp_path)), label).clips()
    found = by_id(clips)
    assert found["gesture_1/finger_1/subject_1/essai_1"].label == first
    assert found["gesture_14/finger_1/subject_2/essai_1"].label == last
    assert len({clip.label for clip in clips if clip.split != "test"}) == label // 7
    (test,) = [clip for clip in clips if clip.split == "test"]
    assert (test.id, test.label, test.speaker) == ("gesture_2/finger_2/subject_9/essai_5", tested, "subject_9")
    assert test.path == tmp_path / test.id / "skeletons_world.txt"
    assert len(GESTURES) == 14


def test_shrec17_holds_out_subjects_where_there_is_no_test_list(tmp_path: Path) -> None:
    clips = Shrec17(str(shrec_root(tmp_path, test_list=False))).clips()
    assert Counter(clip.split for clip in clips) == {"train": 8, "validation": 4, "test": 4}
    assert len({(clip.speaker, clip.split) for clip in clips}) == 4


@pytest.mark.parametrize("row", ["1 1 1", "one 1 1 1 1 1 40", "15 1 1 1 15 29 40", "0 1 1 1 0 0 40", "-1 1 1 1 1 1 1"])
def test_shrec17_names_the_line_that_does_not_fit(tmp_path: Path, row: str) -> None:
    write(tmp_path, train_gestures_txt=f"1 1 1 1 1 1 40\n\n{row}\n")
    with pytest.raises(InputError, match=rf"train_gestures\.txt:3: found '{row}', expected 'gesture finger subject"):
        Shrec17(str(tmp_path)).clips()


def test_shrec17_has_no_other_number_of_classes() -> None:
    with pytest.raises(InputError, match=r"corpus\.label must be 14 or 28; found 10"):
        Shrec17("anywhere", label=10)


def digit_names() -> list[str]:
    return [
        f"{digit}/IMG_{digit}{signer}.{'JPG' if signer % 2 else 'jpeg'}" for digit in range(3) for signer in range(10)
    ]


def test_sign_digits_are_split_by_signer_where_an_index_tells_them(tmp_path: Path) -> None:
    touch(tmp_path, *(f"Dataset/{name}" for name in digit_names()), "Dataset/extra/IMG_1.JPG")
    rows = "".join(f"{name},{name[0]},{name.split('.')[0][-1]}\n" for name in digit_names())
    write(tmp_path, index_csv="path,digit,signer_guess\n" + rows)
    clips = SignDigits(str(tmp_path)).clips()
    assert len(clips) == 30
    assert by_id(clips)["2/IMG_27"].speaker == "signer_7"
    assert by_id(clips)["2/IMG_27"].label == "2"
    assert len({(clip.speaker, clip.split) for clip in clips}) == 10
    assert Counter(clip.split for clip in clips) == {"train": 24, "validation": 3, "test": 3}


def test_sign_digits_are_split_within_each_digit_where_signers_are_unknown(tmp_path: Path) -> None:
    touch(tmp_path, *(f"Dataset/{name}" for name in digit_names()))
    clips = SignDigits(str(tmp_path)).clips()
    counts = Counter((clip.label, clip.split) for clip in clips)
    assert {counts[str(digit), "test"] for digit in range(3)} == {1}
    assert {clip.speaker for clip in clips} == {None}


def test_sign_digits_name_an_index_without_its_columns(tmp_path: Path) -> None:
    touch(tmp_path, "Dataset/1/IMG_1.JPG")
    write(tmp_path, index_csv="file,signer\n")
    with pytest.raises(InputError, match=r"index\.csv:1: expected the columns path and signer_guess, found"):
        SignDigits(str(tmp_path)).clips()


def libri_root(root: Path) -> Path:
    for part, speaker in (("train-clean-100", 1), ("dev-clean", 2), ("test-other", 3)):
        chapter = root / part / str(speaker) / "7"
        touch(chapter, f"{speaker}-7-0000.flac", f"{speaker}-7-0001.flac")
        (chapter / f"{speaker}-7.trans.txt").write_text(f"{speaker}-7-0000 HELLO THERE\n{speaker}-7-0001 YES\n")
    return touch(root, "BOOKS.TXT", "intro/other.txt")


def test_librispeech_parts_are_splits(tmp_path: Path) -> None:
    clips = LibriSpeech(str(libri_root(tmp_path))).clips()
    assert Counter(clip.split for clip in clips) == {"train": 2, "validation": 2, "test": 2}
    found = by_id(clips)["2-7-0000"]
    assert (found.text, found.speaker, found.split) == ("HELLO THERE", "2", "validation")
    assert found.path == tmp_path / "dev-clean" / "2" / "7" / "2-7-0000.flac"
    only = LibriSpeech(str(tmp_path), parts=("test-other",)).clips()
    assert {clip.split for clip in only} == {"test"}


def test_librispeech_names_missing_parts_and_empty_transcripts(tmp_path: Path) -> None:
    libri_root(tmp_path)
    with pytest.raises(InputError, match=r"train-clean-360: there is no such folder; expected a folder with speakers'"):
        LibriSpeech(str(tmp_path), parts=("train-clean-360",)).clips()
    (tmp_path / "dev-clean" / "2" / "7" / "2-7.trans.txt").write_text("2-7-0000 HELLO\n2-7-0001\n")
    with pytest.raises(InputError, match=r"2-7\.trans\.txt:2: expected 'utterance-id TEXT', found '2-7-0001'"):
        LibriSpeech(str(tmp_path)).clips()


CORPORA: list[tuple[Callable[[str], Any], str]] = [
    (An4, "etc/an4_train.fileids"),
    (FolderCorpus, "a folder for each class"),
    (LibriSpeech, "train-clean-100"),
    (lambda root: PatternCorpus(root, DIGITS), r"(?P<label>\d)"),
    (Shrec17, "train_gestures.txt"),
    (SignDigits, "Dataset/DIGIT/IMG_*.JPG"),
    (SpeechCommands, "testing_list.txt"),
    (YesNo, "0_1_1_0_0_1_0_1.wav"),
]
CORPUS_NAMES = ["an4", "folder", "librispeech", "pattern", "shrec17", "sign_digits", "speech_commands", "yesno"]


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
def test_a_wrong_root_is_named_with_what_was_expected(
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
