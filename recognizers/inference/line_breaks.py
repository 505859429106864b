"""Where text may be broken, also in scripts that put no spaces between words.

The rules are those of the Unicode line breaking algorithm (UAX #14) that matter for captions: a closing mark or a small
kana never begins a line, an opening mark never ends one (kinsoku, JIS X 4051), and nothing parts a letter from its
marks. In scripts without spaces, a break may be between any two letters, because finding words takes a dictionary.
"""

import unicodedata
from collections.abc import Callable

#: The first words of the Unicode names of letters in scripts that put no spaces between words.
UNSPACED_SCRIPTS = (
    "CJK",
    "IDEOGRAPHIC",
    "HIRAGANA",
    "KATAKANA",
    "KATAKANA-HIRAGANA",
    "HALFWIDTH KATAKANA",
    "BOPOMOFO",
    "YI SYLLABLE",
    "THAI",
    "LAO",
    "KHMER",
    "MYANMAR",
    "TIBETAN",
    "JAVANESE",
    "BALINESE",
    "TAI",
    "NEW TAI LUE",
)
#: Letters that never begin a line: small kana, marks of length and iteration, and Thai and Lao vowels that follow.
NEVER_FIRST = frozenset(
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿｧｨｩｪｫｬｭｮｯー々〻ゝゞヽヾｰﾞﾟ〜～"
    "\u0e2f\u0e30\u0e32\u0e33\u0e45\u0e46\u0eaf\u0eb0\u0eb2\u0eb3\u0ebd\u0ec6"
)
#: Letters that never end a line: Thai and Lao vowels that are written before their consonant.
NEVER_LAST = frozenset("\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4")
ZERO_WIDTH_SPACE, ZERO_WIDTH_JOINER, VIRAMA_CLASS = "\u200b", "\u200d", 9

CanBreak = Callable[[str, str], bool]


def can_break(before: str, after: str) -> bool:
    """Return whether a line may be broken between two neighbouring characters, neither of which is a space."""
    if ZERO_WIDTH_SPACE in (before, after):
        return before == ZERO_WIDTH_SPACE
    is_unspaced = _is_unspaced(before) or _is_unspaced(after)
    return is_unspaced and can_part(before, after) and not (before.isdecimal() and after.isdecimal())


def can_part(before: str, after: str) -> bool:
    """Return whether a word that is too long for a line may be broken between two of its characters."""
    return not (_is_attached(before, after) or _never_begins_line(after) or _never_ends_line(before))


def split_where(text: str, can_break: CanBreak) -> list[str]:
    """Split a text wherever it can be broken."""
    pieces = [text[:1]]
    for character in text[1:]:
        if can_break(pieces[-1][-1], character):
            pieces.append(character)
        else:
            pieces[-1] += character
    return pieces


def columns(text: str) -> int:
    """Count the columns of a text: two for a wide character (UAX #11), none for a combining or invisible one."""
    return sum(map(_columns_of, text))


def characters_for_breaks(text: str) -> dict[str, str]:
    """List the characters of a text that other programs need to break lines as this module does.

    Returns:
        The characters of scripts without spaces, the wide ones, and the viramas, which join what surrounds them. Other
        properties of characters are part of regular expressions in most languages.
    """
    characters = sorted(set(text))
    return {
        "unspaced": "".join(filter(_is_unspaced, characters)),
        "wide": "".join(character for character in characters if unicodedata.east_asian_width(character) in "WF"),
        "virama": "".join(character for character in characters if unicodedata.combining(character) == VIRAMA_CLASS),
    }


def is_punctuation(character: str) -> bool:
    """Return whether a character is a punctuation mark of any script."""
    return unicodedata.category(character).startswith("P")


def _columns_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _is_unspaced(character: str) -> bool:
    return unicodedata.name(character, "").startswith(UNSPACED_SCRIPTS)


def _is_attached(before: str, after: str) -> bool:
    """Return whether two characters make up one sign, such as a letter and its accent."""
    return (
        unicodedata.category(after) in ("Mn", "Mc", "Me")
        or ZERO_WIDTH_JOINER in (before, after)
        or unicodedata.combining(before) == VIRAMA_CLASS
    )


def _never_begins_line(character: str) -> bool:
    return character in NEVER_FIRST or (is_punctuation(character) and not _never_ends_line(character))


def _never_ends_line(character: str) -> bool:
    return character in NEVER_LAST or unicodedata.category(character) in ("Ps", "Pi")
