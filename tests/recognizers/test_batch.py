"""Padding and masks."""

import dataclasses

import numpy as np
import pytest
import torch

from recognizers.batch import Batch, Example, length_mask


def test_clips_are_padded_with_zeros_and_lengths_are_kept() -> None:
    long, short = np.ones((4, 2), np.float32), np.full((1, 2), 2, np.float32)
    batch = Batch.of([Example("long", long, [3]), Example("short", short, [1, 2])])
    assert len(batch) == 2
    assert batch.ids == ("long", "short")
    assert batch.frames.tolist() == [[[1, 1]] * 4, [[2, 2]] + [[0, 0]] * 3]
    assert batch.frame_lengths.tolist() == [4, 1]
    assert batch.targets.tolist() == [[3, 0], [1, 2]]
    assert batch.target_lengths.tolist() == [1, 2]
    assert batch.frames.dtype == torch.float32
    assert {batch.frame_lengths.dtype, batch.targets.dtype, batch.target_lengths.dtype} == {torch.int64}


def test_clips_without_targets_have_empty_ones() -> None:
    batch = Batch.of([Example("a", np.zeros((2, 3), np.float32)), Example("b", np.zeros((1, 3), np.float32))])
    assert batch.targets.shape == (2, 0)
    assert batch.target_lengths.tolist() == [0, 0]


def test_a_batch_moves_as_a_whole_and_cannot_be_changed() -> None:
    batch = Batch.of([Example("a", np.zeros((2, 3), np.float32), [1])])
    moved = batch.to(torch.device("meta"))
    assert {tensor.device.type for tensor in (moved.frames, moved.targets)} == {"meta"}
    assert {tensor.device.type for tensor in (moved.frame_lengths, moved.target_lengths)} == {"cpu"}
    assert batch.frames.device.type == "cpu"
    with pytest.raises(dataclasses.FrozenInstanceError):
        batch.ids = ()  # type: ignore[misc]


def test_length_mask() -> None:
    assert length_mask(torch.tensor([0, 2, 3]), torch.ones(3, 3, 4)).tolist() == [
        [False, False, False],
        [True, True, False],
        [True, True, True],
    ]
