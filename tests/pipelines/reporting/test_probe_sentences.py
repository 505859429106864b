from dataclasses import replace

import numpy as np
import pytest

from pipelines.reporting.probe_sentences import describe_context, describe_gates, describe_order, describe_reach
from recognizers.probe.boundaries import Boundaries
from recognizers.probe.context import Context, ContextScore
from recognizers.probe.gates import Gates
from recognizers.probe.layer_trace import Trace
from recognizers.probe.order import IN_ORDER, REVERSED, SHUFFLED, WINDOWS, Order, OrderScore
from recognizers.probe.reach import Reach
from recognizers.probe.scores import Score


def score(value: float, whole: float = 0.9) -> Score:
    change = value - whole
    margin = 0.05 if change else 0.0
    return Score(value, (value - 0.05, value + 0.05), change, (change - margin, change + margin))


def order(*windows: float, shuffled: float = 0.3, label: bool = True) -> Order:
    scores = [
        OrderScore(IN_ORDER, None, score(0.9)),
        OrderScore(REVERSED, None, score(0.2)),
        *(OrderScore(WINDOWS, 2 ** (place + 1), score(value)) for place, value in enumerate(windows)),
        OrderScore(SHUFFLED, None, score(shuffled)),
    ]
    return Order("accuracy" if label else "wer", label, 200, 100.0, 1, tuple(scores), 0.1 if label else None)


def test_order_says_from_which_window_on_it_matters() -> None:
    text = describe_order(order(0.9, 0.895, 0.7))
    assert "the accuracy is 90.0 % (85.0 to 95.0) on 200 clips" in text
    assert (
        "shuffled it is 30.0 % (25.0 to 35.0), and reversed 20.0 % (always giving the most frequent label: 10.0 %)"
        in text
    )
    assert "Shuffling within 40 ms costs at most 2 points, within 80 ms it costs 20.0" in text


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        (order(0.9, shuffled=0.88), "within chance: this recognizer goes by which frames occur, not by when."),
        (order(0.7, 0.5), "Already shuffling within 20 ms it costs 20.0 points"),
        (order(0.9, 0.9), "Shuffling within any windows shorter than a clip costs at most 2 points"),
        (order(), "Shuffling within any windows shorter than a clip"),
        (order(0.91, 1.3, shuffled=1.2, label=False), "In order, the word error rate is 90.0 %"),
        (order(0.91, 1.3, shuffled=1.2, label=False), "Shuffling within 20 ms costs at most 2 points, within 40 ms"),
    ],
)
def test_order_says_what_was_measured(measured: Order, said: str) -> None:
    assert said in describe_order(measured)


def context(kind: str, *values: float) -> Context:
    scores = tuple(ContextScore(2**place, score(value)) for place, value in enumerate(values))
    return Context("accuracy", True, kind, 200, 100.0, scores, score(0.9))  # type: ignore[arg-type]


def test_context_says_how_much_is_enough() -> None:
    text = describe_context([context("last", 0.1, 0.5, 0.89, 0.9), context("first", 0.1, 0.89, 0.9, 0.9)])
    assert text == (
        "For the accuracy to be within 2 points of whole clips (90.0 %), the last 40 ms or the first 20 ms are enough."
    )
    text = describe_context([context("last", 0.1, 0.5), context("first", 0.1, 0.9)])
    assert text.endswith("the first 20 ms are enough; even the last 20 ms are not enough (50.0 %).")
    assert "even 20 ms on either side of each frame are not enough" in describe_context(
        [context("either side", 0.1, 0.5)]
    )


def test_reach_says_how_far_the_past_and_the_future_matter() -> None:
    lags = tuple(range(-4, 5))
    reach = Reach(lags, (0.001, 0.005, 0.05, 0.4, 1, 0.5, 0.2, 0.05, 0.02), (9,) * 9, 9, 100.0, 1)
    text = describe_reach(reach, [context("last", 0.9)])
    assert "falls to a tenth of its largest value 20 ms before the output and 10 ms after it. For" in text
    forward = replace(reach, lags=lags[4:], gradient=reach.gradient[4:], pairs=(9,) * 5)
    assert "value 20 ms before the output. For" in describe_reach(forward, [context("last", 0.9)])
    never = replace(forward, gradient=(1, 0.9, 0.9, 0.9, 0.9))
    assert "value over 40 ms before the output." in describe_reach(never, [context("last", 0.9)])


def gates(ratio: float | None, *times_s: float) -> Gates:
    trace = Trace({}, np.zeros((5, 30)), np.zeros((5, 30)))
    units = tuple(range(30))
    return Gates(
        "a", "lstm", 2, "forward", trace, 0.01, Boundaries("word", times_s), units, (), 20, 21, ratio, ratio and 1.0
    )


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        (
            gates(2.2, 0.1, 0.2),
            "30 units of LSTM layer 2, forward; lines mark 2 word boundaries. They switch",
        ),
        (gates(2.2, 0.1), "at boundaries their cell state moves 2.2 times as much as elsewhere, that of all units 1.0"),
        (gates(2.2, 0.1), "a line marks the word boundary"),
        (gates(1.1, 0.1), "No units stand out"),
        (gates(None), "no word begins or ends inside it. No clip has a boundary inside it"),
    ],
)
def test_gates_say_whether_units_switch(measured: Gates, said: str) -> None:
    assert said in describe_gates(measured)


def test_every_description_has_two_sentences() -> None:
    reach = Reach((-1, 0, 1), (0.1, 1, 0.1), (9,) * 3, 9, 100.0, 1)
    texts = [
        describe_order(order(0.9, 0.7)),
        describe_reach(reach, [context("last", 0.9)]),
        describe_gates(gates(2.0, 0.1)),
        describe_gates(gates(1.0, 0.1)),
        describe_gates(gates(None)),
    ]
    for text in texts:
        assert text.count(". ") == 1, text
        assert text.endswith(".")
