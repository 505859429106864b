"""The exception for mistakes a user can correct, and the hint that names the nearest right word."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """An input from the user is wrong: a file, a manifest row or a setting.

    The message names the file and line (or the clip) and says what is wrong, what was found, what is expected and how
    to fix it. Commands print it without a traceback; any other exception is a bug.
    """


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return ``"; did you mean 'NAME'?"`` with the known name most like `name`, or an empty string if none is alike.

    Args:
        name: The name that was not found.
        known: The names that exist.
        cutoff: Least similarity, from 0 (anything matches) to 1 (only equal names match).
    """
    close = get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f"; did you mean {close[0]!r}?" if close else ""
