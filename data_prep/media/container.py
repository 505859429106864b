"""Files opened by ffmpeg (PyAV), with its errors as ours."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer

from data_prep.media.file import Media, MediaError

#: What may be opened: containers of sound and video. Playlists (which may name any other file or address), subtitles
#: and text are not among them.
FORMATS = (
    "3gp,aac,ac3,aiff,amr,ape,asf,au,avi,caf,dv,eac3,flac,flv,gif,h264,hevc,ivf,m4a,m4v,matroska,mjpeg,mov,mp3,mp4,"
    "mpeg,mpegts,mpegvideo,mxf,nistsphere,nut,obu,ogg,rm,tta,voc,w64,wav,webm,wsd,wtv,wv"
)
#: Formats whose headers tell the length of what is in them.
DURATION_IN_HEADER = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")


@contextmanager
def open_container(path: Path, otherwise: str) -> Iterator[InputContainer]:
    """Open a file for decoding.

    Args:
        path: The file.
        otherwise: What to say of a file that cannot be decoded; ``{}`` stands for ffmpeg's own words.

    Raises:
        MediaError: It cannot be opened, or cannot be decoded within the context.
    """
    try:
        with contextlib.ExitStack() as stack:
            # ffmpeg takes names in UTF-8 alone, and file systems hold others: such a file is opened for it.
            file = str(path) if is_utf8(path) else stack.enter_context(open(path, "rb"))
            yield stack.enter_context(av.open(file, "r", options={"format_whitelist": FORMATS}))
    except MediaError:
        raise
    except (av.FFmpegError, ValueError, OSError, ArithmeticError) as error:
        raise MediaError(f"{path}: {otherwise.format(error)}") from None


def is_utf8(path: Path) -> bool:
    """Whether a path is valid UTF-8, as nearly all are."""
    try:
        os.fsencode(path).decode()
    except UnicodeDecodeError:
        return False
    return True


def check_codec(path: Path, stream: av.stream.Stream) -> None:
    """Refuse a stream that ffmpeg has no decoder for.

    Raises:
        MediaError: There is none.
    """
    if stream.codec_context is None:
        raise MediaError(f"{path}: its {stream.type} is of a kind that ffmpeg does not know; is it damaged?")


def header_duration_s(container: InputContainer, stream: av.stream.Stream) -> float | None:
    """How long a stream is by the file's header, in seconds; None where the header does not tell."""
    found = []
    if stream.duration is not None and stream.time_base is not None:
        found.append(float(stream.duration * stream.time_base))
    if container.duration is not None and (found or len(container.streams) == 1):
        found.append(container.duration / av.time_base)
    return min(found, default=None)


def check_not_truncated(media: Media, container: InputContainer, promised_s: float | None, found_s: float) -> None:
    """Refuse a file that ends well before its header says: a transcript of the whole would be taught for the part.

    Args:
        media: The file, and the stretch of it that is meant.
        container: The file, opened.
        promised_s: What `header_duration_s` said.
        found_s: How much there is, from the beginning of the file; decoding ended there by itself.

    Raises:
        MediaError: More than half a second and a tenth of it are missing.
    """
    if promised_s is None or container.format.name not in DURATION_IN_HEADER:
        return
    wanted_s = promised_s if media.end_s is None else min(promised_s, media.end_s)
    if found_s < 0.9 * wanted_s - 0.5:
        raise MediaError(
            f"{media.path}: truncated: its header promises {promised_s:.1f} s, it ends after {found_s:.1f} s; copy it "
            "again"
        )
