"""Reads files and arrays of hand landmarks as the signal that video gives."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.features.extractor import Signal
from data_prep.features.hand_tracker import AXES, COORDINATES, HANDS, IMAGE, LANDMARKS, WORLD, WRIST, NoHandError
from data_prep.features.landmarks.csv_tables import read_csv
from data_prep.features.landmarks.json_dumps import read_json
from data_prep.features.landmarks.kaggle import read_wide_parquet
from data_prep.features.landmarks.layouts import to_two_hands
from data_prep.media import Media, MediaError
from data_prep.media.arrays import ARRAY, PICTURE_RATES_HZ, check_array_rate
from data_prep.media.file import MAX_VIDEO_S, check_duration, check_end, check_file, rate_from_encoding

#: Frames per second of files that do not state a rate.
RATE_HZ = 30.0
#: An hour at 120 frames a second.
MAX_FRAMES = 432_000
#: Two hands of 21 landmarks of 3 numbers of 8 bytes.
FRAME_BYTES = 1008
#: A hand whose landmarks differ by less than this fraction of their coordinates is a filler for an absent one.
SMALLEST_EXTENT = 1e-5
#: If the spread of z is below this fraction of that of x and y, z is a fraction of the picture's width, not pixels.
FLAT = 0.02


def read_landmarks(media: Media) -> Signal:
    """Read landmarks from a file, by its ending, or from a folder of OpenPose's files for each frame.

    The coordinates serve as image coordinates: x to the right, y down, z away from the viewer, all in the same unit (if
    x and y are fractions of the picture's width and height, scale them before). World coordinates are the same,
    relative to the middle of the hand. A hand is absent if one of its landmarks is NaN, or if all are the same point.

    Raises:
        MediaError: The file is missing, damaged or too long, or the package that reads it is not installed.
        NoHandError: No frame shows a hand.
    """
    if media.path.is_dir():
        image, rate_hz = _read_json(media)  # (T, 2, 21, 3)
    else:
        check_file(media.path)
        image, rate_hz = READERS[media.path.suffix.lower()](media)
    start, stop = media.index_range(rate_hz, len(image))
    check_duration(media, len(image) / rate_hz, MAX_VIDEO_S)
    check_end(media, len(image) / rate_hz)
    image = image[start:stop].astype(np.float32)
    if len(image) == 0:
        raise MediaError(
            f"{media.path}: holds no frame{media.describe_range()}; correct the clip's times, or remove it"
        )
    return _signal(image, rate_hz, str(media.path), media.describe_range())


def landmarks_of(landmarks: np.ndarray, rate_hz: float | None) -> Signal:
    """Make the signal of an array (T, 21, 3) of one hand, (T, 2, 21, 3) of two, or another known shape.

    Raises:
        MediaError: The array has another shape or type, or its rate is missing or impossible.
        NoHandError: No frame shows a hand.
    """
    image = _two_hands(ARRAY, landmarks)
    if len(image) == 0:
        raise MediaError(f"{ARRAY}: holds no frame; give at least one")
    return _signal(image, check_array_rate(rate_hz, PICTURE_RATES_HZ, "frames"), ARRAY)


def _signal(image: np.ndarray, rate_hz: float, name: str, time_range: str = "") -> Signal:
    """Make the signal of image coordinates (T, 2, 21, 3) float32, which are modified."""
    if np.isinf(image).any():
        raise MediaError(f"{name}: holds infinite numbers; write NaN for absent landmarks")
    # Programs fill in 0, -1 or another constant where they see no hand; a real hand has an extent.
    extent = np.ptp(image, axis=2).max(axis=2)  # (T, 2), NaN if a landmark is
    absent = ~(extent > SMALLEST_EXTENT * np.abs(image).max(axis=(2, 3)))
    if absent.all():
        raise NoHandError(f"{name}: no hand in any of its {len(image)} frames{time_range}")
    image[absent] = np.nan
    if _is_depth_a_fraction(image):
        raise MediaError(
            f"{name}: x and y are in pixels, but z is a fraction of the picture's width, as in MediaPipe; multiply "
            "z by the width, or store the width in pixels as 'width' in an .npz file"
        )
    return Signal(with_world(image), rate_hz)


def with_world(image: np.ndarray) -> np.ndarray:
    """Add world coordinates, relative to the middle of each hand: (T, 2, 21, 3) -> (T, 2, 2, 21, 3)."""
    values = np.empty((len(image), HANDS, COORDINATES, LANDMARKS, AXES), np.float32)
    values[:, :, IMAGE] = image
    values[:, :, WORLD] = image - image.mean(axis=2, keepdims=True)
    return values


def _read_npy(media: Media) -> tuple[np.ndarray, float]:
    """Read an array in one of the shapes of `layouts`."""
    try:
        array = np.load(media.path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # NumPy raises many kinds of errors on damaged files
        raise _unreadable(media.path, "a NumPy array", error) from None
    if not isinstance(array, np.ndarray):
        raise _unreadable(media.path, "a NumPy array", "it is an archive; name it .npz")
    return _two_hands(media.path, array), rate_from_encoding(media, "landmarks", RATE_HZ)


def _read_npz(media: Media) -> tuple[np.ndarray, float]:
    """Read `landmarks`, an array as in ``.npy``, and optionally `fps` or `rate_hz`, which an encoding overrides.

    If x and y are in pixels and z is a fraction of the picture's width, `width` in pixels makes z pixels as well.
    """
    try:
        with zipfile.ZipFile(media.path) as archive, np.load(media.path, allow_pickle=False) as arrays:
            if "landmarks" not in arrays:
                raise MediaError(
                    f"{media.path}: holds no array named landmarks; found {', '.join(arrays) or 'nothing'}"
                )
            rates = [name for name in ("fps", "rate_hz") if name in arrays]
            if (
                max(archive.getinfo(f"{name}.npy").file_size for name in ("landmarks", *rates))
                > MAX_FRAMES * FRAME_BYTES
            ):
                raise MediaError(f"{media.path}: holds more than {MAX_FRAMES} frames; cut it up")
            array = arrays["landmarks"]
            width = float(arrays["width"]) if "width" in arrays else 0.0
            said = [float(arrays[name]) for name in rates]
    except MediaError:
        raise
    except Exception as error:  # damaged archives too
        raise _unreadable(media.path, "an archive of NumPy arrays", error) from None
    hands = _two_hands(media.path, array)
    if width > 0:
        hands = _depth_in_pixels(hands, width)
    return hands, _checked_rate(media, said[0] if said else RATE_HZ)


def _two_hands(path: Path | str, array: np.ndarray) -> np.ndarray:
    """Check the length and the shape, and add an absent second hand if there is one: (T, 2, 21, 3)."""
    if array.ndim and len(array) > MAX_FRAMES:
        raise MediaError(f"{path}: holds {len(array)} frames, and at most {MAX_FRAMES} are read; cut it up")
    return to_two_hands(path, array)


def _read_json(media: Media) -> tuple[np.ndarray, float]:
    hands, rate_hz = read_json(media.path)
    return hands, _checked_rate(media, RATE_HZ if rate_hz is None else rate_hz)


def _read_csv(media: Media) -> tuple[np.ndarray, float]:
    return read_csv(media.path), rate_from_encoding(media, "landmarks", RATE_HZ)


def _read_parquet(media: Media) -> tuple[np.ndarray, float]:
    """Read a table as in Google's competitions: a row for each landmark, or for each frame; only hands are read."""
    parquet = _package("pyarrow.parquet", "pyarrow", media.path)
    if (wide := read_wide_parquet(parquet, media)) is not None:
        return wide, rate_from_encoding(media, "landmarks", RATE_HZ)
    columns = ["frame", "type", "landmark_index", "x", "y", "z"]
    try:
        wanted = [("type", "in", ["left_hand", "right_hand"])]
        file = parquet.ParquetFile(media.path)
        if missing := [name for name in columns if name not in file.schema_arrow.names]:
            raise MediaError(
                f"{media.path}: lacks the columns {', '.join(missing)}; expected frame, type, landmark_index, x, y, z"
            )
        if file.metadata.num_rows > MAX_FRAMES * 543:
            raise MediaError(f"{media.path}: holds more than {MAX_FRAMES} frames; cut it up")
        frames = parquet.read_table(media.path, columns=["frame"])["frame"].to_numpy()
        table = parquet.read_table(media.path, columns=columns, filters=wanted)
        hand = table["type"].to_numpy(zero_copy_only=False) == "right_hand"
        index, place = table["landmark_index"].to_numpy(), table["frame"].to_numpy()
        points = np.stack([table[axis].to_numpy(zero_copy_only=False) for axis in "xyz"], axis=1)
        first, last = int(frames.min()), int(frames.max())
    except MediaError:
        raise
    except Exception as error:  # pyarrow raises many kinds of errors, some undocumented
        raise _unreadable(media.path, "a Parquet table", error) from None
    if last - first >= MAX_FRAMES or not ((index >= 0) & (index < LANDMARKS)).all():
        raise MediaError(
            f"{media.path}: has frames {first} to {last}, and landmarks up to {index.max(initial=0)} of a hand; "
            f"expected at most {MAX_FRAMES} frames, and landmarks 0 to 20"
        )
    values = np.full((last - first + 1, HANDS, LANDMARKS, AXES), np.nan, np.float32)
    values[place - first, hand.astype(int), index] = points
    return values, rate_from_encoding(media, "landmarks", RATE_HZ)


def _read_pose(media: Media) -> tuple[np.ndarray, float]:
    """Read the hands of the most visible person in a ``.pose`` file (github.com/sign-language-processing/pose)."""
    pose_format = _package("pose_format", "pose-format", media.path)
    try:
        pose = pose_format.Pose.read(media.path.read_bytes())
        data, confidence = np.asarray(pose.body.data.data, np.float32), np.asarray(pose.body.confidence)
        names = [component.name for component in pose.header.components]
        sizes = [len(component.points) for component in pose.header.components]
        width = float(pose.header.dimensions.width)
        rate_hz = float(pose.body.fps)
    except Exception as error:  # it raises many kinds of errors on damaged files
        raise _unreadable(media.path, "a pose file", error) from None
    wanted = ("LEFT_HAND_LANDMARKS", "RIGHT_HAND_LANDMARKS")
    if not set(wanted) & set(names):
        raise MediaError(f"{media.path}: has the components {', '.join(names)}; expected {' or '.join(wanted)}")
    values = np.full((len(data), HANDS, LANDMARKS, AXES), np.nan, np.float32)
    person = int(np.argmax(confidence.sum(axis=(0, 2)))) if confidence.shape[1] else 0
    for hand, name in enumerate(wanted):
        if name not in names or not confidence.shape[1]:
            continue
        begin = sum(sizes[: names.index(name)])
        points = slice(begin, begin + LANDMARKS)
        seen = (confidence[:, person, points] > 0).all(axis=1)
        values[seen, hand, :, : data.shape[3]] = data[seen, person, points][..., :AXES]
        values[seen, hand, :, data.shape[3] :] = 0.0
    return _depth_in_pixels(values, width), _checked_rate(media, rate_hz)


def _depth_in_pixels(values: np.ndarray, width: float) -> np.ndarray:
    """Scale z to pixels if only x and y are: MediaPipe's files hold z as a fraction of the picture's width."""
    return values * np.array([1, 1, width], np.float32) if _is_depth_a_fraction(values) else values


def _is_depth_a_fraction(values: np.ndarray) -> bool:
    """Whether x and y of landmarks (T, 2, 21, 3) are in pixels but z is not, so that hands are as flat as paper."""
    if not np.isfinite(values).any():
        return False
    spread = np.nanmean(np.abs(values - values[:, :, [WRIST]]), axis=(0, 1, 2))
    return bool(0 < spread[2] < FLAT * spread[:2].max())


def _checked_rate(media: Media, said_hz: float) -> float:
    if not 1 <= said_hz <= 1000:
        raise MediaError(f"{media.path}: says it has {said_hz} frames a second, expected 1 to 1000")
    return rate_from_encoding(media, "landmarks", said_hz)


def _package(module: str, package: str, path: Path) -> Any:
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        raise MediaError(
            f"{path}: reading it needs the package {package}: pip install 'utterance-pipelines[landmarks]', or "
            f"pip install {package}"
        ) from None


def _unreadable(path: Path, kind: str, error: object) -> MediaError:
    return MediaError(f"{path}: not readable as {kind} ({error})")


READERS: dict[str, Callable[[Media], tuple[np.ndarray, float]]] = {
    ".csv": _read_csv,
    ".json": _read_json,
    ".ndjson": _read_json,
    ".npy": _read_npy,
    ".npz": _read_npz,
    ".parquet": _read_parquet,
    ".pose": _read_pose,
}
