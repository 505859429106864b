"""Files of alignments."""

from pathlib import Path

import pytest

from data_prep.errors import InputError
from recognizers.inference.aligned_clip import AlignedClip, read_alignments, write_alignments
from recognizers.prediction import Word

CLIP = AlignedClip("a/1", "a/1.wav", "grüß Gott", 1.5, (Word("grüß", 0.1, 0.5, 0.9), Word("Gott", 0.5, 1.25, 0.75)))


def test_alignments_are_read_as_they_were_written(tmp_path: Path) -> None:
    write_alignments(tmp_path / "a.jsonl", [CLIP, CLIP])
    assert read_alignments(tmp_path / "a.jsonl") == [CLIP, CLIP]


@pytest.mark.parametrize(
    "row",
    [
        "{}",
        "[]",
        "7",
        '{"id": "a", "path": "a", "text": "a", "duration_s": -1, "words": []}',
        '{"id": "a", "path": "a", "text": "a", "duration_s": 1, "words": [{"word": "a"}]}',
        '{"id": "a", "path": "a", "text": "a", "duration_s": 1, "words": "abc"}',
        '{"id": "a", "path": "a", "text": "a", "duration_s": 1, '
        '"words": [{"word": "a", "start_s": 0.5, "end_s": 0.25, "confidence": 1}]}',
        '{"id": 7, "path": "a", "text": "a", "duration_s": 1, "words": []}',
    ],
)
def test_wrong_rows_are_named(tmp_path: Path, row: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("\n" + row + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.jsonl:2: not an alignment .*python -m pipelines\.align"):
        read_alignments(path)


def test_a_missing_file_and_broken_json_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file of alignments"):
        read_alignments(tmp_path / "none.jsonl")
    (tmp_path / "a.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.jsonl:1: not valid JSON"):
        read_alignments(tmp_path / "a.jsonl")
