import math

import pytest
import torch

from recognizers.head.classification import Classification
from recognizers.head.ctc import Ctc
from recognizers.head.divergence import divergence
from recognizers.vocabulary import Vocabulary


def test_it_is_the_mean_of_both_divergences() -> None:
    log_probs = torch.tensor([[0.5, 0.5], [0.9, 0.1]]).log()
    there = 0.5 * math.log(0.5 / 0.9) + 0.5 * math.log(0.5 / 0.1)
    back = 0.9 * math.log(0.9 / 0.5) + 0.1 * math.log(0.1 / 0.5)
    assert divergence(log_probs).tolist() == pytest.approx([(there + back) / 2], rel=1e-5)


def test_equal_views_are_not_apart() -> None:
    view = torch.randn(3, 5, 4).log_softmax(dim=-1)
    assert divergence(torch.cat([view, view])).abs().max() < 1e-6


def test_each_view_learns_from_the_other_as_it_stands() -> None:
    logits = torch.randn(2, 4, requires_grad=True)
    probabilities = logits.softmax(dim=-1)
    divergence(logits.log_softmax(dim=-1)).sum().backward()
    # The gradient of KL(wanted || found) by the logits of found is found - wanted.
    expected = (probabilities - probabilities.flip(0)).detach() / 2
    assert logits.grad is not None
    assert torch.allclose(logits.grad, expected, atol=1e-6)


def test_padding_does_not_count_in_a_ctc_head() -> None:
    head = Ctc(6, Vocabulary("character", ("a", "b"))).eval()
    encoded, lengths, target_lengths = torch.randn(4, 7, 6), torch.tensor([7, 3, 7, 3]), torch.tensor([2, 1, 2, 1])
    longer = torch.cat([encoded, torch.randn(4, 5, 6)], dim=1)
    alone = [
        head.disagreement(encoded[[clip, clip + 2], :length], torch.tensor([length] * 2), target_lengths[[clip] * 2])
        for clip, length in ((0, 7), (1, 3))
    ]
    assert head.disagreement(longer, lengths, target_lengths).item() == pytest.approx(sum(alone).item() / 2, rel=1e-5)


def test_a_classification_head_compares_whole_clips() -> None:
    head = Classification(6, Vocabulary("label", ("a", "b", "c"))).eval()
    encoded, lengths = torch.randn(4, 7, 6), torch.tensor([7, 3, 7, 3])
    expected = divergence(head.logits(encoded, lengths).log_softmax(dim=-1)).mean()
    assert head.disagreement(encoded, lengths, torch.ones(4)).item() == pytest.approx(expected.item())
