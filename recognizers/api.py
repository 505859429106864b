"""Trained recognizers for other programs: files or arrays in, typed results out, equal to those of the commands."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from data_prep.errors import InputError
from data_prep.media import Media, MediaError
from recognizers.decoder.decoder import Decoder
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.inference.loading import load_predictor
from recognizers.inference.recognize import (
    Classifier,
    PredictionT,
    RecordingQueue,
    SegmentRecognizer,
    SegmentResult,
    Transcriber,
)
from recognizers.inference.segments import Recording, RecordingReader
from recognizers.prediction import Classification, Label, Transcript, Word
from recognizers.segmentation.detectors import detector_named
from recognizers.streaming.opening import open_stream
from recognizers.streaming.results import Final, Partial, Stream
from recognizers.streaming.settings import StreamSettings

__all__ = [
    "Classification",
    "Final",
    "Label",
    "Partial",
    "Recognizer",
    "Source",
    "Stream",
    "StreamSettings",
    "Transcript",
    "Word",
    "load",
]

#: The same defaults as in the commands.
WHOLE_UP_TO_S, SIGN_UP_TO_S, BATCH_SIZE = 30.0, 5.0, 8
#: A path, a `Media` (which can name a part of a file and its encoding), or an array.
Source = str | os.PathLike[str] | Media | np.ndarray


class Recognizer:
    """A trained recognizer of sound or of signs, which `load` makes.

    A source is a path, a `data_prep.media.Media` (which can name a part of a file, and the encoding of headerless
    sound), or an array with its `rate_hz`. An array gives the same result as a file with the same content:

    - sound: (samples,) or (samples, channels), floats with full scale 1, or int16; at `rate_hz` samples a second
    - pictures of signs: (frames, height, width, 3) uint8, RGB, upright, with square pixels; at `rate_hz` frames a
      second; or a single picture (height, width, 3), which needs no rate
    - hand landmarks: (frames, 21, 3) of one hand or (frames, 2, 21, 3) of two, as in a ``.npy`` file
    - series of numbers: (frames, features), which need no rate
    """

    def __init__(self, predictor: ClipPredictor) -> None:
        self._predictor = predictor

    @property
    def target(self) -> Literal["text", "label"]:
        """What it recognises: "text", with `transcribe`, or a "label", with `classify`."""
        return self._predictor.interpreter.target

    def transcribe(
        self,
        source: Source,
        rate_hz: float | None = None,
        *,
        whole_up_to_s: float = WHOLE_UP_TO_S,
        voice_activity: Literal["silero", "energy"] = "silero",
    ) -> Transcript:
        """Transcribe a recording: its text, and its words with their times, as ``python -m pipelines.transcribe`` does.

        Args:
            source: A path, a `Media` or an array.
            rate_hz: Samples or frames a second of an array.
            whole_up_to_s: Longer recordings are cut at pauses, and their segments' transcripts are joined.
            voice_activity: How speech is found: "silero" also in noise; "energy" takes any sound for speech.

        Raises:
            MediaError: The source cannot be used; the message says why.
            InputError: The recognizer gives labels, a setting is out of range, or a file has a `rate_hz`.
        """
        self._check_target("text")
        detector = detector_named(voice_activity)
        reader = RecordingReader(self._predictor.extractor, whole_up_to_s, "text", detector)
        recording = _read(reader, source, rate_hz)
        return _recognize(Transcriber(self._predictor, BATCH_SIZE), recording)

    def classify(
        self, source: Source, rate_hz: float | None = None, *, whole_up_to_s: float | None = SIGN_UP_TO_S
    ) -> Classification:
        """Classify a clip: its label and the probabilities of all labels, as ``python -m pipelines.classify`` does.

        Args:
            source: A path, a `Media` or an array.
            rate_hz: Samples or frames a second of an array.
            whole_up_to_s: Longer videos of hands are searched for signs; None takes every video as one sign.

        Raises:
            MediaError: The source cannot be used; the message says why.
            InputError: The recognizer gives text, `whole_up_to_s` is out of range, or a file has a `rate_hz`.
        """
        self._check_target("label")
        recording = _read(RecordingReader(self._predictor.extractor, whole_up_to_s, "label"), source, rate_hz)
        return _recognize(Classifier(self._predictor, BATCH_SIZE), recording)

    def stream(self, rate_hz: float, settings: StreamSettings | None = None) -> Stream:
        """Recognise sound, pictures or landmarks while they arrive, like ``python -m pipelines.live``.

            stream = load("runs/demo_speech_live/last").stream(rate_hz=16000)
            for chunk in microphone:  # arrays of any length, as `transcribe` takes them
                for result in stream.add(chunk):
                    print(result.text)  # a Partial, or a Final with a Transcript or a Classification
            for result in stream.finish():
                print(result.text)

        Args:
            rate_hz: Samples, pictures or frames of landmarks a second.
            settings: How it is recognised; None for the defaults of `StreamSettings`.

        Raises:
            InputError: The recognizer cannot be streamed, or not as the settings ask; the message says why.
            MediaError: The rate is out of range.
        """
        return open_stream(self._predictor, rate_hz, settings or StreamSettings())

    def _check_target(self, target: Literal["text", "label"]) -> None:
        if self.target != target:
            raise InputError(
                f"this recognizer gives a {self.target} for a clip, not a {target}; call "
                f"{self._predictor.interpreter.task} instead"
            )


def load(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    runtime: Literal["torch", "onnx", "onnx_int8"] = "torch",
    decoder: Decoder | None = None,
    num_threads: int | None = None,
) -> Recognizer:
    """Load a trained recognizer.

    Args:
        path: A bundle, an exported recognizer, an ensemble of either, or the run directory that holds one of these; or
            a list of them, which answer as one.
        runtime: "torch" for a bundle; "onnx" or "onnx_int8" for what ``python -m pipelines.export`` made of it, which
            needs no torch.
        decoder: Finds transcripts, such as `recognizers.decoder.greedy.Greedy`; None for the recognizer's own.
        num_threads: Threads that the network may use; None keeps the runtime's setting. With torch, it applies to the
            whole process.

    Raises:
        InputError: There is no recognizer for the runtime, or it is damaged, or the decoder does not suit it, or
            several recognizers cannot answer together.
    """
    paths = Path(path) if isinstance(path, str | os.PathLike) else [Path(each) for each in path]
    predictor = load_predictor(paths, runtime, num_threads)
    if decoder is not None:
        predictor = predictor.with_decoder(decoder)
    return Recognizer(predictor)


def _recognize(recognizer: SegmentRecognizer[SegmentResult, PredictionT], recording: Recording) -> PredictionT:
    queue: RecordingQueue[None, SegmentResult, PredictionT] = RecordingQueue(recognizer)
    [recognized] = [*queue.add(None, recording), *queue.flush()]
    return recognized.prediction


def _read(reader: RecordingReader, source: Source, rate_hz: float | None) -> Recording:
    """Read a source; raises MediaError for anything that is wrong with its content."""
    if isinstance(source, str | os.PathLike):
        source = Media(Path(source))
    if not isinstance(source, Media):
        return reader.recording_of(reader.extractor.signal_of(np.asarray(source), rate_hz))
    if rate_hz is not None:
        raise InputError(
            f"{source.path}: rate_hz is for arrays, and files contain their rate; for a file without one, give "
            "Media(path, encoding='s16le@16000') or the like"
        )
    try:
        return reader(replace(source, path=Path(source.path)))  # the path may be a string
    except InputError:
        raise
    except Exception as error:  # decoders of media raise anything for a hostile file
        raise MediaError(f"{source.path}: {type(error).__name__}: {error}") from error
