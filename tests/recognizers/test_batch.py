"""Batches and masks."""

import dataclasses

import numpy as np
import pytest
import torch

from recognizers.batch import Batch, Example, length_mask


def test_examples_are_padded_with_zeros_and_keep_their_lengths() -> None:
    long, short = np.ones((4, 2), np.float32), np.full((1, 2), 2, np.float32)
    batch = Batch.from_examples([Example("long", long, [3]), Example("short", short, [1, 2])])
    assert len(batch) == 2
    assert batch.ids == ("long", "short")
    assert batch.frames.tolist() == [[[1, 1]] * 4, [[2, 2]] + [[0, 0]] * 3]
    assert batch.frame_lengths.tolist() == [4, 1]
    assert batch.targets.tolist() == [[3, 0], [1, 2]]
    assert batch.target_lengths.tolist() == [1, 2]
    assert batch.frames.dtype == torch.float32
    assert {batch.frame_lengths.dtype, batch.targets.dtype, batch.target_lengths.dtype} == {torch.int64}


def test_examples_without_targets_make_empty_targets() -> None:
    examples = [Example("a", np.zeros((2, 3), np.float32)), Example("b", np.zeros((1, 3), np.float32))]
    batch = Batch.from_examples(examples)
    assert batch.targets.shape == (2, 0)
    assert batch.target_lengths.tolist() == [0, 0]


def test_frames_and_targets_move_to_a_device_and_the_batch_is_immutable() -> None:
    batch = Batch.from_examples([Example("a", np.zeros((2, 3), np.float32), [1])])
    moved = batch.to(torch.device("meta"))
    assert {tensor.device.type for tensor in (moved.frames, moved.targets)} == {"meta"}
    assert {tensor.device.type for tensor in (moved.frame_lengths, moved.target_lengths)} == {"cpu"}
    assert batch.frames.device.type == "cpu"
    with pytest.raises(dataclasses.FrozenInstanceError):
        batch.ids = ()  # type: ignore[misc]


def test_length_mask_is_true_for_each_clips_own_frames() -> None:
    assert length_mask(torch.tensor([0, 2, 3]), torch.ones(3, 3, 4)).tolist() == [
        [False, False, False],
        [True, True, False],
        [True, True, True],
    ]
