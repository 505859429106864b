"""Pictures out of videos, photos and folders of frames."""

import warnings
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from PIL import Image, ImageOps, UnidentifiedImageError

from data_prep.media.container import (
    DURATION_IN_HEADER,
    check_codec,
    check_not_truncated,
    header_duration_s,
    open_container,
)
from data_prep.media.file import (
    MAX_PICTURES,
    MAX_VIDEO_S,
    PHOTO_SUFFIXES,
    Media,
    MediaError,
    check_duration,
    check_file,
    check_pixels,
)
from data_prep.media.frame_folder import frame_files, frame_rate_hz

PHOTO_FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "AVIF")
ANIMATED_FORMATS = ("PNG", "WEBP", "AVIF")
UNREADABLE_FORMATS = (".heic", ".heif")
#: What Pillow raises for damaged pictures.
DAMAGED = (OSError, ValueError, SyntaxError, RuntimeError, EOFError, MemoryError, Image.DecompressionBombError)
#: A stretch that begins later than this is sought rather than decoded up to; sought is this much before it.
SEEK_MARGIN_S = 1.0


def read_pictures(media: Media) -> Iterator[tuple[float, np.ndarray]]:
    """Decode the pictures of a video, of a folder of frames, or the one of a photo.

    They come upright (rotation flags are obeyed), with square pixels, and on white where they are transparent.

    Yields:
        The time of each picture in seconds from the beginning of the stretch, and the picture
        (height, width, 3) uint8, RGB.

    Raises:
        MediaError: The file is missing, empty, truncated, not a picture or video, too long or too large to be read,
            or has no picture in the stretch asked for.
    """
    count = 0
    for count, picture in enumerate(_pictures(media), start=1):
        if count > MAX_PICTURES:
            raise MediaError(
                f"{media.path}: more than {MAX_PICTURES} pictures; cut it up, or name its parts with start_s and "
                "end_s in a manifest"
            )
        yield picture
    if count == 0:
        raise MediaError(
            f"{media.path}: no picture in it{media.describe_range()}; leave the clip out or mend its times"
        )


def _pictures(media: Media) -> Iterator[tuple[float, np.ndarray]]:
    if media.path.is_dir():
        return _read_frame_folder(media)
    check_file(media.path)
    if media.path.suffix.lower() in UNREADABLE_FORMATS:
        raise MediaError(f"{media.path}: HEIC photos are not read; save it as JPEG")
    photo = _opened_photo(media.path)  # by its content, whatever it is named
    if photo is None:
        return _read_video(media)
    return _read_animation(media, photo) if _is_animated(photo) else _read_photo(media.path, photo)


def _read_frame_folder(media: Media) -> Iterator[tuple[float, np.ndarray]]:
    files, rate_hz = frame_files(media.path), frame_rate_hz(media)
    check_duration(media, len(files) / rate_hz, MAX_VIDEO_S)
    start, stop = media.index_range(rate_hz, len(files))
    for index, path in enumerate(files[start:stop]):
        check_file(path)
        photo = _opened_photo(path)
        if photo is None:
            raise MediaError(f"{path}: not readable as a photo, and its folder is a clip of such; mend or remove it")
        for _, picture in _read_photo(path, photo):
            yield index / rate_hz, picture


