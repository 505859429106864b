"""The result for one input, and the line of ``results.jsonl`` that holds it."""

from dataclasses import dataclass
from typing import Any, Generic

from data_prep.manifest import MAX_TIME_S
from recognizers.inference.aligned_clip import word_row
from recognizers.inference.recognize import PredictionT
from recognizers.prediction import Classification, Label, Prediction, Transcript, Word


@dataclass(frozen=True)
class FileResult(Generic[PredictionT]):
    """A prediction with the identity of its input.

    Attributes:
        id: Id of the input.
        path: Path of the media file.
        prediction: The transcript or the classification.
        key: Hash of the content, the model and the settings: equal keys mean equal results.
        start_s: Start of the input in its file, from which the times count; None for the start of the file.
    """

    id: str
    path: str
    prediction: PredictionT
    key: str
    start_s: float | None = None

    def row(self) -> dict[str, Any]:
        """Return the result as a JSON object, with rounded numbers."""
        about = {"id": self.id, "path": self.path} | ({} if self.start_s is None else {"start_s": self.start_s})
        return about | _prediction_fields(self.prediction) | {"key": self.key}


def _prediction_fields(prediction: Prediction) -> dict[str, Any]:
    shared = {"confidence": round(prediction.confidence, 6), "duration_s": round(prediction.duration_s, 3)}
    if isinstance(prediction, Transcript):
        return {"text": prediction.text} | shared | {"words": [word_row(word) for word in prediction.words]}
    return (
        {"label": prediction.label}
        | shared
        | {"scores": _rounded(prediction.scores), "labels": [_label_row(label) for label in prediction.labels]}
    )


def _label_row(label: Label) -> dict[str, Any]:
    return {
        "label": label.text,
        "start_s": round(label.start_s, 3),
        "end_s": round(label.end_s, 3),
        "confidence": round(label.confidence, 6),
        "scores": _rounded(label.scores),
    }


def _rounded(scores: dict[str, float]) -> dict[str, float]:
    return {label: round(score, 6) for label, score in scores.items()}


def transcript_from_row(row: dict[str, Any]) -> Transcript:
    """Read the transcript in a row; raises KeyError, TypeError or ValueError if the row does not hold one."""
    words = tuple(
        Word(_text(word["word"]), _number(word["start_s"]), _number(word["end_s"]), _number(word["confidence"]))
        for word in row.get("words", ())
    )
    return Transcript(_text(row["text"]), _number(row["confidence"]), words, _number(row["duration_s"]))


def classification_from_row(row: dict[str, Any]) -> Classification:
    """Read the classification in a row; raises KeyError, TypeError or ValueError if the row does not hold one."""
    labels = tuple(
        Label(
            _text(label["label"]),
            _number(label["start_s"]),
            _number(label["end_s"]),
            _number(label["confidence"]),
            _scores(label["scores"]),
        )
        for label in row.get("labels", ())
    )
    scores = _scores(row.get("scores", {}))
    return Classification(_text(row["label"]), _number(row["confidence"]), scores, labels, _number(row["duration_s"]))


def result_from_row(row: dict[str, Any], prediction: PredictionT) -> FileResult[PredictionT]:
    """Make the result in a row, given its prediction; raises KeyError or TypeError if the row is damaged."""
    start_s = None if row.get("start_s") is None else _number(row["start_s"])
    return FileResult(_text(row["id"]), _text(row["path"]), prediction, _text(row["key"]), start_s)


def _scores(scores: Any) -> dict[str, float]:
    return {label: _number(score) for label, score in dict(scores).items()}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text; found {value!r}")
    return value


def _number(value: Any) -> float:
    """Check a number, which is a probability or a time in seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_TIME_S:
        raise ValueError(f"expected a number from 0 to {MAX_TIME_S:g}; found {value!r}")
    return value
