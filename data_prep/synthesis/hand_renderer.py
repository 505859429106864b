"""Renders a hand in front of a wall as a picture from a small camera.

The hand is made of round cones around the bones. A round cone is the convex hull of two spheres. In orthographic
projection, its depth and normal at every pixel have a closed form, so neither a mesh nor a GPU is needed. Perspective
is applied beforehand: each sphere is moved and scaled to where the camera sees it.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

IMAGE_SIZE = 256
CAMERA_DISTANCE_MM = 550.0

# Depth over which two surfaces blend where they meet. With hard creases, the tracker misses about 6 % of the hands.
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
# Depth of pixels without a hand, and the even greater depth of pixels outside a cone, so that a cone never blends into
# the background.
_FAR_BEHIND = np.float32(-1e4)
_NOWHERE = np.float32(-2e4)


@dataclass(frozen=True)
class Light:
    """Light from one lamp and from the room.

    Attributes:
        direction: Vector of any length from the hand to the lamp: x to the right, y up, z to the viewer.
        ambient: Fraction of the light that comes from all directions.
        exposure: Factor on the brightness of the hand.
    """

    direction: tuple[float, float, float] = (-0.3, 0.8, 0.6)
    ambient: float = 0.45
    exposure: float = 1.0

    def __post_init__(self) -> None:
        if not any(self.direction) or not 0 <= self.ambient <= 1 or self.exposure <= 0:
            raise ValueError("a light needs a direction, an ambient share between 0 and 1 and a positive exposure")


@dataclass(frozen=True)
class View:
    """Rotation, size and position of the hand in the picture.

    Attributes:
        pitch_deg: Rotation that moves the fingertips towards the viewer if positive.
        yaw_deg: Rotation that moves the side of the thumb away from the viewer if positive.
        roll_deg: Rotation that leans the fingers to the side of the thumb if positive.
        scale_px_per_mm: Size of the hand at the distance of the camera.
        centre_px: Position (x, y) of the middle of the palm.
    """

    pitch_deg: float = 0.0
    yaw_deg: float = 0.0
    roll_deg: float = 0.0
    scale_px_per_mm: float = 0.8
    centre_px: tuple[float, float] = (128.0, 150.0)


@dataclass(frozen=True)
class Appearance:
    """Look of a hand and of the wall behind it.

    Attributes:
        skin_rgb: Colour of the skin in full light, from 0 to 1.
        girth: Factor on the thickness of fingers and palm.
        light: Light on the hand.
        wall: Background (256, 256, 3) float32 from 0 to 1.
    """

    skin_rgb: tuple[float, float, float]
    girth: float
    light: Light
    wall: np.ndarray = field(repr=False)


def render_hand(joints_mm: np.ndarray, view: View, appearance: Appearance, rng: np.random.Generator) -> np.ndarray:
    """Render one frame.

    Args:
        joints_mm: Joints (21, 3) in the coordinate system of the hand.
        view: Rotation, size and position of the hand.
        appearance: Look of the hand and of the wall.
        rng: Random generator for the sensor noise.

    Returns:
        Picture (256, 256, 3) uint8 RGB.
    """
    cones = _project(_rotate(_make_flesh(joints_mm, appearance.girth), view), view)
    depth, normals = _draw_cones(cones)
    covered = (depth > _FAR_BEHIND).astype(np.float32)
    normals = _smooth_normals(normals, covered, _SKIN_BLUR_MM * view.scale_px_per_mm)
    hand = _shade(normals, appearance)
    image = appearance.wall + covered[..., None] * (hand - appearance.wall)
    image = cv2.GaussianBlur(image, (0, 0), _IMAGE_BLUR_PX)
    image += _SENSOR_NOISE * rng.standard_normal(image.shape, dtype=np.float32)
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


def draw_wall(rng: np.random.Generator) -> np.ndarray:
    """Return a wall in a muted colour with a gradient and a few soft blocks: (256, 256, 3) float32 from 0 to 1."""
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
    """K round cones, each the convex hull of two spheres.

    Attributes:
        ends: Centres (K, 2, 3) of the spheres.
        radii: Radii (K, 2) of the spheres.
        blend: Depth (K,) over which each cone blends into those drawn before it.
    """

    ends: np.ndarray
    radii: np.ndarray
    blend: np.ndarray


def _make_flesh(joints: np.ndarray, girth: float) -> _Cones:
    """Return the cones around a skeleton, in mm and hand coordinates: first the palm, then the fingers."""
    wrist, fingers = joints[0], joints[1:].reshape(5, 4, 3)
    knuckles = fingers[1:, 0]
    carpals = wrist + np.array([(12, 6, 0), (4, 6, 1), (-6, 6, 1), (-14, 5, 0)])
    thumb_base, thumb_knuckle = fingers[0, 0], fingers[0, 1]
    palm: list[tuple[np.ndarray, np.ndarray, float, float]] = []
    palm += [(carpals[i], knuckles[i], 15.5, 11.5) for i in range(4)]
    palm += [((carpals[i] + carpals[i + 1]) / 2, (knuckles[i] + knuckles[i + 1]) / 2, 14.5, 10.5) for i in range(3)]
    # The webs lie a little beyond the line of the knuckles; those of the thumb follow the thumb.
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


def _rotate(cones: _Cones, view: View) -> _Cones:
    """Rotate the cones about the middle of the palm, and add a forearm that extends beyond the picture."""
    middle = np.array([0.0, 60.0, 0.0])
    rotation = _rotation_matrix(view.pitch_deg, view.yaw_deg, view.roll_deg)
    ends = (cones.ends - middle) @ rotation.T
    wrist = (np.array([0.0, 4.0, 0.0]) - middle) @ rotation.T
    # The forearm follows half of the roll of the hand and none of its pitch, because the wrist bends.
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


def _rotation_matrix(pitch_deg: float, yaw_deg: float, roll_deg: float) -> np.ndarray:
    """Return the rotation (3, 3) by yaw, then pitch, then roll, about the axes of the viewer."""
    p, y, r = np.radians((pitch_deg, yaw_deg, roll_deg))
    pitch = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    yaw = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    roll = np.array([[np.cos(r), np.sin(r), 0], [-np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return roll @ pitch @ yaw


def _project(cones: _Cones, view: View) -> _Cones:
    """Project the cones to pixels, with y down and depth to the viewer; perspective scales each sphere."""
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
    """Return the depth (256, 256) and the normals (256, 256, 3), which have any length and y down, of all cones."""
    depth = np.full((IMAGE_SIZE, IMAGE_SIZE), _FAR_BEHIND, dtype=np.float32)
    normals = np.zeros((IMAGE_SIZE, IMAGE_SIZE, 3), dtype=np.float32)
    lows = np.floor((cones.ends[..., :2] - cones.radii[..., None]).min(axis=1)).clip(0, IMAGE_SIZE).astype(int)
    highs = np.ceil((cones.ends[..., :2] + cones.radii[..., None]).max(axis=1) + 1).clip(0, IMAGE_SIZE).astype(int)
    for ends, radii, blend, low, high in zip(cones.ends, cones.radii, cones.blend, lows, highs, strict=True):
        if (low < high).all():
            box = np.s_[low[1] : high[1], low[0] : high[0]]
            x = np.arange(low[0], high[0], dtype=np.float32)
            y = np.arange(low[1], high[1], dtype=np.float32)[:, None]
            _blend_into(depth[box], normals[box], *_draw_round_cone(x, y, ends, radii), float(blend))
    return depth, normals


def _draw_round_cone(
    x: np.ndarray, y: np.ndarray, ends: np.ndarray, radii: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the depth and the normal of a round cone at each pixel.

    The cone is swept by a sphere that moves from one end (t = 0) to the other (t = 1). The depth at a pixel is the
    maximum over t of z(t) + sqrt(q(t)), where q(t) = a t^2 + 2 b t + c is the squared radius of the sphere minus the
    squared distance of the pixel from its centre. The sum is concave wherever q is positive, so the maximum is where
    the derivative is zero, or at the nearest end if that is outside 0..1.
    """
    (dx, dy, dz), dr = (float(step) for step in ends[1] - ends[0]), float(radii[1] - radii[0])
    radius = float(radii[0])
    px, py = x - np.float32(ends[0, 0]), y - np.float32(ends[0, 1])
    # If the axis points to the viewer, one sphere can hide the other; then only the nearer end is visible.
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
    """Blend a cone into the picture in place, by a polynomial soft maximum of the depths.

    Where one surface is nearer by `blend` or more, it hides the other completely.
    """
    ahead = np.clip((new_depth - depth) * np.float32(0.5 / blend) + np.float32(0.5), 0, 1)
    np.maximum(depth, new_depth, out=depth)
    depth += np.float32(blend) * ahead * (1 - ahead)
    normals += ahead[..., None] * (new_normals - normals)


