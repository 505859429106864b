"""The settings of streams."""

from dataclasses import dataclass
from typing import Literal

from data_prep.errors import InputError
from recognizers.segmentation.detectors import DETECTORS

#: The limits of each setting, in seconds but for the threshold.
LIMITS = {
    "pause_s": (0.1, 2.0),
    "partial_every_s": (0.05, 60.0),
    "window_s": (0.2, 5.0),
    "step_s": (0.02, 1.0),
    "smooth_s": (0.02, 2.0),
    "refractory_s": (0.0, 60.0),
    "threshold": (0.0, 1.0),
}


@dataclass(frozen=True)
class StreamSettings:
    """How a stream is recognised.

    Attributes:
        incremental: Whether to compute each frame of sound once; True is refused if a setting of the recognizer needs
            the whole utterance; None to do so where it is possible.
        voice_activity: How speech is found: "silero" also in noise; "energy" takes any sound for speech.
        pause_s: The pause in the speech that ends an utterance.
        partial_every_s: How often an utterance or sign is recognised anew before it has ended; None for never. It does
            not matter where each frame is computed once.
        window_s: Keywords: the window in which a label is sought. It should be as long as the clips of the training.
        step_s: Keywords: how far the window moves on.
        smooth_s: Keywords: the probability of a label is its mean over this duration.
        threshold: Keywords: a label counts if its probability reaches this.
        refractory_s: Keywords: how long after a label none counts.
        ignored: Keywords: labels that never count, such as those of noise.

    Raises:
        InputError: A setting is out of range.
    """

    incremental: bool | None = None
    voice_activity: Literal["silero", "energy"] = "silero"
    pause_s: float = 0.5
    partial_every_s: float | None = 0.5
    window_s: float = 1.0
    step_s: float = 0.1
    smooth_s: float = 0.3
    threshold: float = 0.85
    refractory_s: float = 1.0
    ignored: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, (least, most) in LIMITS.items():
            value = getattr(self, name)
            if name == "partial_every_s" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
                raise InputError(f"{name} must be from {least:g} to {most:g}; found {value!r}")
        if self.step_s > self.window_s:
            raise InputError(f"step_s must be at most window_s, which is {self.window_s:g}; found {self.step_s!r}")
        if self.voice_activity not in DETECTORS:
            raise InputError(f"voice_activity must be one of {', '.join(DETECTORS)}; found {self.voice_activity!r}")
