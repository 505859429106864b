"""Colours of the pictures: a dark background that suits light and dark pages, and one colour per finger."""

#: An RGB colour, 0 to 255 each.
Colour = tuple[int, int, int]

BACKGROUND: Colour = (19, 21, 28)
PANEL: Colour = (31, 34, 44)
MUTED: Colour = (110, 117, 135)
FOREGROUND: Colour = (200, 205, 216)
#: From the thumb to the little finger.
FINGER_COLOURS: tuple[Colour, ...] = (
    (255, 107, 107),
    (255, 184, 77),
    (140, 216, 103),
    (79, 195, 247),
    (190, 140, 255),
)
PALM_COLOUR: Colour = (150, 158, 176)
#: Of frames that show a hand, of those in which it was filled in, and of those without any.
FOUND_COLOUR: Colour = (88, 124, 186)
FILLED_COLOUR: Colour = (255, 224, 40)
MISSING_COLOUR: Colour = (226, 52, 72)


def to_hex(colour: Colour) -> str:
    """Convert a colour to the notation of CSS and matplotlib, such as "#ff6b6b"."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
