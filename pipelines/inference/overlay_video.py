"""Videos of signs with the tracked hands and the recognised signs drawn on them."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data_prep.features.extractor import Signal
from data_prep.features.hand_tracker import HANDS, IMAGE
from data_prep.media import LANDMARK_SUFFIXES, NAMED_LANDMARK_SUFFIXES, Media, read_pictures
from data_prep.media.video_writing import write_video
from data_prep.report.keypoint_strip import FINGERS, PALM_BONES, square_around
from data_prep.report.palette import BACKGROUND, FINGER_COLOURS, FOREGROUND, MUTED, PALM_COLOUR
from recognizers.prediction import Prediction, Transcript

#: Pictures are scaled so that the shorter side has at least, and the longer side at most, this many pixels.
SHORTEST, LONGEST = 256, 1280
#: The side in pixels of the empty square on which landmarks without pictures are drawn.
EMPTY_SIDE = 480
#: Height of the caption strip below the pictures: a share of their height, and at least this many pixels.
STRIP_SHARE, STRIP_LEAST = 0.1, 36

#: Start and end in seconds, and the text shown in between.
Caption = tuple[float, float, str]


def draw_overlay(media: Media, landmarks: Signal, prediction: Prediction, path: Path) -> None:
    """Write a copy of a video, without sound, that shows the hands' skeletons and, below, each sign while it lasts.

    Args:
        media: A video, a folder of frames or a photo; or a landmark file, which is drawn on an empty background.
        landmarks: The landmarks that were tracked in it.
        prediction: The words or signs to show.
        path: The MP4 file to write.

    Raises:
        MediaError: The media can no longer be decoded.
    """
    rate_hz = min(landmarks.rate_hz, 120.0)  # the rate of a photo is 1000
    write_video(path, _draw_pictures(media, landmarks, captions_of(prediction)), rate_hz)


def captions_of(prediction: Prediction) -> list[Caption]:
    """Return a caption for each word or label, with its confidence."""
    shown = prediction.words if isinstance(prediction, Transcript) else prediction.labels
    return [(each.start_s, each.end_s, f"{each.text}   {each.confidence:.0%}") for each in shown]


def _draw_pictures(media: Media, landmarks: Signal, captions: list[Caption]) -> Iterator[tuple[float, np.ndarray]]:
    skeletons = landmarks.values[:, :HANDS, IMAGE, :, :2]  # (T, 2, 21, 2), in units of the picture's height
    if _is_landmark_file(media):
        pictures = _empty_pictures(landmarks)
        middle, extent = square_around(skeletons)
        skeletons = (skeletons - middle) / extent + 0.5
    else:
        pictures = read_pictures(media)
    first_s = None
    for time_s, picture in pictures:
        first_s = time_s if first_s is None else first_s
        picture = _resize(picture)
        index = min(round((time_s - first_s) * landmarks.rate_hz), len(skeletons) - 1)
        for hand in skeletons[index]:
            if np.isfinite(hand).all():
                _draw_hand(picture, hand * picture.shape[0])
        text = "   ".join(text for start_s, end_s, text in captions if start_s <= time_s < end_s)
        height = max(STRIP_LEAST, round(STRIP_SHARE * picture.shape[0]))
        yield time_s, np.concatenate([picture, _caption_strip(text, picture.shape[1], height)])


def _is_landmark_file(media: Media) -> bool:
    return (
        media.path.suffix.lower() in LANDMARK_SUFFIXES | NAMED_LANDMARK_SUFFIXES | {".txt"} and not media.path.is_dir()
    )


def _empty_pictures(landmarks: Signal) -> Iterator[tuple[float, np.ndarray]]:
    for index in range(len(landmarks.values)):
        yield index / landmarks.rate_hz, np.full((EMPTY_SIDE, EMPTY_SIDE, 3), BACKGROUND, np.uint8)


def _resize(picture: np.ndarray) -> np.ndarray:
    """Return a copy of a picture, scaled to a size that can be drawn on."""
    height, width = picture.shape[:2]
    factor = max(1.0, SHORTEST / min(height, width))
    factor = min(factor, LONGEST / max(height, width))
    if factor == 1:
        return picture.copy()
    size = (max(2, round(width * factor)), max(2, round(height * factor)))
    return np.ascontiguousarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA if factor < 1 else 1))


def _draw_hand(picture: np.ndarray, points: np.ndarray) -> None:
    """Draw the bones of one hand, (21, 2) in pixels, on the picture."""
    thickness = max(1, round(min(picture.shape[:2]) / 200))
    # cv2 takes whole numbers, and only small ones: a tracker may place points far outside the picture.
    pixels = np.round(np.clip(points, -1e4, 1e4)).astype(int)
    for first, second in PALM_BONES:
        cv2.line(picture, pixels[first].tolist(), pixels[second].tolist(), PALM_COLOUR, thickness, cv2.LINE_AA)
    for finger, colour in zip(FINGERS, FINGER_COLOURS, strict=True):
        cv2.polylines(picture, [pixels[list(finger)]], False, colour, thickness, cv2.LINE_AA)
        for joint in finger:
            cv2.circle(picture, pixels[joint].tolist(), thickness + 1, colour, cv2.FILLED, cv2.LINE_AA)
    cv2.circle(picture, pixels[0].tolist(), thickness + 2, PALM_COLOUR, cv2.FILLED, cv2.LINE_AA)


@lru_cache(maxsize=4)
def _caption_strip(text: str, width: int, height: int) -> np.ndarray:
    """Draw a caption (height, width, 3) to go below a picture; a dash if there is no text."""
    image = Image.new("RGB", (width, height), BACKGROUND)
    font = ImageFont.load_default(height * 0.55)
    colour = FOREGROUND if text else MUTED
    draw = ImageDraw.Draw(image)
    place = (width / 2, height / 2)
    while draw.textlength(text, font) > width - height / 2 and len(text) > 1:
        text = text[1:]  # keep the end, which was signed last
    draw.text(place, text or "-", colour, font, anchor="mm")
    return np.asarray(image)
