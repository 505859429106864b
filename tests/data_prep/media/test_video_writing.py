from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from data_prep.media import Media, read_pictures
from data_prep.media.video_writing import write_video
from tests.data_prep.media.media_files import grey_steps, times_and_levels


def test_a_written_video_is_read_back_with_its_times(tmp_path: Path) -> None:
    shown_s = [0.0, 0.1, 0.15, 0.4]
    write_video(tmp_path / "a.mp4", zip(shown_s, grey_steps(4, 60), strict=True), 10.0)
    times_s, levels = times_and_levels(Media(tmp_path / "a.mp4"))
    np.testing.assert_allclose(times_s, shown_s, atol=1e-4)
    np.testing.assert_allclose(levels, [0, 60, 120, 180], atol=4)


def test_an_odd_size_loses_its_last_row_and_column(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", [(0.0, grey_steps(1, width=65, height=49)[0])], 25.0)
    ((_, picture),) = read_pictures(Media(tmp_path / "a.mp4"))
    assert picture.shape == (48, 64, 3)


def test_repeated_times_are_kept_apart(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", zip([0.0, 0.0, 0.0], grey_steps(3), strict=True), 25.0)
    assert len(list(read_pictures(Media(tmp_path / "a.mp4")))) == 3


def test_an_interrupted_video_leaves_no_file(tmp_path: Path) -> None:
    def pictures() -> Iterator[tuple[float, np.ndarray]]:
        yield 0.0, grey_steps(1)[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(tmp_path / "a.mp4", pictures(), 25.0)
    assert list(tmp_path.iterdir()) == []
