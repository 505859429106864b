"""Videos of signs with what was tracked and recognised drawn on them."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data_prep.features.extractor import Signal
from data_prep.features.hand_tracker import HANDS, IMAGE
from data_prep.media import LANDMARK_SUFFIXES, Media, read_pictures
from data_prep.media.video_writing import write_video
from data_prep.report.keypoint_strip import FINGERS, PALM_BONES, square_around
from data_prep.report.palette import BACKGROUND, FINGER_COLOURS, FOREGROUND, MUTED, PALM_COLOUR
from pipelines.inference.file_result import FileResult

#: Pictures are enlarged or reduced to a shorter side of at least, and a longer one of at most, so many pixels.
SHORTEST, LONGEST = 256, 1280
#: Landmarks without pictures are drawn on a ground of so many pixels.
GROUND_SIDE = 480
#: What stands below the pictures: its height as a share of theirs, and at least so many pixels.
STRIP, STRIP_LEAST = 0.1, 36

#: What is shown, from when, until when, in seconds.
Caption = tuple[float, float, str]


def draw_signs(media: Media, signal: Signal, result: FileResult, path: Path) -> None:
    """Write the video again, without sound, with the hands' skeletons and, below, each sign while it lasts.

    Args:
        media: The video, folder of frames or photo; or a file of landmarks, which are drawn on an empty ground.
        signal: The landmarks that were tracked in it.
        result: What was recognised.
        path: The MP4 to write.

    Raises:
        MediaError: The file cannot be decoded any more.
    """
    captions = captions_of(result)
    rate_hz = min(signal.rate_hz, 120.0)  # a photo's rate is a thousand
    write_video(path, _drawn_pictures(media, signal, captions), rate_hz)


def captions_of(result: FileResult) -> list[Caption]:
    """The labels, or the words, each with its confidence."""
    told = result.prediction.labels if result.target == "label" else result.prediction.words
    return [(each.start_s, each.end_s, f"{each.text}   {each.confidence:.0%}") for each in told]


def _drawn_pictures(media: Media, signal: Signal, captions: list[Caption]) -> Iterator[tuple[float, np.ndarray]]:
    skeletons = signal.values[:, :HANDS, IMAGE, :, :2]  # (T, 2, 21, 2), in heights of the picture
    if is_without_pictures(media):
        pictures = _empty_pictures(signal)
        middle, extent = square_around(skeletons)
        skeletons = (skeletons - middle) / extent + 0.5
    else:
        pictures = read_pictures(media)
    first_s = None
    for time_s, picture in pictures:
        first_s = time_s if first_s is None else first_s
        picture = _resized(picture)
        moment = min(round((time_s - first_s) * signal.rate_hz), len(skeletons) - 1)
        for hand in skeletons[moment]:
            if np.isfinite(hand).all():
                _draw_hand(picture, hand * picture.shape[0])
        text = "   ".join(text for start_s, end_s, text in captions if start_s <= time_s < end_s)
        height = max(STRIP_LEAST, round(STRIP * picture.shape[0]))
        yield time_s, np.concatenate([picture, _strip(text, picture.shape[1], height)])


def is_without_pictures(media: Media) -> bool:
    """Whether it is a file of landmarks."""
    return media.path.suffix.lower() in LANDMARK_SUFFIXES | {".txt"} and not media.path.is_dir()


def _empty_pictures(signal: Signal) -> Iterator[tuple[float, np.ndarray]]:
    for index in range(len(signal.values)):
        yield index / signal.rate_hz, np.full((GROUND_SIDE, GROUND_SIDE, 3), BACKGROUND, np.uint8)


def _resized(picture: np.ndarray) -> np.ndarray:
    """A copy of a size to draw on."""
    height, width = picture.shape[:2]
    factor = max(1.0, SHORTEST / min(height, width))
    factor = min(factor, LONGEST / max(height, width))
    if factor == 1:
        return picture.copy()
    size = (max(2, round(width * factor)), max(2, round(height * factor)))
    return np.ascontiguousarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA if factor < 1 else 1))


def _draw_hand(picture: np.ndarray, points: np.ndarray) -> None:
    """Draw the bones of one hand, (21, 2) in pixels, into the picture."""
    thick = max(1, round(min(picture.shape[:2]) / 200))
    # cv2 takes whole numbers; those of points far outside, which a tracker may give, must stay small.
    places = np.round(np.clip(points, -1e4, 1e4)).astype(int)
    for first, second in PALM_BONES:
        cv2.line(picture, places[first].tolist(), places[second].tolist(), PALM_COLOUR, thick, cv2.LINE_AA)
    for finger, colour in zip(FINGERS, FINGER_COLOURS, strict=True):
        cv2.polylines(picture, [places[list(finger)]], False, colour, thick, cv2.LINE_AA)
        for joint in finger:
            cv2.circle(picture, places[joint].tolist(), thick + 1, colour, cv2.FILLED, cv2.LINE_AA)
    cv2.circle(picture, places[0].tolist(), thick + 2, PALM_COLOUR, cv2.FILLED, cv2.LINE_AA)


@lru_cache(maxsize=4)
def _strip(text: str, width: int, height: int) -> np.ndarray:
    """(height, width, 3): what stands below a picture; a dash where nothing is signed."""
    image = Image.new("RGB", (width, height), BACKGROUND)
    letters = ImageFont.load_default(height * 0.55)
    colour = FOREGROUND if text else MUTED
    draw = ImageDraw.Draw(image)
    place = (width / 2, height / 2)
    while draw.textlength(text, letters) > width - height / 2 and len(text) > 1:
        text = text[1:]  # the end of a long word is what was signed last
    draw.text(place, text or "-", colour, letters, anchor="mm")
    return np.asarray(image)
