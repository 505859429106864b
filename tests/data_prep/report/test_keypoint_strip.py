"""The moments and the crop of a keypoint strip."""

import numpy as np

from data_prep.report.keypoint_strip import evenly_spaced, square_around


def test_moments_are_evenly_spaced_from_first_to_last() -> None:
    assert evenly_spaced(1, 8) == [0]
    assert evenly_spaced(3, 8) == [0, 1, 2]
    assert evenly_spaced(15, 8) == [0, 2, 4, 6, 8, 10, 12, 14]


def test_a_square_without_points_has_a_side_of_one() -> None:
    assert square_around(np.full((2, 21, 2), np.nan))[1] == 1.0
