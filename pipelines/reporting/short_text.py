"""Texts of any script, shortened to a width in columns."""

from recognizers.inference.line_breaks import can_part, columns, split_where

ELLIPSIS = "…"
#: Characters for each column at most: a letter can have any number of marks, and invisible ones have no width.
MOST_PER_COLUMN = 8


def shorten(text: str, width: int) -> str:
    """Cut a text to at most `width` columns; an ellipsis stands for what is cut off its end.

    A wide character counts as two columns, and a letter keeps its marks.
    """
    if len(text) <= MOST_PER_COLUMN * width and columns(text) <= width:
        return text
    kept, used = "", columns(ELLIPSIS)
    for piece in split_where(text[: MOST_PER_COLUMN * width], can_part):
        if used + columns(piece) > width:
            break
        kept, used = kept + piece, used + columns(piece)
    return kept.rstrip() + ELLIPSIS
