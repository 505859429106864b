"""The result of one input, and the line of ``results.jsonl`` that holds it."""

from dataclasses import dataclass
from typing import Any, Literal

from data_prep.manifest import MAX_TIME_S
from recognizers.prediction import Label, Prediction, Word


@dataclass(frozen=True)
class FileResult:
    """What was recognised of an input.

    Attributes:
        id: The input's.
        path: The file's.
        target: Whether it is a "text" or a "label".
        prediction: The answer.
        duration_s: How long the recording is.
        key: Equal for two results that must be equal: of the same content, model and settings.
    """

    id: str
    path: str
    target: Literal["text", "label"]
    prediction: Prediction
    duration_s: float
    key: str

    def row(self) -> dict[str, Any]:
        """As JSON may hold it."""
        row: dict[str, Any] = {
            "id": self.id,
            "path": self.path,
            self.target: self.prediction.value,
            "confidence": round(self.prediction.confidence, 6),
            "duration_s": round(self.duration_s, 3),
        }
        if self.target == "text":
            row["words"] = [
                {
                    "word": word.text,
                    "start_s": round(word.start_s, 3),
                    "end_s": round(word.end_s, 3),
                    "confidence": round(word.confidence, 4),
                }
                for word in self.prediction.words
            ]
        else:
            row["scores"] = _rounded(self.prediction.scores)
            row["labels"] = [
                {
                    "label": label.text,
                    "start_s": round(label.start_s, 3),
                    "end_s": round(label.end_s, 3),
                    "confidence": round(label.confidence, 6),
                    "scores": _rounded(label.scores),
                }
                for label in self.prediction.labels
            ]
        return row | {"key": self.key}

    @classmethod
    def of_row(cls, row: dict[str, Any], target: Literal["text", "label"]) -> "FileResult":
        """What `row` gave; raises KeyError, TypeError or ValueError for anything else."""
        words = tuple(
            Word(_text(word["word"]), *(_number(word[name]) for name in ("start_s", "end_s", "confidence")))
            for word in row.get("words", ())
        )
        labels = tuple(
            Label(
                _text(label["label"]),
                _number(label["start_s"]),
                _number(label["end_s"]),
                _number(label["confidence"]),
                _shares(label["scores"]),
            )
            for label in row.get("labels", ())
        )
        scores = _shares(row.get("scores", {}))
        prediction = Prediction(_text(row[target]), _number(row["confidence"]), scores, words, labels)
        texts = [_text(row[name]) for name in ("id", "path", "key")]
        return cls(texts[0], texts[1], target, prediction, _number(row["duration_s"]), texts[2])


def _rounded(scores: dict[str, float]) -> dict[str, float]:
    return {label: round(score, 6) for label, score in scores.items()}


def _shares(scores: Any) -> dict[str, float]:
    return {label: _number(score) for label, score in dict(scores).items()}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _number(value: Any) -> float:
    """A share, or seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_TIME_S:
        raise ValueError(f"{value!r} is no number from 0 to {MAX_TIME_S:g}")
    return value
