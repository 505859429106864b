"""Lines of series: each column is drawn, and any series can be."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from data_prep.features.extractor import Signal
from data_prep.report.line_plot import MAX_LINES, MAX_POINTS, plot_lines
from data_prep.report.thumbnails import PIXELS_PER_CSS_PIXEL, draw_signal
from tests.data_prep.report.test_thumbnails import pixels

SERIES = np.arange(12, dtype=np.float32).reshape(4, 3) ** 2


def test_a_single_column_is_drawn_as_it_is() -> None:
    ax = Figure().add_subplot()
    plot_lines(ax, Signal(SERIES[:, :1], 0.5))
    (line,) = ax.lines
    assert line.get_xdata().tolist() == [0, 2, 4, 6]
    assert line.get_ydata().tolist() == SERIES[:, 0].tolist()


def test_columns_are_drawn_in_their_own_ranges() -> None:
    ax = Figure().add_subplot()
    plot_lines(ax, Signal(np.concatenate([SERIES * [1, -1e6, 0]], dtype=np.float32), 1.0))
    rising, falling, constant = (line.get_ydata() for line in ax.lines)
    assert (rising[0], rising[-1], falling[0], falling[-1]) == (0, 1, 1, 0)
    assert set(constant) == {0.5}
    assert not ax.texts


def test_of_many_columns_the_first_are_drawn_and_a_note_says_so() -> None:
    ax = Figure().add_subplot()
    plot_lines(ax, Signal(np.zeros((10 * MAX_POINTS, 30), np.float32), 1.0))
    assert len(ax.lines) == MAX_LINES
    assert len(ax.lines[0].get_xdata()) == MAX_POINTS
    assert ax.texts[0].get_text() == f"{MAX_LINES} of 30 columns"


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (2, 1), (20_000, 2)])
def test_any_series_becomes_a_picture(shape: tuple[int, int]) -> None:
    picture = draw_signal(Signal(np.random.default_rng(0).normal(size=shape).astype(np.float32), 0.01))
    height, width = picture.height * PIXELS_PER_CSS_PIXEL, picture.width * PIXELS_PER_CSS_PIXEL
    assert pixels(picture).shape == (height, width, 3)
    assert np.ptp(pixels(picture)) > 100
