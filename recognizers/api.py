"""Trained recognizers in other programs: files or arrays in, typed results out, as the commands give them."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from data_prep.errors import InputError
from data_prep.media import Media, MediaError
from recognizers.decoder.decoder import Decoder
from recognizers.inference.predictor import Predictor
from recognizers.inference.recognize import Answer, answers
from recognizers.inference.segments import Reader, Recording, pieces_of
from recognizers.prediction import Label, Word

#: As the commands take them unless told otherwise.
WHOLE_UP_TO_S, SIGN_UP_TO_S, BATCH_SIZE = 30.0, 5.0, 8
#: A file, a file of which more is to be said (its encoding, or a stretch of it), or what would be in it.
Source = str | os.PathLike[str] | Media | np.ndarray


@dataclass(frozen=True)
class Transcript:
    """What is said, or spelled, in a recording.

    Attributes:
        text: The transcript.
        confidence: From 0 to 1; see `Prediction`.
        words: The words with their times and confidences.
        duration_s: How long the recording is, in seconds.
    """

    text: str
    confidence: float
    words: tuple[Word, ...]
    duration_s: float


@dataclass(frozen=True)
class Classification:
    """Which of its labels a clip has.

    Attributes:
        label: The most probable one. Of a long video, those of all its signs, with spaces between.
        confidence: Its probability; of several, the geometric mean.
        scores: The probability of each label, best first; empty if there are several signs, or none.
        labels: Each sign with its times.
        duration_s: How long the clip is, in seconds.
    """

    label: str
    confidence: float
    scores: dict[str, float]
    labels: tuple[Label, ...]
    duration_s: float


class Recognizer:
    """A trained recognizer, of sound or of signs; `load` makes one.

    A source is a path; or `data_prep.media.Media`, which can name a stretch of a file and say how headerless sound is
    encoded; or an array and its `rate_hz`. An array gives what a file with the same content gives:

    - sound: (samples,) or (samples, channels), floats of which 1 is full scale, or int16; at `rate_hz` samples a second
    - pictures of signs: (frames, height, width, 3) uint8, RGB, upright, with square pixels; at `rate_hz` frames a
      second; or a single one, (height, width, 3), which needs no rate
    - landmarks of hands: (frames, 21, 3) of one or (frames, 2, 21, 3) of two, as in a ``.npy`` file

    Args:
        predictor: What computes.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    @property
    def target(self) -> Literal["text", "label"]:
        """What it gives: a text, by `transcribe`, or a label, by `classify`."""
        return self._predictor.interpreter.target

    def transcribe(
        self, source: Source, rate_hz: float | None = None, *, whole_up_to_s: float = WHOLE_UP_TO_S
    ) -> Transcript:
        """The text of a recording, its words and their times: what ``python -m pipelines.transcribe`` gives.

        Args:
            source: A path, a `Media`, or an array.
            rate_hz: Of an array.
            whole_up_to_s: Longer sound is cut at pauses and put together again.

        Raises:
            MediaError: The source cannot be used; the message says why.
            InputError: This is a recognizer of labels; or `whole_up_to_s` or `rate_hz` makes no sense.
        """
        answer = self._answer("text", source, rate_hz, whole_up_to_s)
        prediction = answer.prediction
        return Transcript(prediction.value, prediction.confidence, prediction.words, answer.duration_s)

    def classify(
        self, source: Source, rate_hz: float | None = None, *, whole_up_to_s: float | None = SIGN_UP_TO_S
    ) -> Classification:
        """The label of a clip and the probabilities of all: what ``python -m pipelines.classify`` gives.

        Args:
            source: A path, a `Media`, or an array.
            rate_hz: Of an array.
            whole_up_to_s: Longer videos of hands are searched for signs; None to take any for one sign.

        Raises:
            MediaError: The source cannot be used; the message says why.
            InputError: This is a recognizer of texts; or there is a `rate_hz` beside a file.
        """
        answer = self._answer("label", source, rate_hz, whole_up_to_s)
        prediction = answer.prediction
        return Classification(
            prediction.value, prediction.confidence, prediction.scores, prediction.labels, answer.duration_s
        )

    def _answer(
        self, target: Literal["text", "label"], source: Source, rate_hz: float | None, whole_up_to_s: float | None
    ) -> Answer:
        if self.target != target:
            raise InputError(
                f"this recognizer gives a {self.target} for a clip, not a {target}; call "
                f"{self._predictor.interpreter.task} instead"
            )
        extractor = self._predictor.extractor
        recording = _read(Reader(extractor, whole_up_to_s, target), source, rate_hz)
        [answer] = answers(pieces_of("source", recording, extractor), self._predictor, BATCH_SIZE)
        return answer


def load(
    path: str | os.PathLike[str],
    runtime: Literal["torch", "onnx", "onnx_int8"] = "torch",
    decoder: Decoder | None = None,
    num_threads: int | None = None,
) -> Recognizer:
    """Load a trained recognizer.

    Args:
        path: A bundle, an exported recognizer, or the run directory that holds either.
        runtime: "torch" computes a bundle; "onnx" and "onnx_int8" what ``python -m pipelines.export`` made of it,
            without importing torch.
        decoder: How transcripts are found, such as `recognizers.decoder.greedy.Greedy`; None for what it came with.
        num_threads: What the network may use; None for what the runtime is set to. With torch, it holds for the whole
            process.

    Raises:
        InputError: There is no recognizer for that runtime, or it is damaged, or it has no use for the decoder.
    """
    predictor = Predictor.load(Path(path), runtime, num_threads)
    if decoder is not None:
        predictor = predictor.with_decoder(decoder)
    return Recognizer(predictor)


def _read(reader: Reader, source: Source, rate_hz: float | None) -> Recording:
    """Raises MediaError for whatever is wrong with a source."""
    if isinstance(source, str | os.PathLike):
        source = Media(Path(source))
    if not isinstance(source, Media):
        return reader.recording(reader.extractor.signal_of(np.asarray(source), rate_hz))
    if rate_hz is not None:
        raise InputError(
            f"{source.path}: rate_hz is for arrays, and files say it themselves; of one that does not, give "
            "Media(path, encoding='s16le@16000') or the like"
        )
    try:
        return reader(replace(source, path=Path(source.path)))  # a string will do
    except InputError:
        raise
    except Exception as error:  # a decoder's own fault on a hostile file
        raise MediaError(f"{source.path}: {type(error).__name__}: {error}") from error
