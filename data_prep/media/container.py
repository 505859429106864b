"""Opening files with ffmpeg (PyAV), whose errors become `MediaError`s."""

import contextlib
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import av
from av.container import InputContainer

from data_prep.media.file import Media, MediaError

log = logging.getLogger(__name__)
StreamT = TypeVar("StreamT", bound=av.stream.Stream)

#: The formats ffmpeg may open: containers of audio and video. Playlists are excluded, because they can name any other
#: file or network address, and so are subtitles and text.
FORMATS = (
    "3gp,aac,ac3,aiff,amr,ape,asf,au,avi,caf,dv,eac3,flac,flv,gif,h264,hevc,ivf,m4a,m4v,matroska,mjpeg,mov,mp3,mp4,"
    "mpeg,mpegts,mpegvideo,mxf,nistsphere,nut,obu,ogg,rm,tta,voc,w64,wav,webm,wsd,wtv,wv"
)
#: Formats whose headers reliably state the duration.
DURATION_IN_HEADER = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")


@contextmanager
def open_container(path: Path, error_text: str) -> Iterator[InputContainer]:
    """Open a file for decoding inside the context.

    Args:
        path: Path of the file.
        error_text: Message for a file that cannot be decoded; ``{}`` is replaced by ffmpeg's own message.

    Raises:
        MediaError: The file cannot be opened, or the caller's decoding fails.
    """
    try:
        with contextlib.ExitStack() as stack:
            # ffmpeg accepts only names in UTF-8; a file with another name is opened here and passed as a file object.
            file = str(path) if is_utf8(path) else stack.enter_context(open(path, "rb"))
            yield stack.enter_context(av.open(file, "r", options={"format_whitelist": FORMATS}))
    except MediaError:
        raise
    except (av.FFmpegError, ValueError, OSError, ArithmeticError) as error:
        raise MediaError(f"{path}: {error_text.format(error)}") from None


def is_utf8(path: Path) -> bool:
    """Return whether a path is valid UTF-8."""
    try:
        os.fsencode(path).decode()
    except UnicodeDecodeError:
        return False
    return True


def choose_stream(path: Path, streams: Sequence[StreamT], index: int | None = None) -> StreamT:
    """Choose one of several streams of a kind.

    Args:
        path: Path of the file, for messages.
        streams: The streams, at least one.
        index: Index of the stream to choose; None chooses as players do: the first that is marked as default, otherwise
            the first.

    Raises:
        MediaError: There is no stream with the index, or ffmpeg has no decoder for it.
    """
    if index is not None and index >= len(streams):
        raise MediaError(
            f"{path}: audio_stream is {index}, but its {len(streams)} stream(s) of {streams[0].type} are numbered from "
            f"0 to {len(streams) - 1}"
        )
    is_default = av.stream.Disposition.default
    default = next((stream for stream in streams if stream.disposition & is_default), streams[0])
    chosen = default if index is None else streams[index]
    if len(streams) > 1 and index is None:
        log.warning(
            "%s: %s stream %d of those numbered 0 to %d is read, as players do%s",
            path,
            chosen.type,
            streams.index(chosen),
            len(streams) - 1,
            "; audio_stream=N chooses another" if chosen.type == "audio" else "",
        )
    check_codec(path, chosen)
    return chosen


def packet_duration_s(path: Path) -> float | None:
    """Add up the durations of a file's audio packets without decoding them; None if ffmpeg cannot read the file.

    Unlike a header, which stands for one of several recordings that were joined to a file, packets tell how much there
    is to decode.
    """
    try:
        with open_container(path, "{}") as container:
            stream = container.streams.audio[0]
            ticks = sum(packet.duration or 0 for packet in container.demux(stream))
            return float(ticks * stream.time_base) if stream.time_base is not None else None
    except (MediaError, IndexError):
        return None


def check_codec(path: Path, stream: av.stream.Stream) -> None:
    """Check that ffmpeg has a decoder for a stream.

    Raises:
        MediaError: It has none.
    """
    if stream.codec_context is None:
        raise MediaError(f"{path}: ffmpeg does not know the codec of its {stream.type}; the file may be damaged")


def header_duration_s(container: InputContainer, stream: av.stream.Stream) -> float | None:
    """Return the duration of a stream in seconds as the file's header states it, or None if it does not."""
    found = []
    if stream.duration is not None and stream.time_base is not None:
        found.append(float(stream.duration * stream.time_base))
    if container.duration is not None and (found or len(container.streams) == 1):
        found.append(container.duration / av.time_base)
    return min(found, default=None)


def check_not_truncated(media: Media, container: InputContainer, promised_s: float | None, found_s: float) -> None:
    """Check that a file does not end well before its header says.

    A truncated file must not be used: training would pair a part of the recording with the whole transcript.

    Args:
        media: Media file and time range.
        container: The open file.
        promised_s: Duration from `header_duration_s`.
        found_s: Duration from the start of the file to where decoding ended by itself.

    Raises:
        MediaError: More than half a second plus a tenth of the wanted duration is missing.
    """
    if promised_s is None or container.format.name not in DURATION_IN_HEADER:
        return
    wanted_s = promised_s if media.end_s is None else min(promised_s, media.end_s)
    if found_s < 0.9 * wanted_s - 0.5:
        raise MediaError(
            f"{media.path}: truncated: its header promises {promised_s:.1f} s, but it ends after {found_s:.1f} s; "
            "copy it again"
        )
