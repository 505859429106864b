"""Decoding of videos, animations, photos and folders of frames to pictures."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.container import InputContainer
from PIL import Image, ImageOps, UnidentifiedImageError

from data_prep.media.container import (
    DURATION_IN_HEADER,
    check_not_truncated,
    choose_stream,
    header_duration_s,
    open_container,
)
from data_prep.media.file import (
    MAX_PICTURES,
    MAX_VIDEO_S,
    PHOTO_SUFFIXES,
    SPLIT_ADVICE,
    Media,
    MediaError,
    check_duration,
    check_end,
    check_file,
    check_pixels,
)
from data_prep.media.frame_folder import folder_frame_rate_hz, frame_files

PHOTO_FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "AVIF")
ANIMATED_FORMATS = ("PNG", "WEBP", "AVIF")
UNREADABLE_SUFFIXES = (".heic", ".heif")
#: Exceptions that Pillow raises for damaged pictures.
PILLOW_ERRORS = (OSError, ValueError, SyntaxError, RuntimeError, EOFError, MemoryError, Image.DecompressionBombError)
#: A video is decoded from its start up to here, in seconds. For a later start time it is seeked to this long before it.
SEEK_MARGIN_S = 1.0


def read_pictures(media: Media) -> Iterator[tuple[float, np.ndarray]]:
    """Decode a video, an animation, a folder of frames or a photo.

    Pictures are turned upright as the file says, get square pixels, and get a white background where transparent.

    Yields:
        The time of each picture in seconds from the start of the time range, and the picture (height, width, 3) uint8
        RGB.

    Raises:
        MediaError: The file is missing, empty, truncated, too long, too large or neither picture nor video, or there is
            no picture in the time range.
    """
    count = 0
    for count, picture in enumerate(_decode(media), start=1):
        if count > MAX_PICTURES:
            raise MediaError(f"{media.path}: has more than {MAX_PICTURES} pictures; {SPLIT_ADVICE}")
        yield picture
    if count == 0:
        raise MediaError(
            f"{media.path}: no picture in it{media.describe_range()}; remove the clip or correct its times"
        )


def _decode(media: Media) -> Iterator[tuple[float, np.ndarray]]:
    if media.path.is_dir():
        return _read_frame_folder(media)
    check_file(media.path)
    if media.path.suffix.lower() in UNREADABLE_SUFFIXES:
        raise MediaError(f"{media.path}: HEIC photos are not supported; save it as JPEG")
    photo = _open_photo(media.path)  # decided by content, not by name
    if photo is None:
        return _read_video(media)
    return _read_animation(media, photo) if _is_animated(photo) else _read_photo(media.path, photo)


def _read_frame_folder(media: Media) -> Iterator[tuple[float, np.ndarray]]:
    files, rate_hz = frame_files(media.path), folder_frame_rate_hz(media)
    check_duration(media, len(files) / rate_hz, MAX_VIDEO_S)
    check_end(media, len(files) / rate_hz)
    start, stop = media.index_range(rate_hz, len(files))
    for index, path in enumerate(files[start:stop]):
        check_file(path)
        photo = _open_photo(path)
        if photo is None:
            raise MediaError(f"{path}: not readable as a photo, but its folder is a clip; replace or remove the file")
        for _, picture in _read_photo(path, photo):
            yield index / rate_hz, picture


def _open_photo(path: Path) -> Image.Image | None:
    """Open a photo and read its header; return None if the file is not a photo."""
    with _pillow_errors_explained(path, "a photo"), warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # check_pixels is stricter
        try:
            return Image.open(path, formats=PHOTO_FORMATS)
        except UnidentifiedImageError:
            return None


@contextmanager
def _pillow_errors_explained(path: Path, kind: str) -> Iterator[None]:
    """Turn Pillow's exceptions into a `MediaError` saying that the file is not readable as `kind`."""
    try:
        yield
    except MediaError:
        raise
    except PILLOW_ERRORS as error:
        raise MediaError(f"{path}: not readable as {kind} ({str(error) or type(error).__name__})") from None


def _is_animated(photo: Image.Image) -> bool:
    return photo.format in ANIMATED_FORMATS and bool(getattr(photo, "is_animated", False))


def _read_photo(path: Path, photo: Image.Image) -> Iterator[tuple[float, np.ndarray]]:
    with _pillow_errors_explained(path, "a photo"), photo:
        check_pixels(path, *photo.size)
        yield 0.0, _to_rgb(ImageOps.exif_transpose(photo))


def _read_animation(media: Media, photo: Image.Image) -> Iterator[tuple[float, np.ndarray]]:
    """Decode an animated WebP, PNG or AVIF."""
    start_s, time_s = media.start_s or 0.0, 0.0
    with _pillow_errors_explained(media.path, "an animation"), photo:
        check_pixels(media.path, *photo.size)
        for index in range(photo.n_frames):  # type: ignore[attr-defined]
            photo.seek(index)
            photo.load()
            check_duration(media, time_s, MAX_VIDEO_S)
            if media.end_s is not None and time_s >= media.end_s:
                return
            if time_s >= start_s:
                yield time_s - start_s, _to_rgb(photo)
            duration_ms = max(float(photo.info.get("duration") or 100), 1.0)
            time_s += duration_ms / 1000
        check_end(media, time_s)


