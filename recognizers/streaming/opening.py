"""Chooses the stream for a recognizer."""

from data_prep.errors import InputError
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.inference.predictor import Predictor
from recognizers.runtime.stepwise.obstacles import algorithmic_latency_s
from recognizers.runtime.stepwise.step_network import StepNetwork
from recognizers.segmentation.detectors import detector_named
from recognizers.segmentation.silero_detector import WINDOW_S
from recognizers.segmentation.speech_stream import speech_stream_named
from recognizers.segmentation.utterances import UtteranceFinder
from recognizers.streaming.hand_stream import HandStream
from recognizers.streaming.keyword_stream import KeywordStream
from recognizers.streaming.results import Stream
from recognizers.streaming.settings import StreamSettings
from recognizers.streaming.sound_input import SoundInput
from recognizers.streaming.sound_stream import SoundStream
from recognizers.streaming.utterance_recognizers import IncrementalUtterance, RecomputedUtterance, UtteranceRecognizer


def open_stream(predictor: ClipPredictor, rate_hz: float, settings: StreamSettings) -> Stream:
    """Open a stream.

    Args:
        predictor: The recognizer.
        rate_hz: Samples, pictures or frames of landmarks a second.
        settings: How it is recognised.

    Raises:
        InputError: The recognizer cannot do what the settings ask for; the message names each obstacle.
        MediaError: The rate is out of range.
    """
    steps = _steps(predictor, settings.incremental)
    if predictor.extractor.modality != "audio":
        return HandStream(predictor, rate_hz, settings)
    sound = SoundInput(predictor.extractor, rate_hz)
    speech = speech_stream_named(settings.voice_activity, sound.rate_hz)
    if predictor.interpreter.target == "label":
        return KeywordStream(predictor, sound, speech, settings)
    detector = detector_named(settings.voice_activity)

    def begin() -> UtteranceRecognizer:
        if steps is not None:
            assert isinstance(predictor, Predictor)
            return IncrementalUtterance(predictor, steps, detector)
        return RecomputedUtterance(predictor, sound.rate_hz, detector, settings.partial_every_s)

    if steps is not None:
        latency_s = WINDOW_S + algorithmic_latency_s(predictor.extractor, steps.subsampling)
    else:
        latency_s = WINDOW_S + (settings.pause_s if settings.partial_every_s is None else settings.partial_every_s)
    return SoundStream(sound, speech, UtteranceFinder(settings.pause_s), begin, latency_s)


def _steps(predictor: ClipPredictor, incremental: bool | None) -> StepNetwork | None:
    """Return the recognizer's network step by step; None to recognise utterances anew."""
    if incremental is False:
        return None
    found = predictor.steps() if isinstance(predictor, Predictor) else ["an ensemble cannot be computed step by step"]
    if not isinstance(found, list):
        return found
    if incremental:
        raise InputError(
            f"incremental=true: this recognizer cannot compute each frame once: {'; '.join(found)}. Train it so, as "
            "experiment=demo_speech_live does, or leave incremental out"
        )
    return None
