"""The corpus report as one self-contained HTML file: no script and no network, in a light and a dark theme.

Everything a corpus names (ids, texts, paths) is untrusted: jinja2 escapes it, and characters that are invisible or
change the text direction are displayed as escapes.
"""

import base64
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from data_prep.report.corpus_report import CorpusReport
from data_prep.report.printable import printable, symbol_name
from data_prep.report.signal_stats import SoundLevel, group_hands_by_split, share_with_hand
from data_prep.report.statistics import format_seconds, split_name
from data_prep.report.thumbnails import Thumbnail
from data_prep.report.warning import CorpusWarning

#: Longer lists are cut, and the page says so: a page of 100 MB helps nobody.
MAX_ROWS, MAX_SYMBOLS = 200, 5000
#: Longer tables are folded.
MAX_OPEN_ROWS = 40
#: Clips listed among those in which hands are rarely visible.
MAX_RARE_HANDS = 10


def render_page(
    title: str,
    report: CorpusReport,
    warnings: Sequence[CorpusWarning],
    thumbnails: Sequence[Thumbnail],
    settings: Mapping[str, Mapping[str, Any]],
) -> str:
    """Render the page; `settings`, by config group, are those the corpus was prepared with."""
    return (
        environment()
        .get_template("overview.html")
        .render(
            title=title,
            report=report,
            warnings=warnings,
            thumbnails=thumbnails,
            settings=settings,
            level_groups=_group_levels(report.signals.levels),
            median_rms_dbfs=_median_rms(report.signals.levels),
            hands=group_hands_by_split(report.signals.hands),
            rare_hands=sorted((clip for clip in report.signals.hands if clip.share < 1), key=lambda clip: clip.share)[
                :MAX_RARE_HANDS
            ],
            max_rows=MAX_ROWS,
            max_symbols=MAX_SYMBOLS,
            max_open_rows=MAX_OPEN_ROWS,
        )
    )


def environment(*packages: str) -> Environment:
    """Return jinja2's environment for pages, with filters and the templates of this package.

    Args:
        *packages: Other packages whose folder ``templates`` is searched first.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in (*packages, "data_prep.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_make_printable,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "base64": lambda content: base64.b64encode(content).decode("ascii"),
        "count": "{:,}".format,
        "number_column": "#{}".format,  # see the macro `head`
        "decimals": lambda value, digits: f"{value:,.{digits}f}",
        "percent": lambda share, digits=1: f"{100 * share:.{digits}f} %",
        "seconds": format_seconds,
        "split_name": split_name,
        "symbol_name": symbol_name,
        "share_with_hand": share_with_hand,
    }
    return environment


def _make_printable(value: Any) -> Any:
    """Escape what cannot be displayed in every value that a template inserts; Markup is the template's own."""
    return value if isinstance(value, Markup) else printable(str(value))


def _group_levels(levels: Sequence[SoundLevel]) -> dict[str, list[SoundLevel]]:
    return {
        "nearly silent: below -60 dBFS": [level for level in levels if level.is_silent],
        "constant, hence silent: all samples are equal": [level for level in levels if level.is_constant],
        "clipped: over 0.1 % of the samples at full scale": [level for level in levels if level.is_clipped],
        "with a DC offset of over 5 % of full scale": [level for level in levels if level.has_offset],
    }


def _median_rms(levels: Sequence[SoundLevel]) -> float | None:
    """Return the median level, in dBFS, of the clips that are not constant; None if there are none."""
    audible = [level.rms_dbfs for level in levels if not level.is_constant]
    return statistics.median(audible) if audible else None
