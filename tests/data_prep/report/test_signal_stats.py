"""How loud recordings are, and in how many frames hands are visible."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.mfcc import Mfcc
from data_prep.prepare import Prepared
from data_prep.report import signal_stats
from data_prep.report.signal_stats import (
    group_hands_by_split,
    measure_level,
    measure_signals,
    measure_visibility,
    share_with_hand,
)
from tests.data_prep.report.conftest import clip_of, hand_signal, with_body

SINE = np.sin(2 * np.pi * np.arange(8000) / 80)


def as_stored(samples: np.ndarray) -> np.ndarray:
    return np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)


@pytest.mark.parametrize(
    ("samples", "flags"),
    [
        (0.1 * SINE, ""),
        (0.0015 * SINE, ""),  # -59.5 dBFS
        (0.0013 * SINE, "silent"),  # -60.7 dBFS
        (0 * SINE, "constant silent"),
        (0 * SINE + 0.2, "constant silent offset"),
        (0.1 * SINE + 0.06, "offset"),
        (0.1 * SINE - 0.04, ""),
        (2.0 * SINE, "clipped"),
        (0.99 * SINE, ""),
    ],
)
def test_levels_reveal_faulty_recordings(samples: np.ndarray, flags: str) -> None:
    level = measure_level("a", as_stored(samples))
    found = {
        "constant": level.is_constant,
        "silent": level.is_silent,
        "clipped": level.is_clipped,
        "offset": level.has_offset,
    }
    assert " ".join(name for name, is_so in found.items() if is_so) == flags


def test_a_level_does_not_depend_on_the_chunk_size(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = as_stored(np.random.default_rng(0).normal(0.1, 0.3, 5001))
    monkeypatch.setattr(signal_stats, "_CHUNK_SAMPLES", 1000)
    level = measure_level("a", samples)
    assert level.rms_dbfs == pytest.approx(20 * math.log10((samples / 32767).std()))
    assert level.offset == pytest.approx((samples / 32767).mean())
    assert level.full_scale_share == pytest.approx((np.abs(samples.astype(int)) >= 32766).mean())


def test_a_full_scale_16_bit_recording_is_clipped_as_it_is_stored() -> None:
    full = np.resize([32767 / 32768, -1.0], 1000)  # as libsndfile gives the extremes of 16 bits
    assert measure_level("a", as_stored(full)).full_scale_share == 1.0


@pytest.mark.parametrize(
    ("first", "second", "with_hand", "hands"),
    [
        ([1, 1, 1, 1, 0], [0] * 5, 4, 1),
        ([1, 1, 1, 1, 1], [1] * 5, 5, 2),
        ([1] * 5, [0, 0, 0, 0, 1], 5, 1),
        ([1, 0, 0, 0, 0], [1, 0, 0, 0, 0], 1, 2),
    ],
)
def test_hands_are_counted_as_the_features_count_them(
    first: list[int], second: list[int], with_hand: int, hands: int
) -> None:
    signal = hand_signal(np.array([first, second]).T)
    seen = measure_visibility(clip_of("a"), signal, HandKeypoints())
    assert (seen.frames, seen.frames_with_hand, seen.hands) == (5, with_hand, hands)
    assert seen.share == with_hand / 5
    assert measure_visibility(clip_of("a"), with_body(signal), HandKeypoints()) == seen


def test_the_share_with_a_hand_counts_frames_by_split(prepared_of: Callable[..., Prepared]) -> None:
    pairs = [
        (clip_of("a"), hand_signal(np.array([[1, 0]] * 6))),
        (clip_of("b"), hand_signal(np.array([[1, 0], [0, 0]]))),
        (clip_of("c", "test"), hand_signal(np.array([[1, 0], [0, 0]]))),
    ]
    measured = measure_signals(prepared_of(pairs), HandKeypoints(), seed=0)
    assert (measured.levels, measured.num_read, measured.num_clips) == ([], 3, 3)
    shares = {name: share_with_hand(group) for name, group in group_hands_by_split(measured.hands).items()}
    assert shares == {"all": 0.8, "train": 7 / 8, "test": 0.5}


def test_audio_clips_have_levels_and_no_hands(prepared_of: Callable[..., Prepared]) -> None:
    measured = measure_signals(prepared_of([(clip_of("a"), as_stored(0.5 * SINE))]), Mfcc(), seed=0)
    assert measured.hands == []
    assert [round(level.rms_dbfs, 1) for level in measured.levels] == [-9.0]
