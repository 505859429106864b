"""The weighted CTC losses of a teacher's best transcripts."""

import numpy as np
import pytest
import torch

from recognizers.decoder.greedy import Greedy
from recognizers.ensemble.labelling_search import rank
from recognizers.training.distillation.hypotheses import Hypotheses
from recognizers.vocabulary import Vocabulary
from tests.recognizers.ensemble.test_forward_score import enumerate_scores, random_log_probs
from tests.recognizers.ensemble.test_predictor import LETTERS, ensemble, frames_of

#: A transcript of two symbols that is three times as probable as one of a single symbol.
TARGET = np.array([[np.log(3), 2, 1, 2], [0, 1, 2, 0]], np.float32)


def test_the_loss_is_the_weighted_sum_over_transcripts() -> None:
    log_probs = random_log_probs(5, 0)
    scores = enumerate_scores(log_probs)
    expected = -0.75 * scores[1, 2] / 2 - 0.25 * scores[(2,)]
    found = Hypotheses().losses(torch.tensor(log_probs)[None].float(), torch.tensor([5]), [TARGET])
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_a_temperature_makes_the_weights_more_equal() -> None:
    log_probs = random_log_probs(5, 0)
    scores = enumerate_scores(log_probs)
    share = np.sqrt(3) / (1 + np.sqrt(3))
    expected = -share * scores[1, 2] / 2 - (1 - share) * scores[(2,)]
    found = Hypotheses(temperature=2.0).losses(torch.tensor(log_probs)[None].float(), torch.tensor([5]), [TARGET])
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_clips_do_not_affect_each_other_and_padding_does_not_matter() -> None:
    log_probs = torch.randn(3, 8, 3).log_softmax(-1)
    lengths = torch.tensor([8, 3, 5])
    empty = np.array([[0, 0]], np.float32)
    together = Hypotheses().losses(log_probs, lengths, [TARGET, empty, TARGET])
    for row, target in enumerate([TARGET, empty, TARGET]):
        alone = Hypotheses().losses(log_probs[row : row + 1, : lengths[row]], lengths[row : row + 1], [target])
        assert together[row].item() == pytest.approx(alone.item(), rel=1e-5)


def test_a_transcript_that_does_not_fit_is_left_out() -> None:
    log_probs = torch.randn(1, 1, 3).log_softmax(-1).requires_grad_()
    found = Hypotheses().losses(log_probs, torch.tensor([1]), [TARGET])
    assert found.item() == pytest.approx(-log_probs[0, 0, 2].item())
    none = Hypotheses().losses(log_probs, torch.tensor([1]), [TARGET[:1]])
    none.sum().backward()
    assert none.item() == 0
    assert log_probs.grad is not None


def test_targets_are_the_best_transcripts_of_all_networks() -> None:
    teacher = ensemble(LETTERS)
    student = Vocabulary("character", ("c", "a", "b"))
    targets = Hypotheses(count=3).targets(teacher, student, frames_of(teacher))
    for target, emissions in zip(targets, teacher.member_emissions(frames_of(teacher), 8), strict=True):
        labellings, scores = rank(emissions, Greedy(), LETTERS)
        best = [labellings[index] for index in np.argsort(-scores)[:3]]
        found = [student.decode([int(each) for each in row[2 : 2 + int(row[1])]]) for row in target]
        assert found == [LETTERS.decode(each) for each in best]
        assert target[:, 0] == pytest.approx(np.sort(scores)[::-1][:3], rel=1e-5)
        assert student.decode(Hypotheses().best(target)) == found[0]


def test_impossible_transcripts_are_not_kept() -> None:
    rows = Hypotheses()._rows([(1,), (2, 2), ()], np.array([-1.0, -np.inf, -3.0]))
    assert rows.tolist() == [[-1, 1, 1], [-3, 0, 0]]
    assert Hypotheses()._rows([(1,)], np.array([-np.inf])).tolist() == [[0, 1, 1]]
