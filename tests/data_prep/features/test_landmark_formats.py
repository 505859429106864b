"""Landmarks as other programs write them: JSON, CSV, arrays of Holistic, tables of competitions, .pose."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_prep.corpora.manifest import ManifestCorpus
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.landmark_files import landmarks_of, read_landmarks
from data_prep.features.landmarks.csv_tables import LANDMARK_NAMES
from data_prep.features.landmarks.pose_writing import write_pose
from data_prep.media import Media, MediaError
from tests.data_prep.features.test_landmark_files import two_hands

SIDES = ("left", "right")


@pytest.fixture(scope="module")
def hands() -> np.ndarray:
    """(T, 2, 21, 3); the second hand is absent in the first three frames."""
    return two_hands().astype(np.float32)


def seen(frame: np.ndarray) -> list[tuple[int, np.ndarray]]:
    return [(side, hand) for side, hand in enumerate(frame) if np.isfinite(hand).all()]


def as_points(hand: np.ndarray) -> list[dict[str, float]]:
    return [{"x": float(x), "y": float(y), "z": float(z)} for x, y, z in hand]


def tasks(frame: np.ndarray) -> dict[str, Any]:
    """The result of MediaPipe's HandLandmarker; hands come in any order."""
    found = seen(frame)[::-1]
    return {
        "handedness": [[{"category_name": SIDES[side].title(), "score": 0.9}] for side, _ in found],
        "hand_landmarks": [as_points(hand) for _, hand in found],
        "hand_world_landmarks": [],
    }


def tasks_in_javascript(frame: np.ndarray) -> dict[str, Any]:
    found = seen(frame)
    return {
        "handednesses": [[{"categoryName": SIDES[side].title()}] for side, _ in found],
        "landmarks": [as_points(hand) for _, hand in found],
        "worldLandmarks": [],
    }


def solutions(frame: np.ndarray) -> dict[str, Any]:
    """The former interface, through MessageToDict."""
    found = seen(frame)
    return {
        "multi_handedness": [{"classification": [{"label": SIDES[side].title()}]} for side, _ in found],
        "multi_hand_landmarks": [{"landmark": as_points(hand)} for _, hand in found],
    }


def holistic(frame: np.ndarray) -> dict[str, Any]:
    present = {SIDES[side]: as_points(hand) for side, hand in seen(frame)}
    hands_of_frame = {f"{name}_hand_landmarks": present.get(name) for name in SIDES}
    return {"pose_landmarks": as_points(np.zeros((33, 3))), **hands_of_frame}


def assert_same_hands(read: np.ndarray, hands: np.ndarray, axes: int = 3) -> None:
    """Check that the image coordinates are those of the hands, in the same places."""
    np.testing.assert_allclose(read[:, :, 0, :, :axes], hands[..., :axes], atol=1e-5)


@pytest.mark.parametrize("frame_of", [tasks, tasks_in_javascript, solutions, holistic])
@pytest.mark.parametrize("form", ["list", "lines", "frames", "numbered"])
def test_json_of_mediapipe_is_read(tmp_path: Path, hands: np.ndarray, frame_of: Any, form: str) -> None:
    frames = [frame_of(frame) for frame in hands]
    path = tmp_path / "a.json"
    if form == "lines":
        path.write_text("\n".join(json.dumps(frame) for frame in frames))
    elif form == "list":
        path.write_text(json.dumps(frames))
    elif form == "frames":
        path.write_text(json.dumps({"fps": 25, "frames": frames}))
    else:  # frames without any hand are left out
        rows = [{"frame": 40 + number} | frame for number, frame in enumerate(frames) if number != 5]
        path.write_text(json.dumps({"frames": rows}))
        hands = hands.copy()
        hands[5] = np.nan
    signal = read_landmarks(Media(path))
    assert_same_hands(signal.values, hands)
    assert signal.rate_hz == (25 if form == "frames" else 30)
    assert HandKeypoints().signal(Media(path)).values.shape == signal.values.shape  # no tracker is needed


