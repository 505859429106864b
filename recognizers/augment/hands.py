"""Other cameras, tempos and trackers' slips: variations of landmarks of hands and the body."""

from dataclasses import dataclass, replace

import numpy as np

from data_prep.errors import InputError
from data_prep.features.body_pose import mirrored_body
from data_prep.features.extractor import Frames, Signal
from data_prep.features.hand_tracker import HANDS, IMAGE, WRIST
from recognizers.augment.augment import mask_frames

MIDDLE_MCP = 9


@dataclass(frozen=True)
class HandsAugment:
    """Variations of landmarks and of their frames.

    Attributes:
        tempo: [slowest, fastest]: signed at a random tempo between the two.
        rotation_deg: Largest turn about each axis of space.
        stretch: Largest change of width against height, as a share: other proportions, other lenses.
        joint_noise: Standard deviation of each hand landmark's error, in palm lengths; the body's have none.
        mirror_share: Share of the clips that are mirrored, their hands (and the body's sides) changing places.
        lost_share: Share of the frames in which the tracker misses a hand, drawn for each of the two.
        time_masks: Stretches of time set to zero.
        time_mask_share: The longest of them, as a share of the clip.
    """

    tempo: tuple[float, float] = (0.8, 1.25)
    rotation_deg: float = 12.0
    stretch: float = 0.1
    joint_noise: float = 0.02
    mirror_share: float = 0.0
    lost_share: float = 0.02
    time_masks: int = 1
    time_mask_share: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.tempo[0] <= self.tempo[1]:
            raise InputError(f"augment: tempo must be [slowest, fastest], above 0; found {self.tempo}")
        if not all(0 <= share <= 1 for share in (self.mirror_share, self.lost_share, self.time_mask_share)):
            raise InputError(f"augment: shares must be from 0 to 1; found {self}")
        if not 0 <= self.stretch < 1:
            raise InputError(f"augment: stretch must be from 0 to below 1; found {self.stretch}")
        if min(self.rotation_deg, self.joint_noise, self.time_masks) < 0:
            raise InputError(f"augment: rotation_deg, joint_noise and time_masks must be 0 or more; found {self}")

    def rate(self, rng: np.random.Generator) -> float:
        """A tempo."""
        return rng.uniform(*self.tempo)

    def signal(self, signal: Signal, rate: float, rng: np.random.Generator) -> Signal:
        """Turned, stretched, shaken, mirrored landmarks (T, 2, 2, 21, 3) at another tempo; a body after them too."""
        landmarks = signal.values @ self._distortion(rng).T
        hands, body = landmarks[:, :HANDS], landmarks[:, HANDS:]
        palm = np.linalg.norm(hands[:, :, :, MIDDLE_MCP] - hands[:, :, :, WRIST], axis=-1)  # (T, 2, 2)
        hands = hands + palm[..., None, None] * rng.normal(0, self.joint_noise, hands.shape)
        if rng.random() < self.mirror_share:
            hands, body = hands[:, ::-1] * np.array([-1, 1, 1]), mirrored_body(body)
        if len(hands) > 1:
            lost = rng.random((len(hands), HANDS)) < self.lost_share
            # A clip keeps at least one frame with a hand.
            seen = ~np.isnan(hands[:, :, IMAGE, WRIST, 0])
            hands = np.where((lost & (seen & ~lost).any())[:, :, None, None, None], np.nan, hands)
        return Signal(np.concatenate([hands, body], axis=1).astype(np.float32), signal.rate_hz * rate)

    def frames(self, frames: Frames, rng: np.random.Generator) -> Frames:
        """Masks over time."""
        return replace(frames, values=mask_frames(frames.values, self.time_masks, self.time_mask_share, rng))

    def _distortion(self, rng: np.random.Generator) -> np.ndarray:
        """(3, 3): a turn about each axis, then a stretch."""
        matrix = np.eye(3)
        for axis, angle in enumerate(np.deg2rad(rng.uniform(-self.rotation_deg, self.rotation_deg, 3))):
            turn = np.eye(3)
            first, second = (other for other in range(3) if other != axis)
            turn[first, first] = turn[second, second] = np.cos(angle)
            turn[first, second], turn[second, first] = -np.sin(angle), np.sin(angle)
            matrix = turn @ matrix
        return np.diag(1 + rng.uniform(-self.stretch, self.stretch, 3)) @ matrix
