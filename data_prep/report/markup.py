"""HTML that cannot be broken by what is put into it: every string is escaped unless it was made here."""

import html
from typing import Any

from data_prep.report.printable import printable


class Markup(str):
    """HTML that is safe to be put into a page as it is."""


def element(name: str, /, *children: Any, **attributes: Any) -> Markup:
    """An element: strings and numbers in it are text, lists and Markup are markup.

    Args:
        name: Such as "td".
        children: What it holds; None holds nothing.
        attributes: A trailing underscore is cut off (``class_``), other underscores are hyphens.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{given}>{''.join(map(_content, children))}</{name}>")


def empty_element(name: str, /, **attributes: Any) -> Markup:
    """An element that holds nothing and is not closed, such as an image."""
    return Markup(element(name, **attributes).removesuffix(f"</{name}>"))


def _content(child: Any) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, list):
        return "".join(map(_content, child))
    return _escaped(str(child))


def _escaped(text: str) -> str:
    return html.escape(printable(text), quote=True)
