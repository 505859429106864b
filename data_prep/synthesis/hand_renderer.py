"""Draws a hand: flesh of tapered round cones on a skeleton, shaded, before a wall, as the pixels of a small camera.

A round cone is the hull of two spheres. Seen from straight ahead, its depth and normal at every pixel have a closed
form, so no mesh and no graphics card are needed. Perspective is taken care of beforehand, by moving and scaling
each sphere to where the camera sees it.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

IMAGE_SIZE = 256
CAMERA_DISTANCE_MM = 550.0

# Two surfaces that meet melt into each other over this depth. Hard creases cost the tracker about 6 % of the hands.
_PALM_BLEND_MM = 10.0
_FINGER_BLEND_MM = 3.0
_SKIN_BLUR_MM = 1.6
_IMAGE_BLUR_PX = 0.6
_SENSOR_NOISE = 0.012
_WRAP = 0.6

_FINGER_RADII_MM = (
    (16.0, 11.5, 10.0, 8.4),
    (10.5, 9.4, 8.3, 7.2),
    (10.5, 9.5, 8.4, 7.3),
    (10.2, 9.0, 8.0, 7.0),
    (9.2, 8.0, 7.2, 6.3),
)
# Where nothing has been drawn; and, farther still, where a cone is not, so that it never melts into nothing.
_FAR_BEHIND = np.float32(-1e4)
_NOWHERE = np.float32(-2e4)


@dataclass(frozen=True)
class Light:
    """One lamp and the light of the room.

    Attributes:
        direction: From the hand to the lamp: x right, y up, z to the viewer; any length.
        ambient: The share of light that comes from everywhere.
        exposure: A factor on the brightness of the hand.
    """

    direction: tuple[float, float, float] = (-0.3, 0.8, 0.6)
    ambient: float = 0.45
    exposure: float = 1.0

    def __post_init__(self) -> None:
        """Check the values."""
        if not any(self.direction) or not 0 <= self.ambient <= 1 or self.exposure <= 0:
            raise ValueError("a light needs a direction, an ambient share between 0 and 1 and a positive exposure")


@dataclass(frozen=True)
class View:
    """How the hand is held before the camera.

    Attributes:
        pitch_deg: Positive tips the fingers to the viewer.
        yaw_deg: Positive turns the thumb's side away from the viewer.
        roll_deg: Positive leans the fingers to the thumb's side.
        scale_px_per_mm: At the camera's distance.
        centre_px: (x, y) where the middle of the palm is seen.
    """

    pitch_deg: float = 0.0
    yaw_deg: float = 0.0
    roll_deg: float = 0.0
    scale_px_per_mm: float = 0.8
    centre_px: tuple[float, float] = (128.0, 150.0)


@dataclass(frozen=True)
class Appearance:
    """What a hand and the wall behind it look like.

    Attributes:
        skin_rgb: Colour of the skin in full light, 0 to 1.
        girth: A factor on the thickness of fingers and palm.
        light: The light on it.
        wall: (256, 256, 3) float32, 0 to 1; what is behind the hand.
    """

    skin_rgb: tuple[float, float, float]
    girth: float
    light: Light
    wall: np.ndarray = field(repr=False)


def render_hand(joints_mm: np.ndarray, view: View, appearance: Appearance, rng: np.random.Generator) -> np.ndarray:
    """One frame of video.

    Args:
        joints_mm: (21, 3) joints in the frame of the hand.
        view: How it is held.
        appearance: What it looks like.
        rng: Where the noise of the sensor is drawn from.

    Returns:
        (256, 256, 3) uint8 RGB.
    """
    cones = _project(_turn(_flesh(joints_mm, appearance.girth), view), view)
    depth, normals = _draw_cones(cones)
    covered = (depth > _FAR_BEHIND).astype(np.float32)
    normals = _smooth_normals(normals, covered, _SKIN_BLUR_MM * view.scale_px_per_mm)
    hand = _shade(normals, appearance)
    image = appearance.wall + covered[..., None] * (hand - appearance.wall)
    image = cv2.GaussianBlur(image, (0, 0), _IMAGE_BLUR_PX)
    image += _SENSOR_NOISE * rng.standard_normal(image.shape, dtype=np.float32)
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


def draw_wall(rng: np.random.Generator) -> np.ndarray:
    """A muted wall with a gradient and a few soft blocks on it: (256, 256, 3) float32, 0 to 1."""
    grey = rng.uniform(0.3, 0.75)
    colour = np.clip(grey + rng.uniform(-0.05, 0.05, 3), 0, 1)
    y, x = np.mgrid[-1 : 1 : IMAGE_SIZE * 1j, -1 : 1 : IMAGE_SIZE * 1j].astype(np.float32)
    slope = rng.uniform(-0.08, 0.08, 2)
    wall = (colour + (slope[0] * x + slope[1] * y)[..., None]).astype(np.float32)
    for _ in range(rng.integers(2, 6)):
        left, top = rng.integers(-60, IMAGE_SIZE - 20, 2)
        width, height = rng.integers(40, 150, 2)
        shift = rng.uniform(-0.12, 0.12) + rng.uniform(-0.03, 0.03, 3)
        wall[max(top, 0) : top + height, max(left, 0) : left + width] += shift.astype(np.float32)
    return np.clip(cv2.GaussianBlur(wall, (0, 0), rng.uniform(3, 8)), 0, 1)


@dataclass(frozen=True)
class _Cones:
    """K round cones: two spheres each.

    Attributes:
        ends: (K, 2, 3) the spheres' centres.
        radii: (K, 2).
        blend: (K,) how softly each melts into what was drawn before it.
    """

    ends: np.ndarray
    radii: np.ndarray
    blend: np.ndarray


def _flesh(joints: np.ndarray, girth: float) -> _Cones:
    """The flesh on a skeleton, in mm, in the frame of the hand: the palm first, then the fingers upon it."""
    wrist, fingers = joints[0], joints[1:].reshape(5, 4, 3)
    knuckles = fingers[1:, 0]
    carpals = wrist + np.array([(12, 6, 0), (4, 6, 1), (-6, 6, 1), (-14, 5, 0)])
    thumb_base, thumb_knuckle = fingers[0, 0], fingers[0, 1]
    palm: list[tuple[np.ndarray, np.ndarray, float, float]] = []
    palm += [(carpals[i], knuckles[i], 15.5, 11.5) for i in range(4)]
    palm += [((carpals[i] + carpals[i + 1]) / 2, (knuckles[i] + knuckles[i + 1]) / 2, 14.5, 10.5) for i in range(3)]
    # Webs, a little beyond the knuckles' line; the web of the thumb runs with it.
    palm += [(knuckles[i] + (0, 3, 0), knuckles[i + 1] + (0, 3, 0), 9.0, 9.0) for i in range(3)]
    palm.append((_between(thumb_base, thumb_knuckle, 0.75), _between(carpals[0], knuckles[0], 0.7), 9.5, 9.0))
    palm.append((_between(thumb_base, thumb_knuckle, 0.4), _between(carpals[0], knuckles[0], 0.4), 12.0, 11.0))
    # The ball of the thumb and the heel of the hand.
    palm.append((wrist + np.array((12, 8, 5)), _between(thumb_base, thumb_knuckle, 0.75), 15.0, 13.0))
    palm.append((wrist + np.array((-14, 8, 4)), knuckles[3] + (2, -18, 4), 15.0, 11.0))
    bones = [
        (chain[i], chain[i + 1], radii[i], radii[i + 1])
        for chain, radii in zip(fingers, _FINGER_RADII_MM, strict=True)
        for i in range(3)
    ]
    both = palm + bones
    blend = np.repeat((_PALM_BLEND_MM, _FINGER_BLEND_MM), (len(palm), len(bones)))
    ends = np.array([cone[:2] for cone in both])
    return _Cones(ends, girth * np.array([cone[2:] for cone in both]), blend)


def _between(start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
    return start + share * (end - start)


def _turn(cones: _Cones, view: View) -> _Cones:
    """The cones turned as the hand is held, about the middle of the palm, with a forearm that leaves the picture."""
    middle = np.array([0.0, 60.0, 0.0])
    rotation = _rotation(view.pitch_deg, view.yaw_deg, view.roll_deg)
    ends = (cones.ends - middle) @ rotation.T
    wrist = (np.array([0.0, 4.0, 0.0]) - middle) @ rotation.T
    # The forearm follows the hand's lean by half and its pitch not at all: the wrist bends.
    lean = np.radians(view.roll_deg / 2)
    elbow = wrist + 260.0 * np.array([-np.sin(lean), -np.cos(lean), -0.1])
    girth = cones.radii[0, 0] / 15.5
    aside = np.array([(-8.0, 0, 0), (8.0, 0, 0)])
    forearm = np.stack([wrist + aside, elbow + 1.6 * aside], axis=1)
    return _Cones(
        np.concatenate([forearm, ends]),
        np.concatenate([np.array([[19.0, 30.0]] * 2) * girth, cones.radii]),
        np.concatenate([[_PALM_BLEND_MM] * 2, cones.blend]),
    )


def _rotation(pitch_deg: float, yaw_deg: float, roll_deg: float) -> np.ndarray:
    """(3, 3): yaw, then pitch, then roll, each about the viewer's axes."""
    p, y, r = np.radians((pitch_deg, yaw_deg, roll_deg))
    pitch = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    yaw = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    roll = np.array([[np.cos(r), np.sin(r), 0], [-np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return roll @ pitch @ yaw


def _project(cones: _Cones, view: View) -> _Cones:
    """To pixels, y down, depth to the viewer; each sphere as large as perspective makes it."""
    scale = view.scale_px_per_mm
    magnified = scale * CAMERA_DISTANCE_MM / (CAMERA_DISTANCE_MM - cones.ends[..., 2])
    ends = np.stack(
        [
            view.centre_px[0] + magnified * cones.ends[..., 0],
            view.centre_px[1] - magnified * cones.ends[..., 1],
            scale * cones.ends[..., 2],
        ],
        axis=-1,
    )
    return _Cones(ends, magnified * cones.radii, scale * cones.blend)


def _draw_cones(cones: _Cones) -> tuple[np.ndarray, np.ndarray]:
    """Depth (256, 256), far behind where nothing is, and unnormalised normals (256, 256, 3), y down."""
    depth = np.full((IMAGE_SIZE, IMAGE_SIZE), _FAR_BEHIND, dtype=np.float32)
    normals = np.zeros((IMAGE_SIZE, IMAGE_SIZE, 3), dtype=np.float32)
    lows = np.floor((cones.ends[..., :2] - cones.radii[..., None]).min(axis=1)).clip(0, IMAGE_SIZE).astype(int)
    highs = np.ceil((cones.ends[..., :2] + cones.radii[..., None]).max(axis=1) + 1).clip(0, IMAGE_SIZE).astype(int)
    for ends, radii, blend, low, high in zip(cones.ends, cones.radii, cones.blend, lows, highs, strict=True):
        if (low < high).all():
            box = np.s_[low[1] : high[1], low[0] : high[0]]
            x = np.arange(low[0], high[0], dtype=np.float32)
            y = np.arange(low[1], high[1], dtype=np.float32)[:, None]
            _blend_into(depth[box], normals[box], *_round_cone(x, y, ends, radii), float(blend))
    return depth, normals


def _round_cone(x: np.ndarray, y: np.ndarray, ends: np.ndarray, radii: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depth and normal at each pixel of the spheres swept from one end to the other.

    The depth at a pixel is the greatest z(t) + sqrt(q(t)) over t in 0..1, where q(t), the squared radius less the
    squared distance to the axis, is a parabola a t^2 + 2 b t + c. The greatest lies where the derivative is nought,
    or at the end next to that, for the sum is concave wherever q is positive.
    """
    (dx, dy, dz), dr = (float(step) for step in ends[1] - ends[0]), float(radii[1] - radii[0])
    radius = float(radii[0])
    px, py = x - np.float32(ends[0, 0]), y - np.float32(ends[0, 1])
    # An axis towards the viewer leaves one sphere inside the other: then the nearer end is all there is to see.
    a = min(dr * dr - dx * dx - dy * dy, -1e-3)
    b = px * np.float32(dx) + (py * np.float32(dy) + np.float32(radius * dr))
    c = np.float32(radius * radius) - (px * px + py * py)
    spread = np.sqrt(np.maximum(c - b * b * np.float32(1 / a), 0))
    t = b * np.float32(-1 / a) + spread * np.float32(dz / np.sqrt(a * (a - dz * dz)))
    np.clip(t, 0, 1, out=t)
    q = (np.float32(a) * t + 2 * b) * t + c
    rise = np.sqrt(np.maximum(q, 0))
    depth = np.where(q > 0, np.float32(ends[0, 2]) + np.float32(dz) * t + rise, _NOWHERE)
    normal = np.stack([px - np.float32(dx) * t, py - np.float32(dy) * t, rise], axis=-1)
    return depth, normal / (np.float32(radius) + np.float32(dr) * t)[..., None]


def _blend_into(
    depth: np.ndarray, normals: np.ndarray, new_depth: np.ndarray, new_normals: np.ndarray, blend: float
) -> None:
    """A polynomial soft maximum of the depths, in place; where one is nearer by `blend` or more it is just that one."""
    ahead = np.clip((new_depth - depth) * np.float32(0.5 / blend) + np.float32(0.5), 0, 1)
    np.maximum(depth, new_depth, out=depth)
    depth += np.float32(blend) * ahead * (1 - ahead)
    normals += ahead[..., None] * (new_normals - normals)


def _smooth_normals(normals: np.ndarray, covered: np.ndarray, sigma_px: float) -> np.ndarray:
    """Unit normals, blurred within the hand alone; y down."""
    blurred = cv2.GaussianBlur(normals * covered[..., None], (0, 0), sigma_px)
    length = np.sqrt(np.einsum("hwc,hwc->hw", blurred, blurred))
    return blurred / np.maximum(length, np.float32(1e-6))[..., None]


def _shade(normals: np.ndarray, appearance: Appearance) -> np.ndarray:
    """Colour of the skin at every pixel: wrapped Lambert, so that no edge falls into black, and warmer in the shade."""
    light = appearance.light
    to_lamp = np.array(light.direction) / np.linalg.norm(light.direction) * (1, -1, 1)
    lit = np.maximum((normals @ to_lamp.astype(np.float32) + np.float32(_WRAP)) / np.float32(1 + _WRAP), 0)
    brightness = np.float32(light.ambient) + np.float32(1 - light.ambient) * lit
    shade = 1 - brightness
    skin = np.array(appearance.skin_rgb, dtype=np.float32) * np.float32(light.exposure)
    return skin * (brightness[..., None] + shade[..., None] * np.array((0.06, 0.0, -0.04), dtype=np.float32))
