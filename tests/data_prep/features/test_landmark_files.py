import importlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_prep.features import landmark_files
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.hand_tracker import NoHandError
from data_prep.features.landmark_files import read_landmarks
from data_prep.media import Media, MediaError
from tests.data_prep.features.test_hand_keypoints import at, moving_hand

COUNT = 12
LEFT_HAND, RIGHT_HAND = "LEFT_HAND_LANDMARKS", "RIGHT_HAND_LANDMARKS"


def two_hands() -> np.ndarray:
    """(T, 2, 21, 3): the second is absent in the first three frames."""
    hands = np.stack(
        [moving_hand(at(30.0, COUNT / 30), seed, place=(0.3 + seed, 0.6))[:, 0] for seed in (0, 1)], axis=1
    )
    hands[:3, 1] = np.nan
    return hands


def write_npy(path: Path, hands: np.ndarray) -> None:
    np.save(path, hands)


def write_npz(path: Path, hands: np.ndarray) -> None:
    np.savez_compressed(path, landmarks=hands, fps=30.0)


def write_parquet(path: Path, hands: np.ndarray, first_frame: int = 20) -> None:
    """A row a landmark, as in Google's isolated-sign competition; faces and bodies are in it as well."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = []
    for frame, both in enumerate(hands, start=first_frame):
        rows += [(frame, "face", index, 0.1, 0.2, 0.3) for index in range(4)]
        rows += [(frame, "left_hand", index, *point) for index, point in enumerate(both[0].tolist())]
        rows += [(frame, "pose", index, 0.1, 0.2, 0.3) for index in range(33)]
        rows += [(frame, "right_hand", index, *point) for index, point in enumerate(both[1].tolist())]
    columns = dict(zip(("frame", "type", "landmark_index", "x", "y", "z"), zip(*rows, strict=True), strict=True))
    columns["row_id"] = tuple(f"{frame}-{kind}-{index}" for frame, kind, index, *_ in rows)
    table = pyarrow.table({name: list(values) for name, values in columns.items()})
    kinds = {"frame": "int16", "landmark_index": "int16", "x": "float64", "y": "float64", "z": "float64"}
    for name, kind in kinds.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].cast(kind))
    parquet.write_table(table, path)


def write_pose(
    path: Path, hands: np.ndarray, fps: float = 30, names: tuple[str, ...] = (LEFT_HAND, RIGHT_HAND), people: int = 1
) -> None:
    """Hands in pixels of a picture of 1000 x 500 among a body's points; the depth as MediaPipe's files have it."""
    pytest.importorskip("pose_format")
    from pose_format import Pose
    from pose_format.numpy import NumPyPoseBody
    from pose_format.pose_header import PoseHeader, PoseHeaderComponent, PoseHeaderDimensions

    points = [str(index) for index in range(21)]
    components = [PoseHeaderComponent("POSE_LANDMARKS", ["NOSE", "MOUTH"], [], [(0, 0, 0)], "XYZC")]
    components += [PoseHeaderComponent(name, points, [], [(0, 0, 0)], "XYZC") for name in names]
    header = PoseHeader(0.2, PoseHeaderDimensions(1000, 500, 0), components)
    pixels = np.concatenate([hands[:, index] for index in range(len(names))], axis=1) * [500, 500, 0.5]
    data = np.zeros((len(hands), people, 2 + pixels.shape[1], 3), np.float32)
    data[:, -1, 2:] = np.nan_to_num(pixels)
    confidence = np.zeros(data.shape[:3], np.float32)
    confidence[:, -1] = 1
    confidence[:, -1, 2:] = ~np.isnan(pixels[..., 0])
    body = NumPyPoseBody(
        fps, np.ma.masked_array(data, mask=np.repeat(confidence[..., None] == 0, 3, axis=-1)), confidence
    )
    buffer = io.BytesIO()
    Pose(header, body).write(buffer)
    path.write_bytes(buffer.getvalue())


WRITERS: dict[str, Callable[[Path, np.ndarray], None]] = {
    ".npy": write_npy,
    ".npz": write_npz,
    ".parquet": write_parquet,
    ".pose": write_pose,
}


@pytest.mark.parametrize("suffix", WRITERS)
def test_landmark_files_give_back_what_was_tracked(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    WRITERS[suffix](path, two_hands())
    signal = read_landmarks(Media(path))
    assert signal.rate_hz == 30.0
    assert signal.values.shape == (COUNT, 2, 2, 21, 3)
    assert signal.values.dtype == np.float32
    scale = 500 if suffix == ".pose" else 1
    expected = two_hands()
    np.testing.assert_allclose(signal.values[:, :, 0], expected * scale, rtol=1e-3, atol=1e-3 * scale)
    middle = expected.mean(axis=2, keepdims=True)
    np.testing.assert_allclose(signal.values[:, :, 1], (expected - middle) * scale, rtol=1e-3, atol=1e-3 * scale)
    assert np.isnan(signal.values[:3, 1]).all()
    assert not np.isnan(signal.values[3:]).any()


@pytest.mark.parametrize("suffix", [".npz", ".parquet", ".pose"])
def test_every_kind_of_file_gives_the_same_frames(tmp_path: Path, suffix: str) -> None:
    keypoints = HandKeypoints(velocity=True)
    write_npy(tmp_path / "a.npy", two_hands())
    WRITERS[suffix](tmp_path / f"a{suffix}", two_hands())
    expected, found = (keypoints(Media(tmp_path / name)).values for name in ("a.npy", f"a{suffix}"))
    assert expected.shape == (COUNT, keypoints.num_features)
    np.testing.assert_allclose(found, expected, atol=0.02)


@pytest.mark.parametrize("suffix", WRITERS)
def test_start_and_end_select_a_segment(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    WRITERS[suffix](path, two_hands())
    whole = read_landmarks(Media(path)).values
    np.testing.assert_array_equal(read_landmarks(Media(path, 0.1, 0.3)).values, whole[3:9])
    with pytest.raises(MediaError, match=r"holds no frame between 5\.0 s and its end"):
        read_landmarks(Media(path, 5.0))


def test_one_hand_suffices_and_zeros_mean_absent(tmp_path: Path) -> None:
    hands = two_hands()[:, 0].astype(np.float64)
    hands[5] = 0
    hands[6, 4, 1] = np.nan
    np.save(tmp_path / "a.npy", hands)
    values = read_landmarks(Media(tmp_path / "a.npy")).values
    assert np.isnan(values[:, 1]).all()
    assert np.flatnonzero(np.isnan(values[:, 0]).any(axis=(1, 2, 3))).tolist() == [5, 6]
    assert np.isnan(values[[5, 6], 0]).all()


def test_an_encoding_overrides_the_rate_in_the_file(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", two_hands())
    np.savez(tmp_path / "a.npz", landmarks=two_hands(), rate_hz=50)
    np.savez(tmp_path / "b.npz", landmarks=two_hands())
    assert read_landmarks(Media(tmp_path / "a.npy")).rate_hz == 30
    assert read_landmarks(Media(tmp_path / "a.npz")).rate_hz == 50
    assert read_landmarks(Media(tmp_path / "b.npz")).rate_hz == 30
    for name in ("a.npy", "a.npz"):
        assert read_landmarks(Media(tmp_path / name, encoding="landmarks@12.5")).rate_hz == 12.5


def test_frames_missing_from_a_table_have_no_hand(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_parquet(tmp_path / "a.parquet", two_hands(), first_frame=7)
    table = parquet.read_table(tmp_path / "a.parquet")
    frames = table["frame"].to_numpy()
    parquet.write_table(table.filter((frames < 10) | (frames > 12)), tmp_path / "b.parquet")
    values = read_landmarks(Media(tmp_path / "b.parquet")).values
    assert len(values) == COUNT
    assert np.flatnonzero(np.isnan(values[:, 0, 0, 0, 0])).tolist() == [3, 4, 5]


def test_the_most_visible_person_is_read(tmp_path: Path) -> None:
    write_pose(tmp_path / "a.pose", two_hands(), fps=25, people=2)
    signal = read_landmarks(Media(tmp_path / "a.pose"))
    assert signal.rate_hz == 25
    np.testing.assert_allclose(signal.values[3:, 1, 0], two_hands()[3:, 1] * 500, rtol=1e-3, atol=0.5)


def test_a_pose_file_with_one_hand_lacks_the_other(tmp_path: Path) -> None:
    write_pose(tmp_path / "a.pose", two_hands()[:, [0]], names=(RIGHT_HAND,))
    values = read_landmarks(Media(tmp_path / "a.pose")).values
    assert np.isnan(values[:, 0]).all()
    assert not np.isnan(values[:, 1]).any()


class Harmful:
    def __reduce__(self) -> Any:
        return (exec, ("raise SystemExit('pickle was executed')",))


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def npy_of_shape(*shape: int) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return buffer.getvalue()


HANDS = np.ones((5, 21, 3), np.float32)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.npy", b"", "the file is empty (0 bytes)"),
        ("a.npy", b"hello there", "not readable as a NumPy array"),
        ("a.npy", npy(HANDS)[:300], "not readable as a NumPy array"),
        ("a.npy", npy(np.array([Harmful()], object)), "not readable as a NumPy array"),
        ("a.npy", npz(landmarks=HANDS), "not readable as a NumPy array"),
        ("a.npy", npy_of_shape(1 << 40, 21, 3), "not readable as a NumPy array"),
        ("a.npy", npy(np.ones((5, 20, 3))), "found float64 (5, 20, 3), expected numbers (frames, 21, 3) of one hand"),
        ("a.npy", npy(np.full((5, 21, 3), "a")), "found <U1 (5, 21, 3), expected numbers"),
        ("a.npy", npy(HANDS[:0]), "holds no frame"),
        ("a.npy", npy(HANDS * 0), "no hand in any of its 5 frames"),
        ("a.npy", npy(HANDS * np.inf), "holds infinite numbers"),
        ("a.npz", b"hello there", "not readable as an archive of NumPy arrays"),
        ("a.npz", npz(landmarks=HANDS).replace(b"descr", b"d'scr"), "not readable as an archive of NumPy arrays"),
        ("a.npz", npy(HANDS), "not readable as an archive of NumPy arrays"),
        ("a.npz", npz(points=HANDS), "holds no array named landmarks; found points"),
        ("a.npz", npz(landmarks=np.array([Harmful()], object)), "not readable as an archive of NumPy arrays"),
        ("a.npz", npz(landmarks=HANDS, fps=0), "says it has 0.0 frames a second, expected 1 to 1000"),
        ("a.npz", npz(landmarks=HANDS, fps=[1, 2]), "not readable as an archive of NumPy arrays"),
        ("a.parquet", b"hello there", "not readable as a Parquet table"),
        ("a.pose", b"hello there", "not readable as a pose file"),
    ],
)
def test_the_error_names_a_bad_file_and_its_fault(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    if name.endswith((".parquet", ".pose")):
        pytest.importorskip("pyarrow" if name.endswith("t") else "pose_format")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MediaError) as error:
        HandKeypoints()(Media(tmp_path / name))
    assert str(error.value).startswith(f"{tmp_path / name}: {reason}")
    assert isinstance(error.value, NoHandError) == reason.startswith("no hand")


def test_an_archive_that_unpacks_to_too_much_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez_compressed(tmp_path / "a.npz", landmarks=np.zeros((500, 21, 3)))
    assert (tmp_path / "a.npz").stat().st_size < 3000
    monkeypatch.setattr(landmark_files, "MAX_FRAMES", 100)
    with pytest.raises(MediaError, match=r"a\.npz: holds more than 100 frames"):
        read_landmarks(Media(tmp_path / "a.npz"))
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        archive.writestr("landmarks.npy", npy_of_shape(1 << 40, 21, 3))
    with pytest.raises(MediaError, match=r"b\.npz: not readable as an archive of NumPy arrays"):
        read_landmarks(Media(tmp_path / "b.npz"))


def test_errors_name_tables_and_pose_files_of_another_layout(tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table({"frame": [1], "x_left_hand_0": [0.5]}), tmp_path / "a.parquet")
    with pytest.raises(MediaError, match=r"a\.parquet: lacks the columns type, landmark_index, x, y, z"):
        read_landmarks(Media(tmp_path / "a.parquet"))
    row = {"frame": [0, 2**30], "type": ["left_hand"] * 2, "landmark_index": [0, 0], "x": [0.5] * 2}
    parquet.write_table(pyarrow.table(row | {"y": row["x"], "z": row["x"]}), tmp_path / "b.parquet")
    with pytest.raises(MediaError, match=r"b\.parquet: has frames 0 to 1073741824"):
        read_landmarks(Media(tmp_path / "b.parquet"))
    write_pose(tmp_path / "a.pose", two_hands(), names=("FACE", "FEET"))
    with pytest.raises(MediaError, match=r"a\.pose: has the components POSE_LANDMARKS, FACE, FEET; expected LEFT_HAND"):
        read_landmarks(Media(tmp_path / "a.pose"))


@pytest.mark.parametrize(("name", "package"), [("a.parquet", "pyarrow"), ("a.pose", "pose-format")])
def test_the_error_names_a_missing_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, package: str
) -> None:
    def missing(module: str) -> None:
        raise ImportError(module)

    monkeypatch.setattr(importlib, "import_module", missing)
    (tmp_path / name).write_bytes(b"any")
    with pytest.raises(
        MediaError, match=rf"needs the package {package}: pip install 'utterance-pipelines\[landmarks\]'"
    ):
        read_landmarks(Media(tmp_path / name))


def test_the_error_names_a_wrong_encoding(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", HANDS)
    with pytest.raises(MediaError, match=r"a\.npy: encoding 's16le@16000' is not understood; expected landmarks@RATE"):
        read_landmarks(Media(tmp_path / "a.npy", encoding="s16le@16000"))


@pytest.mark.parametrize("filler", [np.nan, 0.0, -1.0, 7.5, -1e6])
def test_any_filler_for_an_absent_hand_is_no_hand(tmp_path: Path, filler: float) -> None:
    hands = two_hands()
    absent = np.zeros(hands.shape[:2], bool)
    absent[2:5, 0] = absent[:3, 1] = True
    hands[absent] = filler
    write_npy(tmp_path / "a.npy", hands)
    values = read_landmarks(Media(tmp_path / "a.npy")).values
    np.testing.assert_array_equal(np.isnan(values).all(axis=(2, 3, 4)), absent)
    hands[:] = filler
    write_npy(tmp_path / "a.npy", hands)
    with pytest.raises(NoHandError):
        read_landmarks(Media(tmp_path / "a.npy"))


def test_depth_in_another_unit_than_x_and_y_is_refused_or_scaled(tmp_path: Path) -> None:
    expected = two_hands() * 640
    mixed = expected / np.array([1, 1, 640])
    write_npy(tmp_path / "a.npy", mixed)
    with pytest.raises(MediaError, match="x and y are in pixels, but z is a fraction of the picture's width"):
        read_landmarks(Media(tmp_path / "a.npy"))
    np.savez(tmp_path / "a.npz", landmarks=mixed, width=640)
    np.savez(tmp_path / "b.npz", landmarks=expected)
    found, wanted = (read_landmarks(Media(tmp_path / name)).values for name in ("a.npz", "b.npz"))
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-3)
    write_npy(tmp_path / "flat.npy", expected * np.array([1, 1, 0]))
    assert read_landmarks(Media(tmp_path / "flat.npy")).values.shape[0] == len(expected)
