"""Colours can be told apart, and are written as matplotlib and CSS read them."""

import itertools

import pytest
from matplotlib.colors import to_rgb

from data_prep.report.palette import BACKGROUND, FINGER_COLOURS, FOREGROUND, MUTED, PALM_COLOUR, PANEL, Colour, to_hex

EVERY = (BACKGROUND, PANEL, MUTED, FOREGROUND, PALM_COLOUR, *FINGER_COLOURS, (0, 0, 0), (255, 255, 255), (1, 2, 3))


@pytest.mark.parametrize("colour", EVERY, ids=str)
def test_matplotlib_reads_back_the_same_colour(colour: Colour) -> None:
    written = to_hex(colour)
    assert len(written) == 7
    assert tuple(round(255 * part) for part in to_rgb(written)) == colour


def contrast(first: Colour, second: Colour) -> float:
    """The contrast of two colours as WCAG 2 defines it, from 1 to 21."""

    def luminance(colour: Colour) -> float:
        rgb = to_rgb(to_hex(colour))
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("background", [BACKGROUND, PANEL])
def test_text_and_hands_stand_out_from_the_background(background: Colour) -> None:
    assert contrast(FOREGROUND, background) > 7
    assert all(contrast(colour, background) > 4.5 for colour in (*FINGER_COLOURS, PALM_COLOUR))


def test_fingers_and_palm_have_different_colours() -> None:
    assert len(FINGER_COLOURS) == 5
    for first, second in itertools.combinations((*FINGER_COLOURS, PALM_COLOUR), 2):
        assert sum(abs(a - b) for a, b in zip(first, second, strict=True)) > 90