@pytest.mark.parametrize("single_file", [False, True])
def test_openpose_is_read(tmp_path: Path, hands: np.ndarray, single_file: bool) -> None:
    """A file for each frame, numbered; the person whose hands are seen best counts."""

    def numbers(hand: np.ndarray) -> list[float]:
        rows = np.column_stack([hand[:, :2], np.ones(21)])
        return [float(number) for number in (rows if np.isfinite(hand).all() else np.zeros((21, 3))).ravel()]

    frames = [
        {
            "version": 1.3,
            "people": [
                {"hand_left_keypoints_2d": [0.0] * 63, "hand_right_keypoints_2d": [0.0] * 63},
                {f"hand_{name}_keypoints_2d": numbers(frame[side] * 1000) for side, name in enumerate(SIDES)},
            ],
        }
        for frame in hands
    ]
    if single_file:
        (tmp_path / "a.json").write_text(json.dumps(frames))
    else:
        (tmp_path / "a.json").mkdir()
        for number, frame in enumerate(frames):
            (tmp_path / "a.json" / f"clip_{number:012d}_keypoints.json").write_text(json.dumps(frame))
    signal = HandKeypoints().signal(Media(tmp_path / "a.json"))
    assert_same_hands(signal.values / 1000, hands, axes=2)


@pytest.mark.parametrize("by_name", [False, True])
def test_csv_with_a_row_for_each_landmark_is_read(tmp_path: Path, hands: np.ndarray, by_name: bool) -> None:
    with open(tmp_path / "a.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Frame", "Hand", "Landmark", "x", "y", "z"])
        for number, frame in enumerate(hands):
            writer.writerow([number, "face", 400, 0.5, 0.5, 0])
            for side, hand in seen(frame):
                for index, point in enumerate(hand):
                    name = LANDMARK_NAMES[index] if by_name else index
                    writer.writerow([number, SIDES[side].title(), name, *point])
    assert_same_hands(read_landmarks(Media(tmp_path / "a.csv")).values, hands)


