"""The divergence from a teacher's probabilities of labels."""

import numpy as np
import pytest
import torch

from recognizers.training.distillation.soft_labels import SoftLabels, divergence
from recognizers.vocabulary import Vocabulary
from tests.recognizers.ensemble.test_predictor import LABELS, ensemble, frames_of, member, signals

LENGTHS = torch.ones(2, dtype=torch.int64)


def softened(log_probs: np.ndarray, temperature: float) -> np.ndarray:
    powers = np.exp(log_probs / temperature)
    return powers / powers.sum(-1, keepdims=True)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_loss_is_the_divergence_of_softened_probabilities(temperature: float) -> None:
    teacher, student = (np.random.default_rng(seed).standard_normal((2, 4)) for seed in (0, 1))
    one, other = softened(teacher, temperature), softened(student, temperature)
    expected = temperature**2 * (one * np.log(one / other)).sum(-1)
    log_probs = torch.tensor(student).log_softmax(-1)
    found = SoftLabels(temperature).losses(log_probs, LENGTHS, list(teacher))
    assert found.numpy() == pytest.approx(expected)


def test_a_student_like_its_teacher_has_no_loss_and_an_impossible_label_no_nan() -> None:
    teacher = torch.tensor([0.25, 0.75, 0.0]).log()
    assert divergence(teacher, torch.tensor([0.25, 0.75, 1e-30]).log(), 2.0).item() == pytest.approx(0, abs=1e-6)
    assert np.isfinite(divergence(teacher, torch.tensor([0.3, 0.3, 0.4]).log(), 2.0).item())


def test_targets_are_the_mean_of_an_ensemble_in_the_students_order() -> None:
    teacher = ensemble(LABELS)
    student = Vocabulary("label", ("stop", "go", "left"))
    targets = SoftLabels().targets(teacher, student, frames_of(teacher))
    for target, emissions in zip(targets, teacher.emissions(frames_of(teacher), 8), strict=True):
        assert target == pytest.approx(emissions[[2, 0, 1]], abs=1e-6)
        assert SoftLabels().best(target) == (int(target.argmax()),)


def test_targets_of_one_network() -> None:
    teacher = member(LABELS)
    frames = [teacher.extractor.frames(signal) for signal in signals()]
    targets = SoftLabels().targets(teacher, LABELS, frames)
    assert np.exp(np.stack(targets)).sum(axis=1) == pytest.approx(1, abs=1e-5)
