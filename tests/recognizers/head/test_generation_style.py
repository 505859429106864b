"""The style of a clip: its divergence against a numeric integral, and independence of padding."""

import numpy as np
import torch

from recognizers.head.generation_style import Style


def test_the_divergence_equals_the_integral_of_its_definition() -> None:
    style = Style(3, 4, 1)
    with torch.no_grad():
        style.linear.weight.zero_()
        style.linear.bias.copy_(torch.tensor([0.7, -0.9]))  # mean, log variance
    _, divergence = style.eval()(torch.randn(1, 5, 3), torch.tensor([5]))
    x = np.linspace(-10, 10, 20001)

    def density(mean: float, variance: float) -> np.ndarray:
        return np.exp(-((x - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)

    own, normal = density(0.7, np.exp(-0.9)), density(0.0, 1.0)
    expected = (own * np.log(np.maximum(own, 1e-300) / normal)).sum() * (x[1] - x[0])
    np.testing.assert_allclose(float(divergence), expected, rtol=1e-3)


def test_the_style_does_not_depend_on_padding() -> None:
    style = Style(3, 4, 2).eval()
    inputs = torch.randn(2, 9, 3)
    together, _ = style(inputs, torch.tensor([6, 9]))
    alone, _ = style(inputs[:1, :6], torch.tensor([6]))
    torch.testing.assert_close(together[:1], alone)


def test_the_style_is_drawn_in_training_alone() -> None:
    style = Style(3, 4, 2)
    inputs, lengths = torch.randn(1, 9, 3), torch.tensor([9])
    assert not torch.equal(style(inputs, lengths)[0], style(inputs, lengths)[0])
    style.eval()
    assert torch.equal(style(inputs, lengths)[0], style(inputs, lengths)[0])
