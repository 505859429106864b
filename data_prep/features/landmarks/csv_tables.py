"""Landmarks in CSV tables: a row for each frame, or for each landmark of each frame."""

import csv
import re
from pathlib import Path

import numpy as np

from data_prep.features.hand_tracker import AXES, HANDS, LANDMARKS
from data_prep.media import MediaError

#: Names of MediaPipe's hand landmarks in their order.
LANDMARK_NAMES = (
    *("WRIST", "THUMB_CMC", "THUMB_MCP", "THUMB_IP", "THUMB_TIP"),
    *(f"{finger}_{joint}" for finger in ("INDEX_FINGER", "MIDDLE_FINGER") for joint in ("MCP", "PIP", "DIP", "TIP")),
    *(f"{finger}_{joint}" for finger in ("RING_FINGER", "PINKY") for joint in ("MCP", "PIP", "DIP", "TIP")),
)
#: Columns of a table with a row for each landmark, in lower case.
FRAME, HAND = ("frame", "frame_index", "frame_id", "frame_no"), ("hand", "handedness", "hand_index", "type", "side")
LANDMARK = ("landmark", "landmark_index", "landmark_id", "point", "joint", "index", "id")
EXPECTED = (
    "expected a row for each landmark with the columns frame, hand, landmark, x, y, z, or a row for each frame with "
    "columns such as x_0, left_hand_0_x or WRIST_x"
)
MAX_FRAMES = 432_000


def read_csv(path: Path) -> np.ndarray:
    """Read the hands of a table: (T, 2, 21, 3) float32.

    Raises:
        MediaError: The file is not a table, or its columns are not understood.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as lines:
            sample = lines.readline()
            lines.seek(0)
            rows = list(csv.reader(lines, delimiter=max(",;\t", key=sample.count)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise MediaError(f"{path}: not readable as a CSV table ({error})") from None
    header = [name.strip() for name in rows[0]] if rows else []
    places = {name.lower(): place for place, name in enumerate(header)}
    try:
        if {"x", "y"} <= places.keys():
            return _read_long(path, places, rows[1:])
        return _read_wide(path, header, rows[1:])
    except (ValueError, IndexError) as error:
        raise MediaError(f"{path}: has a row that is not understood ({error}); {EXPECTED}") from None


def _read_long(path: Path, places: dict[str, int], rows: list[list[str]]) -> np.ndarray:
    frame, landmark = _first(places, FRAME), _first(places, LANDMARK)
    hand = _first(places, HAND)
    if frame is None or landmark is None:
        raise MediaError(f"{path}: has the columns {', '.join(places)}; {EXPECTED}")
    rows = [row for row in rows if row]
    if hand is not None:  # tables of Holistic hold face and body as well
        rows = [row for row in rows if not re.search("face|pose|body", row[hand].lower())]
    numbers = [int(float(row[frame])) for row in rows]
    first, last = min(numbers, default=0), max(numbers, default=-1)
    if last - first >= MAX_FRAMES:
        raise MediaError(f"{path}: has frames {first} to {last}, and at most {MAX_FRAMES} are read; cut it up")
    values = np.full((last - first + 1, HANDS, LANDMARKS, AXES), np.nan, np.float32)
    for number, row in zip(numbers, rows, strict=True):
        point = [_number(row[places[axis]]) if axis in places else 0.0 for axis in "xyz"]
        values[number - first, 0 if hand is None else _side(row[hand]), _landmark_index(row[landmark])] = point
    return values


def _read_wide(path: Path, header: list[str], rows: list[list[str]]) -> np.ndarray:
    columns = {place: found for place, name in enumerate(header) if (found := _column(name)) is not None}
    wanted = {(hand, index, axis) for hand, index, axis in columns.values()}
    hands = {hand for hand, _, _ in wanted}
    if not any({(hand, index, axis) for index in range(LANDMARKS) for axis in (0, 1)} <= wanted for hand in hands):
        raise MediaError(f"{path}: has the columns {', '.join(header[:8])}, …; {EXPECTED}")
    rows = [row for row in rows if row]
    if len(rows) > MAX_FRAMES:
        raise MediaError(f"{path}: holds {len(rows)} frames, and at most {MAX_FRAMES} are read; cut it up")
    values = np.full((len(rows), HANDS, LANDMARKS, AXES), np.nan, np.float32)
    if not any(axis == 2 for _, _, axis in wanted):
        values[..., 2] = 0.0
    for number, row in enumerate(rows):
        for place, (hand, index, axis) in columns.items():
            values[number, hand, index, axis] = _number(row[place])
    return values


def _column(name: str) -> tuple[int, int, int] | None:
    """Return the hand, landmark and axis of a column such as ``x_right_hand_3``, ``lh_3_y`` or ``WRIST.z``."""
    plain = name.strip().lower()
    if re.search("face|pose|body|visib|presence|world", plain):
        return None
    axis = re.search(r"(?:^|[_.\- ])([xyz])(?=[_.\- \d]|$)|(?<=\d)([xyz])$", plain)
    if axis is None:
        return None
    named = [index for index, each in enumerate(LANDMARK_NAMES) if each.lower() in plain.replace(".", "_")]
    numbers = [int(number) for number in re.findall(r"\d+", plain)]
    if named:
        index, hand = (
            max(named, key=lambda each: len(LANDMARK_NAMES[each])),
            numbers[0] if numbers else _named_side(plain),
        )
    elif numbers:
        index, hand = numbers[-1], numbers[0] if len(numbers) > 1 else _named_side(plain)
    else:
        return None
    return (hand, index, "xyz".index(axis[1] or axis[2])) if hand < HANDS and index < LANDMARKS else None


def _side(text: str) -> int:
    """Return 1 for the right hand or the hand numbered 1, and 0 for any other."""
    plain = text.strip().lower()
    return int(plain in ("1", "1.0") or _named_side(plain))


def _named_side(plain: str) -> int:
    return int(bool(re.search(r"right|(?:^|[_.\- ])rh?(?=[_.\- ]|$)", plain)))


def _landmark_index(text: str) -> int:
    name = text.strip().upper()
    index = LANDMARK_NAMES.index(name) if name in LANDMARK_NAMES else int(float(name))
    if not 0 <= index < LANDMARKS:
        raise ValueError(f"landmark {text}, expected 0 to 20")
    return index


def _number(text: str) -> float:
    return float(text) if text.strip() else np.nan


def _first(places: dict[str, int], names: tuple[str, ...]) -> int | None:
    return next((places[name] for name in names if name in places), None)
