"""The mean of labels' probabilities."""

import numpy as np
import pytest

from recognizers.ensemble.mean_label import mean_log_probs


def test_probabilities_are_averaged() -> None:
    members = [np.log([0.6, 0.3, 0.1]), np.log([0.1, 0.7, 0.2]), np.log([0.2, 0.2, 0.6])]
    assert np.exp(mean_log_probs(members)) == pytest.approx([0.3, 0.4, 0.3])


def test_one_sure_member_does_not_forbid_a_label() -> None:
    with np.errstate(divide="ignore"):
        members = [np.log(np.array([1.0, 0.0], np.float32)), np.log(np.array([0.2, 0.8], np.float32))]
    assert np.exp(mean_log_probs(members)) == pytest.approx([0.6, 0.4])


def test_equal_members_change_nothing() -> None:
    log_probs = np.log(np.array([0.25, 0.75], np.float32))
    assert mean_log_probs([log_probs] * 3) == pytest.approx(log_probs, abs=1e-7)
