"""Charts as SVG inside a page, in colours that follow the page's light or dark theme.

A chart is drawn with matplotlib in placeholder colours, which are replaced by the page's CSS variables. Draw with the
colours of this module only; anything else would look right in one theme and wrong in the other.
"""

import io
import re
import warnings
from collections.abc import Callable
from typing import Any

from markupsafe import Markup, escape
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

#: Colours of text, of text that matters less, of lines in the background, and of the surface below the chart.
INK, SOFT, LINE, CARD = "#010201", "#010202", "#010203", "#010204"
#: Colours of curves and bars, in the order in which they are used.
SERIES = ("#010211", "#010212", "#010213", "#010214", "#010215", "#010216")
#: Colours of what is right and of what is wrong.
GOOD, BAD = "#010221", "#010222"
#: The CSS variable of each placeholder.
_VARIABLES = {
    INK: "--ink",
    SOFT: "--soft",
    LINE: "--line",
    CARD: "--card",
    GOOD: "--good",
    BAD: "--warn",
    **{colour: f"--series-{number}" for number, colour in enumerate(SERIES, 1)},
}
_FONT_SIZE = 11
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text, in the font of the page
    "text.parse_math": False,  # a dollar sign in a label is one
    "font.size": _FONT_SIZE,
    "font.family": "sans-serif",
    "axes.titlesize": _FONT_SIZE,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "grid.color": LINE,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "text.color": INK,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.8,
    "figure.constrained_layout.use": True,
}
_POINTS_PER_CSS_PIXEL = 0.75


def svg_chart(draw: Callable[[Axes], None], label: str, width: int = 480, height: int = 260) -> Markup:
    """Draw a chart with one pair of axes.

    Args:
        draw: Draws on the axes, in the colours of this module.
        label: What the chart shows, for those who cannot see it.
        width: Width in CSS pixels; on a narrower screen the chart shrinks.
        height: Height in CSS pixels.
    """
    return svg_figure(lambda figure: draw(figure.add_subplot()), label, width, height)


def svg_figure(draw: Callable[[Figure], None], label: str, width: int = 480, height: int = 260) -> Markup:
    """Draw a chart with any number of axes, which `draw` adds to the figure; see `svg_chart`."""
    with (
        warnings.catch_warnings(),
        rc_context(_STYLE | {"svg.hashsalt": label}),
    ):  # ids of markers that do not change from one run to the next
        figure = Figure((width / 96, height / 96), facecolor="none")
        draw(figure)
        content = io.StringIO()
        # The page has glyphs of all scripts; matplotlib's font, which only measures texts, lacks some.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _embed(content.getvalue(), label, width)


def _embed(svg: str, label: str, width: int) -> Markup:
    """Return the SVG element alone, named, as wide as the page allows, and in the colours of the page."""
    element = svg[svg.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", element, flags=re.DOTALL)
    element = re.sub(r'<g id="[^"]*"', "<g", element)  # every chart has the same ones
    element = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", element, count=1)
    element = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", element, count=1)
    head = f'<svg class="chart" role="img" aria-label="{escape(label)}" style="max-width: {width}px"'
    element = element.replace("<svg", head, 1)
    for placeholder, variable in _VARIABLES.items():
        element = element.replace(placeholder, f"var({variable})")
    return Markup(element)  # matplotlib has escaped the texts that it draws
