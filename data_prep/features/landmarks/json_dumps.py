"""Landmarks that MediaPipe's results and OpenPose were written as JSON.

Formats:

- MediaPipe's ``HandLandmarkerResult``: ``hand_landmarks`` and ``handedness``, also in the camel case of its JavaScript
  interface; the former ``multi_hand_landmarks`` and ``multi_handedness``; protocol buffers as ``MessageToDict`` writes
  them, ``{"landmark": [{"x": …}]}``; and Holistic's ``left_hand_landmarks`` and ``right_hand_landmarks``.
- OpenPose's ``hand_left_keypoints_2d``, in a file or a folder with a file for each frame
  (github.com/CMU-Perceptual-Computing-Lab/openpose, doc/02_output.md).
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.features.hand_tracker import AXES, HANDS, LANDMARKS
from data_prep.media import MediaError

#: Names of the list of frames, of the frame rate and of a frame's number, in lower case without underscores.
FRAMES = ("frames", "results", "data", "sequence")
RATES = ("fps", "framerate", "ratehz")
NUMBERS = ("frame", "frameindex", "frameid", "framenumber", "frameno")
#: Names of the list of hands of a frame, and of which hand each is.
HANDS_OF_FRAME = ("handlandmarks", "multihandlandmarks", "hands", "landmarks")
HANDEDNESS = ("handedness", "handednesses", "multihandedness")
SIDES = ("left", "right")
#: More frames than this are a mistake.
MAX_FRAME_NUMBER = 432_000
EXPECTED = (
    "expected frames with hand_landmarks or multi_hand_landmarks, left_hand_landmarks and right_hand_landmarks "
    "(MediaPipe), or people with hand_left_keypoints_2d and hand_right_keypoints_2d (OpenPose)"
)


def read_json(path: Path) -> tuple[np.ndarray, float | None]:
    """Read a JSON file, JSON lines, or a folder of JSON files with one frame each.

    Returns:
        The hands (T, 2, 21, 3), and the frame rate if the file states it.

    Raises:
        MediaError: The file is not JSON, or holds no such frames.
    """
    if path.is_dir():
        files = json_frame_files(path)
        frames = [frame for file in files for frame in _frames_of(_parse(file), file)[0]]
        return _stack(frames, path), None
    frames, rate_hz = _frames_of(_parse(path), path)
    return _stack(frames, path), rate_hz


def json_frame_files(folder: Path) -> list[Path]:
    """List the JSON files of a folder that OpenPose wrote, in the order of the frames' numbers."""
    files = [path for path in folder.iterdir() if path.name.endswith("_keypoints.json")]
    return sorted(files, key=lambda path: (int((re.findall(r"\d+", path.stem) or ["0"])[-1]), path.name))


