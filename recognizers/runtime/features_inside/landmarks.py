"""Hand keypoints as a torch module, equal to those of `data_prep.features.hand_keypoints`."""

import torch
from torch import nn

from data_prep.features.hand_keypoints import (
    FILLED,
    INDEX_MCP,
    MIDDLE_MCP,
    PALM,
    PINKY_MCP,
    SECOND_HAND_SHARE,
    HandKeypoints,
)
from data_prep.features.hand_tracker import IMAGE, WORLD, WRIST
from recognizers.runtime.features_inside.landmark_times import (
    at_constant_rate,
    at_frame_rate,
    fill_gaps,
    indices,
    length_of,
)


class LandmarkFeatures(nn.Module):
    """Computes the frames of the hands of one clip; P stands for the number of hands in a frame.

    Args:
        settings: The extractor whose frames it computes; it must not need the body.
    """

    def __init__(self, settings: HandKeypoints) -> None:
        super().__init__()
        self.settings = settings
        self.coordinates = WORLD if settings.coordinates == "world" else IMAGE

    def forward(
        self,
        image: torch.Tensor,
        world: torch.Tensor,
        presence: torch.Tensor,
        times_ns: torch.Tensor,
        aspect_ratio: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute the frames.

        Args:
            image: (T, 2, 21, 3), shares of the picture.
            world: (T, 2, 21, 3), metres.
            presence: (T, 2), above 0.5 where the hand was found.
            times_ns: (T,) int64, rising.
            aspect_ratio: (1,), width by height.

        Returns:
            Frames (1, T', F), and their number (1,).
        """
        scale = torch.cat([aspect_ratio, torch.ones(1), aspect_ratio])
        values = torch.stack([image * scale, world], dim=2)  # (T, 2, 2, 21, 3)
        present = (presence > 0.5) & ~torch.isnan(values.sum(dim=(2, 3, 4)))  # (T, 2)
        values = torch.where(present[:, :, None, None, None], values, torch.zeros(1))
        values, present, rate_hz = at_constant_rate(values, present, times_ns)
        values, filled = fill_gaps(values, present, rate_hz, self.settings.fill_gaps_s)
        resampled = at_frame_rate(values, present | filled, filled, rate_hz, self.settings.frame_rate_hz)
        frames = self._frames(*_choose_hands(*resampled, self.settings.num_hands))
        return frames.unsqueeze(0), torch._shape_as_tensor(frames)[:1]

    def _frames(self, hands: torch.Tensor, present: torch.Tensor, filled: torch.Tensor) -> torch.Tensor:
        """(T', P, 2, 21, 3), (T', P), (T', P) -> (T', F)."""
        if self.settings.one_side:
            hands = _on_one_side(hands, present)
        shape = _shape(hands[:, :, self.coordinates], present)
        parts = [shape, _position(hands[:, :, IMAGE], present)]
        if self.settings.velocity:
            parts += [_velocity(part, present, self.settings.frame_rate_hz) for part in parts]
        marks = torch.where(filled, torch.full((1,), FILLED), torch.ones(1))[..., None]  # (T', P, 1)
        values = torch.where(present[..., None], torch.cat([*parts, marks], dim=2), torch.zeros(1))  # (T', P, F / P)
        return values.flatten(1)


def _choose_hands(
    hands: torch.Tensor, present: torch.Tensor, filled: torch.Tensor, num_hands: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Choose the hand seen most, or both from left to right in the picture, out of (T', 2, ...): (T', P, ...)."""
    seen = present.sum(dim=0)  # (2,)
    most = (seen[1:] > seen[:1]).long()  # (1,)
    if num_hands == 1:
        return hands[:, most], present[:, most], filled[:, most]
    across = (hands[:, :, IMAGE, WRIST, 0].double() * present).sum(dim=0) / seen.clamp(min=1)  # (2,)
    left = (across[1:] < across[:1]).long()
    is_single = seen[1 - most] < SECOND_HAND_SHARE * seen[most]  # (1,)
    first = torch.where(is_single, most, left)
    order = torch.cat([first, 1 - first])
    kept = torch.cat([torch.ones(1, dtype=torch.bool), ~is_single])
    return hands[:, order], present[:, order] & kept, filled[:, order] & kept


def _on_one_side(hands: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    """Mirror the hands if there is one, and its thumb is left of its little finger on average."""
    image = hands[:, 0, IMAGE, :, :2]  # (T', 21, 2)
    to_index = image[:, INDEX_MCP] - image[:, WRIST]
    to_pinky = image[:, PINKY_MCP] - image[:, WRIST]
    area = to_index[:, 0] * to_pinky[:, 1] - to_index[:, 1] * to_pinky[:, 0]  # (T',)
    thumb_is_left = (area * present[:, 0]).sum() > 0
    is_mirrored = thumb_is_left & ~present[:, 1:].any()
    sign = torch.where(is_mirrored, -torch.ones(1), torch.ones(1))
    return hands * torch.cat([sign, torch.ones(2)])


def _palm_length(points: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    """Compute the median distance from wrist to middle knuckle over the frames with each hand: (P,), 1 for none."""
    difference = points[:, :, MIDDLE_MCP] - points[:, :, WRIST]
    lengths = difference.square().sum(dim=-1).sqrt()  # (T', P)
    rising = torch.where(present, lengths, torch.full((1,), float("inf"))).sort(dim=0)[0]
    seen = present.sum(dim=0, keepdim=True)  # (1, P)
    lower = rising.gather(0, torch.div(seen - 1, 2, rounding_mode="trunc").clamp(min=0))
    upper = rising.gather(0, torch.minimum(torch.div(seen, 2, rounding_mode="trunc"), length_of(rising) - 1))
    median = torch.where(seen > 0, (lower + upper) / 2, torch.ones(1)).squeeze(0)
    return median.clamp(min=1e-6)


def _shape(points: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    """Compute landmarks relative to the wrist, in palm lengths: (T', P, 21, 3) -> (T', P, 63)."""
    from_wrist = (points - points[:, :, WRIST : WRIST + 1]) / _palm_length(points, present)[:, None, None]
    return from_wrist.flatten(2, 3)


def _position(image: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    """Compute the middle of each palm relative to the mean of all: (T', P, 21, 3) -> (T', P, 3)."""
    middle = image[:, :, list(PALM)].mean(dim=2)  # (T', P, 3)
    total = (middle.double() * present[..., None]).sum(dim=(0, 1))
    mean = (total / present.sum().clamp(min=1)).float()  # (3,)
    has_frames = present.any(dim=0)  # (P,)
    length = (_palm_length(image, present) * has_frames).sum() / has_frames.sum().clamp(min=1)
    return (middle - mean) / length.clamp(min=1e-6)


def _velocity(part: torch.Tensor, present: torch.Tensor, frame_rate_hz: float) -> torch.Tensor:
    """Compute the change per second, 0 where the frame or a neighbour lacks the hand: (T', P, F) -> (T', P, F)."""
    index = indices(length_of(part))
    before, after = (index - 1).clamp(min=0), torch.minimum(index + 1, index[-1:])
    steps = (after - before).clamp(min=1)[:, None, None]  # 1 at either end, 2 elsewhere
    change = (part[after] - part[before]) / steps * frame_rate_hz
    seen = present & present[before] & present[after]  # (T', P)
    return torch.where(seen[..., None], change, torch.zeros(1))
