from pathlib import Path

import numpy as np
import pytest

from data_prep.features.shrec_skeleton import read_shrec_skeleton
from data_prep.media import Media, MediaError


def joints(num_frames: int = 12) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.3, 0.3, (num_frames, 22, 3)).astype(np.float32)


def write_table(path: Path, table: np.ndarray) -> Path:
    np.savetxt(path, table.reshape(len(table), -1), fmt="%.7f")
    return path


def test_joints_become_the_landmarks_of_one_hand(tmp_path: Path) -> None:
    signal = read_shrec_skeleton(Media(write_table(tmp_path / "a.txt", joints())), 30.0)
    assert signal.values.shape == (12, 2, 2, 21, 3)
    assert signal.values.dtype == np.float32
    assert signal.rate_hz == 30.0
    without_palm = joints()[:, [0, *range(2, 22)]] * np.array([1, -1, 1], np.float32)
    np.testing.assert_allclose(signal.values[:, 0, 0], without_palm, atol=1e-6)
    np.testing.assert_allclose(
        signal.values[:, 0, 1], without_palm - without_palm.mean(axis=1, keepdims=True), atol=1e-6
    )
    assert np.isnan(signal.values[:, 1]).all()


def test_a_single_line_is_a_single_frame(tmp_path: Path) -> None:
    assert len(read_shrec_skeleton(Media(write_table(tmp_path / "a.txt", joints(1))), 30.0).values) == 1


@pytest.mark.parametrize(
    ("start_s", "end_s", "stretch"),
    [(None, 0.2, slice(0, 6)), (0.1, None, slice(3, 12)), (0.1, 0.3, slice(3, 9)), (0.2, 99.0, slice(6, 12))],
)
def test_start_and_end_select_frames(
    tmp_path: Path, start_s: float | None, end_s: float | None, stretch: slice
) -> None:
    path = write_table(tmp_path / "a.txt", joints())
    whole = read_shrec_skeleton(Media(path), 30.0)
    np.testing.assert_array_equal(read_shrec_skeleton(Media(path, start_s, end_s), 30.0).values, whole.values[stretch])


@pytest.mark.filterwarnings("ignore:.*input contained no data")
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "not readable as a table of joints"),
        ("", "the file holds no frame"),
        ("hello there\n", "not readable as a table of joints"),
        ("0 " * 66 + "\n" + "0 " * 65 + "\n", "not readable as a table of joints"),
        ("0 " * 63 + "\n", "found 63 numbers per line, expected 22 joints x 3"),
        ("0 " * 65 + "nan\n", "holds numbers that are not finite"),
    ],
)
def test_the_error_names_a_bad_file_and_its_fault(tmp_path: Path, content: str | None, reason: str) -> None:
    path = tmp_path / "skeletons_world.txt"
    if content is not None:
        path.write_text(content)
    with pytest.raises(MediaError) as error:
        read_shrec_skeleton(Media(path), 30.0)
    assert str(error.value).startswith(f"{path}: {reason}")


def test_a_segment_beyond_the_end_is_an_error(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.txt", joints())
    with pytest.raises(MediaError, match=r"a\.txt: no frame between 5\.0 s and None s"):
        read_shrec_skeleton(Media(path, 5.0), 30.0)
