"""Tasks of memory: the answer lies where it is said to, and nowhere else."""

import numpy as np
import pytest

from data_prep.errors import InputError
from recognizers.batch import Batch
from recognizers.probe.memory_tasks import MAX_CLIP_FRAMES, MAX_LABELS, SYMBOLS, LabelledFrames, PauseTask, SymbolTask

LAGS = (1, 2, 9)


def clip(label: str, value: float, length: int = 4) -> LabelledFrames:
    """A clip whose frames between the first and the last one have a value; these are a pause, of value 0."""
    frames = np.full((length, 3), value, np.float32)
    frames[[0, -1]] = 0
    return LabelledFrames(frames, label)


def _lengths_and_labels(batch: Batch) -> tuple[list[int], list[int]]:
    return batch.frame_lengths.tolist(), batch.targets[:, 0].tolist()


CLIPS = [clip(label, value, 4 + number) for number in range(10) for label, value in (("a", 1.0), ("b", 2.0))]


@pytest.mark.parametrize("lag", LAGS)
def test_a_symbol_stands_a_lag_before_the_cue_and_noise_between_them(lag: int) -> None:
    batch = SymbolTask().training_batch(lag, 200, np.random.default_rng(0))
    frames, symbols = batch.frames.numpy(), batch.targets[:, 0].numpy()
    assert frames.shape == (200, lag + 1, SYMBOLS + 1)
    assert set(batch.frame_lengths.tolist()) == {lag + 1}
    assert (frames[:, 0].argmax(axis=1) == symbols).all()
    assert (frames[:, 0].sum(axis=1) == 1).all()
    assert (frames[:, -1] == np.eye(SYMBOLS + 1)[SYMBOLS]).all()
    between = frames[:, 1:-1]
    assert not between[..., SYMBOLS].any()
    if lag > 5:
        # Not even the mean of the noise tells the symbol.
        told = (between[..., :SYMBOLS].mean(axis=1).argmax(axis=1) == symbols).mean()
        assert 0.1 < told < 0.4


def test_training_draws_new_sequences_and_the_test_the_same_ones() -> None:
    for task in (SymbolTask(), PauseTask(CLIPS)):
        rng = np.random.default_rng(0)
        first, second = (task.training_batch(5, 16, rng) for _ in range(2))
        assert first.frames.shape != second.frames.shape or not first.frames.equal(second.frames)
        assert task.test_batch(5).frames.equal(task.test_batch(5).frames)


def test_a_fifth_of_each_labels_clips_is_the_test() -> None:
    task = PauseTask(CLIPS)
    batch = task.test_batch(1)
    assert batch.targets[:, 0].tolist() == [0, 0, 1, 1]
    assert (task.labels, task.num_labels, task.num_features, task.chance) == (("a", "b"), 2, 3, 0.5)
    lengths = {tuple(task.test_batch(1).frame_lengths.tolist()) for task in (PauseTask(CLIPS, 0), PauseTask(CLIPS, 1))}
    assert len(lengths) == 2  # another seed, another division
    training = task.training_batch(1, 500, np.random.default_rng(0))
    tested, trained = (
        set(zip(*each, strict=True)) for each in (_lengths_and_labels(batch), _lengths_and_labels(training))
    )
    assert not tested & trained


@pytest.mark.parametrize("lag", LAGS)
def test_a_clip_is_followed_by_frames_from_the_edges_of_clips(lag: int) -> None:
    for batch in (PauseTask(CLIPS).test_batch(lag), PauseTask(CLIPS).training_batch(lag, 30, np.random.default_rng(0))):
        for frames, length, label in zip(batch.frames.numpy(), *_lengths_and_labels(batch), strict=True):
            clip_frames, pause = frames[: length - lag], frames[length - lag : length]
            assert set(np.unique(clip_frames[1:-1])) == {(1.0, 2.0)[label]}
            assert len(pause) == lag
            assert not pause.any()


def test_long_clips_are_shortened_to_means_of_neighbours() -> None:
    ramp = np.arange(10 * MAX_CLIP_FRAMES, dtype=np.float32)[:, None]
    task = PauseTask([LabelledFrames(ramp, label) for label in "aabb"])
    first = task.test_batch(2).frames[0].numpy()
    assert len(first) == MAX_CLIP_FRAMES + 2
    np.testing.assert_allclose(first[:MAX_CLIP_FRAMES, 0], np.arange(MAX_CLIP_FRAMES) * 10 + 4.5)


def test_the_most_frequent_labels_are_told_apart() -> None:
    labels = [f"w{number:02}" for number in range(MAX_LABELS + 5)]
    clips = [clip(label, 1.0) for rank, label in enumerate(labels) for _ in range(20 - rank)]
    assert PauseTask(clips).labels == tuple(labels[:MAX_LABELS])
    assert PauseTask([*CLIPS, clip("once", 1.0)]).labels == ("a", "b")


@pytest.mark.parametrize(
    ("clips", "message"),
    [
        ([], r"found 0 label\(s\) with at least two clips among 0 clips, expected at least two such labels"),
        ([clip("a", 1.0), clip("a", 1.0), clip("b", 1.0)], r"found 1 label\(s\)"),
        ([*CLIPS, LabelledFrames(np.zeros((4, 5), np.float32), "a")], r"frames of the widths \[3, 5\], expected one"),
        ([*CLIPS, LabelledFrames(np.zeros((0, 3), np.float32), "a")], r"found frames \(0, 3\), expected \(T, F\)"),
        ([*CLIPS, LabelledFrames(np.zeros(3, np.float32), "a")], r"found frames \(3,\), expected \(T, F\)"),
    ],
)
def test_clips_that_cannot_be_used_are_refused(clips: list[LabelledFrames], message: str) -> None:
    with pytest.raises(InputError, match=message):
        PauseTask(clips)
