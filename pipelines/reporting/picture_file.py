"""Charts as SVG files of their own, which follow the light or dark theme of whoever opens them."""

import re
from importlib.resources import files

from markupsafe import Markup

#: Where the pages' colours are defined.
_STYLES = (("data_prep.report", "style.css"), ("pipelines.reporting", "charts.css"))
_COLOURS = re.compile(r"(@media \(prefers-color-scheme: dark\) \{\s*)?:root \{[^}]*\}(?(1)\s*\})")


def as_svg_file(chart: Markup) -> str:
    """Return the content of an SVG file with a chart.

    Args:
        chart: The element that `svg_chart` made for a page, whose colours it takes from the page.
    """
    texts = [(files(package) / "templates" / name).read_text(encoding="utf-8") for package, name in _STYLES]
    colours = "".join(match[0] for text in texts for match in _COLOURS.finditer(text))
    rules = f"{colours} svg {{ background: var(--card); }} text {{ font-family: system-ui, sans-serif !important; }}"
    head, _, rest = str(chart).partition(">")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}><style>{rules}</style>{rest}\n'
