"""Frames of numbers are those of the file."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.features.as_is import AsIs
from data_prep.features.extractor import Signal
from data_prep.media import Media, MediaError

VALUES = np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32)
AS_IS = AsIs(num_features=2, frame_rate_hz=0.5)


def test_a_file_and_an_array_give_the_same_frames(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", VALUES)
    (tmp_path / "a.csv").write_text("a,b\n" + "".join(f"{x!r},{y!r}\n" for x, y in VALUES.tolist()))
    found = [AS_IS(Media(tmp_path / "a.npy")), replace(AS_IS, header_lines=1)(Media(tmp_path / "a.csv"))]
    found += [AS_IS.frames(AS_IS.signal_of(VALUES, rate_hz)) for rate_hz in (None, 0.5)]
    for frames in found:
        np.testing.assert_array_equal(frames.values, VALUES)
        assert frames.values.dtype == np.float32
        assert (frames.frame_rate_hz, frames.presence) == (0.5, None)
    signal = AS_IS.signal(Media(tmp_path / "a.npy"))
    assert (signal.duration_s, signal.is_series, signal.is_waveform) == (18.0, True, False)
    assert not Signal(np.zeros((1, 2, 2, 21, 3)), 30.0).is_series


def test_other_widths_and_rates_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((4, 3)))
    with pytest.raises(MediaError, match=r"a\.npy: found 3 column\(s\), expected 2; .* set features\.num_features=3"):
        AS_IS(Media(tmp_path / "a.npy"))
    with pytest.raises(MediaError, match=r"the array: found 3 column\(s\), expected 2"):
        AS_IS.signal_of(np.zeros((4, 3)), None)
    with pytest.raises(MediaError, match=r"rate_hz is 2, but the recognizer reads 0\.5 frames per second"):
        AS_IS.signal_of(VALUES, 2.0)


@pytest.mark.parametrize(
    "settings",
    [
        {"num_features": 0},
        {"num_features": 1.5},
        {"num_features": 10**9},
        {"frame_rate_hz": 0},
        {"frame_rate_hz": float("nan")},
        {"frame_rate_hz": float("inf")},
        {"header_lines": -1},
        {"header_lines": 0.5},
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"features: {next(iter(settings))} must be .*; found AsIs"):
        AsIs(**{"num_features": 2} | settings)


@pytest.mark.parametrize("changed", [{"num_features": 3}, {"frame_rate_hz": 1.0}, {"header_lines": 1}])
def test_each_setting_changes_the_fingerprints(changed: dict[str, Any]) -> None:
    other = replace(AS_IS, **changed)
    assert other.signal_fingerprint() != AS_IS.signal_fingerprint()
    assert other.fingerprint() != AS_IS.fingerprint()
    assert replace(AS_IS).fingerprint() == AS_IS.fingerprint()
