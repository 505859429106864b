import json
from pathlib import Path

import pytest

from data_prep.corpora.manifest import ManifestCorpus
from data_prep.errors import InputError
from data_prep.manifest import Clip


def table_with(folder: Path, content: str, name: str = "manifest.csv", encoding: str = "utf-8") -> ManifestCorpus:
    (folder / "a.wav").touch()
    (folder / "b.wav").touch()
    (folder / name).write_text(content, encoding=encoding, newline="")
    return ManifestCorpus(str(folder), validation_share=0, test_share=0)


@pytest.mark.parametrize(("name", "delimiter"), [("manifest.csv", ","), ("manifest.tsv", "\t")])
def test_columns_of_a_table_are_fields_of_a_clip(tmp_path: Path, name: str, delimiter: str) -> None:
    rows = [
        ["path", "text", "start_s", "end_s", "speaker", "split", "note"],
        ["a.wav", "one", "0.5", "2", "ann", "train", "loud"],
        ["b.wav", "two", "", "", "", "", ""],
    ]
    corpus = table_with(tmp_path, "\r\n".join(delimiter.join(row) for row in rows) + "\r\n", name)
    first, second = corpus.clips()
    assert first == Clip("a@0.5", tmp_path / "a.wav", 0.5, 2.0, "one", None, "ann", "train", None, {"note": "loud"})
    assert (second.start_s, second.end_s, second.speaker, second.extra) == (None, None, None, {})


def test_a_quoted_cell_may_span_lines_and_errors_still_name_the_right_line(tmp_path: Path) -> None:
    corpus = table_with(tmp_path, 'path,text\na.wav,"one,\ntwo"\nb.wav,three\n')
    assert [clip.text for clip in corpus.clips()] == ["one,\ntwo", "three"]
    corpus = table_with(tmp_path, 'path,text\na.wav,"one,\ntwo"\nb.wav,\n')
    with pytest.raises(InputError, match=r"manifest\.csv:4: 'text' is empty"):
        corpus.clips()


def test_a_table_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    corpus = table_with(tmp_path, "path,label\na.wav,x\n", encoding="utf-8-sig")
    assert [clip.label for clip in corpus.clips()] == ["x"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("path,text\na.wav,x,y\n", r"manifest\.csv:2: more cells than the header has columns"),
        ("path,text\na.wav\n", r"manifest\.csv:2: 'text' is empty"),
        ("path,text\na.wav,\n", r"manifest\.csv:2: 'text' is empty"),
        ("sound,text\na.wav,x\n", r"manifest\.csv:2: 'path' is missing"),
        ("path,text,start_s\na.wav,x,soon\n", r"manifest\.csv:2: 'start_s' is 'soon', expected a number of seconds"),
        ("path,text\na.wav,x\na.wav,y\n", r"manifest\.csv:3: duplicate id 'a' \(first used on line 2\); give each row"),
        ("path,text\n", r"corpus\.root=.*: found no clip there; expected a row for each clip"),
        ("", r"found no clip there"),
        ("path,text\na.wav," + "x" * 200_000 + "\n", r"manifest\.csv:\d+: not readable as a table"),
    ],
)
def test_error_for_a_wrong_table_names_its_line(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        table_with(tmp_path, content).clips()


def test_error_for_a_table_that_is_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"manifest\.csv: not valid UTF-8"):
        table_with(tmp_path, "path,text\na.wav,é\n", encoding="latin-1").clips()


def test_a_misspelt_column_is_kept_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (clip,) = table_with(tmp_path, "path,text,Speeker\na.wav,x,ann\n").clips()
    assert (clip.speaker, clip.extra) == (None, {"Speeker": "ann"})
    assert (
        "the manifest's field 'Speeker' has no meaning here and is kept as it is; did you mean 'speaker'?"
        in caplog.text
    )


def test_the_root_may_be_the_manifest_or_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    path = tmp_path / "manifest.jsonl"
    path.write_text(json.dumps({"path": "a.wav", "label": "x", "split": "test"}) + "\n")
    assert ManifestCorpus(str(path)).clips() == ManifestCorpus(str(tmp_path)).clips()
    assert [clip.split for clip in ManifestCorpus(str(path)).clips()] == ["test"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere", "no such file or folder; expected a manifest"),
        ("", "the folder holds none of manifest.jsonl, manifest.csv, manifest.tsv"),
        ("a.txt", "expected a manifest: JSON lines, CSV or TSV (.jsonl, .csv, .tsv)"),
    ],
)
def test_error_for_a_root_without_a_manifest(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(InputError) as error:
        ManifestCorpus(str(tmp_path / name)).clips()
    assert str(error.value).startswith(f"corpus.root={tmp_path / name}: {message}")


def test_quotation_marks_in_a_tsv_are_text(tmp_path: Path) -> None:
    content = 'path\ttext\na.wav\t"hello there\nb.wav\t"said ""so"""\n'
    corpus = table_with(tmp_path, content, "manifest.tsv")
    assert [clip.text for clip in corpus.clips()] == ['"hello there', 'said "so"']


@pytest.mark.parametrize(("header", "expected"), [("path\ttext", '"Stop!"'), ('"path"\t"text"', "Stop!")])
def test_a_quoted_text_in_a_tsv_keeps_its_marks_unless_all_cells_are_quoted(
    tmp_path: Path, header: str, expected: str
) -> None:
    corpus = table_with(tmp_path, f'{header}\na.wav\t"Stop!"\n', "manifest.tsv")
    assert [clip.text for clip in corpus.clips()] == [expected]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('path,text\na.wav,first\nb.wav,"second\nc.wav,third\n', r"manifest\.csv:3: not readable as a table"),
        ('path,text\na.wav,"Stop" he said\n', r"manifest\.csv:2: not readable as a table"),
        ('path,text\na.wav,"one\nb.wav,two"\n', r"manifest\.csv:3: the cell 'text' contains what seems to be another"),
    ],
)
def test_rows_do_not_vanish_into_a_quoted_cell(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        table_with(tmp_path, content).clips()


def test_semicolons_may_separate_the_cells(tmp_path: Path) -> None:
    corpus = table_with(tmp_path, "path;text\na.wav;one, two\nb.wav;three\n")
    assert [clip.text for clip in corpus.clips()] == ["one, two", "three"]
