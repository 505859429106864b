from pathlib import Path

import numpy as np
import pytest

from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.shrec21_skeleton import is_shrec21, read_shrec21_skeleton
from data_prep.media import Media, MediaError

LINE = "0.5;" * 140


def joints(num_frames: int = 10) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.3, 0.3, (num_frames, 20, 7)).astype(np.float32)


def write_sequence(path: Path, table: np.ndarray) -> Path:
    """Write a sequence as distributed: the last line holds nothing but a semicolon."""
    lines = ["".join(f"{value:.7f};" for value in row) for row in table.reshape(len(table), -1)]
    path.write_text("\n".join([*lines, ";"]) + "\n")
    return path


def test_joints_become_the_landmarks_of_one_hand(tmp_path: Path) -> None:
    signal = read_shrec21_skeleton(Media(write_sequence(tmp_path / "1.txt", joints())))
    assert (signal.values.shape, signal.rate_hz) == ((10, 2, 2, 21, 3), 50.0)
    positions = joints()[..., :3] * np.array([1, -1, 1], np.float32)
    image = signal.values[:, 0, 0]
    np.testing.assert_allclose(image[:, 0], positions[:, 0], atol=1e-6)
    np.testing.assert_allclose(image[:, 2:], positions[:, 1:], atol=1e-6)
    np.testing.assert_allclose(image[:, 1], 0.6 * positions[:, 0] + 0.4 * positions[:, 1], atol=1e-6)
    assert np.isnan(signal.values[:, 1]).all()


def test_start_and_end_select_frames(tmp_path: Path) -> None:
    path = write_sequence(tmp_path / "1.txt", joints())
    whole = read_shrec21_skeleton(Media(path)).values
    np.testing.assert_array_equal(read_shrec21_skeleton(Media(path, 0.04, 0.1)).values[:, 0, 0], whole[2:5, 0, 0])


def test_keypoints_tell_the_two_kinds_of_files_apart(tmp_path: Path) -> None:
    path = write_sequence(tmp_path / "1.txt", joints())
    np.savetxt(tmp_path / "skeletons_world.txt", np.ones((3, 66)))
    assert is_shrec21(Media(path))
    assert not is_shrec21(Media(tmp_path / "skeletons_world.txt"))
    assert HandKeypoints().signal(Media(path)).rate_hz == 50.0
    assert HandKeypoints().signal(Media(tmp_path / "skeletons_world.txt")).rate_hz == 30.0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "not readable as a table of joints"),
        ("", "the file holds no frame"),
        (";\n", "the file holds no frame"),
        ("a;b;\n", "not readable as a table of joints"),
        ("\xe4;\n", "not readable as a table of joints"),
        (f"{LINE}\n{LINE}0;\n", "not readable as a table of joints"),
        ("0;" * 60 + "\n", "found 60 numbers per line, expected 20 joints x 7"),
        ("nan;" + "0;" * 139 + "\n", "holds numbers that are not finite"),
    ],
)
def test_the_error_names_a_bad_file_and_its_fault(tmp_path: Path, content: str | None, reason: str) -> None:
    path = tmp_path / "1.txt"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(MediaError) as error:
        read_shrec21_skeleton(Media(path))
    assert str(error.value).startswith(f"{path}: {reason}")
