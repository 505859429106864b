"""The detectors of voice activity by the names that settings use."""

from data_prep.errors import InputError, did_you_mean
from recognizers.segmentation.energy_detector import EnergyDetector
from recognizers.segmentation.silero_detector import SileroDetector
from recognizers.segmentation.voice_activity import VoiceActivityDetector

DETECTORS: dict[str, type[VoiceActivityDetector]] = {"silero": SileroDetector, "energy": EnergyDetector}


def detector_named(name: str) -> VoiceActivityDetector:
    """Make a detector.

    Args:
        name: "silero", which finds speech in noise, or "energy", which takes any sound for speech.

    Raises:
        InputError: There is no such detector.
    """
    if name not in DETECTORS:
        hint = did_you_mean(name, DETECTORS)
        raise InputError(f"voice_activity must be one of {', '.join(DETECTORS)}; found {name!r}{hint}")
    return DETECTORS[name]()
