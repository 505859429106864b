"""Draw the strip of docs/hands.md: a video in which some frames are taken for such without a hand.

python docs/pictures/draw_marks.py data/demo_fingerspelling/test00/000.mp4 docs/pictures/strip.png
"""

import sys
from pathlib import Path

import numpy as np

from data_prep.features.extractor import Signal
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.media import Media
from data_prep.report.thumbnails import draw_keypoint_strip

#: The gaps, as shares of the clip: the first is short enough to be filled in.
SHORT_GAP, LONG_GAP, LONG_GAP_END = 0.25, 0.6, 0.8


def main(video: str, output: str) -> None:
    """Draw the strip and write it as PNG."""
    extractor = HandKeypoints()
    signal = extractor.signal(Media(Path(video)))
    values, count = signal.values.copy(), len(signal.values)
    short = round(SHORT_GAP * count)
    values[short : short + round(0.12 * signal.rate_hz)] = np.nan
    values[round(LONG_GAP * count) : round(LONG_GAP_END * count)] = np.nan
    strip = draw_keypoint_strip(Signal(values, signal.rate_hz), extractor.fill_gaps_s, 12, 6, 700)
    strip.resize((strip.width * 3 // 4, strip.height * 3 // 4)).quantize(256).save(output, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
