"""Durations, numbers of frames and fingerprints, which all extractors share."""

import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from data_prep.features.extractor import Signal, fingerprint, num_frames


@pytest.mark.parametrize(
    ("values", "rate_hz", "duration_s"),
    [(np.zeros(8000, np.int16), 16_000, 0.5), (np.zeros((45, 2, 2, 21, 3), np.float32), 30, 1.5), ([], 10, 0)],
    ids=["sound", "hands", "empty"],
)
def test_the_duration_is_the_length_over_the_rate(values: np.ndarray, rate_hz: float, duration_s: float) -> None:
    assert Signal(np.asarray(values), rate_hz).duration_s == duration_s


@pytest.mark.parametrize("rate_hz", [10, 25, 50, 100])
def test_the_number_of_frames_is_the_duration_rounded_half_up(rate_hz: int) -> None:
    """Compared with exact fractions, although most durations are no exact floats."""
    for milliseconds in range(0, 3000, 5):
        exact = Fraction(milliseconds, 1000) * rate_hz
        assert num_frames(milliseconds / 1000, rate_hz) == max(1, math.floor(exact + Fraction(1, 2)))


def test_even_no_duration_has_one_frame() -> None:
    assert num_frames(0.0, 100.0) == num_frames(1e-6, 100.0) == 1


def test_a_fingerprint_ignores_the_order_of_settings_and_the_kind_of_number() -> None:
    assert fingerprint(a=10, b=[1, 2]) == fingerprint(b=(1.0, 2.0), a=10.0)
    assert fingerprint(a={"x": 1, "y": 2}) == fingerprint(a={"y": 2.0, "x": 1.0})


def test_a_fingerprint_changes_with_every_name_and_value() -> None:
    settings = [
        {"a": 1},
        {"a": 2},
        {"b": 1},
        {"a": True},
        {"a": None},
        {"a": "1"},
        {"a": [1]},
        {"a": [1, 2]},
        {"a": [2, 1]},
        {"a": {"b": 1}},
        {"a": 1 + 1e-12},
        {"a": "é"},
        {},
    ]
    assert len({fingerprint(**each) for each in settings}) == len(settings)


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    code = "from data_prep.features.extractor import fingerprint; print(fingerprint(a=10, b='é', c=[1, None]))"
    root = Path(__file__).parents[3]
    ran = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == fingerprint(a=10, b="é", c=[1, None])
