"""Masks over time, and no augmentation."""

import numpy as np
import pytest

from data_prep.features.extractor import Frames, Signal
from recognizers.augment.augment import mask_frames
from recognizers.augment.none import NoAugment


def masked_spans(values: np.ndarray) -> list[int]:
    """Lengths of the spans of zeros."""
    zero = (values == 0).all(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], zero, [False]]).astype(int)))
    return (edges[1::2] - edges[::2]).tolist()


def test_masks_cover_whole_frames_and_at_most_the_share() -> None:
    values = np.ones((50, 3), np.float32)
    widths = []
    for seed in range(200):
        masked = mask_frames(values, 1, 0.2, np.random.default_rng(seed))
        assert set(np.unique(masked)) <= {0.0, 1.0}
        runs = masked_spans(masked)
        assert len(runs) <= 1
        widths += runs
        assert (masked == 0).all(axis=1).sum() * 3 == (masked == 0).sum()
    assert max(widths) == 10
    assert min(widths) == 1
    assert values.all()


@pytest.mark.parametrize(("count", "share"), [(0, 0.5), (3, 0.0), (3, 0.01)])
def test_nothing_is_masked_without_masks_or_without_room(count: int, share: float) -> None:
    values = np.ones((20, 3), np.float32)
    masked = mask_frames(values, count, share, np.random.default_rng(0))
    assert np.array_equal(masked, values)
    assert masked is not values


@pytest.mark.parametrize("frames", [1, 2])
def test_the_shortest_clips_can_be_masked(frames: int) -> None:
    masked = mask_frames(np.ones((frames, 3), np.float32), 2, 1.0, np.random.default_rng(1))
    assert masked.shape == (frames, 3)
    assert not masked.all()


def test_no_augment_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    signal = Signal(np.arange(5, dtype=np.int16), 8000)
    frames = Frames(np.ones((3, 2), np.float32), 100)
    assert NoAugment().draw_speed(rng) == 1.0
    assert NoAugment().signal(signal, 1.0, rng) is signal
    assert NoAugment().frames(frames, rng) is frames
    assert rng.random() == np.random.default_rng(0).random()
