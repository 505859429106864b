"""Files to what a recognizer is given of them: whole clips, or the stretches of a long recording; without torch."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor, Frames, Signal
from data_prep.media import Media
from recognizers.inference.word_times import Heard
from recognizers.segmentation.sign_activity import as_activity, in_parts, signs_in
from recognizers.segmentation.voice_activity import HEARD, STEP_S, Segment, activity, cut

#: The longest stretch that a longer recording is cut into, if it is not said to take still shorter ones whole.
STRETCH_S = 10.0
WHOLE_S = (1.0, 120.0)


@dataclass(frozen=True)
class Recording:
    """A file that was read.

    Attributes:
        duration_s: How long it is, in seconds.
        heard: Where there is something to hear; None of what has no sound, and where words need no times.
        stretches: Where it was cut; one for a whole clip, none where there is nothing to hear.
        frames: Of a whole clip.
        signal: Of a recording that was cut, whose frames are made when their turn comes; and of hands, always.
    """

    duration_s: float
    heard: Heard | None
    stretches: tuple[Segment, ...]
    frames: Frames | None = None
    signal: Signal | None = None


@dataclass(frozen=True)
class Piece:
    """A stretch of a recording, ready for the recognizer.

    Attributes:
        id: Of the recording, unlike that of any other.
        duration_s: Of the whole recording.
        heard: Likewise.
        stretch: Which part this is.
        of: How many stretches there are; 0 where there is nothing to hear, and then there are no frames.
        frames: Of the stretch.
        landmarks: Of the whole video, to be drawn; None of sound.
    """

    id: str
    duration_s: float
    heard: Heard | None
    stretch: Segment | None
    of: int
    frames: Frames | None
    landmarks: Signal | None = None


@dataclass(frozen=True)
class Reader:
    """Reads files, in whatever process.

    Attributes:
        extractor: The recognizer's.
        whole_up_to_s: Longer recordings are cut; None to take everything whole, and to look for no pauses.
        target: What is wanted of a recording: its text; or a label for each of its signs. Sound has one label.

    Raises:
        InputError: The limit is out of its range.
    """

    extractor: FeatureExtractor
    whole_up_to_s: float | None
    target: Literal["text", "label"] = "text"

    def __post_init__(self) -> None:
        least_s, most_s = WHOLE_S
        if self.whole_up_to_s is not None and not least_s <= self.whole_up_to_s <= most_s:
            raise InputError(f"whole_up_to_s must be from {least_s:g} to {most_s:g} s; found {self.whole_up_to_s!r}")

    def __call__(self, media: Media) -> Recording:
        """Read one; raises MediaError for what cannot be used."""
        return self.recording(self.extractor.signal(media))

    def recording(self, signal: Signal) -> Recording:
        """Of what was read."""
        if signal.values.ndim > 1:
            return self._of_hands(signal)
        if self.whole_up_to_s is None or self.target == "label":
            return self._whole(signal, None)
        happens = activity(signal.values, signal.rate_hz)
        heard = Heard(happens == HEARD, STEP_S)
        if signal.duration_s <= self.whole_up_to_s:
            return self._whole(signal, heard)
        stretches = tuple(cut(happens, min(STRETCH_S, self.whole_up_to_s)))
        return Recording(signal.duration_s, heard, stretches, signal=signal)

    def _of_hands(self, signal: Signal) -> Recording:
        if self.whole_up_to_s is None or signal.duration_s <= self.whole_up_to_s:
            return replace(self._whole(signal, None), signal=signal)
        if self.target == "label":
            stretches = in_parts(signs_in(signal), STRETCH_S)
        else:
            stretches = cut(as_activity(signal), min(STRETCH_S, self.whole_up_to_s))
        return Recording(signal.duration_s, None, tuple(stretches), signal=signal)

    def _whole(self, signal: Signal, heard: Heard | None) -> Recording:
        frames = self.extractor.frames(signal)
        duration_s = len(frames.values) / frames.frame_rate_hz
        return Recording(duration_s, heard, (Segment(0.0, duration_s),), frames=frames)


def pieces_of(name: str, recording: Recording, extractor: FeatureExtractor) -> Iterator[Piece]:
    """The stretches of a recording, their frames made one after the other: an hour's would be in the way."""
    about = (name, recording.duration_s, recording.heard)
    signal = recording.signal
    landmarks = signal if signal is not None and signal.values.ndim > 1 else None
    if not recording.stretches:
        yield Piece(*about, None, 0, None, landmarks)
    for stretch in recording.stretches:
        frames = recording.frames
        if frames is None:
            assert signal is not None
            part = signal.values[round(stretch.start_s * signal.rate_hz) : round(stretch.end_s * signal.rate_hz)]
            frames = extractor.frames(Signal(np.ascontiguousarray(part), signal.rate_hz))
        yield Piece(*about, stretch, len(recording.stretches), frames, landmarks)
