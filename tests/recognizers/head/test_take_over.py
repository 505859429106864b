"""What a trained head knows about a symbol, another head starts from."""

import pytest
import torch

from recognizers.head.classification import Classification
from recognizers.head.ctc import Ctc
from recognizers.head.head import Head
from recognizers.vocabulary import Vocabulary

WIDTH = 6


def ctc(*symbols: str, unit: str = "character") -> Ctc:
    return Ctc(WIDTH, Vocabulary(unit, symbols), unit)  # type: ignore[arg-type]


def classification(*symbols: str, pooling: str = "attention") -> Classification:
    return Classification(WIDTH, Vocabulary("label", symbols), pooling=pooling)  # type: ignore[arg-type]


def test_ctc_takes_over_the_blank_and_shared_symbols() -> None:
    head, learned = ctc("a", "c", "z"), ctc("b", "c", "a")
    before = head.linear.weight.detach().clone()
    assert head.take_over(learned) == 2
    for own, other in ((0, 0), (1, 3), (2, 2)):
        assert torch.equal(head.linear.weight[own], learned.linear.weight[other])
        assert head.linear.bias[own] == learned.linear.bias[other]
    assert torch.equal(head.linear.weight[3], before[3])


def test_labels_take_over_the_pooling_and_shared_labels() -> None:
    head, learned = classification("no", "yes"), classification("yes", "maybe")
    before = head.linear.weight.detach().clone()
    assert head.take_over(learned) == 1
    assert torch.equal(head.linear.weight[1], learned.linear.weight[0])
    assert torch.equal(head.linear.weight[0], before[0])
    for name, values in learned.pooling.state_dict().items():
        assert torch.equal(head.pooling.state_dict()[name], values)


@pytest.mark.parametrize(
    ("head", "learned"),
    [
        (ctc("a"), classification("a", "b")),
        (classification("a", "b"), ctc("a")),
        (ctc("a"), ctc("a", unit="word")),
        (classification("a", "b"), classification("a", "b", pooling="last")),
    ],
)
def test_heads_of_other_kinds_share_nothing(head: Head, learned: Head) -> None:
    before = {name: values.clone() for name, values in head.state_dict().items()}  # type: ignore[attr-defined]
    assert head.take_over(learned) == 0
    assert all(torch.equal(values, before[name]) for name, values in head.state_dict().items())  # type: ignore[attr-defined]
