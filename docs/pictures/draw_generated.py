"""Draw the picture of docs/generation.md: for some gestures, a real clip and two generated ones.

    python -m pipelines.generate model=RUN output=out count=2 seed=3 formats=[npz] label=[grab,rotate_clockwise,swipe_x]
    python docs/pictures/draw_generated.py REAL_GRAB out/npz/grab REAL_ROTATION out/npz/rotate_clockwise \
        REAL_SWIPE out/npz/swipe_x

Arguments are pairs: a real clip (``skeletons_world.txt``), and the folder of generated ones of the same label.
"""

import io
import sys
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from PIL import Image

from data_prep.features.extractor import Signal
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.media import Media
from data_prep.report.keypoint_strip import plot_keypoint_strip
from data_prep.report.palette import BACKGROUND, FOREGROUND, to_hex

MOMENTS = 10
OUTPUT = Path(__file__).with_name("generated.png")


def main(*paths: str) -> None:
    """Draw a row for each clip and write them as one PNG."""
    mpl.use("Agg")
    plt.rcParams.update({"font.size": 7, "figure.facecolor": to_hex(BACKGROUND), "text.color": to_hex(FOREGROUND)})
    rows: list[tuple[str, Signal]] = []
    for real, folder in zip(paths[::2], paths[1::2], strict=True):
        clips = [Path(real), *sorted(Path(folder).iterdir())]
        kinds = ["real"] + ["generated"] * (len(clips) - 1)
        name = Path(folder).name.replace("_", " ")
        rows += [
            (f"{name}\n{kind}", HandKeypoints().signal(Media(clip))) for kind, clip in zip(kinds, clips, strict=True)
        ]
    figure, axes = plt.subplots(len(rows), MOMENTS, figsize=(10, 1.12 * len(rows)), layout="constrained")
    for (name, signal), row in zip(rows, axes, strict=True):
        plot_keypoint_strip(row, signal)
        row[0].set_ylabel(name, color=to_hex(FOREGROUND))
    content = io.BytesIO()
    figure.savefig(content, dpi=90)
    few_colours = Image.open(content).convert("RGB").quantize(64, dither=Image.Dither.NONE)
    few_colours.save(OUTPUT, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
