"""The density of a mixture against SciPy-free brute force, and draws against the density's own moments."""

import math

import numpy as np
import torch

from recognizers.head.generation_mixture import LOWEST_LOG_DEVIATION, Mixture

M, D = 3, 2


def outputs_for(weights: list[float], means: np.ndarray, deviations: np.ndarray) -> torch.Tensor:
    values = np.concatenate([np.log(weights), means.ravel(), np.log(deviations).ravel()])
    return torch.tensor(values, dtype=torch.float32)[None, None]  # (1, 1, M + 2 M D)


MEANS = np.array([[0.0, 1.0], [-2.0, 0.5], [3.0, -1.0]])
DEVIATIONS = np.array([[0.5, 1.0], [0.2, 2.0], [1.5, 0.3]])
WEIGHTS = [0.5, 0.2, 0.3]
MIXTURE = Mixture.of(outputs_for(WEIGHTS, MEANS, DEVIATIONS), M)


def density(value: np.ndarray, used: list[int]) -> float:
    total = 0.0
    for weight, mean, deviation in zip(WEIGHTS, MEANS, DEVIATIONS, strict=True):
        factors = [
            math.exp(-0.5 * ((value[d] - mean[d]) / deviation[d]) ** 2) / (deviation[d] * math.sqrt(2 * math.pi))
            for d in used
        ]
        total += weight * math.prod(factors)
    return total


def test_the_density_equals_the_weighted_sum_of_gaussians() -> None:
    for value in np.random.default_rng(0).normal(0, 2, (10, D)):
        values = torch.tensor(value, dtype=torch.float32)[None, None]
        for used in ([0, 1], [1]):
            mask = torch.tensor([[[index in used for index in range(D)]]])
            found = float(MIXTURE.log_prob(values, mask))
            assert math.isclose(found, math.log(density(value, used)), rel_tol=1e-4, abs_tol=1e-4)


def test_draws_have_the_mean_and_the_spread_of_the_mixture() -> None:
    rng = torch.Generator().manual_seed(0)
    drawn = torch.stack([MIXTURE.draw(1.0, rng) for _ in range(4000)]).numpy()
    mean = np.average(MEANS, axis=0, weights=WEIGHTS)
    spread = np.sqrt(np.average(DEVIATIONS**2 + MEANS**2, axis=0, weights=WEIGHTS) - mean**2)
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=0.1)
    np.testing.assert_allclose(drawn.std(axis=0), spread, rtol=0.05)


def test_temperature_0_takes_the_mean_of_the_likeliest_gaussian() -> None:
    np.testing.assert_allclose(MIXTURE.draw(0.0, torch.Generator()).numpy(), MEANS[0])


def test_repeated_values_earn_no_unlimited_likelihood() -> None:
    narrow = Mixture.of(outputs_for([1 / 3] * 3, np.zeros((M, D)), np.full((M, D), 1e-9)), M)
    found = float(narrow.log_prob(torch.zeros(1, 1, D), torch.ones(1, 1, D, dtype=torch.bool)))
    assert math.isclose(found, -D * (LOWEST_LOG_DEVIATION + 0.5 * math.log(2 * math.pi)), rel_tol=1e-4)
