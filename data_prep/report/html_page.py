"""An overview as one HTML file that needs nothing else: no script, no network, light or dark as the reader likes."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data_prep.atomic import write_text
from data_prep.manifest import Clip
from data_prep.report.canvas import Picture
from data_prep.report.checks import Finding
from data_prep.report.corpus_report import Overview
from data_prep.report.markup import Markup, element, empty_element
from data_prep.report.sections import (
    code,
    failures_section,
    findings_section,
    folded,
    hands_section,
    lengths_section,
    levels_section,
    section,
    sharing_section,
    sizes_section,
    symbols_section,
    tight_section,
)
from data_prep.report.statistics import seconds, split_of

_STYLE = Markup("""
:root { color-scheme: light dark; --ground: #fff; --ink: #1d2027; --soft: #5d6472; --line: #e1e4ea; --bar: #6b8fd6;
  --warn: #b3541e; --good: #2b7a45; }
@media (prefers-color-scheme: dark) { :root { --ground: #14161c; --ink: #e4e7ed; --soft: #9aa2b1; --line: #2c313c;
  --bar: #5577bd; --warn: #f0a06a; --good: #7cc796; } }
body { background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; margin: 0 auto;
  max-width: 66rem; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; }
.note, .advice, figcaption { color: var(--soft); } .note { margin: .4rem 0; } .good { color: var(--good); }
.findings { padding-left: 1.2rem; } .findings > li { margin-bottom: .6rem; }
.findings strong { color: var(--warn); } .advice { margin: 0; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .92em; margin: .4rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; }
th.number, td.number { font-variant-numeric: tabular-nums; text-align: right; }
th { color: var(--soft); font-weight: 600; }
code { font-size: .9em; overflow-wrap: anywhere; } summary { color: var(--soft); cursor: pointer; }
.bar { background: var(--bar); border-radius: 2px; display: inline-block; height: .6em; min-width: 1px; }
td:has(> .bar) { min-width: 10rem; }
.pictures { display: flex; flex-wrap: wrap; gap: 1.2rem; }
figure { margin: 0; max-width: 100%; } figcaption { font-size: .9em; max-width: 52rem; }
figcaption b { color: var(--ink); display: block; font-size: 1.05em; overflow-wrap: anywhere; }
img { border-radius: 6px; display: block; height: auto; max-width: 100%; }
""")
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write_page(path: Path, page: Markup) -> None:
    """Write a page, atomically."""
    write_text(path, page)


def overview_page(
    title: str,
    overview: Overview,
    findings: Sequence[Finding],
    pictures: Sequence[tuple[Clip, Picture, float]],
    settings: Mapping[str, Mapping[str, Any]],
) -> Markup:
    """The whole page.

    Args:
        title: The corpus's name.
        overview: What is told.
        findings: What is warned of.
        pictures: Clips with their pictures and lengths in seconds.
        settings: How the corpus was read: settings by group.
    """
    body = element(
        "body",
        element("h1", title),
        element("p", _in_short(overview), class_="note"),
        findings_section(findings),
        sizes_section(overview),
        lengths_section(overview),
        section(
            "A few clips, drawn by chance", element("div", [_figure(*each) for each in pictures], class_="pictures")
        )
        if pictures
        else None,
        [symbols_section(counts) for counts in overview.counts],
        tight_section(overview),
        levels_section(overview),
        hands_section(overview),
        sharing_section(overview),
        failures_section(overview),
        section("Settings", [_settings(group, values) for group, values in settings.items()]),
    )
    return Markup("<!DOCTYPE html>\n" + element("html", _head(title), body, lang="en") + "\n")


def _head(title: str) -> Markup:
    return element(
        "head",
        empty_element("meta", charset="utf-8"),
        empty_element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        empty_element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", _STYLE),
    )


def _in_short(overview: Overview) -> str:
    clips, hours = sum(size.clips for size in overview.sizes), sum(size.hours for size in overview.sizes)
    failed = sum(map(len, overview.failures.values()))
    return f"{clips:,} clips, {hours:.2f} hours" + (f"; {failed:,} more cannot be used" if failed else "")


def _pictures_section(pictures: Sequence[tuple[Clip, Picture, float]]) -> Markup | None:
    if not pictures:
        return None
    figures = element("div", [_figure(*each) for each in pictures], class_="pictures")
    return section("A few clips, drawn by chance", figures)


def _figure(clip: Clip, picture: Picture, duration_s: float) -> Markup:
    data = base64.b64encode(picture.png).decode("ascii")
    about = [split_of(clip), f"{seconds(duration_s)} s", *([clip.speaker] if clip.speaker else [])]
    target = clip.label or clip.text or ""
    image = empty_element(
        "img", src=f"data:image/png;base64,{data}", alt=target, width=picture.width, height=picture.height
    )
    caption = element("figcaption", element("b", element("bdi", target)), " · ".join(about), " · ", code(clip.id))
    return element("figure", image, caption, style=f"width:{picture.width}px")


def _settings(group: str, values: Mapping[str, Any]) -> Markup | None:
    rows = [[f"{group}.{key}", code(str(value))] for key, value in values.items()]
    return folded(group, rows, ["key", "value"])
