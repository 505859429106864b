"""Writing pictures to an animated GIF of bounded size."""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from data_prep.atomic import atomic_write

#: Pictures are shrunk so that the longer side has at most this many pixels.
LONGEST = 480
#: Pictures a second, and pictures in all, at most. Of a longer video, fewer pictures a second are kept.
RATE_HZ, MAX_PICTURES = 10.0, 200
#: A picture is shown this long at most, so that a long video plays faster.
LONGEST_SHOWN_S = 0.5
COLOURS = 128
#: Size of a file at most; a larger one is written again with half of the pictures.
MAX_BYTES = 6_000_000


def write_gif(
    path: Path,
    pictures: Iterable[tuple[float, np.ndarray]],
    kept_colours: Sequence[tuple[int, int, int]] = (),
) -> None:
    """Write pictures as an animation that repeats, atomically and with a bounded number of pictures in memory.

    Args:
        path: Path of the animation.
        pictures: The time of each picture in seconds, rising, and the picture (height, width, 3) uint8 RGB.
        kept_colours: Colours that stay as they are, such as those of thin lines; the others are approximated.
    """
    kept: list[tuple[float, Image.Image]] = []
    every_s = 1 / RATE_HZ
    for time_s, picture in pictures:
        if kept and time_s - kept[-1][0] < every_s - 1e-3:
            continue
        kept.append((time_s, _reduce(picture, kept_colours)))
        if len(kept) > MAX_PICTURES:
            kept, every_s = kept[::2], 2 * every_s
    while len(content := _encode(kept)) > MAX_BYTES and len(kept) > 1:
        kept = kept[::2]
    with atomic_write(path) as partial:
        partial.write_bytes(content)


def _reduce(picture: np.ndarray, kept_colours: Sequence[tuple[int, int, int]]) -> Image.Image:
    """Shrink a picture to a size and a number of colours that suit a GIF."""
    image = Image.fromarray(picture)
    image.thumbnail((LONGEST, LONGEST))
    adapted = image.quantize(COLOURS - len(kept_colours))
    palette = Image.new("P", (1, 1))
    palette.putpalette([*(adapted.getpalette() or []), *(part for colour in kept_colours for part in colour)])
    return image.quantize(palette=palette, dither=Image.Dither.NONE)  # dither would triple the size


def _encode(pictures: Sequence[tuple[float, Image.Image]]) -> bytes:
    times_s = [time_s for time_s, _ in pictures]
    shown_s = np.diff([*times_s, times_s[-1] + 1 / RATE_HZ])
    durations_ms = [max(20, 10 * round(100 * min(shown, LONGEST_SHOWN_S))) for shown in shown_s.tolist()]
    content = io.BytesIO()
    first, *others = [image for _, image in pictures]
    first.save(content, "GIF", save_all=True, append_images=others, duration=durations_ms, loop=0)
    return content.getvalue()
