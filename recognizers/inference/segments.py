"""Media files to recordings that are ready to be recognised: whole clips, or long recordings cut into segments."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor, Frames, Signal
from data_prep.media import Media
from recognizers.segmentation.energy_detector import EnergyDetector
from recognizers.segmentation.pause_splitting import STEP_S, Segment, split_at_pauses
from recognizers.segmentation.sign_activity import detect_signs
from recognizers.segmentation.voice_activity import VoiceActivity, VoiceActivityDetector

#: The longest segment of a recording that is cut, unless an even lower limit is set for whole clips.
LONGEST_SEGMENT_S = 10.0
#: A short recording is cut as well, but only at pauses of this duration or longer: recognizers invent words in long
#: silence, of which there is little in their training.
SHORT_RECORDING_PAUSE_S = 2.0
#: The limits of `whole_up_to_s`.
WHOLE_UP_TO_S_RANGE = (1.0, 120.0)


@dataclass(frozen=True)
class WholeClip:
    """A recording that is recognised in one piece.

    Attributes:
        frames: Features of the clip. The signal is not kept: a batch of many clips would hold it in memory.
        activity: Voice activity; None for all but sound, and for labels, which need no word times.
        landmarks: Hand landmarks, from which an overlay video can be drawn; None for all but video.
    """

    frames: Frames
    activity: VoiceActivity | None = None
    landmarks: Signal | None = None

    @property
    def duration_s(self) -> float:
        """Duration of the clip in seconds, as its frames measure it."""
        return len(self.frames.values) / self.frames.frame_rate_hz

    def segment_frames(self, extractor: FeatureExtractor) -> Iterator[tuple[Segment, Frames]]:
        """The single segment and its features."""
        yield Segment(0.0, self.duration_s), self.frames


@dataclass(frozen=True)
class SegmentedRecording:
    """A long recording that is recognised segment by segment.

    Attributes:
        signal: Samples or hand landmarks of the whole recording.
        segments: Its segments in order; none if nobody speaks or signs.
        activity: Voice activity; None for video.
    """

    signal: Signal
    segments: tuple[Segment, ...]
    activity: VoiceActivity | None = None

    @property
    def duration_s(self) -> float:
        """Duration of the recording in seconds."""
        return self.signal.duration_s

    @property
    def landmarks(self) -> Signal | None:
        """Hand landmarks, from which an overlay video can be drawn; None for audio."""
        return None if self.signal.is_waveform else self.signal

    def segment_frames(self, extractor: FeatureExtractor) -> Iterator[tuple[Segment, Frames]]:
        """Each segment with its features, computed one after the other: those of an hour would fill the memory."""
        rate_hz = self.signal.rate_hz
        for segment in self.segments:
            start, end = round(segment.start_s * rate_hz), round(segment.end_s * rate_hz)
            if self.activity is not None:
                start, end = _include_edges(self.signal.values, start, end, round(STEP_S * rate_hz))
            values = np.ascontiguousarray(self.signal.values[start:end])
            yield segment, extractor.frames(Signal(values, rate_hz))


Recording = WholeClip | SegmentedRecording


@dataclass(frozen=True)
class RecordingReader:
    """Reads media files as recordings; picklable, so that it can work in other processes.

    Attributes:
        extractor: The recognizer's feature extractor.
        whole_up_to_s: Longer recordings are cut into segments; None to take every recording whole, and to detect no
            voice activity.
        target: What is recognised: "text" cuts at pauses; "label" cuts video into signs and takes audio whole.
        detector: Finds the speech in audio whose text is recognised.

    Raises:
        InputError: `whole_up_to_s` is out of range.
    """

    extractor: FeatureExtractor
    whole_up_to_s: float | None
    target: Literal["text", "label"]
    detector: VoiceActivityDetector = field(default_factory=EnergyDetector)

    def __post_init__(self) -> None:
        least_s, most_s = WHOLE_UP_TO_S_RANGE
        if self.whole_up_to_s is not None and not least_s <= self.whole_up_to_s <= most_s:
            raise InputError(f"whole_up_to_s must be from {least_s:g} to {most_s:g} s; found {self.whole_up_to_s!r}")

    def __call__(self, media: Media) -> Recording:
        """Read a file; raises MediaError if it cannot be used."""
        return self.recording_of(self.extractor.signal(media))

    def recording_of(self, signal: Signal) -> Recording:
        """Make a recording of a signal that is in memory."""
        if signal.is_series:  # nothing tells where it could be cut
            return WholeClip(self.extractor.frames(signal))
        return self._audio(signal) if signal.is_waveform else self._video(signal)

    def _audio(self, signal: Signal) -> Recording:
        if self.whole_up_to_s is None or self.target == "label":
            return WholeClip(self.extractor.frames(signal))
        activity = self.detector(signal.values, signal.rate_hz)
        if signal.duration_s > self.whole_up_to_s:
            segments = split_at_pauses(activity.states, min(LONGEST_SEGMENT_S, self.whole_up_to_s))
        elif is_recognised_whole(activity, signal.duration_s):
            return WholeClip(self.extractor.frames(signal), activity)
        else:
            pause_s = SHORT_RECORDING_PAUSE_S
            segments = split_at_pauses(activity.states, self.whole_up_to_s, long_pause_s=pause_s, edge_s=pause_s)
        return SegmentedRecording(signal, tuple(segments), activity)

    def _video(self, signal: Signal) -> Recording:
        if self.whole_up_to_s is None or signal.duration_s <= self.whole_up_to_s:
            return WholeClip(self.extractor.frames(signal), landmarks=signal)
        segments = segments_of_signing(signal, self.target, min(LONGEST_SEGMENT_S, self.whole_up_to_s))
        return SegmentedRecording(signal, tuple(segments))


def segments_of_signing(
    signal: Signal, target: Literal["text", "label"], longest_text_s: float = LONGEST_SEGMENT_S
) -> list[Segment]:
    """Cut landmarks into a segment for each sign, or for what is signed between pauses if text is recognised."""
    activity = detect_signs(signal)
    return (
        activity.segments(LONGEST_SEGMENT_S)
        if target == "label"
        else split_at_pauses(activity.states(), longest_text_s)
    )


def is_recognised_whole(activity: VoiceActivity, duration_s: float) -> bool:
    """Whether a short recording of speech is recognised in one piece, because it has no long pause."""
    return activity.has_speech and not activity.pauses(0.0, duration_s, SHORT_RECORDING_PAUSE_S)


def _include_edges(samples: np.ndarray, start: int, end: int, step: int) -> tuple[int, int]:
    """Extend a segment to the sample at which digital silence begins, if that is within a step of either end.

    Voice activity is known by steps, so segments stop a step short of digital silence. A recording with silence added
    around it is to give the same samples as without.
    """
    before, after = samples[max(0, start - 2 * step) : start], samples[end : end + 2 * step]
    if not before[:step].any():
        start -= len(np.trim_zeros(before, "f"))
    if not after[-step:].any():
        end += len(np.trim_zeros(after, "b"))
    return start, end