def _to_rgb(photo: Image.Image) -> np.ndarray:
    if photo.mode.startswith("I;16"):  # Pillow would clip 16-bit values to 255 instead of scaling them
        return np.repeat((np.asarray(photo) >> 8).astype(np.uint8)[..., None], 3, axis=2)
    if photo.has_transparency_data:
        photo = photo.convert("RGBA")
        return np.asarray(Image.alpha_composite(Image.new("RGBA", photo.size, "white"), photo).convert("RGB"))
    return np.asarray(photo.convert("RGB"))


def _read_video(media: Media, may_seek: bool = True) -> Iterator[tuple[float, np.ndarray]]:
    start_s, end_s = media.start_s or 0.0, media.end_s if media.end_s is not None else float("inf")
    photo = media.path.suffix.lower() in PHOTO_SUFFIXES
    error_text = "not readable as a photo ({})" if photo else "not readable as a video ({}); check that it plays"
    with open_container(media.path, error_text) as container:
        stream = _find_video_stream(media.path, container)
        promised_s = header_duration_s(container, stream)
        check_duration(media, promised_s or 0.0, MAX_VIDEO_S)
        rate_hz, aspect = float(stream.average_rate or 25), float(stream.sample_aspect_ratio or 1)
        frames, first_s = _frames_from(container, stream, start_s if may_seek else 0.0)
        time_s, started = 0.0, False
        for time_s, frame in _with_increasing_times(frames, first_s, rate_hz):
            if not started and time_s > start_s > SEEK_MARGIN_S and may_seek:
                break  # the file's index is wrong: seeking led beyond the start time
            started = True
            check_duration(media, time_s, MAX_VIDEO_S)
            if time_s >= end_s:
                return
            if time_s >= start_s:
                yield time_s - start_s, _to_upright_rgb(media.path, frame, aspect)
        if started:
            check_not_truncated(media, container, promised_s, time_s + 1 / rate_hz)
            check_end(media, max(time_s + 1 / rate_hz, promised_s or 0.0))
    if not started and may_seek:
        yield from _read_video(media, may_seek=False)


def _with_increasing_times(
    frames: Iterator[av.VideoFrame], first_s: float, rate_hz: float
) -> Iterator[tuple[float, av.VideoFrame]]:
    """Yield each frame with its time in seconds since the file's first frame, which is at `first_s`.

    Where a file lacks times or repeats them, the frame rate decides.
    """
    time_s = -float("inf")
    for frame in frames:
        increasing = frame.time is not None and frame.time > time_s
        time_s = frame.time if increasing else max(time_s, first_s - 1 / rate_hz) + 1 / rate_hz
        yield time_s - first_s, frame


def _find_video_stream(path: Path, container: InputContainer) -> av.VideoStream:
    """Return the video stream that players show; the cover picture of a recording is none."""
    is_cover = av.stream.Disposition.attached_pic
    streams = [stream for stream in container.streams.video if not stream.disposition & is_cover]
    if not streams:
        raise MediaError(f"{path}: has no pictures; expected a video or a photo (audio needs features=mfcc)")
    stream = choose_stream(path, streams)
    check_pixels(path, stream.width or 0, stream.height or 0)
    return stream


def _frames_from(
    container: InputContainer, stream: av.VideoStream, start_s: float
) -> tuple[Iterator[av.VideoFrame], float]:
    """Decode frames from the start of the file, or from shortly before `start_s` if its times can be trusted.

    Returns:
        The frames, and the time of the file's first frame in seconds.
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


def _to_upright_rgb(path: Path, frame: av.VideoFrame, aspect: float) -> np.ndarray:
    """Convert a frame to a picture (height, width, 3) that is upright, has square pixels and a white background.

    Args:
        path: Path of the video, for messages.
        frame: Decoded frame.
        aspect: Width of a pixel divided by its height; an absurd value counts as 1.
    """
    check_pixels(path, frame.width, frame.height)
    width = round(frame.width * aspect) if 0.2 < aspect < 5 and abs(aspect - 1) > 0.01 else frame.width
    if any(component.is_alpha for component in frame.format.components):
        picture = _to_rgb(Image.fromarray(frame.to_ndarray(format="rgba", width=width)))
    else:
        picture = np.asarray(frame.to_ndarray(format="rgb24", width=width), np.uint8)
    return _orient(picture, frame)


def _orient(picture: np.ndarray, frame: av.VideoFrame) -> np.ndarray:
    """Turn and mirror a picture as the frame's display matrix says: cameras store it instead of turning pixels.

    The matrix is that of ISO/IEC 14496-12, in 16.16 fixed point: a point (x, y) is shown at (a x + c y, b x + d y). It
    is rounded to the nearest of the eight orientations; front cameras use those that mirror.
    """
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return picture
    a, b, _, c, d = np.frombuffer(bytes(cast(bytes, data)), np.int32)[:5].tolist()
    if abs(b) > abs(a):  # x and y change places
        picture, a, d = picture.swapaxes(0, 1), c, b
    return np.ascontiguousarray(picture[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])
