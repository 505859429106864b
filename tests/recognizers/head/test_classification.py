"""The classification head."""

from typing import Any

import numpy as np
import pytest
import torch

from data_prep.errors import InputError
from recognizers.encoder.bilstm import BiLstm
from recognizers.head.classification import POOLING, Classification
from recognizers.training.balance import BalancedDraw
from recognizers.training.metrics import error_rate_metrics
from recognizers.vocabulary import Vocabulary

LABELS = Vocabulary("label", ("go", "left", "right", "stop"))


def make(**settings: Any) -> Classification:
    return Classification(6, LABELS, **settings)


@pytest.mark.parametrize("pooling", POOLING)
def test_scores_sum_to_one_and_are_sorted(pooling: str) -> None:
    head = make(pooling=pooling).eval()
    encoded = 3 * torch.randn(5, 7, 6)
    lengths = torch.tensor([7, 1, 3, 2, 6])
    log_probs = head.log_probs(encoded, lengths).detach().numpy()
    predictions = head.interpreter.predictions(log_probs, lengths.numpy())
    best = head.logits(encoded, lengths).argmax(dim=1)
    for prediction, index in zip(predictions, best.tolist(), strict=True):
        scores = list(prediction.scores.values())
        assert set(prediction.scores) == set(LABELS.symbols)
        assert sum(scores) == pytest.approx(1, abs=1e-6)
        assert scores == sorted(scores, reverse=True)
        assert prediction.text == next(iter(prediction.scores)) == LABELS.symbols[index]
        assert prediction.confidence == scores[0]


@pytest.mark.parametrize("pooling", POOLING)
def test_padding_changes_neither_scores_nor_loss(pooling: str) -> None:
    head = make(pooling=pooling).eval()
    encoded, lengths = torch.randn(3, 7, 6), torch.tensor([2, 7, 4])
    targets, target_lengths = torch.tensor([[0], [3], [1]]), torch.ones(3, dtype=torch.int64)
    garbage = torch.cat([encoded, torch.full((3, 4, 6), 99.0)], dim=1)
    torch.testing.assert_close(head.logits(garbage, lengths), head.logits(encoded, lengths))
    each = [
        head.loss(encoded[[i], :length], lengths[[i]], targets[[i]], target_lengths[[i]])
        for i, length in enumerate(lengths)
    ]
    together = head.loss(garbage, lengths, targets, target_lengths)
    torch.testing.assert_close(together, torch.stack(each).mean())


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.4])
def test_label_smoothing_spreads_the_targets_probability(smoothing: float) -> None:
    head = make(label_smoothing=smoothing).eval()
    encoded, lengths, targets = torch.randn(2, 5, 6), torch.tensor([5, 3]), torch.tensor([[2], [0]])
    log_probs = head.logits(encoded, lengths).log_softmax(dim=1)
    wanted = torch.full((2, 4), smoothing / 4)
    wanted[0, 2] += 1 - smoothing
    wanted[1, 0] += 1 - smoothing
    expected = -(wanted * log_probs).sum(dim=1).mean()
    torch.testing.assert_close(head.loss(encoded, lengths, targets, torch.tensor([1, 1])), expected)


@pytest.mark.parametrize("pooling", POOLING)
def test_order_matters_over_a_recurrent_encoder(pooling: str) -> None:
    encoder = BiLstm(4, layers=1, hidden_size=3).eval()
    head = make(pooling=pooling).eval()
    clip, length = torch.randn(1, 10, 4), torch.tensor([10])
    difference = head.logits(*encoder(clip, length)) - head.logits(*encoder(clip.flip(1), length))
    assert difference.abs().max() > 1e-3


def test_dropout_is_active_in_training_only() -> None:
    head = make(dropout=0.5)
    encoded, lengths = torch.randn(2, 5, 6), torch.tensor([5, 3])
    assert not torch.equal(head.logits(encoded, lengths), head.logits(encoded, lengths))
    head.eval()
    assert torch.equal(head.logits(encoded, lengths), head.logits(encoded, lengths))


SKEWED = [(0,)] * 8 + [(1,)] * 2 + [(2,)] * 4 + [(3,)] * 2