@pytest.mark.parametrize(
    "pattern",
    [
        "{axis}_{side}_hand_{index}",
        "{side}_hand_{index}_{axis}",
        "hand_{number}_{index}.{axis}",
        "{side}_{name}_{axis}",
    ],
)
def test_csv_with_a_row_for_each_frame_is_read(tmp_path: Path, hands: np.ndarray, pattern: str) -> None:
    header = [
        pattern.format(axis=axis, side=side, number=number, index=index, name=LANDMARK_NAMES[index])
        for number, side in enumerate(SIDES)
        for index in range(21)
        for axis in "xyz"
    ]
    with open(tmp_path / "a.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["label", *header])
        for frame in hands:
            writer.writerow(["hello", *("" if np.isnan(number) else number for number in frame.ravel())])
    assert_same_hands(read_landmarks(Media(tmp_path / "a.csv")).values, hands)


def test_csv_of_one_hand_without_depth_is_read(tmp_path: Path, hands: np.ndarray) -> None:
    with open(tmp_path / "a.csv", "w", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow([f"{axis}{index}" for index in range(21) for axis in "xy"])
        writer.writerows(hands[:, 0, :, :2].reshape(len(hands), -1))
    values = read_landmarks(Media(tmp_path / "a.csv")).values
    assert_same_hands(values[:, :1], hands[:, :1], axes=2)
    assert np.isnan(values[:, 1]).all()


def layouts(hands: np.ndarray) -> dict[str, np.ndarray]:
    count, filled = len(hands), np.nan_to_num(hands)
    noise = np.random.default_rng(0).random((count, 543, 3)).astype(np.float32)
    body, face = noise[:, :33], noise[:, :468]
    visible_body = np.concatenate([body, noise[:, :33, :1]], axis=2).reshape(count, -1)
    flat = filled.reshape(count, 2, 63)
    return {
        "543": np.concatenate([face, filled[:, 0], body, filled[:, 1]], axis=1),
        "543 flat": np.concatenate([face, filled[:, 0], body, filled[:, 1]], axis=1).reshape(count, -1),
        "75": np.concatenate([body, filled[:, 0], filled[:, 1]], axis=1),
        "1662": np.concatenate([visible_body, face.reshape(count, -1), flat[:, 0], flat[:, 1]], axis=1),
        "258": np.concatenate([visible_body, flat[:, 0], flat[:, 1]], axis=1),
        "42": filled.reshape(count, 42, 3),
        "126": filled.reshape(count, 126),
    }


@pytest.mark.parametrize("layout", ["543", "543 flat", "75", "1662", "258", "42", "126"])
def test_arrays_of_two_hands_are_read(tmp_path: Path, hands: np.ndarray, layout: str) -> None:
    array = layouts(hands)[layout]
    np.save(tmp_path / "a.npy", array)
    assert_same_hands(read_landmarks(Media(tmp_path / "a.npy")).values, hands)
    assert_same_hands(landmarks_of(array, 30).values, hands)


@pytest.mark.parametrize("shape", [(63,), (21, 2), (1, 21, 3)])
def test_arrays_of_one_hand_are_read(hands: np.ndarray, shape: tuple[int, ...]) -> None:
    axes = 3 if len(shape) == 1 else shape[-1]
    values = landmarks_of(hands[:, 0, :, :axes].reshape(len(hands), *shape), 30).values
    assert_same_hands(values[:, :1], hands[:, :1], axes=axes)
    assert np.isnan(values[:, 1]).all()


@pytest.mark.parametrize("shape", [(64,), (20, 3), (478, 3), (21, 4), (3, 21, 3)])
def test_other_arrays_are_refused_with_what_is_read(shape: tuple[int, ...]) -> None:
    with pytest.raises(MediaError, match=r"expected numbers \(frames, 21, 3\) of one hand .* \(frames, 543, 3\)"):
        landmarks_of(np.zeros((4, *shape), np.float32), 30)


def test_the_tables_of_the_fingerspelling_competition_are_a_corpus(tmp_path: Path, hands: np.ndarray) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    (tmp_path / "train_landmarks").mkdir()
    values = np.concatenate([hands, hands[::-1]])
    columns: dict[str, Any] = {"sequence_id": [1001] * len(hands) + [1002] * len(hands)}
    columns |= {
        f"{axis}_{side}_hand_{index}": values[:, number, index, place]
        for place, axis in enumerate("xyz")
        for number, side in enumerate(SIDES)
        for index in range(21)
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "train_landmarks" / "5.parquet")
    (tmp_path / "train.csv").write_text(
        "path,file_id,sequence_id,participant_id,phrase\n"
        "train_landmarks/5.parquet,5,1001,217,3 creekhouse\ntrain_landmarks/5.parquet,5,1002,217,scales/kuhaylah\n"
    )
    first, second = ManifestCorpus(str(tmp_path / "train.csv"), validation_share=0, test_share=0).clips()
    assert (first.text, first.speaker, second.text) == ("3 creekhouse", "217", "scales/kuhaylah")
    assert_same_hands(read_landmarks(first.media).values, hands)
    assert_same_hands(read_landmarks(second.media).values, hands[::-1])
    with pytest.raises(MediaError, match=r"holds 2 sequences, such as 1001; name one with encoding=landmarks@30#1001"):
        read_landmarks(Media(first.path))


def test_pose_files_are_written_as_they_are_read(tmp_path: Path, hands: np.ndarray) -> None:
    pytest.importorskip("pose_format")
    write_pose(tmp_path / "a.pose", landmarks_of(hands.copy(), 24))
    again = read_landmarks(Media(tmp_path / "a.pose"))
    assert again.rate_hz == 24
    assert_same_hands(again.values / 1000, hands)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "{", "not readable as JSON"),
        ("a.json", "[]", "without frames"),
        ("a.json", '[{"boxes": []}]', "none of its 1 frames has such landmarks; expected frames with hand_landmarks"),
        ("a.json", '[{"hand_landmarks": [[1, 2]]}]', "has landmarks in another layout"),
        ("a.csv", "a,b\n1,2\n", "has the columns a, b, …; expected a row for each landmark"),
        ("a.csv", "x,y\n1,2\n", "has the columns x, y; expected a row for each landmark"),
        ("a.csv", "frame,landmark,x,y\n0,30,1,2\n", "landmark 30, expected 0 to 20"),
    ],
)
def test_files_in_other_layouts_are_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(MediaError, match=message):
        read_landmarks(Media(tmp_path / name))
