"""Statistics that need the stored signals: how loud the recordings are, and how often hands are visible."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data_prep.features.extractor import FeatureExtractor, Signal
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.report.sampling import choose_clips_to_read
from data_prep.report.statistics import split_name
from data_prep.workers.progress import track_progress

#: A larger corpus is sampled, so that the report takes minutes at most.
MAX_CLIPS, MAX_HOURS = 20_000, 50.0
#: A sample at the full scale of 16 bits is stored as 32766 or 32767.
FULL_SCALE = 32_766
SILENT_DBFS = -60.0
CLIPPED_SHARE = 0.001
OFFSET_SHARE = 0.05
FEW_HANDS_SHARE = 0.5
#: Samples processed at once, so that a recording of hours is not copied as a whole.
_CHUNK_SAMPLES = 1 << 20


@dataclass(frozen=True)
class SoundLevel:
    """How loud a clip is.

    Attributes:
        id: Id of the clip.
        rms_dbfs: Root mean square without the DC offset, in dB: 0 for a square wave at full scale, -inf for silence.
        offset: DC offset as a share of full scale.
        full_scale_share: Share of the samples that are at full scale.
    """

    id: str
    rms_dbfs: float
    offset: float
    full_scale_share: float

    @property
    def is_constant(self) -> bool:
        """Whether all samples are equal."""
        return self.rms_dbfs == -math.inf

    @property
    def is_silent(self) -> bool:
        """Whether the clip is too quiet to contain anything audible."""
        return self.rms_dbfs < SILENT_DBFS

    @property
    def is_clipped(self) -> bool:
        """Whether so many samples are at full scale that the clip was probably recorded at too high a level."""
        return self.full_scale_share > CLIPPED_SHARE

    @property
    def has_offset(self) -> bool:
        """Whether the DC offset is so large that it points to a hardware fault."""
        return abs(self.offset) > OFFSET_SHARE


@dataclass(frozen=True)
class HandVisibility:
    """In how many frames of a clip hands are visible.

    Attributes:
        id: Id of the clip.
        split: Name of its split.
        frames: Number of frames.
        frames_with_hand: Number of frames with at least one hand.
        hands: Number of hands the features use; a second hand that is seen only rarely is not counted.
    """

    id: str
    split: str
    frames: int
    frames_with_hand: int
    hands: int

    @property
    def share(self) -> float:
        """The share of frames with a hand."""
        return self.frames_with_hand / max(self.frames, 1)


@dataclass(frozen=True)
class SignalStats:
    """Statistics of the signals that were read.

    Attributes:
        levels: Sound levels of the audio clips.
        hands: Visibility of hands in the video clips.
        num_read: Number of clips that were read.
        num_clips: Number of clips in the corpus.
    """

    levels: list[SoundLevel]
    hands: list[HandVisibility]
    num_read: int
    num_clips: int


def measure_signals(prepared: Prepared, extractor: FeatureExtractor, seed: int) -> SignalStats:
    """Measure the stored signals one by one, or a random sample of them if the corpus is very large."""
    clips = choose_clips_to_read(prepared, seed, MAX_CLIPS, MAX_HOURS)
    levels, hands = [], []
    for clip in track_progress(clips, len(clips), "measuring clips"):
        signal = prepared.signal(clip)
        if signal.is_waveform:
            levels.append(measure_level(clip.id, signal.values))
        elif not signal.is_series:
            hands.append(measure_visibility(clip, signal, extractor))
    return SignalStats(levels, hands, len(clips), len(prepared.clips))


def measure_level(clip_id: str, samples: np.ndarray) -> SoundLevel:
    """Measure the level of a waveform (T,) int16."""
    total = squares = full_scale = 0
    for start in range(0, len(samples), _CHUNK_SAMPLES):
        chunk = samples[start : start + _CHUNK_SAMPLES].astype(np.int64)
        total += int(chunk.sum())
        squares += int((chunk * chunk).sum())
        full_scale += int((np.abs(chunk) >= FULL_SCALE).sum())
    count = max(len(samples), 1)
    variance = (count * squares - total * total) / count**2  # the numerator is an integer: exactly 0 if constant
    return SoundLevel(
        clip_id,
        10 * math.log10(variance / 32767**2) if variance > 0 else -math.inf,
        total / count / 32767,
        full_scale / count,
    )


def measure_visibility(clip: Clip, signal: Signal, extractor: FeatureExtractor) -> HandVisibility:
    """Count the frames in which the extractor sees a hand."""
    # Imported here because an audio corpus does not need MediaPipe.
    from data_prep.features.hand_keypoints import SECOND_HAND_SHARE

    presence = extractor.frames(signal).presence
    if presence is None:
        presence = np.zeros(0, bool)
    fewer, more = sorted((~np.isnan(signal.values[:, :2, 0, 0, 0])).sum(axis=0))  # frames with each of the two hands
    hands = int(more > 0) + int(fewer > 0 and fewer >= SECOND_HAND_SHARE * more)
    return HandVisibility(clip.id, split_name(clip), len(presence), int(presence.sum()), hands)


def group_hands_by_split(hands: Sequence[HandVisibility]) -> dict[str, list[HandVisibility]]:
    """Group clips by split, behind a first group "all"."""
    groups: dict[str, list[HandVisibility]] = {"all": list(hands)}
    for clip in hands:
        groups.setdefault(clip.split, []).append(clip)
    return groups


def share_with_hand(hands: Sequence[HandVisibility]) -> float:
    """Return the share of all frames of these clips that show a hand."""
    return sum(clip.frames_with_hand for clip in hands) / max(sum(clip.frames for clip in hands), 1)
