"""Pooling of the frames of a clip."""

import pytest
import torch

from recognizers.head.pooling import AttentionPooling, LastState, MeanPooling

POOLINGS = [AttentionPooling, MeanPooling, LastState]
LENGTHS = torch.tensor([3, 1, 6])


@pytest.mark.parametrize("pooling", POOLINGS)
def test_padding_has_no_effect(pooling: type[torch.nn.Module]) -> None:
    pool = pooling(4)
    encoded = torch.randn(3, 6, 4)
    pooled = pool(encoded, LENGTHS)
    assert pooled.shape == (3, pool.num_outputs)
    garbage = torch.cat([encoded, torch.randn(3, 2, 4)], dim=1)
    for row, length in zip(garbage, LENGTHS.tolist(), strict=True):
        row[length:] = 1e3
    torch.testing.assert_close(pool(garbage, LENGTHS), pooled, atol=1e-6, rtol=0)
    for row, length, expected in zip(encoded, LENGTHS, pooled, strict=True):
        torch.testing.assert_close(pool(row[None, :length], length[None])[0], expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_no_gradient_flows_to_padding(pooling: type[torch.nn.Module]) -> None:
    encoded = torch.randn(3, 6, 4, requires_grad=True)
    pooled = pooling(4)(encoded, LENGTHS)
    (pooled * torch.randn_like(pooled)).sum().backward()
    assert encoded.grad is not None
    for row, length in zip(encoded.grad, LENGTHS.tolist(), strict=True):
        assert row[:length].any()
        assert not row[length:].any()


def test_mean_pooling_is_the_mean_of_a_clips_own_frames() -> None:
    encoded = torch.randn(3, 6, 4)
    expected = torch.stack([row[:length].mean(dim=0) for row, length in zip(encoded, LENGTHS, strict=True)])
    torch.testing.assert_close(MeanPooling(4)(encoded, LENGTHS), expected)


def test_last_state_is_the_first_and_the_last_frame() -> None:
    encoded = torch.randn(3, 6, 4)
    pooled = LastState(4)(encoded, LENGTHS)
    assert torch.equal(pooled[:, :4], encoded[:, 0])
    assert torch.equal(pooled[:, 4:], torch.stack([encoded[0, 2], encoded[1, 0], encoded[2, 5]]))


def test_attention_is_a_weighted_mean_with_learned_weights() -> None:
    pool = AttentionPooling(4)
    encoded = torch.randn(1, 5, 4)
    weights = pool.score(encoded)[0, :, 0].softmax(dim=0)
    assert weights.std() > 0.001
    expected = (weights[:, None] * encoded[0]).sum(dim=0)
    torch.testing.assert_close(pool(encoded, torch.tensor([5]))[0], expected)
    constant = torch.ones(1, 5, 4)
    torch.testing.assert_close(pool(constant, torch.tensor([3])), torch.ones(1, 4))
