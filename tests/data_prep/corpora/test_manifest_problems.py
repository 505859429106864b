"""What is wrong with a manifest is said before any work, and all at once; what is missing harms nothing else."""

import logging
from pathlib import Path

import pytest

from data_prep.corpora.manifest import ManifestCorpus
from data_prep.errors import InputError
from data_prep.manifest import Clip
from tests.data_prep.corpora.conftest import touch, write


def clips_of(root: Path, **columns: str) -> list[Clip]:
    return ManifestCorpus(str(root), columns=columns, validation_share=0, test_share=0).clips()


@pytest.mark.parametrize(
    ("name", "header", "row"),
    [
        ("manifest.csv", "path,text\n", "a{0}.wav,\n"),
        ("manifest.tsv", "path\ttext\n", "a{0}.wav\t\n"),
        ("manifest.jsonl", "", '{{"path": "a{0}.wav", "text": ""}}\n'),
    ],
)
def test_the_first_twenty_wrong_rows_are_listed_with_their_number(
    tmp_path: Path, name: str, header: str, row: str
) -> None:
    write(tmp_path, {name: header + "".join(row.format(number) for number in range(23))})
    with pytest.raises(InputError) as error:
        clips_of(tmp_path)
    first, *listed, last = str(error.value).splitlines()
    assert first == "23 rows are wrong:"
    assert len(listed) == 20
    begin = 2 if header else 1
    assert listed[0] == f"  {tmp_path / name}:{begin}: 'text' is empty; fill it in, or remove the row"
    assert last == "  and 3 more"


def test_wrong_rows_of_all_kinds_are_listed_together(tmp_path: Path) -> None:
    rows = ['{"path": "a.wav", "text": "x"}', '{"path": "a.wav"', '{"text": "x"}', '{"path": "a.wav", "text": "y"}']
    write(tmp_path, {"manifest.jsonl": "\n".join(rows), "a.wav": ""})
    with pytest.raises(InputError) as error:
        clips_of(tmp_path)
    problems = str(error.value).splitlines()
    assert [line.split(":")[1] for line in problems[1:]] == ["2", "3", "4"]
    assert "duplicate id 'a' (first used on line 1)" in problems[3]


def test_a_missing_file_is_kept_for_the_reader_to_report(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, {"manifest.csv": "path,text\na.wav,x\ngone.wav,y\n", "a.wav": ""})
    assert [clip.path.name for clip in clips_of(tmp_path)] == ["a.wav", "gone.wav"]
    assert f"1 of the files of its 2 rows do not exist, such as {tmp_path}/gone.wav" in caplog.text


def test_a_manifest_none_of_whose_files_exists_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"manifest.csv": "path,text\ngone.wav,y\n"})
    with pytest.raises(InputError, match=r"none of the files of its 1 rows exists.*gone\.wav; correct 'path'"):
        clips_of(tmp_path)


@pytest.mark.parametrize("content", ["path,said\na.wav,x\n", "file_name\na.wav\n"])
def test_a_manifest_without_any_target_is_refused(tmp_path: Path, content: str) -> None:
    write(tmp_path, {"manifest.csv": content, "a.wav": ""})
    with pytest.raises(InputError, match=r"no row has a text or a label.*corpus\.columns\.text=COLUMN"):
        clips_of(tmp_path)


def test_a_column_map_names_the_fields(tmp_path: Path) -> None:
    content = "clip;said;who;from;to;text\na.wav;Guten Tag;ann;1.5;2;a note\n"
    write(tmp_path, {"manifest.csv": content, "a.wav": ""})
    (clip,) = clips_of(tmp_path, path="clip", text="said", speaker="who", start_s="from", end_s="TO")
    assert (clip.path.name, clip.text, clip.speaker, clip.start_s, clip.end_s) == ("a.wav", "Guten Tag", "ann", 1.5, 2)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"text": "spoken"}, "corpus.columns.text=spoken: there is no such column; found path, said"),
        ({"txt": "said"}, "corpus.columns.txt: a manifest has no field 'txt'; did you mean 'text'?"),
        ({"text": "said"}, ":3: 'text' is empty"),
    ],
)
def test_error_for_a_wrong_column_map(tmp_path: Path, columns: dict[str, str], message: str) -> None:
    write(tmp_path, {"manifest.csv": "path,said\na.wav,x\nb.wav,\n", "a.wav": ""})
    with pytest.raises(InputError) as error:
        clips_of(tmp_path, **columns)
    assert message in str(error.value)


def test_a_name_that_could_have_been_taken_too_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, {"manifest.csv": "file,sentence,gloss\na.wav,x,X\n", "a.wav": ""})
    with caplog.at_level(logging.INFO):
        assert [clip.text for clip in clips_of(tmp_path)] == ["x"]
    assert "manifest.csv: 'file' is read as 'path', 'sentence' is read as 'text'" in caplog.text
    assert "the column 'gloss' is kept as it is; if it is the clips' label, set corpus.columns.label=" in caplog.text


def test_names_are_taken_as_they_are(tmp_path: Path) -> None:
    names = ["${5}", "~x", "null", "true", "1e3", "007", "a b", "a,b", "a=b", "[a]", '"a"', "it's", "50%", "{a: b}"]
    names += ["%s", "-1", "NaN", "None", "@x", "#x", "${now:%Y}", "\\${x}", "!!x", "*"]
    touch(tmp_path, *(f"{name}.wav" for name in names))
    rows = ["path\tlabel\tspeaker\tnote", *(f"{name}.wav\t{name}\t{name}\t{name}" for name in names)]
    write(tmp_path, {"manifest.tsv": "\n".join(rows)})
    clips = clips_of(tmp_path)
    assert [(clip.id, clip.path.name, clip.label, clip.speaker, clip.extra["note"]) for clip in clips] == [
        (name, f"{name}.wav", name, name, name) for name in names
    ]
