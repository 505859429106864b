"""Clips are reversed within their own length, and one direction of a layer equals torch's own."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from recognizers.encoder.reversal import Reorder, reversal_order, run_direction

LENGTHS = torch.tensor([5, 1, 7, 3])
STEPS, CLIPS, FEATURES = 9, 4, 2
LAYERS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


def test_each_clip_is_reversed_and_its_padding_stays() -> None:
    frames = torch.randn(STEPS, CLIPS, FEATURES)
    moved = Reorder.apply(frames, reversal_order(LENGTHS, STEPS))
    for clip, length in enumerate(LENGTHS.tolist()):
        assert torch.equal(moved[:length, clip], frames[:length, clip].flip(0))
        assert torch.equal(moved[length:, clip], frames[length:, clip])


def test_the_order_is_its_own_inverse() -> None:
    order = reversal_order(LENGTHS, STEPS)
    assert torch.equal(order[order], torch.arange(STEPS * CLIPS))
    frames = torch.randn(STEPS, CLIPS, FEATURES)
    assert torch.equal(Reorder.apply(Reorder.apply(frames, order), order), frames)


@pytest.mark.parametrize("size", [0, 1, 4])
def test_clips_without_padding_or_frames_can_be_reversed(size: int) -> None:
    frames = torch.randn(size, 3, FEATURES)
    assert torch.equal(Reorder.apply(frames, reversal_order(torch.full((3,), size), size)), frames.flip(0))


def test_gradients_equal_those_of_indexing_and_of_finite_differences() -> None:
    order = reversal_order(LENGTHS, STEPS)
    frames = torch.randn(STEPS, CLIPS, FEATURES, dtype=torch.float64, requires_grad=True)
    weights = torch.randn_like(frames)
    (own,) = torch.autograd.grad((Reorder.apply(frames, order) * weights).sum(), frames)
    indexed = frames.reshape(-1, FEATURES)[order].view(frames.shape)
    (reference,) = torch.autograd.grad((indexed * weights).sum(), frames)
    assert torch.equal(own, reference)
    assert torch.autograd.gradcheck(lambda values: Reorder.apply(values, order), frames)


@pytest.mark.parametrize("name", LAYERS)
def test_each_direction_equals_that_of_torchs_bidirectional_layer(name: str) -> None:
    layer = LAYERS[name](FEATURES, 3, bidirectional=True)
    frames = torch.randn(STEPS, CLIPS, FEATURES)
    both, _ = layer(frames)
    forward = run_direction(layer, frames)
    backward = run_direction(layer, frames.flip(0), "_reverse").flip(0)
    torch.testing.assert_close(torch.cat([forward, backward], dim=2), both, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", LAYERS)
def test_a_direction_sees_no_later_frame(name: str) -> None:
    layer = LAYERS[name](FEATURES, 3)
    frames = torch.randn(STEPS, CLIPS, FEATURES)
    results = [run_direction(layer, frames[:size]) for size in range(1, STEPS + 1)]
    for shorter, longer in pairwise(results):
        torch.testing.assert_close(longer[: len(shorter)], shorter, atol=1e-6, rtol=0)
