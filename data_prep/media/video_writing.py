"""Pictures to a video file, one after the other."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from data_prep.atomic import atomic_write

#: The clock of MPEG, a multiple of the usual frame rates.
CLOCK_HZ = 90_000
#: Small differences to the source that nobody sees, at a tenth of the size.
QUALITY = {"crf": "23", "preset": "veryfast"}


def write_video(path: Path, pictures: Iterable[tuple[float, np.ndarray]], rate_hz: float) -> None:
    """Write an MP4 (H.264) without sound; only a few pictures are in memory at a time.

    Args:
        path: The file; it is there whole or not at all.
        pictures: The time of each in seconds, and the picture (height, width, 3) uint8 RGB, all of one size; a last
            column or row that makes it odd is left out, for H.264 has none.
        rate_hz: About how many there are a second; the last picture lasts so long.
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
            clock = max(clock + 1, round(time_s * CLOCK_HZ))  # must rise
            frame.pts, frame.time_base, frame.duration = clock, Fraction(1, CLOCK_HZ), round(CLOCK_HZ / rate_hz)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
