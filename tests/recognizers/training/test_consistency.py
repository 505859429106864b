import math

import pytest
import torch

from recognizers.training.consistency import disagreement

ONE = torch.ones(2, dtype=torch.int64)


def test_disagreement_is_the_mean_of_both_divergences() -> None:
    log_probs = torch.tensor([[0.5, 0.5], [0.9, 0.1]]).log()
    there = 0.5 * math.log(0.5 / 0.9) + 0.5 * math.log(0.5 / 0.1)
    back = 0.9 * math.log(0.9 / 0.5) + 0.1 * math.log(0.1 / 0.5)
    assert disagreement(log_probs, ONE, ONE).item() == pytest.approx((there + back) / 2, rel=1e-5)


def test_equal_views_have_no_disagreement() -> None:
    view = torch.randn(3, 5, 4).log_softmax(dim=-1)
    lengths = torch.tensor([5, 4, 2] * 2)
    assert disagreement(torch.cat([view, view]), lengths, lengths).abs() < 1e-6


def test_no_gradient_flows_through_the_reference_view() -> None:
    logits = torch.randn(2, 4, requires_grad=True)
    probabilities = logits.softmax(dim=-1)
    disagreement(logits.log_softmax(dim=-1), ONE, ONE).backward()
    # The gradient of KL(reference || view) with respect to the logits of the view is view - reference.
    expected = (probabilities - probabilities.flip(0)).detach() / 2
    assert logits.grad is not None
    assert torch.allclose(logits.grad, expected, atol=1e-6)


def test_padding_is_ignored_and_clips_are_divided_by_their_number_of_symbols() -> None:
    log_probs = torch.randn(4, 7, 6).log_softmax(dim=-1)
    lengths, symbols = torch.tensor([7, 3, 7, 3]), torch.tensor([2, 1, 2, 1])
    alone = [
        disagreement(log_probs[[clip, clip + 2], :length], ONE * length, symbols[[clip, clip + 2]]).item()
        for clip, length in ((0, 7), (1, 3))
    ]
    padded = torch.cat([log_probs, torch.randn(4, 5, 6).log_softmax(dim=-1)], dim=1)
    assert disagreement(padded, lengths, symbols).item() == pytest.approx(sum(alone) / 2, rel=1e-5)
    assert disagreement(log_probs[[0, 2]], ONE * 7, ONE).item() == pytest.approx(2 * alone[0], rel=1e-5)
