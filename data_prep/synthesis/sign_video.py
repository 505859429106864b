"""Videos of a signing hand: key handshapes become a timeline of poses, then rendered frames, then an mp4 file."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from data_prep.atomic import atomic_write
from data_prep.synthesis.hand_pose import (
    HANDSHAPES,
    NUM_ANGLES,
    Skeleton,
    add_jitter,
    interpolate,
    joints_from_pose,
    make_skeleton,
)
from data_prep.synthesis.hand_renderer import IMAGE_SIZE, Appearance, Light, View, draw_wall, render_hand

FRAME_RATE_HZ = 15

# Range of rotations in which the hand tracker finds the hand in nearly every frame.
_PITCH_RANGE_DEG = (-15.0, 18.0)
_YAW_RANGE_DEG = (-10.0, 20.0)
_ROLL_RANGE_DEG = (-22.0, 22.0)

_SKINS_RGB = (
    (0.96, 0.82, 0.73),
    (0.93, 0.76, 0.65),
    (0.89, 0.70, 0.56),
    (0.83, 0.62, 0.48),
    (0.76, 0.55, 0.41),
    (0.67, 0.47, 0.34),
    (0.57, 0.39, 0.28),
    (0.48, 0.32, 0.23),
    (0.40, 0.27, 0.20),
)

# Standard deviations of the slow drift within a clip, and of the difference between clips.
_ANGLE_DRIFT_DEG = 1.0
_VIEW_DRIFT = np.array([1.5, 1.5, 1.5, 0.008, 1.5, 1.5])  # pitch, yaw, roll in degrees; scale; x, y in pixels
_VIEW_CHANGE = np.array([3.0, 3.0, 4.0, 0.02, 6.0, 5.0])


@dataclass(frozen=True, eq=False)
class Signer:
    """A person who signs, in front of a certain wall.

    Attributes:
        hand: Skeleton of the hand.
        appearance: Skin, thickness, light and wall.
        view: Usual position and rotation of the hand.
        tempo: Speed of signing relative to the average.
        left_handed: Whether the frames of the right hand are mirrored.
    """

    hand: Skeleton
    appearance: Appearance
    view: View
    tempo: float
    left_handed: bool

    def __post_init__(self) -> None:
        if self.tempo <= 0:
            raise ValueError(f"tempo is {self.tempo}, expected a positive factor")


def draw_signer(rng: np.random.Generator, left_handed: bool) -> Signer:
    """Return a signer with random proportions, skin, light, wall, tempo and position of the hand."""
    hand = make_skeleton(
        palm_width=rng.uniform(0.93, 1.07),
        palm_length=rng.uniform(0.95, 1.05),
        finger_lengths=tuple(rng.uniform(0.95, 1.05) * rng.uniform(0.97, 1.03, 5)),
    )
    light = Light(
        direction=(rng.uniform(-0.6, 0.6), rng.uniform(0.5, 1.0), rng.uniform(0.4, 0.9)),
        ambient=rng.uniform(0.35, 0.6),
        exposure=rng.uniform(0.92, 1.05),
    )
    skin = _SKINS_RGB[rng.integers(len(_SKINS_RGB))]
    view = View(
        pitch_deg=rng.uniform(-9, 12),
        yaw_deg=rng.uniform(-5, 14),
        roll_deg=rng.uniform(-13, 13),
        scale_px_per_mm=rng.uniform(0.72, 0.92),
        centre_px=(rng.uniform(116, 140), rng.uniform(148, 162)),
    )
    appearance = Appearance(skin, girth=rng.uniform(0.93, 1.07), light=light, wall=draw_wall(rng))
    return Signer(hand, appearance, view, tempo=rng.uniform(0.9, 1.12), left_handed=left_handed)


@dataclass(frozen=True)
class Key:
    """A key handshape on the timeline.

    Attributes:
        handshape: Name of a handshape in `HANDSHAPES`.
        hold_s: Time for which the handshape is held.
        transition_s: Time from the end of the previous key to the start of this one; ignored for the first key.
    """

    handshape: str
    hold_s: float
    transition_s: float = 0.0

    def __post_init__(self) -> None:
        if self.handshape not in HANDSHAPES:
            raise ValueError(f"no handshape {self.handshape!r}; expected one of {', '.join(HANDSHAPES)}")
        if self.hold_s <= 0 or self.transition_s < 0:
            raise ValueError(
                f"{self.handshape}: hold_s is {self.hold_s} and transition_s is {self.transition_s}, expected hold_s "
                "above 0 and transition_s of 0 or more"
            )


def render_keys(keys: Sequence[Key], signer: Signer, rng: np.random.Generator) -> np.ndarray:
    """Render a signer who signs a sequence of key handshapes.

    Args:
        keys: One or more keys.
        signer: Who signs; the frames of a left-handed signer are mirrored.
        rng: Random generator for everything that differs between clips of the same signs. The distribution of the
            frames is symmetric in time: the reversed frames are as likely as frames rendered from the reversed keys.

    Returns:
        (T, 256, 256, 3) uint8 RGB at `FRAME_RATE_HZ`.
    """
    poses = build_timeline(keys, signer.tempo, rng)
    poses += _ANGLE_DRIFT_DEG * _drift(len(poses), NUM_ANGLES, rng)
    views = _views(signer.view, len(poses), rng)
    frames = np.stack(
        [
            render_hand(joints_from_pose(pose, signer.hand), view, signer.appearance, rng)
            for pose, view in zip(poses, views, strict=True)
        ]
    )
    return frames[:, :, ::-1] if signer.left_handed else frames


def build_timeline(keys: Sequence[Key], tempo: float, rng: np.random.Generator) -> np.ndarray:
    """Return the pose at each frame: keys are held with some jitter, and a cosine leads from each to the next.

    Returns:
        Poses (T, 21) in degrees at `FRAME_RATE_HZ`.
    """
    times_s: list[float] = []
    poses: list[np.ndarray] = []
    for key in keys:
        pose = add_jitter(HANDSHAPES[key.handshape], rng)
        begin_s = times_s[-1] + key.transition_s / tempo if times_s else 0.0
        times_s += [begin_s, begin_s + key.hold_s / tempo]
        poses += [pose, pose]
    num_frames = max(round(times_s[-1] * FRAME_RATE_HZ), 1)
    # Each frame is taken at the middle of its interval, so that reversed keys give reversed frames.
    at_s = (np.arange(num_frames) + 0.5) * times_s[-1] / num_frames
    before = np.clip(np.searchsorted(times_s, at_s, side="right") - 1, 0, len(times_s) - 2)
    return np.stack(
        [
            interpolate(poses[i], poses[i + 1], (now_s - times_s[i]) / (times_s[i + 1] - times_s[i]))
            for i, now_s in zip(before, at_s, strict=True)
        ]
    )


def _drift(num_frames: int, num_channels: int, rng: np.random.Generator) -> np.ndarray:
    """Return smooth noise (T, channels) of unit variance: the sum of two slow sines with random period and phase."""
    time_s = np.arange(num_frames)[:, None, None] / FRAME_RATE_HZ
    period_s = rng.uniform(1.0, 4.0, (num_channels, 2))
    phase = rng.uniform(0, 2 * np.pi, (num_channels, 2))
    return np.sin(2 * np.pi * time_s / period_s + phase).sum(axis=-1)


def _views(usual: View, num_frames: int, rng: np.random.Generator) -> list[View]:
    """Return the view of each frame: the signer's usual view, changed for the clip and drifting slowly within it."""
    change = _VIEW_CHANGE * rng.standard_normal(6) + _VIEW_DRIFT * _drift(num_frames, 6, rng)
    return [
        replace(
            usual,
            pitch_deg=float(np.clip(usual.pitch_deg + pitch, *_PITCH_RANGE_DEG)),
            yaw_deg=float(np.clip(usual.yaw_deg + yaw, *_YAW_RANGE_DEG)),
            roll_deg=float(np.clip(usual.roll_deg + roll, *_ROLL_RANGE_DEG)),
            scale_px_per_mm=usual.scale_px_per_mm * float(np.exp(scale)),
            centre_px=(usual.centre_px[0] + x, usual.centre_px[1] + y),
        )
        for pitch, yaw, roll, scale, x, y in change
    ]


def write_sign_video(path: Path, frames: np.ndarray) -> None:
    """Write frames (T, 256, 256, 3) uint8 RGB as an mp4 file (H.264, 15 frames per second), atomically."""
    # With a single thread, the same frames give the same file on every machine.
    options = {"crf": "20", "preset": "veryfast", "threads": "1"}
    with atomic_write(path) as partial, av.open(partial, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(FRAME_RATE_HZ), options=options)
        stream.width = stream.height = IMAGE_SIZE
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
