from dataclasses import replace
from pathlib import Path
from unittest.mock import ANY

import pytest

import data_prep.workers.guarded_map
from data_prep.errors import InputError
from data_prep.media import Media, MediaError
from data_prep.workers.guarded_map import MediaFailure, guarded_call, guarded_map, time_limit_s


def hang(media: Media) -> str:
    import time

    time.sleep(100 if media.path.name == "hangs.wav" else 0)
    return media.path.name


def test_a_decoder_that_hangs_costs_one_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_prep.workers.guarded_map, "LIMIT_S", 0.5)
    paths = [tmp_path / name for name in ("a.wav", "hangs.wav", "b.wav")]
    results = dict(guarded_map(hang, [(path.stem, Media(path)) for path in paths], 1))
    reason = f"{paths[1]}: decoding took longer than 0.5 s and was stopped; the file may be corrupt"
    assert results == {"a": "a.wav", "hangs": MediaFailure(reason, 0.5, lasting=True), "b": "b.wav"}


def test_large_files_have_a_longer_time_limit(tmp_path: Path) -> None:
    small, large = tmp_path / "small.mp4", tmp_path / "large.mp4"
    small.touch()
    with open(large, "wb") as file:
        file.truncate(10_000_000)
    limits_s = [time_limit_s(("key", Media(path))) for path in (small, large, tmp_path / "gone")]
    assert limits_s == [600.0, 3000.0, 600.0]


def read(media: Media) -> str:
    content = media.path.read_text()
    if content == "bad":
        raise MediaError(f"{media.path}: it is bad")
    if content == "bug":
        raise IndexError("a bug in a decoder")
    if content == "no model":
        raise InputError("the model cannot be fetched")
    return content


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("good", "good"),
        ("bad", MediaFailure("PATH: it is bad", ANY, lasting=True)),
        ("bug", MediaFailure("PATH: IndexError: a bug in a decoder", ANY, lasting=False)),
    ],
)
def test_a_guarded_call_returns_a_result_or_a_failure(
    tmp_path: Path, content: str, expected: str | MediaFailure
) -> None:
    path = tmp_path / "a.bin"
    path.write_text(content)
    key, result = guarded_call(read, ("key", Media(path)))
    assert key == "key"
    if isinstance(result, MediaFailure):
        result = replace(result, reason=result.reason.replace(str(path), "PATH"))
    assert result == expected


def test_an_error_that_affects_every_file_is_raised(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_text("no model")
    with pytest.raises(InputError, match="the model cannot be fetched"):
        guarded_call(read, ("key", Media(tmp_path / "a.bin")))
