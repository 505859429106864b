import numpy as np

from data_prep.synthesis.hand_pose import (
    FINGERS,
    HANDSHAPES,
    add_jitter,
    interpolate,
    joints_from_pose,
    make_skeleton,
)


def test_bones_have_the_same_lengths_in_every_pose() -> None:
    hand = make_skeleton(palm_width=1.05, palm_length=0.97, finger_lengths=(1.1, 0.9, 1.0, 1.02, 0.98))
    rng = np.random.default_rng(0)
    for pose in HANDSHAPES.values():
        joints = joints_from_pose(add_jitter(pose, rng), hand)
        assert joints.shape == (21, 3)
        chains = joints[1:].reshape(5, 4, 3)
        np.testing.assert_allclose(chains[:, 0], hand.bases_mm)
        np.testing.assert_allclose(np.linalg.norm(np.diff(chains, axis=1), axis=-1), hand.bones_mm)


def test_straight_fingers_point_up_and_curled_fingers_return_to_the_palm() -> None:
    open_hand, fist = (joints_from_pose(HANDSHAPES[name], make_skeleton()) for name in ("open", "fist"))
    for finger in range(1, len(FINGERS)):
        base, tip = 1 + 4 * finger, 4 + 4 * finger
        assert open_hand[tip, 1] > open_hand[base, 1] + 60
        assert fist[tip, 1] < fist[base, 1]
        assert fist[tip, 2] > 0, "the fingertip is on the viewer's side of the palm"


def test_interpolation_starts_and_ends_at_the_given_poses() -> None:
    start, end = HANDSHAPES["fist"], HANDSHAPES["open"]
    np.testing.assert_array_equal(interpolate(start, end, 0.0), start)
    np.testing.assert_allclose(interpolate(start, end, 0.5), (start + end) / 2)
    np.testing.assert_allclose(interpolate(start, end, 1.0), end)
