"""Poses of a right hand: named handshapes as joint angles, and the positions of the joints in millimetres.

The coordinate system is fixed to the hand, whose palm faces the viewer: +x points to the side of the thumb, +y along
the fingers, and +z out of the palm to the viewer. Joints are in the order of MediaPipe's landmarks: the wrist, then
the thumb, index, middle, ring and little finger, each from base to tip.
"""

from dataclasses import dataclass

import numpy as np

NUM_ANGLES = 21
FINGERS = ("thumb", "index", "middle", "ring", "little")

# A pose is an array of 21 angles in degrees: spread, palmar, twist, mcp and ip of the thumb, then abduction, mcp, pip
# and dip of each finger.
_FLEXIONS = np.array([3, 4] + [5 + 4 * finger + joint for finger in range(4) for joint in (1, 2, 3)])

WRIST_MM = (0.0, 8.0, 0.0)
_BASES_MM = ((23, 27, 9), (25, 86, 0), (4, 90, 0), (-16, 85, -1), (-34, 75, -3))
_BONES_MM = ((42, 32, 24), (41, 25, 19), (45, 28, 20), (42, 27, 20), (33, 20, 17))


@dataclass(frozen=True)
class Skeleton:
    """The bones of one hand.

    Attributes:
        bases_mm: Positions (5, 3) of the joints at which the fingers leave the palm: the CMC joint of the thumb and
            the MCP joints of the other fingers.
        bones_mm: Lengths (5, 3) of the three bones of each finger, from base to tip.
    """

    bases_mm: np.ndarray
    bones_mm: np.ndarray

    def __post_init__(self) -> None:
        if self.bases_mm.shape != (5, 3) or self.bones_mm.shape != (5, 3) or (self.bones_mm <= 0).any():
            raise ValueError("a skeleton needs bases_mm (5, 3) and bones_mm (5, 3) with positive lengths")


def make_skeleton(
    palm_width: float = 1.0, palm_length: float = 1.0, finger_lengths: tuple[float, ...] = (1.0,) * 5
) -> Skeleton:
    """Return the skeleton of an average hand, scaled by these factors; `finger_lengths` start with the thumb."""
    bases_mm = np.array(_BASES_MM, dtype=float) * (palm_width, palm_length, 1.0)
    return Skeleton(bases_mm, np.array(_BONES_MM, dtype=float) * np.array(finger_lengths)[:, None])


def joints_from_pose(pose: np.ndarray, hand: Skeleton) -> np.ndarray:
    """Compute the positions of the joints from a pose: angles (21,) in degrees (forward kinematics).

    Returns:
        Joints (21, 3) in mm, in the coordinate system of the hand.
    """
    angles = np.radians(pose)
    directions = np.stack([_thumb_directions(angles[:5])] + [_finger_directions(a) for a in angles[5:].reshape(4, 4)])
    steps = directions * hand.bones_mm[:, :, None]  # (5, 3 bones, 3)
    chains = np.concatenate([hand.bases_mm[:, None], steps], axis=1).cumsum(axis=1)  # (5, 4 joints, 3)
    return np.concatenate([[WRIST_MM], chains.reshape(20, 3)])


def _finger_directions(angles: np.ndarray) -> np.ndarray:
    """Return the direction (3, 3) of each bone; flexion bends the finger out of the plane of the palm."""
    abduction, flexion = angles[0], angles[1:].cumsum()
    along = np.array([np.sin(abduction), np.cos(abduction), 0.0])
    return np.cos(flexion)[:, None] * along + np.sin(flexion)[:, None] * (0.0, 0.0, 1.0)


def _thumb_directions(angles: np.ndarray) -> np.ndarray:
    """Return the direction (3, 3) of each bone; the thumb bends in a plane of its own, which `twist` rotates."""
    spread, palmar, twist = angles[:3]
    along = np.array([np.sin(spread) * np.cos(palmar), np.cos(spread) * np.cos(palmar), np.sin(palmar)])
    inward = np.array([-np.cos(spread), np.sin(spread), 0.0])
    outward = np.array([-np.sin(spread) * np.sin(palmar), -np.cos(spread) * np.sin(palmar), np.cos(palmar)])
    bend = np.cos(twist) * inward + np.sin(twist) * outward
    flexion = np.array([0.0, angles[3], angles[3] + angles[4]])
    return np.cos(flexion)[:, None] * along + np.sin(flexion)[:, None] * bend


