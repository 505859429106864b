"""Recordings are taken whole or cut, and padding with silence changes nothing."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from data_prep.errors import InputError
from data_prep.features.extractor import Signal
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.mfcc import Mfcc
from data_prep.media import Media, MediaError
from recognizers.inference.segments import LONGEST_SEGMENT_S, RecordingReader, SegmentedRecording, WholeClip
from recognizers.segmentation.silero_detector import SileroDetector
from tests.recognizers.conftest import EXTRACTOR
from tests.recognizers.conftest import RATE_HZ as NOISE_HZ
from tests.recognizers.segmentation.test_sign_activity import hand, no_hand

SPEECH, RATE_HZ = soundfile.read(Path(__file__).parents[2] / "frozen" / "an4.flac", dtype="int16")
READER = RecordingReader(Mfcc(), 30.0, "text", SileroDetector())
HANDS = HandKeypoints()
VIDEO_RATE_HZ = 30.0


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


def syllables(*seconds: float, pause_s: float = 1.0) -> Signal:
    """Syllables of loud noise for these durations, between pauses of soft noise."""
    rng = np.random.default_rng(0)
    levels = [30.0] * round(pause_s * NOISE_HZ)
    for each in seconds:
        loud = np.arange(round(each * NOISE_HZ)) % round(0.4 * NOISE_HZ) < 0.3 * NOISE_HZ
        levels += np.where(loud, 5000.0, 30.0).tolist() + [30.0] * round(pause_s * NOISE_HZ)
    return Signal((levels * rng.standard_normal(len(levels))).astype(np.int16), float(NOISE_HZ))


def signing(*seconds: float, pause_s: float = 1.0) -> Signal:
    """A moving hand for these durations, out of view in between."""
    parts = [no_hand(pause_s, VIDEO_RATE_HZ)]
    for each in seconds:
        parts += [hand(each, VIDEO_RATE_HZ, moves=True), no_hand(pause_s, VIDEO_RATE_HZ)]
    return Signal(np.concatenate(parts), VIDEO_RATE_HZ)


@pytest.mark.parametrize("limit_s", [0.99, 120.01, 0.0, -5.0, float("nan"), float("inf")])
def test_a_limit_out_of_range_is_an_error(limit_s: float) -> None:
    with pytest.raises(InputError, match=r"whole_up_to_s must be from 1 to 120 s; found"):
        RecordingReader(EXTRACTOR, limit_s, "text")


@pytest.mark.parametrize("limit_s", [1.0, 120.0, None])
def test_the_limits_themselves_and_none_are_allowed(limit_s: float | None) -> None:
    assert RecordingReader(EXTRACTOR, limit_s, "text").whole_up_to_s == limit_s


def test_sound_is_taken_whole_up_to_the_limit_and_cut_above() -> None:
    signal = syllables(2.0, 2.0)  # 7 s
    assert signal.duration_s == 7.0
    whole = RecordingReader(EXTRACTOR, 7.0, "text").recording_of(signal)
    assert isinstance(whole, WholeClip)
    assert whole.activity is not None
    assert whole.landmarks is None
    np.testing.assert_array_equal(whole.frames.values, EXTRACTOR.frames(signal).values)
    cut = RecordingReader(EXTRACTOR, 6.9, "text").recording_of(signal)
    assert isinstance(cut, SegmentedRecording)
    assert len(cut.segments) == 2
    assert cut.duration_s == 7.0
    assert cut.landmarks is None
    assert cut.activity is not None


@pytest.mark.parametrize("target", ["text", "label"])
def test_without_a_limit_sound_is_taken_whole_and_its_activity_is_not_detected(target) -> None:
    whole = RecordingReader(EXTRACTOR, None, target).recording_of(syllables(20.0, 20.0))
    assert isinstance(whole, WholeClip)
    assert whole.activity is None


def test_sound_for_a_label_is_always_taken_whole() -> None:
    whole = RecordingReader(EXTRACTOR, 1.0, "label").recording_of(syllables(2.0, 2.0))
    assert isinstance(whole, WholeClip)
    assert whole.activity is None


@pytest.mark.parametrize("limit_s", [1.0, 3.0, 30.0])
def test_segments_are_no_longer_than_the_lower_of_the_two_limits(limit_s: float) -> None:
    cut = RecordingReader(EXTRACTOR, limit_s, "text").recording_of(syllables(40.0))
    assert isinstance(cut, SegmentedRecording)
    # The first and the last segment may keep up to 0.6 s of pause.
    assert max(segment.duration_s for segment in cut.segments) <= min(limit_s, LONGEST_SEGMENT_S) + 0.6
    # The speech, from 1 s to 41 s, has no pause to cut at, and none of it is left out.
    assert cut.segments[0].start_s <= 1.0
    assert cut.segments[-1].end_s >= 41.0
    assert all(after.start_s <= before.end_s for before, after in pairwise(cut.segments))


def test_the_frames_of_a_segment_are_those_of_its_samples_alone() -> None:
    signal = syllables(1.5, 2.5)
    cut = RecordingReader(EXTRACTOR, 3.0, "text").recording_of(signal)
    assert isinstance(cut, SegmentedRecording)
    pairs = list(cut.segment_frames(EXTRACTOR))
    assert tuple(segment for segment, _ in pairs) == cut.segments
    for segment, frames in pairs:
        part = signal.values[round(segment.start_s * NOISE_HZ) : round(segment.end_s * NOISE_HZ)]
        np.testing.assert_array_equal(frames.values, EXTRACTOR.frames(Signal(part.copy(), signal.rate_hz)).values)


def test_a_whole_clip_is_one_segment_from_its_beginning_to_its_end() -> None:
    whole = RecordingReader(EXTRACTOR, 30.0, "text").recording_of(syllables(1.0))
    [(segment, frames)] = whole.segment_frames(EXTRACTOR)
    assert (segment.start_s, segment.end_s, segment.overlap_s) == (0.0, whole.duration_s, 0.0)
    assert isinstance(whole, WholeClip)
    assert frames is whole.frames


def test_a_long_recording_without_speech_has_no_segments() -> None:
    cut = RecordingReader(EXTRACTOR, 1.0, "text").recording_of(Signal(np.zeros(5 * NOISE_HZ, np.int16), NOISE_HZ))
    assert isinstance(cut, SegmentedRecording)
    assert cut.segments == ()
    assert list(cut.segment_frames(EXTRACTOR)) == []


@pytest.mark.parametrize("target", ["text", "label"])
def test_video_is_taken_whole_up_to_the_limit_and_keeps_its_landmarks(target) -> None:
    signal = signing(2.0, 2.0)
    for limit_s in (None, signal.duration_s):
        whole = RecordingReader(HANDS, limit_s, target).recording_of(signal)
        assert isinstance(whole, WholeClip)
        assert whole.landmarks is signal
        assert whole.activity is None
    cut = RecordingReader(HANDS, signal.duration_s - 0.1, target).recording_of(signal)
    assert isinstance(cut, SegmentedRecording)
    assert cut.landmarks is signal
    assert cut.activity is None
    assert len(cut.segments) == 2


def test_a_long_sign_is_cut_into_equal_parts_for_labels() -> None:
    cut = RecordingReader(HANDS, 5.0, "label").recording_of(signing(2 * LONGEST_SEGMENT_S + 1))
    assert isinstance(cut, SegmentedRecording)
    durations_s = [segment.duration_s for segment in cut.segments]
    assert durations_s == pytest.approx([durations_s[0]] * 3)
    assert max(durations_s) <= LONGEST_SEGMENT_S


def test_a_file_is_read_like_its_signal_and_errors_pass_through(tmp_path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        RecordingReader(EXTRACTOR, 30.0, "text")(Media(tmp_path / "none.wav"))
