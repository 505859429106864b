"""Text of unknown origin, fit to be shown."""

#: Joiners, which some scripts need.
_KEPT = "\u200c\u200d"


def printable(text: str) -> str:
    """The text with what cannot be seen, or would steer a terminal or turn a line around, written as an escape."""
    return "".join(each if each.isprintable() or each in _KEPT else ascii(each)[1:-1] for each in text)


def symbol_name(symbol: str) -> str:
    """How a symbol is shown in a list: the space by its sign."""
    return "␣" if symbol == " " else printable(symbol)