def interpolate(start: np.ndarray, end: np.ndarray, progress: float) -> np.ndarray:
    """Return a pose between two others, with a smooth start and end; `progress` runs from 0 to 1."""
    weight = 0.5 - 0.5 * np.cos(np.pi * progress)
    return start + weight * (end - start)


def add_jitter(
    pose: np.ndarray, rng: np.random.Generator, flexion_deg: float = 4.0, spread_deg: float = 1.5
) -> np.ndarray:
    """Return the pose (21,) with Gaussian noise on its angles, since nobody repeats a handshape exactly.

    The noise has a standard deviation of `flexion_deg` on flexion angles, and of `spread_deg` on the others.
    """
    scale = np.full(NUM_ANGLES, spread_deg)
    scale[_FLEXIONS] = flexion_deg
    return pose + scale * rng.standard_normal(NUM_ANGLES)


_Angles = tuple[float, ...]

_CURLED: _Angles = (0, 84, 102, 60)
# Fingers of a fist are curled less tightly: with `_CURLED`, the tracker misses 6 % of the fists in photos.
_LOOSELY_CURLED: _Angles = (0, 70, 100, 60)


def _straight(abduction: float) -> _Angles:
    return (abduction, 2, 6, 4)


def _pose(thumb: _Angles, index: _Angles, middle: _Angles, ring: _Angles, little: _Angles) -> np.ndarray:
    return np.array(thumb + index + middle + ring + little, dtype=float)


_THUMB_OUT: _Angles = (62, 8, 10, 2, 2)
_THUMB_ACROSS_FIST: _Angles = (24, 52, 0, 52, 34)
_THUMB_IN_PALM: _Angles = (20, 34, 0, 52, 40)

HANDSHAPES: dict[str, np.ndarray] = {
    "relaxed": _pose((40, 24, 20, 12, 14), (6, 22, 28, 14), (1, 26, 32, 16), (-4, 30, 34, 18), (-9, 32, 34, 18)),
    "open": _pose((52, 12, 10, 3, 3), _straight(13), _straight(2), _straight(-9), _straight(-22)),
    "fist": _pose(_THUMB_ACROSS_FIST, *(4 * [_LOOSELY_CURLED])),
    "flat": _pose(_THUMB_IN_PALM, _straight(1), _straight(0), _straight(-1), _straight(-3)),
    "point": _pose(_THUMB_ACROSS_FIST, _straight(2), _CURLED, _CURLED, _CURLED),
    "victory": _pose(_THUMB_ACROSS_FIST, _straight(13), _straight(-8), _CURLED, _CURLED),
    "three_fingers": _pose(_THUMB_ACROSS_FIST, _straight(14), _straight(0), _straight(-13), _CURLED),
    "little": _pose(_THUMB_ACROSS_FIST, _CURLED, _CURLED, _CURLED, _straight(-12)),
    "thumb_index": _pose(_THUMB_OUT, _straight(2), _CURLED, _CURLED, _CURLED),
    "thumb_little": _pose(_THUMB_OUT, _CURLED, _CURLED, _CURLED, _straight(-20)),
    "thumb_index_little": _pose(_THUMB_OUT, _straight(6), _CURLED, _CURLED, _straight(-16)),
    "ring_of_index": _pose((30, 40, 30, 20, 20), (4, 60, 55, 30), _straight(4), _straight(-8), _straight(-20)),
    "ring_of_three": _pose((30, 46, 20, 25, 25), _straight(2), (0, 62, 60, 30), (-2, 66, 64, 34), (-4, 70, 66, 36)),
    "curved": _pose((42, 50, 40, 10, 14), (3, 36, 46, 26), (0, 38, 46, 26), (-3, 40, 46, 26), (-6, 42, 46, 26)),
}
