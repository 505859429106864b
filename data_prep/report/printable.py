"""Text of unknown origin, made safe to display."""

#: Zero-width joiners are not printable, but some scripts need them.
_KEPT = "\u200c\u200d"


def printable(text: str) -> str:
    """Escape invisible characters, and those that would control a terminal or change the text direction."""
    return "".join(char if char.isprintable() or char in _KEPT else ascii(char)[1:-1] for char in text)


def symbol_name(symbol: str) -> str:
    """Return a symbol as it is displayed; the space becomes visible."""
    return "␣" if symbol == " " else printable(symbol)