def test_balanced_class_weights_make_all_classes_count_equally() -> None:
    head = make(class_weights="balanced")
    head.learn_targets(SKEWED, np.ones(16))
    weights = head.class_weights[torch.tensor(SKEWED)[:, 0]]
    assert weights.mean().item() == pytest.approx(1)
    torch.testing.assert_close(head.class_weights * torch.tensor([8, 2, 4, 2]), torch.full((4,), 4.0))


def test_a_class_without_training_clips_has_the_weight_1() -> None:
    head = make(class_weights="balanced")
    head.learn_targets([(0,), (0,), (0,), (3,)], np.ones(4))
    torch.testing.assert_close(head.class_weights, torch.tensor([2 / 3, 1.0, 1.0, 2.0]))


def test_classes_that_sampling_balances_already_get_no_weights() -> None:
    head = make(class_weights="balanced")
    head.learn_targets(SKEWED, BalancedDraw([str(target) for target in SKEWED]).rates)
    torch.testing.assert_close(head.class_weights, torch.ones(4))


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_weighted_loss_of_a_batch_is_the_mean_of_its_clips_losses(smoothing: float) -> None:
    plain, head = (
        make(label_smoothing=smoothing).eval(),
        make(class_weights="balanced", label_smoothing=smoothing).eval(),
    )
    head.load_state_dict(plain.state_dict())
    encoded, lengths = torch.randn(3, 5, 6), torch.tensor([5, 3, 4])
    targets, ones = torch.tensor([[0], [3], [0]]), torch.ones(3, dtype=torch.int64)
    torch.testing.assert_close(
        head.loss(encoded, lengths, targets, ones), plain.loss(encoded, lengths, targets, ones)
    )  # nothing is learned yet
    head.learn_targets(SKEWED, np.ones(16))
    each = [
        head.class_weights[targets[i, 0]] * plain.loss(encoded[[i]], lengths[[i]], targets[[i]], ones[[i]])
        for i in range(3)
    ]
    torch.testing.assert_close(head.loss(encoded, lengths, targets, ones), torch.stack(each).mean())


def test_without_class_weights_targets_change_nothing() -> None:
    head = make()
    head.learn_targets(SKEWED, np.ones(16))
    assert torch.equal(head.class_weights, torch.ones(4))


def test_class_weights_are_not_saved() -> None:
    assert make(class_weights="balanced").state_dict().keys() == make().state_dict().keys()


def test_the_lowest_and_the_highest_class_weight_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        make(class_weights="balanced").learn_targets(SKEWED, np.ones(16))
    assert "from 0.5 ('go', 8 clips in an epoch) to 2 ('left', 2 clips in an epoch)" in caplog.text
    assert "train/loss and val/loss are weighted" in caplog.text


def test_one_frame_is_enough_for_a_label() -> None:
    head = make()
    assert head.required_frames([3]) == 1
    assert torch.isfinite(head.loss(torch.randn(1, 1, 6), torch.tensor([1]), torch.tensor([[3]]), torch.tensor([1])))


def test_predictions_are_scored_by_accuracy() -> None:
    head = make()
    metrics = error_rate_metrics(head.interpreter.error_rates)
    assert list(metrics) == [head.monitor[0]] == ["accuracy"]
    metrics["accuracy"].update(["go", "go"], ["go", "stop"])
    assert metrics["accuracy"].compute().item() == 0.5
    assert error_rate_metrics(head.interpreter.error_rates)["accuracy"] is not metrics["accuracy"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pooling": "max"}, "pooling must be one of attention, mean, last; found 'max'"),
        ({"unit": "word"}, "needs the unit label; found unit 'word'"),
        ({"vocabulary": Vocabulary("character", ("a",))}, "vocabulary of characters"),
        ({"dropout": 1.0}, "dropout and label_smoothing must be from 0 to below 1"),
        ({"class_weights": "equal"}, "class_weights must be balanced or null; found 'equal'"),
        ({"label_smoothing": -0.1}, "found dropout 0.1, label_smoothing -0.1"),
    ],
)
def test_errors_name_the_setting_that_is_out_of_range(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Classification(**{"num_inputs": 6, "vocabulary": LABELS} | settings)
