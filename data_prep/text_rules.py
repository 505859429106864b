"""Rules by which different spellings of a text become one, so that training and evaluation compare like with like.

`normalize_text` applies them. A recognizer's rules are part of its vocabulary and of its bundle: the targets it learns
and the references it is compared with are spelled by the same rules.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from data_prep.errors import InputError, did_you_mean

#: Characters that nobody sees: zero-width characters, soft hyphens, byte order marks, direction marks and variation
#: selectors (of Unicode's property Default_Ignorable_Code_Point), and control characters other than white space.
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
JOINERS, VIRAMA_CLASS = "\u200c\u200d", 9
#: Full-width forms of Latin letters, digits and marks, and half-width forms of kana and Hangul.
WIDTH_FORMS = re.compile("[\uff01-\uffdc\uffe0-\uffee]+")
APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u02b9\u02bb\u02bc\u02bd\u2032\u0060\u00b4\uff07"), "'")
QUOTES = dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u301d\u301e\u301f\uff02"), '"')
DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-")


def _drop_invisible(text: str) -> str:
    """Remove invisible characters, except joiners where they change what a word looks like."""
    return INVISIBLE.sub(lambda match: match[0] if _is_needed(match) else "", text)


def _is_needed(match: re.Match[str]) -> bool:
    """Return whether a joiner has a use (RFC 5892, A.1 and A.2): after a virama, in Arabic script, or in an emoji."""
    if match[0] not in JOINERS or not 0 < match.start() < len(match.string) - 1:
        return False
    before, after = match.string[match.start() - 1], match.string[match.end()]
    return (
        unicodedata.combining(before) == VIRAMA_CLASS
        or (unicodedata.bidirectional(before) in ("AL", "NSM") and unicodedata.bidirectional(after) == "AL")
        or (match[0] == "\u200d" and unicodedata.category(after) == "So")
    )


def _ascii_digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)


#: The rules by their names, in the order in which they are applied, whatever the order of the setting.
RULES: dict[str, Callable[[str], str]] = {
    "invisible": _drop_invisible,
    "apostrophes": lambda text: text.translate(APOSTROPHES),
    "quotes": lambda text: text.translate(QUOTES),
    "dashes": lambda text: text.translate(DASHES),
    "width": lambda text: WIDTH_FORMS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text),
    "nfkc": lambda text: unicodedata.normalize("NFKC", text),
    "digits": _ascii_digits,
    "lowercase": str.lower,
    "nfc": lambda text: unicodedata.normalize("NFC", text),
}
#: Rules that change nothing a reader sees.
DEFAULT_RULES = ("nfc", "invisible")


def check_rules(rules: Iterable[str]) -> None:
    """Raise InputError unless all rules are known."""
    for rule in rules:
        if rule not in RULES:
            raise InputError(
                f"text.normalize must be a list of rules from {', '.join(RULES)}; found {rule!r}"
                f"{did_you_mean(str(rule), RULES)}"
            )


def normalize_text(text: str, rules: Sequence[str]) -> str:
    """Spell a text by the rules. White space of any kind becomes single spaces, whatever the rules.

    Args:
        text: A transcript or a label.
        rules: Names of `RULES`.
    """
    for name, rule in RULES.items():
        if name in rules:
            text = rule(text)
    return " ".join(text.split())
