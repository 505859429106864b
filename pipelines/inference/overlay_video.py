"""Pictures of signs with the tracked hands and the recognised signs drawn on them, for videos and animations."""

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from data_prep.features.extractor import Signal
from data_prep.media import LANDMARK_SUFFIXES, NAMED_LANDMARK_SUFFIXES, Media, read_pictures
from data_prep.media.animation_writing import write_gif
from data_prep.media.video_writing import write_video
from data_prep.report.hand_marks import FOUND, MARKS, MarkedHands, mark_hands
from data_prep.report.keypoint_strip import FINGERS, PALM_BONES, square_around
from data_prep.report.palette import (
    BACKGROUND,
    FILLED_COLOUR,
    FINGER_COLOURS,
    FOREGROUND,
    MUTED,
    PALM_COLOUR,
    PANEL,
    Colour,
)
from data_prep.report.printable import printable
from pipelines.inference.overlay_footer import draw_footer
from recognizers.prediction import Prediction, Transcript

#: Pictures are scaled so that the shorter side has at least, and the longer side at most, this many pixels.
SHORTEST, LONGEST = 256, 1280
#: The longer side of those of an animation.
LONGEST_IN_GIF = 400
#: The side in pixels of the empty square on which landmarks without pictures are drawn.
EMPTY_SIDE = 480
#: Colour around the bones of a hand that was filled in, so that it is seen on light pictures too.
OUTLINE: Colour = (20, 20, 20)
#: All colours that are drawn.
DRAWN_COLOURS = (
    *FINGER_COLOURS,
    PALM_COLOUR,
    *(mark.colour for mark in MARKS),
    OUTLINE,
    BACKGROUND,
    PANEL,
    MUTED,
    FOREGROUND,
)

#: Start and end in seconds, and the text shown in between.
Caption = tuple[float, float, str]


def write_overlay_video(
    path: Path, media: Media, landmarks: Signal, fill_gaps_s: float, prediction: Prediction
) -> None:
    """Write the pictures of `draw_overlay` as an MP4 without sound; raises MediaError as it does."""
    rate_hz = min(landmarks.rate_hz, 120.0)  # the rate of a photo is 1000
    write_video(path, draw_overlay(media, landmarks, fill_gaps_s, prediction), rate_hz)


def write_overlay_gif(path: Path, media: Media, landmarks: Signal, fill_gaps_s: float, prediction: Prediction) -> None:
    """Write the pictures of `draw_overlay` as a small animation; raises MediaError as it does."""
    write_gif(path, draw_overlay(media, landmarks, fill_gaps_s, prediction, LONGEST_IN_GIF), DRAWN_COLOURS)


def draw_overlay(
    media: Media, landmarks: Signal, fill_gaps_s: float, prediction: Prediction, longest: int = LONGEST
) -> Iterator[tuple[float, np.ndarray]]:
    """Draw the hands' skeletons on the pictures of a video and, below, each sign while it lasts and a timeline.

    Hands that were filled in are drawn in one colour with hollow joints. Pictures with such a hand, and without any,
    have an edge in the colour of their mark.

    Args:
        media: A video, a folder of frames or a photo; or a landmark file, which is drawn on an empty background.
        landmarks: The landmarks that were tracked in it.
        fill_gaps_s: The longest gap between sightings of a hand that the features fill, in seconds.
        prediction: The words or signs to show.
        longest: The longer side of a picture at most, in pixels, without what is drawn below.

    Yields:
        The time of each picture in seconds from the first, and the picture (height, width, 3) uint8 RGB.

    Raises:
        MediaError: The media can no longer be decoded.
    """
    marked, captions = mark_hands(landmarks, fill_gaps_s), captions_of(prediction)
    if _is_landmark_file(media):
        yield from _draw_on_empty(landmarks, marked, captions, longest)
    else:
        yield from _draw_on(read_pictures(media), landmarks.rate_hz, marked, marked.points, captions, longest)


def write_landmark_video(path: Path, landmarks: Signal, text: str) -> None:
    """Write a video of hands that no camera saw: their skeletons on an empty background, with a text below.

    Args:
        path: The MP4 file to write.
        landmarks: The hands, (T, 2, 2, 21, 3), NaN where absent.
        text: What they sign.
    """
    captions = [(0.0, math.inf, printable(text))]
    pictures = _draw_on_empty(landmarks, mark_hands(landmarks, 0.0), captions, LONGEST)
    write_video(path, pictures, min(landmarks.rate_hz, 120.0))


def _draw_on_empty(
    landmarks: Signal, marked: MarkedHands, captions: list[Caption], longest: int
) -> Iterator[tuple[float, np.ndarray]]:
    middle, extent = square_around(marked.points)
    points = (marked.points - middle) / extent + 0.5
    return _draw_on(_empty_pictures(landmarks), landmarks.rate_hz, marked, points, captions, longest)


