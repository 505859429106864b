import json
from pathlib import Path
from typing import Any

import pytest

from data_prep.errors import InputError
from data_prep.manifest import Clip, read_manifest, write_manifest
from data_prep.media import Media


def manifest_with(folder: Path, *rows: Any, name: str = "m.jsonl") -> Path:
    (folder / "a.wav").touch()
    (folder / "b.wav").touch()
    path = folder / name
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
    return path


def test_a_row_may_name_a_folder_of_frames(tmp_path: Path) -> None:
    (tmp_path / "clip.7").mkdir()
    (clip,) = read_manifest(manifest_with(tmp_path, {"path": "clip.7", "label": "hello", "encoding": "frames@50"}))
    assert clip.media == Media(tmp_path / "clip.7", encoding="frames@50")


@pytest.mark.parametrize("channel", [1, "1", "mix", None, "ARD"])
def test_a_row_may_name_a_channel_and_a_stream(tmp_path: Path, channel: int | str | None) -> None:
    """The name of a broadcaster is no channel of the sound; it is kept."""
    (clip,) = read_manifest(manifest_with(tmp_path, {"path": "a.wav", "channel": channel, "audio_stream": 2}))
    expected = 1 if channel in (1, "1") else None
    assert clip.media == Media(tmp_path / "a.wav", channel=expected, audio_stream=2)
    assert clip.extra == ({"channel": channel} if channel in ("mix", "ARD") else {})


def test_clips_are_read_as_they_were_written(tmp_path: Path) -> None:
    media = tmp_path / "media" / "größe 手.wav"
    media.parent.mkdir()
    media.touch()
    clips = [
        Clip(
            "full",
            media,
            0.5,
            2.25,
            "šķiņķis 手話\n“quoted”",
            "ä",
            "Zoë",
            "validation",
            "s16be@16000",
            {"take": [1]},
            1,
        ),
        Clip("bare", media),
    ]
    manifest = tmp_path / "lists" / "clips.jsonl"
    manifest.parent.mkdir()
    write_manifest(manifest, clips)
    assert list(read_manifest(manifest)) == clips
    rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    assert rows[0]["path"] == "../media/größe 手.wav"
    assert rows[1] == {"id": "bare", "path": "../media/größe 手.wav"}
    assert "手話" in manifest.read_text(encoding="utf-8")


def test_a_manifest_and_its_media_can_be_moved_together(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a.wav").touch()
    write_manifest(tmp_path / "here" / "m.jsonl", [Clip("a", tmp_path / "here" / "a.wav")])
    (tmp_path / "here").rename(tmp_path / "there")
    (clip,) = read_manifest(tmp_path / "there" / "m.jsonl")
    assert clip.path == tmp_path / "there" / "a.wav"


def test_an_interrupted_write_leaves_the_old_manifest(tmp_path: Path) -> None:
    path = manifest_with(tmp_path, {"path": "a.wav"})
    before = path.read_bytes()

    def clips() -> Any:
        yield Clip("a", tmp_path / "a.wav")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_manifest(path, clips())
    assert path.read_bytes() == before


def test_missing_fields_get_defaults_and_unknown_ones_are_kept(tmp_path: Path) -> None:
    path = manifest_with(
        tmp_path,
        {"path": "a.wav", "label": 7, "speaker": 3, "mood": "calm"},
        "",
        {"path": "a.wav", "start_s": 1.5, "label": "x"},
        {"path": str(tmp_path / "b.wav"), "id": 12, "label": None} | {"label": "y"},
    )
    first, second, third = read_manifest(path)
    assert (first.id, first.label, first.speaker, first.extra) == ("a", "7", "3", {"mood": "calm"})
    assert (second.id, second.start_s, second.end_s) == ("a@1.5", 1.5, None)
    assert (third.id, third.path) == ("12", tmp_path / "b.wav")


@pytest.mark.parametrize(
    ("row", "complaint", "fix"),
    [
        ('{"path": "a.wav"', "not valid JSON", 'such as {"path": "a.wav", "text": "hello"}'),
        ('["a.wav"]', "found list", "expected an object with at least 'path'"),
        ("17", "found int", "expected an object"),
        ({"text": "hello"}, "'path' is missing", "every row needs the path"),
        ({"path": ""}, "'path' is missing or empty", "every row needs the path"),
        ({"path": 3}, "'path' is missing", "every row needs the path"),
        ({"path": "a.wav", "text": ""}, "'text' is empty", "or remove the row"),
        ({"path": "a.wav", "text": " \n"}, "'text' is empty", "fill it in"),
        ({"path": "a.wav", "label": None}, "'label' is empty", "or remove the row"),
        ({"path": "a.wav", "text": ["a"]}, "'text' is ['a']", "expected a string"),
        ({"path": "a.wav", "label": True}, "'label' is True", "expected a string"),
        ({"path": "a.wav", "split": "all"}, "'split' is 'all'", "expected one of train, validation, test"),
        ({"path": "a.wav", "start_s": -1}, "'start_s' is -1", "expected seconds from 0 to 3.2e+09"),
        ({"path": "a.wav", "end_s": 10**400}, "'end_s' is 1", "expected seconds from 0 to"),
        ({"path": "a.wav", "start_s": "1"}, "'start_s' is '1'", "expected seconds"),
        ('{"path": "a.wav", "end_s": NaN}', "'end_s' is nan", "expected seconds"),
        ({"path": "a.wav", "start_s": 2, "end_s": 2}, "'end_s' 2 is not after 'start_s' 2", "m.jsonl:2:"),
        ({"path": "a.wav", "end_s": 0}, "'end_s' 0 is not after", "m.jsonl:2:"),
        (
            {"path": "b.wav", "id": "first"},
            "duplicate id 'first' (first used on line 1)",
            "give each row a unique 'id'",
        ),
    ],
)
def test_an_invalid_row_is_named_with_its_line_and_a_fix(tmp_path: Path, row: Any, complaint: str, fix: str) -> None:
    path = manifest_with(tmp_path, {"path": "a.wav", "id": "first"}, row)
    with pytest.raises(InputError) as error:
        list(read_manifest(path))
    assert str(error.value).startswith(f"{path}:2: ")
    assert complaint in str(error.value)
    assert fix in str(error.value)


def test_a_manifest_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = manifest_with(tmp_path, {"path": "a.wav", "text": "x"})
    path.write_bytes(path.read_bytes() + '{"path": "b.wav", "text": "é"}'.encode("latin-1"))
    with pytest.raises(InputError, match=r"m\.jsonl:2: not valid UTF-8"):
        list(read_manifest(path))


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    path = manifest_with(tmp_path, {"path": "a.wav", "text": "x"})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert [clip.text for clip in read_manifest(path)] == ["x"]
