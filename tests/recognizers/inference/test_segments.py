"""Recordings are taken whole or cut, and padding with silence changes nothing."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from data_prep.features.extractor import Signal
from data_prep.features.mfcc import Mfcc
from recognizers.inference.segments import RecordingReader, SegmentedRecording, WholeClip
from recognizers.segmentation.silero_detector import SileroDetector

SPEECH, RATE_HZ = soundfile.read(Path(__file__).parents[2] / "frozen" / "an4.flac", dtype="int16")
READER = RecordingReader(Mfcc(), 30.0, "text", SileroDetector())


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE_HZ), np.int16)


def test_a_short_utterance_is_taken_whole() -> None:
    recording = READER.recording_of(Signal(SPEECH, RATE_HZ))
    assert isinstance(recording, WholeClip)
    np.testing.assert_array_equal(recording.frames.values, Mfcc().frames(Signal(SPEECH, RATE_HZ)).values)


@pytest.mark.parametrize(("before_s", "after_s"), [(5.0, 3.0), (0.0, 3.0), (2.5, 0.0), (3.004, 2.003)])
def test_digital_silence_around_an_utterance_is_cut_off_to_the_sample(before_s: float, after_s: float) -> None:
    padded = np.concatenate([silence(before_s), SPEECH, silence(after_s)])
    recording = READER.recording_of(Signal(padded, RATE_HZ))
    assert isinstance(recording, SegmentedRecording)
    [(segment, frames)] = recording.segment_frames(Mfcc())
    expected = Mfcc().frames(Signal(SPEECH, RATE_HZ)).values
    np.testing.assert_allclose(frames.values, expected, atol=1e-5)
    assert segment.start_s == pytest.approx(before_s, abs=0.02)


def test_a_recording_without_speech_has_no_segments() -> None:
    recording = READER.recording_of(Signal(silence(4.0), RATE_HZ))
    assert isinstance(recording, SegmentedRecording)
    assert recording.segments == ()
    assert recording.duration_s == 4.0


def test_only_long_pauses_cut_a_short_recording() -> None:
    for pause_s, count in ((1.0, 1), (3.0, 2)):
        rng = np.random.default_rng(0)
        pause = rng.normal(0, 3, round(pause_s * RATE_HZ)).astype(np.int16)
        recording = READER.recording_of(Signal(np.concatenate([SPEECH, pause, SPEECH]), RATE_HZ))
        assert len(list(recording.segment_frames(Mfcc()))) == count
