"""Mixtures of Gaussians: which values are likely next, and a draw from them."""

import math
from dataclasses import dataclass

import torch

#: Bounds of the logarithm of a deviation. Without the lower one, a network earns an unlimited likelihood where values
#: repeat.
LOWEST_LOG_DEVIATION, HIGHEST_LOG_DEVIATION = math.log(0.05), math.log(10.0)


@dataclass(frozen=True)
class Mixture:
    """A mixture of M Gaussians with diagonal covariances for each frame (Graves, 2013, equations 19 to 23).

    Attributes:
        log_weights: (N, T, M).
        means: (N, T, M, D).
        log_deviations: (N, T, M, D).
    """

    log_weights: torch.Tensor
    means: torch.Tensor
    log_deviations: torch.Tensor

    @classmethod
    def of(cls, outputs: torch.Tensor, mixtures: int) -> "Mixture":
        """Make the mixtures from the outputs of a network, (N, T, M + 2 M D)."""
        weights, rest = outputs.split([mixtures, outputs.shape[-1] - mixtures], dim=-1)
        means, deviations = rest.unflatten(-1, (2, mixtures, -1)).unbind(dim=2)
        return cls(weights.log_softmax(dim=-1), means, deviations.clamp(LOWEST_LOG_DEVIATION, HIGHEST_LOG_DEVIATION))

    def log_prob(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Values (N, T, D), and (N, T, D) bool that is False for those to leave out -> log-densities (N, T)."""
        distances = (values[..., None, :] - self.means) * torch.exp(-self.log_deviations)  # (N, T, M, D)
        densities = -0.5 * distances**2 - self.log_deviations - 0.5 * math.log(2 * math.pi)
        return (self.log_weights + (densities * mask[..., None, :]).sum(dim=-1)).logsumexp(dim=-1)

    def draw(self, temperature: float, rng: torch.Generator) -> torch.Tensor:
        """Draw values (D,) of the last frame of the first clip.

        Args:
            temperature: Factor of the deviations, 1 for the distribution as it was learned; with 0, the mean of the
                likeliest Gaussian is taken.
            rng: Source of random numbers.
        """
        weights, means, log_deviations = (
            values[0, -1] for values in (self.log_weights, self.means, self.log_deviations)
        )
        if temperature == 0:
            return means[weights.argmax()]
        chosen = torch.multinomial(((weights - weights.max()) / temperature).softmax(dim=0), 1, generator=rng)[0]
        noise = torch.randn(means.shape[1], generator=rng)
        return means[chosen] + temperature * log_deviations[chosen].exp() * noise
