"""The output formats that show the hands of a clip: overlay video, animation and keypoint strip."""

from collections.abc import Mapping
from pathlib import Path

from data_prep.atomic import atomic_write
from data_prep.features.extractor import Signal
from data_prep.media import Media
from data_prep.report.thumbnails import draw_keypoint_strip
from pipelines.inference.overlay_video import captions_of, write_overlay_gif, write_overlay_video
from pipelines.reporting.short_text import shorten
from recognizers.prediction import Prediction

#: Moments of a strip, in rows, and its width in CSS pixels.
MOMENTS, MOMENTS_PER_ROW, STRIP_WIDTH = 12, 6, 900
#: Columns that fit below a moment.
CAPTION_COLUMNS = 22


def write_sign_pictures(
    paths: Mapping[str, Path], media: Media, landmarks: Signal, fill_gaps_s: float, prediction: Prediction
) -> None:
    """Write the pictures of a clip.

    Args:
        paths: The file of each wanted format, by the names of `PICTURE_ENDINGS`.
        media: The clip.
        landmarks: The landmarks that were tracked in it.
        fill_gaps_s: The longest gap between sightings of a hand that the features fill, in seconds.
        prediction: The words or signs to show.

    Raises:
        MediaError: The media can no longer be decoded.
    """
    for name, path in paths.items():
        match name:
            case "video":
                write_overlay_video(path, media, landmarks, fill_gaps_s, prediction)
            case "gif":
                write_overlay_gif(path, media, landmarks, fill_gaps_s, prediction)
            case _:
                _write_strip(path, name, landmarks, fill_gaps_s, prediction)


def _write_strip(path: Path, kind: str, landmarks: Signal, fill_gaps_s: float, prediction: Prediction) -> None:
    captions = captions_of(prediction)

    def caption_at(time_s: float) -> str:
        shown = "  ".join(text for start_s, end_s, text in captions if start_s <= time_s < end_s)
        return shorten(shown, CAPTION_COLUMNS) or "-"

    strip = draw_keypoint_strip(landmarks, fill_gaps_s, MOMENTS, MOMENTS_PER_ROW, STRIP_WIDTH, caption_at)
    with atomic_write(path) as partial:
        strip.save(partial, kind, lossless=True)
