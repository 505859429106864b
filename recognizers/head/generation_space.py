"""The space in which hands are generated: few numbers a frame instead of 66, so that hands keep their anatomy."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn

#: Values of a hand in a frame: 21 landmarks and the position, then the presence (see `HandKeypoints`).
HAND_VALUES = 66
HAND_FEATURES = HAND_VALUES + 1
#: Lower bound of deviations, so that a component that hardly varies is not amplified.
SMALLEST_DEVIATION = 1e-3


class HandSpace(nn.Module):
    """Principal components of the shape and position of each hand, learned from training clips.

    Each component has mean 0 and deviation 1 over the training frames that show the hand. Until it has learned, all
    components are 0.

    Args:
        num_hands: Number P of hands in a frame.
        components: Number K of components for each hand.
    """

    mean: torch.Tensor
    basis: torch.Tensor
    deviation: torch.Tensor
    step: torch.Tensor

    def __init__(self, num_hands: int, components: int) -> None:
        super().__init__()
        self.num_hands = num_hands
        self.components = components
        self.register_buffer("mean", torch.zeros(num_hands, HAND_VALUES))
        self.register_buffer("basis", torch.zeros(num_hands, HAND_VALUES, components))
        self.register_buffer("deviation", torch.ones(num_hands, components))
        #: Deviation of the change of each component from frame to frame.
        self.register_buffer("step", torch.ones(num_hands, components))

    def learn(self, clips: Iterable[np.ndarray]) -> None:
        """Learn mean, components and their steps from the frames of clips, each (T, F); without clips nothing changes.

        A hand that none of the clips shows keeps what it had.
        """
        hands = [values.reshape(len(values), self.num_hands, HAND_FEATURES).astype(np.float64) for values in clips]
        for place in range(self.num_hands):
            seen = [clip[:, place, -1] > 0 for clip in hands]
            if not any(shown.any() for shown in seen):
                continue
            values = [clip[:, place, :-1] for clip in hands]
            frames = np.concatenate([clip[shown] for clip, shown in zip(values, seen, strict=True)])
            mean, (eigenvalues, vectors) = frames.mean(axis=0), np.linalg.eigh(np.cov(frames.T, bias=True))
            basis = vectors[:, ::-1][:, : self.components]  # largest first
            deviation = np.sqrt(np.maximum(eigenvalues[::-1][: self.components], SMALLEST_DEVIATION**2))
            changes = [
                np.diff(clip, axis=0)[shown[1:] & shown[:-1]] @ basis / deviation
                for clip, shown in zip(values, seen, strict=True)
            ]
            steps = np.sqrt((np.concatenate(changes) ** 2).mean(axis=0)) if sum(map(len, changes)) else 1.0
            self.mean[place] = torch.from_numpy(mean)
            self.basis[place] = torch.from_numpy(np.ascontiguousarray(basis))
            self.deviation[place] = torch.from_numpy(deviation)
            self.step[place] = torch.as_tensor(np.maximum(steps, SMALLEST_DEVIATION))

    def encode(self, frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Frames (N, T, F) -> components (N, T, P, K), 0 where a hand is absent, and presence (N, T, P) bool."""
        hands = frames.unflatten(-1, (self.num_hands, HAND_FEATURES))  # (N, T, P, 67)
        present = hands[..., -1] > 0
        points = torch.einsum("ntpv,pvk->ntpk", hands[..., :-1] - self.mean, self.basis) / self.deviation
        return points * present[..., None], present

    def decode(self, components: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """Components (N, T, P, K), presence (N, T, P) bool -> frames (N, T, F), 0 where a hand is absent."""
        hands = torch.einsum("ntpk,pvk->ntpv", components * self.deviation, self.basis) + self.mean
        hands = torch.cat([hands, torch.ones_like(hands[..., :1])], dim=-1) * present[..., None]
        return hands.flatten(2)
