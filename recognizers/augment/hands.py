"""Variations of landmarks of hands and body: camera angles, proportions, tempo and tracking errors."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from data_prep.errors import InputError
from data_prep.features.body_pose import mirrored_body
from data_prep.features.extractor import Frames, Signal
from data_prep.features.hand_tracker import HANDS, IMAGE, WRIST
from recognizers.augment.augment import mask_frames
from recognizers.augment.recombine import NO_RECOMBINATION, Recombine

MIDDLE_MCP = 9


@dataclass(frozen=True)
class HandsAugment:
    """Varies landmarks and the frames computed from them.

    Attributes:
        tempo: [slowest, fastest]: range of the random tempo, relative to the recorded one.
        rotation_deg: Largest rotation about each axis of space.
        stretch: Largest relative change of scale along each axis, as other hands and lenses would cause.
        joint_noise: Standard deviation of the noise added to each hand landmark, in palm lengths; body landmarks get
            none.
        mirror_share: Share of the clips that are mirrored, which swaps the hands and the sides of the body.
        lost_share: Share of the frames in which a hand is removed as if the tracker had lost it, drawn for each hand.
        time_masks: Number of spans of frames set to zero.
        time_mask_share: Largest length of such a span, as a share of the clip.
        recombine: New sequences of each signer's own signs or letters, only for texts.
    """

    modality: ClassVar[str | None] = "hands"

    tempo: tuple[float, float] = (0.8, 1.25)
    rotation_deg: float = 12.0
    stretch: float = 0.1
    joint_noise: float = 0.02
    mirror_share: float = 0.0
    lost_share: float = 0.02
    time_masks: int = 1
    time_mask_share: float = 0.1
    recombine: Recombine = NO_RECOMBINATION

    def __post_init__(self) -> None:
        if not 0 < self.tempo[0] <= self.tempo[1]:
            raise InputError(f"augment: tempo must be [slowest, fastest], above 0; found {self.tempo}")
        if not all(0 <= share <= 1 for share in (self.mirror_share, self.lost_share, self.time_mask_share)):
            raise InputError(f"augment: shares must be from 0 to 1; found {self}")
        if not 0 <= self.stretch < 1:
            raise InputError(f"augment: stretch must be from 0 to below 1; found {self.stretch}")
        if min(self.rotation_deg, self.joint_noise, self.time_masks) < 0:
            raise InputError(f"augment: rotation_deg, joint_noise and time_masks must be 0 or more; found {self}")

    def draw_speed(self, rng: np.random.Generator) -> float:
        """Draw a tempo."""
        return rng.uniform(*self.tempo)

    def wordless(self, signal: Signal, rng: np.random.Generator) -> Signal | None:
        """Return None: every clip keeps its target."""
        return None

    def signal(self, signal: Signal, speed: float, rng: np.random.Generator) -> Signal:
        """Distort, shake, mirror and drop landmarks (T, 2 or 3, 2, 21, 3): two hands and, if there is one, a body."""
        landmarks = signal.values @ self._distortion(rng).T
        hands, body = landmarks[:, :HANDS], landmarks[:, HANDS:]
        palm = np.linalg.norm(hands[:, :, :, MIDDLE_MCP] - hands[:, :, :, WRIST], axis=-1)  # (T, 2, 2)
        hands = hands + palm[..., None, None] * rng.normal(0, self.joint_noise, hands.shape)
        if rng.random() < self.mirror_share:
            hands, body = hands[:, ::-1] * np.array([-1, 1, 1]), mirrored_body(body)
        if len(hands) > 1:
            lost = rng.random((len(hands), HANDS)) < self.lost_share
            # Drop no hands at all rather than every hand of the clip.
            seen = ~np.isnan(hands[:, :, IMAGE, WRIST, 0])
            hands = np.where((lost & (seen & ~lost).any())[:, :, None, None, None], np.nan, hands)
        return Signal(np.concatenate([hands, body], axis=1).astype(np.float32), signal.rate_hz * speed)

    def frames(self, frames: Frames, rng: np.random.Generator) -> Frames:
        """Set spans of frames to zero."""
        return replace(frames, values=mask_frames(frames.values, self.time_masks, self.time_mask_share, rng))

    def _distortion(self, rng: np.random.Generator) -> np.ndarray:
        """Draw a matrix (3, 3): a rotation about each axis, then a change of scale along each."""
        matrix = np.eye(3)
        for axis, angle in enumerate(np.deg2rad(rng.uniform(-self.rotation_deg, self.rotation_deg, 3))):
            rotation = np.eye(3)
            first, second = (other for other in range(3) if other != axis)
            rotation[first, first] = rotation[second, second] = np.cos(angle)
            rotation[first, second], rotation[second, first] = -np.sin(angle), np.sin(angle)
            matrix = rotation @ matrix
        return np.diag(1 + rng.uniform(-self.stretch, self.stretch, 3)) @ matrix
