"""The labels of a recording's signs become one classification."""

import pytest

from recognizers.inference.sign_sequence import join_labels
from recognizers.prediction import Label

YES = Label("yes", 0.0, 1.0, 0.9, {"yes": 0.9, "no": 0.1})
NO = Label("no", 2.0, 3.0, 0.4, {"no": 0.4, "yes": 0.3})


def test_several_signs_have_no_scores_in_common() -> None:
    joined = join_labels([YES, NO], 3.5)
    assert (joined.label, joined.labels, joined.scores, joined.duration_s) == ("yes no", (YES, NO), {}, 3.5)
    assert joined.confidence == pytest.approx((0.9 * 0.4) ** 0.5)


def test_a_single_sign_keeps_its_scores() -> None:
    joined = join_labels([YES], 1.0)
    assert (joined.label, joined.confidence, joined.scores) == ("yes", 0.9, YES.scores)


def test_a_recording_without_signs_has_an_empty_label() -> None:
    joined = join_labels([], 60.0)
    assert (joined.label, joined.confidence, joined.scores, joined.labels) == ("", 1.0, {}, ())
