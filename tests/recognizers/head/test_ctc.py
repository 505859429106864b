"""The CTC head, checked against the sum over all alignments."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import nn

from data_prep.errors import InputError
from recognizers.decoder.greedy import Greedy
from recognizers.head.ctc import Ctc
from recognizers.training.metrics import error_rate_metrics
from recognizers.vocabulary import BLANK, Unit, Vocabulary

LETTERS = Vocabulary("character", ("a", "b", "c"))
SYMBOLS = range(LETTERS.num_ids)


def transparent_head() -> Ctc:
    """A head whose logits are its inputs."""
    head = Ctc(LETTERS.num_ids, LETTERS)
    nn.init.eye_(head.linear.weight)
    nn.init.zeros_(head.linear.bias)
    return head


def collapse(path: Sequence[int]) -> list[int]:
    return [symbol for symbol, _ in itertools.groupby(path) if symbol != BLANK]


def brute_force_loss(logits: torch.Tensor, target: list[int]) -> torch.Tensor:
    """The negative log of the summed probabilities of all paths that collapse to the target."""
    log_probs = logits.log_softmax(dim=-1)
    scores = [
        torch.stack([log_probs[step, symbol] for step, symbol in enumerate(path)]).sum()
        for path in itertools.product(SYMBOLS, repeat=len(logits))
        if collapse(path) == target
    ]
    return -torch.stack(scores).logsumexp(dim=0)


@pytest.mark.parametrize(
    ("target", "frames"),
    [
        ([1], 1),
        ([1], 4),
        ([1, 2], 2),
        ([1, 2], 4),
        ([1, 1], 3),
        ([1, 1], 5),
        ([2, 1, 2], 4),
        ([1, 1, 2], 4),
        ([1, 1, 2], 5),
        ([3, 3, 3], 5),
        ([1, 2, 3], 5),
    ],
)
def test_loss_and_gradient_equal_the_sum_over_all_alignments(target: list[int], frames: int) -> None:
    logits = torch.randn(frames, LETTERS.num_ids, requires_grad=True)
    loss = transparent_head().loss(
        logits[None], torch.tensor([frames]), torch.tensor([target]), torch.tensor([len(target)])
    )
    expected = brute_force_loss(logits, target) / len(target)  # the mean over symbols
    torch.testing.assert_close(loss, expected, atol=1e-5, rtol=1e-5)
    (ours,) = torch.autograd.grad(loss, logits)
    (theirs,) = torch.autograd.grad(expected, logits)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def test_the_loss_of_a_batch_is_the_mean_over_clips_and_ignores_padding() -> None:
    head = transparent_head()
    targets, target_lengths = torch.tensor([[1, 1, 2], [3, 0, 0]]), torch.tensor([3, 1])
    lengths = torch.tensor([5, 3])
    logits = torch.randn(2, 7, LETTERS.num_ids)
    each = [
        brute_force_loss(logits[0, :5], [1, 1, 2]) / 3,
        brute_force_loss(logits[1, :3], [3]),
    ]
    torch.testing.assert_close(head.loss(logits, lengths, targets, target_lengths), torch.stack(each).mean())
    logits[0, 5:], logits[1, 3:] = 1e3, -1e3
    targets[1, 1:] = 2
    torch.testing.assert_close(head.loss(logits, lengths, targets, target_lengths), torch.stack(each).mean())


@pytest.mark.parametrize(
    ("target", "required"),
    [([], 1), ([1], 1), ([1, 2], 2), ([1, 1], 3), ([1, 1, 2], 4), ([1, 2, 1], 3), ([1, 1, 1], 5), ([2, 2, 3, 3], 6)],
)
def test_required_frames_is_the_least_number_with_a_finite_loss(target: list[int], required: int) -> None:
    head = transparent_head()
    assert head.required_frames(target) == required
    fitting = [
        frames
        for frames in range(1, 8)
        if torch.isfinite(
            head.loss(
                torch.zeros(1, frames, LETTERS.num_ids),
                torch.tensor([frames]),
                torch.tensor([target], dtype=torch.int64),
                torch.tensor([len(target)]),
            )
        )
    ]
    assert fitting == list(range(required, 8))


def test_a_target_that_cannot_fit_gives_an_infinite_loss() -> None:
    loss = transparent_head().loss(
        torch.zeros(2, 4, 4), torch.tensor([4, 3]), torch.tensor([[1, 1, 2], [1, 1, 2]]), torch.tensor([3, 3])
    )
    assert loss.item() == float("inf")


def test_predictions_are_transcripts_with_confidences() -> None:
    head = transparent_head()
    paths = torch.tensor([[1, 1, 0, 1, 3, 0], [0, 2, 2, 0, 1, 1]])
    encoded = 5.0 * nn.functional.one_hot(paths, LETTERS.num_ids)
    lengths = torch.tensor([6, 3])
    log_probs = head.log_probs(encoded, lengths).detach().numpy()
    predictions = head.interpreter.predictions(log_probs, lengths.numpy())
    assert [prediction.text for prediction in predictions] == ["aac", "b"]
    expected = [confidence for _, confidence in Greedy().decode(log_probs, lengths.numpy(), head.vocabulary)]
    assert [prediction.confidence for prediction in predictions] == expected


def test_glosses_are_joined_by_spaces() -> None:
    glosses = Vocabulary("word", ("BIG", "HOUSE"))
    head = Ctc(3, glosses, unit="word")
    nn.init.eye_(head.linear.weight)
    nn.init.zeros_(head.linear.bias)
    encoded = nn.functional.one_hot(torch.tensor([[1, 0, 2, 2, 1]]), 3).float()
    log_probs = head.log_probs(encoded, torch.tensor([5])).detach().numpy()
    assert head.interpreter.predictions(log_probs, np.array([5]))[0].text == "BIG HOUSE BIG"


def test_log_probs_are_float32_and_sum_to_one() -> None:
    head = Ctc(6, LETTERS).bfloat16()
    log_probs = head.log_probs(torch.randn(2, 3, 6, dtype=torch.bfloat16), torch.tensor([3, 3]))
    assert log_probs.dtype == torch.float32
    torch.testing.assert_close(log_probs.exp().sum(dim=-1), torch.ones(2, 3))


def test_predictions_are_scored_by_word_and_character_error_rates() -> None:
    metrics = error_rate_metrics(Ctc(4, LETTERS).interpreter.error_rates)
    for metric in metrics.values():
        metric.update(["ab b"], ["ab bc"])
    assert metrics["wer"].compute().item() == pytest.approx(1 / 2)
    assert metrics["cer"].compute().item() == pytest.approx(1 / 5)
    assert Ctc.monitor == ("cer", "min")


@pytest.mark.parametrize(
    ("unit", "vocabulary"),
    [
        ("word", LETTERS),
        ("character", Vocabulary("word", ("a",))),
        ("character", Vocabulary("label", ("a",))),
        ("label", Vocabulary("label", ("a",))),
    ],
)
def test_vocabulary_and_unit_must_agree(unit: Unit, vocabulary: Vocabulary) -> None:
    with pytest.raises(InputError, match=rf"found unit '{unit}', vocabulary of {vocabulary.unit}s"):
        Ctc(4, vocabulary, unit)  # type: ignore[arg-type]