def _smooth_normals(normals: np.ndarray, covered: np.ndarray, sigma_px: float) -> np.ndarray:
    """Blur the normals inside the hand and scale them to unit length."""
    blurred = cv2.GaussianBlur(normals * covered[..., None], (0, 0), sigma_px)
    length = np.sqrt(np.einsum("hwc,hwc->hw", blurred, blurred))
    return blurred / np.maximum(length, np.float32(1e-6))[..., None]


def _shade(normals: np.ndarray, appearance: Appearance) -> np.ndarray:
    """Return the colour of the skin at every pixel.

    Wrapped Lambert shading keeps the edges from turning black; shadows are a little warmer than lit skin.
    """
    light = appearance.light
    to_lamp = np.array(light.direction) / np.linalg.norm(light.direction) * (1, -1, 1)
    lit = np.maximum((normals @ to_lamp.astype(np.float32) + np.float32(_WRAP)) / np.float32(1 + _WRAP), 0)
    brightness = np.float32(light.ambient) + np.float32(1 - light.ambient) * lit
    shade = 1 - brightness
    skin = np.array(appearance.skin_rgb, dtype=np.float32) * np.float32(light.exposure)
    return skin * (brightness[..., None] + shade[..., None] * np.array((0.06, 0.0, -0.04), dtype=np.float32))
