"""Names that other tools give to the fields of a manifest are understood."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from data_prep.corpora.manifest import ManifestCorpus
from data_prep.manifest import read_manifest
from data_prep.manifest_columns import translate_row


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"audio_filepath": "a.wav", "duration": 3.0, "text": "x"}, {"path": "a.wav", "duration": 3.0, "text": "x"}),
        ({"path": "a", "offset": 2.0, "duration": 1.5}, {"path": "a", "start_s": 2.0, "end_s": 3.5}),
        ({"path": "a", "offset": "2", "duration": "1.5"}, {"path": "a", "start_s": 2.0, "end_s": 3.5}),
        ({"path": "a", "begin": 1, "stop": 2}, {"path": "a", "start_s": 1.0, "end_s": 2.0}),
        ({"path": "a", "start_time": 1, "end_time": 2}, {"path": "a", "start_s": 1.0, "end_s": 2.0}),
        ({"path": "a", "start_ms": 1500, "end_ms": 2500}, {"path": "a", "start_s": 1.5, "end_s": 2.5}),
        (
            {"path": "a", "start_s": 1, "end_s": 2, "duration": 9},
            {"path": "a", "start_s": 1, "end_s": 2, "duration": 9},
        ),
        ({"Path": "a", "Text": "x", "Speaker": "s"}, {"path": "a", "text": "x", "speaker": "s"}),
        ({"file_name": "a", "transcription": "x"}, {"path": "a", "text": "x"}),
        ({"path": "a", "sentence": "x", "client_id": "s"}, {"path": "a", "text": "x", "speaker": "s"}),
        ({"path": "a", "label": "x", "transcript": "kept"}, {"path": "a", "label": "x", "transcript": "kept"}),
        ({"path": "a", "gloss": "x"}, {"path": "a", "label": "x"}),
        ({"path": "a", "split": "dev"}, {"path": "a", "split": "validation"}),
        ({"path": "a", "split": "Train"}, {"path": "a", "split": "train"}),
        ({"path": "a", "offset": "soon"}, {"path": "a", "start_s": "soon"}),
    ],
)
def test_a_row_is_translated(row: dict[str, Any], expected: dict[str, Any]) -> None:
    assert translate_row(row)[0] == expected


def test_the_translation_is_said_once_for_each_manifest(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [{"audio_filepath": f"{name}.wav", "offset": 1, "duration": 2, "text": name} for name in "ab"]
    for name in "ab":
        (tmp_path / f"{name}.wav").touch()
    (tmp_path / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with caplog.at_level(logging.INFO):
        clips = list(read_manifest(tmp_path / "manifest.jsonl"))
    assert [(clip.start_s, clip.end_s, clip.extra) for clip in clips] == [(1.0, 3.0, {})] * 2
    assert caplog.text.count("'offset' is read as 'start_s'") == 1
    assert caplog.text.count("'audio_filepath' is read as 'path'") == 1


def test_common_voice_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    for name in "abc":
        (tmp_path / "clips" / f"{name}.mp3").touch()
    lines = ["client_id\tpath\tsentence", 's1\ta.mp3\t"Stop" he said', 's1\tb.mp3\t"never closed', "s2\tc.mp3\tlast"]
    (tmp_path / "train.tsv").write_text("\n".join(lines) + "\n")
    clips = ManifestCorpus(str(tmp_path / "train.tsv"), validation_share=0, test_share=0).clips()
    assert [(clip.path.parent.name, clip.text, clip.speaker) for clip in clips] == [
        ("clips", '"Stop" he said', "s1"),
        ("clips", '"never closed', "s1"),
        ("clips", "last", "s2"),
    ]
