"""What must be read from the store: how loud sound is, and in how many frames hands are seen."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data_prep.features.extractor import FeatureExtractor, Signal
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.report.statistics import split_of
from data_prep.workers.progress import progress_bar

#: Of a huge corpus that many clips are read, drawn by chance, and not more than this many hours.
MOST_CLIPS, MOST_HOURS = 20_000, 50.0
#: A full 16-bit sample is stored as 32766 or 32767.
FULL_SCALE = 32_766
SILENT_DBFS = -60.0
CLIPPED_SHARE = 0.001
OFFSET_SHARE = 0.05
FEW_HANDS_SHARE = 0.5
_CHUNK = 1 << 20


@dataclass(frozen=True)
class SoundLevel:
    """How loud a clip is.

    Attributes:
        id: Of the clip.
        rms_dbfs: Its mean power without its offset, in dB; 0 is a square wave at full scale, -inf no sound at all.
        offset: Its mean, as a share of full scale.
        full_scale_share: The share of its samples that are at full scale.
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
        """Whether there is next to nothing to hear."""
        return self.rms_dbfs < SILENT_DBFS

    @property
    def is_clipped(self) -> bool:
        """Whether it was recorded too loud."""
        return self.full_scale_share > CLIPPED_SHARE

    @property
    def is_offset(self) -> bool:
        """Whether it lies off zero, as a faulty sound card does it."""
        return abs(self.offset) > OFFSET_SHARE


@dataclass(frozen=True)
class HandsSeen:
    """In how many frames of a clip hands are seen.

    Attributes:
        id: Of the clip.
        split: Its split.
        frames: How many frames it has.
        with_hand: In how many of them there is a hand.
        hands: How many hands take part, as the features count them: a second one seen only now and then is none.
    """

    id: str
    split: str
    frames: int
    with_hand: int
    hands: int

    @property
    def share(self) -> float:
        """The share of frames with a hand."""
        return self.with_hand / max(self.frames, 1)


@dataclass(frozen=True)
class Measured:
    """What was measured, and in how many of all clips.

    Attributes:
        levels: Of the clips that are sound.
        hands: Of the clips that are hands.
        read: How many clips were read.
        clips: How many there are.
    """

    levels: list[SoundLevel]
    hands: list[HandsSeen]
    read: int
    clips: int


def measure(prepared: Prepared, extractor: FeatureExtractor, seed: int) -> Measured:
    """Read the clips of a store one by one, a drawn part of them where there are very many."""
    chosen = clips_to_read(prepared, seed)
    levels, hands = [], []
    with progress_bar() as progress:
        for clip in progress.track(chosen, description="looking at clips"):
            signal = prepared.signal(clip)
            if signal.values.ndim == 1:
                levels.append(sound_level(clip.id, signal.values))
            else:
                hands.append(hands_seen(clip, signal, extractor))
    return Measured(levels, hands, len(chosen), len(prepared.clips))


def clips_to_read(
    prepared: Prepared, seed: int, most_clips: int = MOST_CLIPS, most_hours: float = MOST_HOURS
) -> Sequence[Clip]:
    """All clips, or of very many as many as are quickly read, drawn by chance, in their order."""
    order = list(range(len(prepared.clips)))
    random.Random(seed).shuffle(order)
    taken: list[int] = []
    hours = 0.0
    for index in order[:most_clips]:
        hours += prepared.duration_s(prepared.clips[index]) / 3600
        if taken and hours > most_hours:
            break
        taken.append(index)
    return [prepared.clips[index] for index in sorted(taken)]


def sound_level(clip_id: str, samples: np.ndarray) -> SoundLevel:
    """Measure a waveform (T,) int16, in parts: a recording of hours must not be copied whole."""
    total = squares = full = 0
    for start in range(0, len(samples), _CHUNK):
        part = samples[start : start + _CHUNK].astype(np.int64)
        total += int(part.sum())
        squares += int((part * part).sum())
        full += int((np.abs(part) >= FULL_SCALE).sum())
    count = max(len(samples), 1)
    variance = (count * squares - total * total) / count**2  # whole numbers up to here: 0 exactly if constant
    return SoundLevel(
        clip_id,
        10 * math.log10(variance / 32767**2) if variance > 0 else -math.inf,
        total / count / 32767,
        full / count,
    )


def hands_seen(clip: Clip, signal: Signal, extractor: FeatureExtractor) -> HandsSeen:
    """Count the frames with hands, as the extractor sees them."""
    # Here, because it loads the libraries that a corpus of sound does without.
    from data_prep.features.hand_keypoints import SECOND_HAND_SHARE

    presence = extractor.frames(signal).presence
    if presence is None:
        presence = np.zeros(0, bool)
    seen = sorted((~np.isnan(signal.values[:, :2, 0, 0, 0])).sum(axis=0))  # [fewer, more] frames of the two hands
    hands = int(seen[-1] > 0) + int(seen[0] > 0 and seen[0] >= SECOND_HAND_SHARE * seen[-1])
    return HandsSeen(clip.id, split_of(clip), len(presence), int(presence.sum()), hands)


def hands_by_split(hands: Sequence[HandsSeen]) -> dict[str, list[HandsSeen]]:
    """All ("all"), and those of each split that has any."""
    groups: dict[str, list[HandsSeen]] = {"all": list(hands)}
    for seen in hands:
        groups.setdefault(seen.split, []).append(seen)
    return groups


def share_of_frames(hands: Sequence[HandsSeen]) -> float:
    """The share of all frames that have a hand."""
    return sum(seen.with_hand for seen in hands) / max(sum(seen.frames for seen in hands), 1)
