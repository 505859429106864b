"""Standardisation of features with statistics of the training clips."""

import numpy as np
import pytest
import torch

from recognizers.encoder.bilstm import BiLstm
from recognizers.encoder.standardize import SMALLEST_DEVIATION, Standardize


def test_frames_of_the_training_clips_get_mean_0_and_deviation_1() -> None:
    rng = np.random.default_rng(0)
    clips = [rng.normal([3, -200], [0.1, 40], (length, 2)).astype(np.float32) for length in (5, 80, 300)]
    standardize = Standardize(2)
    standardize.learn(clips)
    scaled = standardize(torch.from_numpy(np.concatenate(clips))[None])[0]
    assert scaled.mean(dim=0).tolist() == pytest.approx([0, 0], abs=1e-4)
    assert scaled.std(dim=0, correction=0).tolist() == pytest.approx([1, 1], abs=1e-4)


def test_a_constant_feature_is_not_amplified() -> None:
    standardize = Standardize(1)
    standardize.learn([np.full((10, 1), 7.0, np.float32)])
    assert standardize(torch.tensor([[[7.0]]])).item() == 0
    assert standardize.deviation.item() == pytest.approx(SMALLEST_DEVIATION)


def test_frames_pass_unchanged_until_statistics_are_learned() -> None:
    standardize = Standardize(3)
    standardize.learn([])
    frames = torch.randn(2, 4, 3)
    assert torch.equal(standardize(frames), frames)


def test_statistics_are_saved_with_the_weights_but_are_not_parameters() -> None:
    encoder = BiLstm(2, layers=1, hidden_size=3, dropout=0).eval()
    encoder.standardize.learn([np.array([[0, 10], [4, 30]], np.float32)])
    fresh = BiLstm(2, layers=1, hidden_size=3, dropout=0).eval()
    fresh.load_state_dict(encoder.state_dict())
    frames, lengths = torch.randn(1, 5, 2), torch.tensor([5])
    assert torch.equal(fresh(frames, lengths)[0], encoder(frames, lengths)[0])
    assert fresh.standardize.deviation.tolist() == [2, 10]
    assert not any("standardize" in name for name, _ in encoder.named_parameters())
