"""The detectors of voice activity by the names that settings use."""

from data_prep.errors import InputError, did_you_mean
from data_prep.features.extractor import Signal
from recognizers.segmentation.energy_detector import EnergyDetector
from recognizers.segmentation.silero_detector import SileroDetector
from recognizers.segmentation.voice_activity import VoiceActivity, VoiceActivityDetector

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


def find_voice_activity(signal: Signal) -> VoiceActivity:
    """Find speech in a waveform; by loudness if the network hears none, as in sounds that are not speech."""
    activity = detector_named("silero")(signal.values, signal.rate_hz)
    return activity if activity.has_speech else detector_named("energy")(signal.values, signal.rate_hz)
