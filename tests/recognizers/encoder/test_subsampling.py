"""Subsampling, checked against plain loops."""

import math

import pytest
import torch

from recognizers.encoder.subsampling import FrameStacking, StridedConvolution, zero_padding


@pytest.mark.parametrize("factor", [1, 2, 3, 4])
@pytest.mark.parametrize("length", [1, 2, 5, 6, 7])
def test_stacking_concatenates_consecutive_frames(length: int, factor: int) -> None:
    stack = FrameStacking(2, factor)
    frames = torch.randn(3, length, 2)
    stacked = stack(frames)
    assert stacked.shape == (3, math.ceil(length / factor), stack.num_outputs)
    for step in range(stacked.shape[1]):
        own = frames[:, step * factor : (step + 1) * factor].flatten(1)
        assert torch.equal(stacked[:, step, : own.shape[1]], own)
        assert not stacked[:, step, own.shape[1] :].any()


@pytest.mark.parametrize("factor", [1, 2, 3, 4])
@pytest.mark.parametrize("length", [1, 2, 5, 6, 7])
def test_convolution_sees_its_own_frames_and_earlier_ones_only(length: int, factor: int) -> None:
    convolution = StridedConvolution(2, factor, 5)
    frames = torch.randn(3, length, 2)
    outputs = convolution(frames)
    assert outputs.shape == (3, math.ceil(length / factor), convolution.num_outputs)
    weight, bias = convolution.convolution.weight, convolution.convolution.bias
    for step in range(outputs.shape[1]):
        last = (step + 1) * factor - 1
        expected = bias.expand(3, -1)
        for tap in range(convolution.kernel_size):
            position = last - convolution.kernel_size + 1 + tap
            if 0 <= position < length:
                expected = expected + frames[:, position] @ weight[:, :, tap].T
        torch.testing.assert_close(outputs[:, step], expected.relu(), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("garbage", [7.0, float("nan"), float("inf")])
def test_padding_becomes_zero_whatever_it_contained(garbage: float) -> None:
    frames = torch.ones(2, 3, 2)
    frames[0, 1:] = garbage
    frames.requires_grad_()
    clean = zero_padding(frames, torch.tensor([1, 3]))
    assert clean.tolist() == [[[1, 1], [0, 0], [0, 0]], [[1, 1]] * 3]
    clean.sum().backward()
    assert frames.grad is not None
    assert torch.equal(frames.grad, clean.detach())