def _draw_on(
    pictures: Iterable[tuple[float, np.ndarray]],
    rate_hz: float,
    marked: MarkedHands,
    points: np.ndarray,
    captions: list[Caption],
    longest: int,
) -> Iterator[tuple[float, np.ndarray]]:
    """Draw hands at points (T, 2, 21, 2), in units of the picture's height, and the captions on pictures."""
    first_s = None
    for time_s, picture in pictures:
        first_s = time_s if first_s is None else first_s
        index = min(round((time_s - first_s) * rate_hz), len(points) - 1)
        picture = _resize(picture, longest)
        _draw_hands(picture, marked, points[index], index)
        text = "   ".join(text for start_s, end_s, text in captions if start_s <= time_s < end_s)
        yield time_s, np.concatenate([picture, draw_footer(text, marked.states, index, picture.shape[:2])])


def captions_of(prediction: Prediction) -> list[Caption]:
    """Return a caption for each word or label, with its confidence."""
    shown = prediction.words if isinstance(prediction, Transcript) else prediction.labels
    return [(each.start_s, each.end_s, f"{printable(each.text)}   {each.confidence:.0%}") for each in shown]


def _is_landmark_file(media: Media) -> bool:
    return (
        media.path.suffix.lower() in LANDMARK_SUFFIXES | NAMED_LANDMARK_SUFFIXES | {".txt"} and not media.path.is_dir()
    )


def _empty_pictures(landmarks: Signal) -> Iterator[tuple[float, np.ndarray]]:
    for index in range(len(landmarks.values)):
        yield index / landmarks.rate_hz, np.full((EMPTY_SIDE, EMPTY_SIDE, 3), BACKGROUND, np.uint8)


def _resize(picture: np.ndarray, longest: int) -> np.ndarray:
    """Return a copy of a picture, scaled to a size that can be drawn on."""
    height, width = picture.shape[:2]
    factor = max(1.0, SHORTEST / min(height, width))
    factor = min(factor, longest / max(height, width))
    if factor == 1:
        return picture.copy()
    size = (max(2, round(width * factor)), max(2, round(height * factor)))
    return np.ascontiguousarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA if factor < 1 else 1))


def _draw_hands(picture: np.ndarray, marked: MarkedHands, hands: np.ndarray, index: int) -> None:
    """Draw the hands (2, 21, 2) of a frame, in units of the picture's height, and an edge if they are not as found."""
    height, width = picture.shape[:2]
    for hand, is_filled, is_present in zip(hands, marked.filled[index], marked.present[index], strict=True):
        if is_present:
            _draw_hand(picture, hand * height, is_filled)
    state = marked.states[index]
    if state != FOUND:
        thickness = max(2, round(min(height, width) / 80))
        corner = (width - 1 - thickness // 2, height - 1 - thickness // 2)
        cv2.rectangle(picture, (thickness // 2, thickness // 2), corner, MARKS[state].colour, thickness)


def _draw_hand(picture: np.ndarray, points: np.ndarray, is_filled: bool) -> None:
    """Draw the bones of one hand, (21, 2) in pixels, on the picture."""
    thickness = max(1, round(min(picture.shape[:2]) / 200))
    # cv2 takes whole numbers, and only small ones: a tracker may place points far outside the picture.
    pixels = np.round(np.clip(points, -1e4, 1e4)).astype(int)
    if is_filled:
        _draw_bones(picture, pixels, [OUTLINE] * 5, OUTLINE, thickness + 2)
        _draw_bones(picture, pixels, [FILLED_COLOUR] * 5, FILLED_COLOUR, thickness)
        for joint in pixels.tolist():
            cv2.circle(picture, joint, thickness, OUTLINE, cv2.FILLED, cv2.LINE_AA)
    else:
        _draw_bones(picture, pixels, FINGER_COLOURS, PALM_COLOUR, thickness)


def _draw_bones(
    picture: np.ndarray, pixels: np.ndarray, finger_colours: Sequence[Colour], palm_colour: Colour, thickness: int
) -> None:
    for first, second in PALM_BONES:
        cv2.line(picture, pixels[first].tolist(), pixels[second].tolist(), palm_colour, thickness, cv2.LINE_AA)
    for finger, colour in zip(FINGERS, finger_colours, strict=True):
        cv2.polylines(picture, [pixels[list(finger)]], False, colour, thickness, cv2.LINE_AA)
        for joint in finger:
            cv2.circle(picture, pixels[joint].tolist(), thickness + 1, colour, cv2.FILLED, cv2.LINE_AA)
    cv2.circle(picture, pixels[0].tolist(), thickness + 2, palm_colour, cv2.FILLED, cv2.LINE_AA)
