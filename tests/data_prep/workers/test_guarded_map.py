from pathlib import Path

import pytest

import data_prep.workers.guarded_map
from data_prep.media import Media
from data_prep.workers.guarded_map import MediaFailure, guarded_map, time_limit_s


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


def test_large_files_may_take_longer(tmp_path: Path) -> None:
    small, large = tmp_path / "small.mp4", tmp_path / "large.mp4"
    small.touch()
    with open(large, "wb") as file:
        file.truncate(10_000_000)
    limits_s = [time_limit_s(("key", Media(path))) for path in (small, large, tmp_path / "gone")]
    assert limits_s == [600.0, 3000.0, 600.0]
