"""Writing pictures to a video file."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from data_prep.atomic import atomic_write

#: Ticks per second of the video's clock: MPEG's, a multiple of all usual frame rates.
CLOCK_HZ = 90_000
#: Encoder settings: invisible loss, at a tenth of the size of lossless video.
QUALITY = {"crf": "23", "preset": "veryfast"}


def write_video(path: Path, pictures: Iterable[tuple[float, np.ndarray]], rate_hz: float) -> None:
    """Write pictures as an MP4 (H.264) without sound, atomically and with only a few pictures in memory at a time.

    Args:
        path: Path of the video.
        pictures: The time of each picture in seconds, and the picture (height, width, 3) uint8 RGB, all of the same
            size. H.264 needs even sizes, so the last row or column of an odd size is dropped.
        rate_hz: Approximate number of pictures per second; it decides how long the last picture is shown.
    """
    with atomic_write(path) as partial, av.open(partial, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(rate_hz).limit_denominator(1001), options=QUALITY)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, CLOCK_HZ)
        clock = -1
        for time_s, picture in pictures:
            even = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
            if clock < 0:
                stream.height, stream.width = even.shape[:2]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
            clock = max(clock + 1, round(time_s * CLOCK_HZ))  # times must increase
            frame.pts, frame.time_base, frame.duration = clock, Fraction(1, CLOCK_HZ), round(CLOCK_HZ / rate_hz)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
