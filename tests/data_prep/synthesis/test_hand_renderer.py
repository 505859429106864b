import numpy as np
import pytest

from data_prep.synthesis.hand_pose import HANDSHAPES, joints_from_pose, make_skeleton
from data_prep.synthesis.hand_renderer import IMAGE_SIZE, Appearance, Light, View, render_hand

WALL = np.full((IMAGE_SIZE, IMAGE_SIZE, 3), 0.2, np.float32)
JOINTS = joints_from_pose(HANDSHAPES["open"], make_skeleton())


def render(view: View) -> np.ndarray:
    appearance = Appearance((0.9, 0.7, 0.6), girth=1.0, light=Light(), wall=WALL)
    return render_hand(JOINTS, view, appearance, np.random.default_rng(0))


def test_the_hand_covers_the_middle_and_leaves_the_upper_corners_to_the_wall() -> None:
    picture = render(View()).astype(float) / 255
    assert np.abs(picture[:20, :20] - 0.2).max() < 0.1
    assert np.abs(picture[:20, -20:] - 0.2).max() < 0.1
    assert picture[140:160, 118:138].mean() > 0.4


def test_the_picture_moves_with_the_view() -> None:
    left, right = render(View(centre_px=(100.0, 150.0))), render(View(centre_px=(140.0, 150.0)))
    difference = left[:, 20:180].astype(float) - right[:, 60:220]
    assert np.abs(difference).mean() < 6  # apart from the sensor noise, which stays where it is


@pytest.mark.parametrize("wrong", [{"direction": (0, 0, 0)}, {"ambient": 1.5}, {"exposure": 0}])
def test_error_for_an_impossible_light(wrong: dict) -> None:
    with pytest.raises(ValueError, match="a light needs a direction"):
        Light(**wrong)
