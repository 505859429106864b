"""Features of several extractors that work on the same signal, for recognizers that are used together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor, Frames, Signal, fingerprint
from data_prep.media import Media


@dataclass(frozen=True)
class JointFrames(Frames):
    """The features of a clip for each of several recognizers; its own values are those for the first.

    Attributes:
        members: The features for each recognizer, in their order.
    """

    members: tuple[Frames, ...] = ()


@dataclass(frozen=True)
class JointFeatures:
    """Several feature extractors as one: media are read once, and each extractor computes its own frames.

    Everything but `frames` is that of the first extractor.

    Attributes:
        members: The extractors; they may differ in all settings that do not affect the signal.

    Raises:
        InputError: There is no extractor, or they do not work on the same signal.
    """

    members: tuple[FeatureExtractor, ...]

    def __post_init__(self) -> None:
        if not self.members:
            raise InputError("features: joint features need at least one extractor; found none")
        if len({(each.modality, each.signal_fingerprint()) for each in self.members}) > 1:
            raise InputError("features: joint features need extractors that read media in the same way")

    @property
    def modality(self) -> str:
        """The kind of media that all of them read."""
        return self.members[0].modality

    @property
    def suffixes(self) -> frozenset[str]:
        """The endings of the files that all of them read."""
        return self.members[0].suffixes

    @property
    def frame_rate_hz(self) -> float:
        """Frames per second of the first extractor."""
        return self.members[0].frame_rate_hz

    @property
    def num_features(self) -> int:
        """The width of a frame of the first extractor."""
        return self.members[0].num_features

    def get_ready(self, media: Sequence[Media]) -> None:
        """Fetch what `signal` needs for these media."""
        self.members[0].get_ready(media)

    def signal(self, media: Media) -> Signal:
        """Measure the signal of media, from which all of them compute frames."""
        return self.members[0].signal(media)

    def signal_of(self, values: np.ndarray, rate_hz: float | None) -> Signal:
        """Measure the signal of media in memory."""
        return self.members[0].signal_of(values, rate_hz)

    def frames(self, signal: Signal) -> JointFrames:
        """Compute the features of a signal with each extractor; equal extractors share the work."""
        computed: dict[FeatureExtractor, Frames] = {}
        for each in self.members:
            if each not in computed:
                computed[each] = each.frames(signal)
        first = computed[self.members[0]]
        return JointFrames(
            first.values, first.frame_rate_hz, first.presence, tuple(computed[each] for each in self.members)
        )

    def __call__(self, media: Media) -> JointFrames:
        """Do both steps: ``frames(signal(media))``."""
        return self.frames(self.signal(media))

    def signal_fingerprint(self) -> str:
        """Hash all settings that affect the signal, which is common to all."""
        return self.members[0].signal_fingerprint()

    def fingerprint(self) -> str:
        """Hash all settings that affect the frames."""
        return fingerprint(features="joint", members=[each.fingerprint() for each in self.members])


def signal_extractor(extractor: FeatureExtractor) -> FeatureExtractor:
    """Return the extractor that reads media: the first of several, or the extractor itself."""
    return extractor.members[0] if isinstance(extractor, JointFeatures) else extractor
