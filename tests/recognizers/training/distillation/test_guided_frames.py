"""The divergence from a teacher's frames, whose spikes guide those of the student."""

import numpy as np
import pytest
import torch

from recognizers.training.distillation.guided_frames import GuidedFrames, stretch
from tests.recognizers.ensemble.test_predictor import LETTERS, ensemble, frames_of, member, signals

BLANKS = [0, 0, 1, 0, 0, 0, 2, 0, 0, 3, 0, 0]


def spiky(path: list[int], sharpness: float = 6.0) -> np.ndarray:
    """Return log-probabilities (T', 4) whose most probable path is given."""
    logits = torch.zeros(len(path), 4)
    logits[torch.arange(len(path)), torch.tensor(path)] = sharpness
    return logits.log_softmax(-1).numpy()


@pytest.mark.parametrize("length", [5, 8, 11, 12, 13, 17, 24])
def test_no_spike_is_lost_at_another_speed(length: int) -> None:
    stretched = stretch(spiky(BLANKS), length)
    assert stretched.shape == (length, 4)
    assert GuidedFrames().best(stretched) == (1, 2, 3)


def test_spikes_stay_where_they_were() -> None:
    assert stretch(spiky(BLANKS), 12) == pytest.approx(spiky(BLANKS))
    assert stretch(spiky(BLANKS), 24).argmax(axis=1).nonzero()[0] // 2 == pytest.approx([2, 2, 6, 6, 9, 9])


def test_the_loss_prefers_the_teachers_frames_to_others_with_the_same_transcript() -> None:
    same, later = spiky(BLANKS), np.roll(spiky(BLANKS), 1, axis=0)
    transfer = GuidedFrames(temperature=2.0)
    students = torch.tensor(np.stack([same, later]))
    losses = transfer.losses(students, torch.tensor([12, 12]), [same, same])
    spikes = float(np.exp(same.max(axis=1)).mean())
    assert losses[0].item() == pytest.approx(1 - spikes, abs=1e-4)
    assert losses[1].item() > losses[0].item() + 1


def test_padding_does_not_matter() -> None:
    student = torch.randn(2, 9, 4).log_softmax(-1)
    targets = [spiky([0, 1, 0, 2, 0]), spiky([0, 0, 3, 0])]
    both = GuidedFrames().losses(student, torch.tensor([9, 6]), targets)
    alone = GuidedFrames().losses(student[1:, :6], torch.tensor([6]), targets[1:])
    assert both[1].item() == pytest.approx(alone.item())


def test_a_clip_without_spikes_has_a_finite_loss() -> None:
    loss = GuidedFrames().losses(torch.randn(1, 6, 4).log_softmax(-1), torch.tensor([6]), [spiky([0] * 4)])
    assert torch.isfinite(loss).all()


def test_targets_are_the_emissions_of_one_network() -> None:
    teacher = member(LETTERS, subsampling=2)
    frames = [teacher.extractor.frames(signal) for signal in signals()]
    for target, emissions in zip(
        GuidedFrames().targets(teacher, LETTERS, frames), teacher.emissions(frames, 8), strict=True
    ):
        assert target == pytest.approx(emissions)


def test_the_frames_of_an_ensemble_are_not_averaged() -> None:
    teacher = ensemble(LETTERS)
    with pytest.raises(ValueError, match="cannot be averaged"):
        GuidedFrames().targets(teacher, LETTERS, frames_of(teacher))
