from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data_prep.media import Media, MediaError, read_pictures
from data_prep.media.frame_folder import is_frame_folder
from tests.data_prep.media.media_files import times_and_levels, write_frame_folder


def test_frames_are_read_in_natural_order_at_25_hz(tmp_path: Path) -> None:
    folder = write_frame_folder(tmp_path / "clip", 12)
    (folder / "notes.txt").write_text("ignored")
    (folder / ".0.png").write_text("ignored")
    times_s, levels = times_and_levels(Media(folder))
    np.testing.assert_allclose(times_s, np.arange(12) / 25)
    assert levels == [20 * number for number in range(12)]


def test_the_encoding_gives_the_frame_rate(tmp_path: Path) -> None:
    folder = write_frame_folder(tmp_path / "clip", 12)
    times_s, levels = times_and_levels(Media(folder, 0.2, 0.5, encoding="frames@10"))
    np.testing.assert_allclose(times_s, [0, 0.1, 0.2])
    assert levels == [40, 60, 80]


@pytest.mark.parametrize(
    ("names", "is_clip"),
    [
        (["1.png", "2.png"], True),
        (["frame_0009.jpg", "frame_0010.jpg", "frame_0011.jpg"], True),
        (["img7.JPG", ".hidden", "img8.JPG"], True),
        (["1.png"], False),
        (["1.png", "3.png"], False),
        (["1.png", "1.jpg"], False),
        (["01.png", "1.png"], False),
        (["ann1.png", "bob2.png"], False),
        (["1.png", "2.png", "notes.txt"], False),
        (["1.mp4", "2.mp4"], False),
        (["a.png", "b.png"], False),
        ([], False),
    ],
)
def test_consecutively_numbered_pictures_are_the_frames_of_a_clip(names: list[str], is_clip: bool) -> None:
    assert is_frame_folder(Path("clip") / name for name in names) == is_clip


@pytest.mark.parametrize(
    ("make", "encoding", "reason"),
    [
        (lambda folder: None, None, ": a folder without pictures; expected the frames of a clip"),
        (lambda folder: write_frame_folder(folder, 3), "frames@0", ": encoding 'frames@0' is not understood"),
        (lambda folder: write_frame_folder(folder, 3), "s16le@8000", ": encoding 's16le@8000' is not understood"),
        (
            lambda folder: (write_frame_folder(folder, 3) / "1.png").write_text("x" * 99),
            None,
            "/1.png: not readable as a photo, but its folder is a clip",
        ),
        (
            lambda folder: (write_frame_folder(folder, 3) / "1.png").write_text(""),
            None,
            "/1.png: the file is empty (0 bytes)",
        ),
    ],
    ids=["no pictures", "rate 0", "audio encoding", "text as a picture", "empty picture"],
)
def test_a_folder_that_cannot_be_used_is_named_with_the_reason(
    tmp_path: Path, make: Callable[[Path], object], encoding: str | None, reason: str
) -> None:
    folder = tmp_path / "clip"
    folder.mkdir()
    make(folder)
    with pytest.raises(MediaError) as error:
        list(read_pictures(Media(folder, encoding=encoding)))
    assert str(error.value).startswith(f"{folder}{reason}")
