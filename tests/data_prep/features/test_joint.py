"""Several extractors as one."""

from dataclasses import replace

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.features.extractor import Signal
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.joint import JointFeatures
from data_prep.features.mfcc import Mfcc
from data_prep.report.hand_marks import longest_filled_gap_s

MFCC = Mfcc(num_coefficients=13, num_mels=26)
SLOWER = replace(MFCC, hop_ms=20.0, deltas=1)


def test_each_extractor_computes_its_own_frames_of_one_signal() -> None:
    joint = JointFeatures((MFCC, SLOWER, MFCC))
    signal = joint.signal_of(np.random.default_rng(0).standard_normal(8000) * 0.1, 16000.0)
    frames = joint.frames(signal)
    for extractor, found in zip(joint.members, frames.members, strict=True):
        expected = extractor.frames(signal)
        assert np.array_equal(found.values, expected.values)
        assert found.frame_rate_hz == expected.frame_rate_hz
    assert frames.members[0] is frames.members[2]  # computed once
    assert np.array_equal(frames.values, frames.members[0].values)
    assert (joint.frame_rate_hz, joint.num_features, joint.modality) == (100.0, 13, "audio")


def test_the_stored_signal_is_that_of_the_members() -> None:
    joint = JointFeatures((MFCC, SLOWER))
    assert joint.signal_fingerprint() == MFCC.signal_fingerprint()
    assert joint.fingerprint() not in (MFCC.fingerprint(), SLOWER.fingerprint())
    assert joint.fingerprint() != JointFeatures((SLOWER, MFCC)).fingerprint()


def test_extractors_must_read_the_same_signal() -> None:
    for members in ((MFCC, replace(MFCC, sample_rate_hz=8000)), (MFCC, HandKeypoints())):
        with pytest.raises(InputError, match="need extractors that read media in the same way"):
            JointFeatures(members)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="at least one extractor"):
        JointFeatures(())


def test_gaps_are_filled_as_the_first_extractor_fills_them() -> None:
    joint = JointFeatures((HandKeypoints(fill_gaps_s=0.3), HandKeypoints(fill_gaps_s=0.1)))
    assert longest_filled_gap_s(joint) == 0.3
    assert longest_filled_gap_s(JointFeatures((MFCC,))) == 0.0
    hands = Signal(np.random.default_rng(0).random((4, 2, 2, 21, 3), np.float32), 30.0)
    assert len(joint.frames(hands).members) == 2
