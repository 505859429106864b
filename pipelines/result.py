"""The result of one input, and the line of ``results.jsonl`` that holds it."""

from dataclasses import dataclass
from typing import Any, Literal

from recognizers.prediction import Label, Prediction, Word


@dataclass(frozen=True)
class Result:
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
    def of_row(cls, row: dict[str, Any], target: Literal["text", "label"]) -> "Result":
        """What `row` gave; raises KeyError or TypeError for anything else."""
        words = tuple(
            Word(word["word"], word["start_s"], word["end_s"], word["confidence"]) for word in row.get("words", ())
        )
        labels = tuple(
            Label(label["label"], label["start_s"], label["end_s"], label["confidence"], label["scores"])
            for label in row.get("labels", ())
        )
        prediction = Prediction(row[target], row["confidence"], row.get("scores", {}), words, labels)
        return cls(row["id"], row["path"], target, prediction, row["duration_s"], row["key"])


def _rounded(scores: dict[str, float]) -> dict[str, float]:
    return {label: round(score, 6) for label, score in scores.items()}
