"""Pages as single HTML files: no script, no network, a strict content policy, and untrusted text escaped.

The templates of this package extend ``base.html``; style and macros are shared with the corpus report.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment

from data_prep.atomic import write_text
from data_prep.report import html_page
from data_prep.workers.progress import format_duration


def write_page(path: Path, template: str, **values: Any) -> None:
    """Render a template of this package and write it under a temporary name, then rename it.

    Args:
        path: The HTML file.
        template: Name of the template, such as "report.html".
        **values: What the template needs; strings are escaped, Markup is inserted as it is.
    """
    write_text(path, environment().get_template(template).render(**values))


def environment() -> Environment:
    """Return jinja2's environment for the pages of this package, with filters of its own."""
    environment = html_page.environment("pipelines.reporting")
    environment.filters["duration"] = format_duration
    environment.filters["dotted"] = lambda tree: list(_dotted(tree))
    return environment


def _dotted(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield settings by their dotted names, such as "encoder.layers"."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _dotted(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
