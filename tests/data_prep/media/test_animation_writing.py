"""Animations are bounded, whatever is written."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_prep.media import animation_writing
from data_prep.media.animation_writing import LONGEST, MAX_PICTURES, write_gif


def noise(count: int, rate_hz: float, size: tuple[int, int] = (30, 40)) -> Iterator[tuple[float, np.ndarray]]:
    rng = np.random.default_rng(0)
    for number in range(count):
        yield number / rate_hz, rng.integers(0, 255, (*size, 3)).astype(np.uint8)


def read(path: Path) -> tuple[list[int], tuple[int, int]]:
    """Return how long each picture is shown, in ms, and the size."""
    with Image.open(path) as image:
        durations = []
        for number in range(image.n_frames):
            image.seek(number)
            durations.append(image.info["duration"])
        return durations, image.size


@pytest.mark.parametrize(("count", "rate_hz", "kept"), [(30, 10, 30), (60, 30, 20), (5, 2, 5), (3000, 10, 188)])
def test_pictures_are_thinned_to_a_rate_and_a_number(count: int, rate_hz: float, kept: int, tmp_path: Path) -> None:
    write_gif(tmp_path / "a.gif", noise(count, rate_hz))
    durations, size = read(tmp_path / "a.gif")
    assert len(durations) == kept <= MAX_PICTURES
    assert size == (40, 30)
    assert max(durations) <= 500
    assert sum(durations[:-1]) / 1000 == pytest.approx(min((count - 1) / rate_hz, 0.5 * (kept - 1)), rel=0.1)


def test_large_pictures_are_shrunk_and_a_photo_is_one_picture(tmp_path: Path) -> None:
    write_gif(tmp_path / "a.gif", noise(1, 10, (600, 1000)))
    with Image.open(tmp_path / "a.gif") as image:
        assert (image.n_frames, image.size) == (1, (LONGEST, 288))


def test_a_file_that_is_too_large_keeps_fewer_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_gif(tmp_path / "a.gif", noise(40, 10))
    size = (tmp_path / "a.gif").stat().st_size
    monkeypatch.setattr(animation_writing, "MAX_BYTES", size // 3)
    write_gif(tmp_path / "b.gif", noise(40, 10))
    assert (tmp_path / "b.gif").stat().st_size <= size // 3
    assert len(read(tmp_path / "b.gif")[0]) == 10
    assert sum(read(tmp_path / "b.gif")[0]) == pytest.approx(4000, rel=0.1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gif", "b.gif"]


def test_given_colours_stay_as_they_are(tmp_path: Path) -> None:
    [(time_s, picture)] = noise(1, 10)
    picture[10, 10] = (1, 254, 3)
    write_gif(tmp_path / "a.gif", [(time_s, picture)], [(1, 254, 3)])
    with Image.open(tmp_path / "a.gif") as image:
        assert image.convert("RGB").getpixel((10, 10)) == (1, 254, 3)