def _parse(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise MediaError(f"{path}: not readable as JSON ({error})") from None


def _frames_of(document: Any, path: Path) -> tuple[list[Any], float | None]:
    rate_hz = None
    if isinstance(document, dict):
        named = _plain_names(document)
        rates = [named[name] for name in RATES if isinstance(named.get(name), int | float)]
        rate_hz = float(rates[0]) if rates else None
        frames = next((named[name] for name in FRAMES if isinstance(named.get(name), list | dict)), [document])
        # Some programs number the frames as the keys of an object.
        document = [frames[key] for key in sorted(frames, key=_number)] if isinstance(frames, dict) else frames
    if not isinstance(document, list) or not document:
        raise MediaError(f"{path}: found {type(document).__name__} without frames; {EXPECTED}")
    if len(document) > MAX_FRAME_NUMBER:
        raise MediaError(f"{path}: holds {len(document)} frames, and at most {MAX_FRAME_NUMBER} are read; cut it up")
    return document, rate_hz


def _number(key: str) -> tuple[int, str]:
    return (int(key), "") if key.isdecimal() else (MAX_FRAME_NUMBER, key)


def _stack(frames: Sequence[Any], path: Path) -> np.ndarray:
    try:
        hands = [_hands_of(frame) for frame in frames]
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise MediaError(f"{path}: has landmarks in another layout ({error}); {EXPECTED}") from None
    if all(hand is None for hand in hands):
        raise MediaError(f"{path}: none of its {len(frames)} frames has such landmarks; {EXPECTED}")
    absent = np.full((HANDS, LANDMARKS, AXES), np.nan, np.float32)
    numbers = [_frame_number(frame) for frame in frames]
    if None in numbers or sorted(set(numbers)) != numbers:  # type: ignore[type-var]
        return np.stack([absent if hand is None else hand for hand in hands])
    first, last = int(numbers[0] or 0), int(numbers[-1] or 0)
    if last - first > MAX_FRAME_NUMBER:
        raise MediaError(f"{path}: numbers its frames from {first} to {last}; at most {MAX_FRAME_NUMBER} are read")
    values = np.tile(absent, (last - first + 1, 1, 1, 1))  # frames that were left out have no hand
    for number, hand in zip(numbers, hands, strict=True):
        if hand is not None:
            values[int(number or 0) - first] = hand
    return values


def _frame_number(frame: Any) -> int | None:
    named = _plain_names(frame) if isinstance(frame, dict) else {}
    found = [named[name] for name in NUMBERS if type(named.get(name)) is int]
    return found[0] if found else None


def _hands_of(frame: Any) -> np.ndarray | None:
    """Return the hands of a frame (2, 21, 3); None if it says nothing about hands."""
    values = np.full((HANDS, LANDMARKS, AXES), np.nan, np.float32)
    if isinstance(frame, list):
        frame = {"hands": frame}
    named = _plain_names(frame)
    if "people" in named:
        for side, name in enumerate(("handleftkeypoints2d", "handrightkeypoints2d")):
            person = max(map(_plain_names, named["people"]), key=_confidence, default={})
            if person.get(name):
                values[side] = _openpose_hand(person[name])
        return values
    sided = [named.get(f"{side}handlandmarks", named.get(f"{side}hand")) for side in SIDES]
    if any(f"{side}hand{ending}" in named for side in SIDES for ending in ("landmarks", "")):
        for side, hand in enumerate(sided):
            if hand:
                values[side] = _points(hand)
        return values
    if not named.keys() & set(HANDS_OF_FRAME):
        return None
    listed = next(named[name] for name in HANDS_OF_FRAME if name in named)
    hands = [hand for hand in listed or [] if hand]
    if hands and _is_point(hands[0]):
        hands = [hands]  # a single hand
    sides = _sides(next((named[name] for name in HANDEDNESS if named.get(name)), None), len(hands))
    for side, hand in zip(sides, hands, strict=False):
        values[side] = _points(hand)
    return values


def _is_point(value: Any) -> bool:
    return (isinstance(value, dict) and "x" in value) or (isinstance(value, list) and isinstance(value[0], int | float))


def _sides(handedness: Any, count: int) -> list[int]:
    """Return the places of a frame's hands: by their names if these differ, otherwise in their order."""
    found = []
    for each in handedness or []:
        text = json.dumps(each).lower()
        found += [SIDES.index(side) for side in SIDES if side in text][:1]
    return found[:count] if len(found) >= count and len(set(found[:count])) == count else list(range(HANDS))


def _points(hand: Any) -> np.ndarray:
    """Return the landmarks of a hand (21, 3)."""
    if isinstance(hand, dict):
        hand = hand.get("landmark", hand.get("landmarks", hand.get("points")))
    points = [[point["x"], point["y"], point.get("z", 0.0)] if isinstance(point, dict) else point for point in hand]
    array = np.array(points, np.float32)
    array = array.reshape(LANDMARKS, -1)
    if array.shape[1] not in (2, AXES):
        raise ValueError(f"{array.shape[1]} numbers a landmark")
    return np.pad(array, ((0, 0), (0, AXES - array.shape[1])))


def _openpose_hand(numbers: Sequence[float]) -> np.ndarray:
    """Return the landmarks of x, y and confidence; a hand with a landmark that was not found is absent."""
    points = np.array(numbers, np.float32).reshape(LANDMARKS, 3)
    if not (points[:, 2] > 0).all():
        return np.full((LANDMARKS, AXES), np.nan, np.float32)
    return np.column_stack([points[:, :2], np.zeros(LANDMARKS, np.float32)])


def _confidence(person: dict[str, Any]) -> float:
    return sum(sum(person.get(name, [])[2::3]) for name in ("handleftkeypoints2d", "handrightkeypoints2d"))


def _plain_names(document: dict[str, Any]) -> dict[str, Any]:
    """Return an object by its names in lower case without underscores, so that all spellings are equal."""
    return {str(name).lower().replace("_", ""): value for name, value in document.items()}