def _opened_photo(path: Path) -> Image.Image | None:
    """A photo whose header has been read; None for what is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # check_pixels is stricter or says more
            return Image.open(path, formats=PHOTO_FORMATS)
    except UnidentifiedImageError:
        return None
    except DAMAGED as error:
        raise MediaError(f"{path}: not readable as a photo ({str(error) or type(error).__name__})") from None


def _is_animated(photo: Image.Image) -> bool:
    return photo.format in ANIMATED_FORMATS and bool(getattr(photo, "is_animated", False))


def _read_photo(path: Path, photo: Image.Image) -> Iterator[tuple[float, np.ndarray]]:
    try:
        with photo:
            check_pixels(path, *photo.size)
            yield 0.0, _rgb(ImageOps.exif_transpose(photo))
    except DAMAGED as error:
        if isinstance(error, MediaError):
            raise
        raise MediaError(f"{path}: not readable as a photo ({str(error) or type(error).__name__})") from None


def _read_animation(media: Media, photo: Image.Image) -> Iterator[tuple[float, np.ndarray]]:
    """The pictures of an animated WebP, PNG or AVIF."""
    start_s, time_s = media.start_s or 0.0, 0.0
    try:
        with photo:
            check_pixels(media.path, *photo.size)
            for index in range(photo.n_frames):  # type: ignore[attr-defined]
                photo.seek(index)
                photo.load()
                check_duration(media, time_s, MAX_VIDEO_S)
                if media.end_s is not None and time_s >= media.end_s:
                    return
                if time_s >= start_s:
                    yield time_s - start_s, _rgb(photo)
                time_s += max(float(photo.info.get("duration") or 100), 1.0) / 1000  # in ms
    except DAMAGED as error:
        if isinstance(error, MediaError):
            raise
        raise MediaError(f"{media.path}: not readable as an animation ({str(error) or type(error).__name__})") from None


def _rgb(photo: Image.Image) -> np.ndarray:
    if photo.mode.startswith("I;16"):  # Pillow would cut 16 bits off at 255 rather than scale them
        return np.repeat((np.asarray(photo) >> 8).astype(np.uint8)[..., None], 3, axis=2)
    if photo.has_transparency_data:
        photo = photo.convert("RGBA")
        return np.asarray(Image.alpha_composite(Image.new("RGBA", photo.size, "white"), photo).convert("RGB"))
    return np.asarray(photo.convert("RGB"))


def _read_video(media: Media, may_seek: bool = True) -> Iterator[tuple[float, np.ndarray]]:
    start_s, end_s = media.start_s or 0.0, media.end_s if media.end_s is not None else float("inf")
    photo = media.path.suffix.lower() in PHOTO_SUFFIXES
    otherwise = "not readable as a photo ({})" if photo else "not readable as a video ({}); does it play?"
    with open_container(media.path, otherwise) as container:
        stream = _moving_stream(media.path, container)
        promised_s = header_duration_s(container, stream)
        check_duration(media, promised_s or 0.0, MAX_VIDEO_S)
        rate_hz, aspect = float(stream.average_rate or 25), float(stream.sample_aspect_ratio or 1)
        frames, first_s = _frames_from(container, stream, start_s if may_seek else 0.0)
        time_s, landed = -float("inf"), False
        for frame in frames:
            # Some files lack times, or repeat them: then the frame rate tells.
            rising = frame.time is not None and frame.time > time_s
            time_s = frame.time if rising else max(time_s, first_s - 1 / rate_hz) + 1 / rate_hz
            if not landed and time_s - first_s > start_s and start_s > SEEK_MARGIN_S and may_seek:
                break  # the file's index led beyond the place
            landed = True
            check_duration(media, time_s - first_s, MAX_VIDEO_S)
            if time_s - first_s >= end_s:
                return
            if time_s - first_s >= start_s:
                yield time_s - first_s - start_s, _upright(media.path, frame, aspect)
        if landed:
            check_not_truncated(media, container, promised_s, time_s - first_s + 1 / rate_hz)
    if not landed and may_seek:
        yield from _read_video(media, may_seek=False)


def _moving_stream(path: Path, container: InputContainer) -> av.VideoStream:
    """The first stream of pictures that is not the cover of a recording."""
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            check_codec(path, stream)
            check_pixels(path, stream.width or 0, stream.height or 0)
            return stream
    raise MediaError(f"{path}: has no pictures; expected a video or a photo (for sound: features=mfcc)")


def _frames_from(
    container: InputContainer, stream: av.VideoStream, start_s: float
) -> tuple[Iterator[av.VideoFrame], float]:
    """Decoded frames from the beginning, or from somewhere before `start_s` where the file's times can be trusted.

    Returns:
        The frames, and the time of the file's first one in seconds.
    """
    frames = container.decode(stream)
    first = next(frames, None)
    if first is None:
        return iter(()), 0.0
    first_s = first.time if first.time is not None else 0.0
    trusted = container.format.name in DURATION_IN_HEADER and first.time is not None
    if trusted and stream.time_base is not None and start_s > SEEK_MARGIN_S:
        container.seek(int((first_s + start_s - SEEK_MARGIN_S) / stream.time_base), stream=stream)
        return container.decode(stream), first_s
    return chain([first], frames), first_s


def _upright(path: Path, frame: av.VideoFrame, aspect: float) -> np.ndarray:
    """(height, width, 3): square pixels, the right way up, on white where it is transparent.

    Args:
        path: The file, for messages.
        frame: What was decoded.
        aspect: Width of a pixel as a share of its height; anything absurd is taken for 1.
    """
    check_pixels(path, frame.width, frame.height)
    width = round(frame.width * aspect) if 0.2 < aspect < 5 and abs(aspect - 1) > 0.01 else frame.width
    if any(component.is_alpha for component in frame.format.components):
        picture = _rgb(Image.fromarray(frame.to_ndarray(format="rgba", width=width)))
    else:
        picture = np.asarray(frame.to_ndarray(format="rgb24", width=width), np.uint8)
    quarter_turns = round(getattr(frame, "rotation", 0) / 90)  # phones store a turn instead of turning the picture
    return np.ascontiguousarray(np.rot90(picture, quarter_turns)) if quarter_turns else picture
