"""The colours of a plot that appears both in pictures, on a dark ground, and in pages, where they follow the theme."""

from dataclasses import dataclass

from data_prep.report.palette import FINGER_COLOURS, FOREGROUND, MUTED, PANEL, to_hex
from pipelines.reporting.charts import INK, SERIES, SOFT


@dataclass(frozen=True)
class PlotColours:
    """Colours as matplotlib takes them.

    Attributes:
        ink: Texts.
        soft: Texts and lines that matter less.
        ground: Background of the axes.
        series: Curves and bars, in the order in which they are used.
    """

    ink: str
    soft: str
    ground: str
    series: tuple[str, ...]


#: For pictures, beside spectrograms and keypoint strips, which are dark.
DARK = PlotColours(
    to_hex(FOREGROUND),
    to_hex(MUTED),
    to_hex(PANEL),
    tuple(map(to_hex, (*FINGER_COLOURS, (255, 150, 200), (94, 234, 212), (250, 240, 137)))),
)
#: For charts in pages.
PAGE = PlotColours(INK, SOFT, "none", SERIES)
