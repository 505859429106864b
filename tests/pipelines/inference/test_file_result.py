"""A result becomes a row of numbers that JSON can hold, and a damaged row is not taken for a result."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from data_prep.manifest import MAX_TIME_S
from pipelines.inference.file_result import FileResult, classification_from_row, result_from_row, transcript_from_row
from recognizers.prediction import Classification, Label, Transcript, Word

WORDS = (Word("grüße", 0.12345678, 0.5, 0.123456), Word("an", 0.5, 1.0, 1.0))
TRANSCRIPT = FileResult("a/b.wav", "/in/a/b.wav", Transcript("grüße an", 0.98765432, WORDS, 1.23456), "key")
LABELS = (Label("yes", 0.1, 0.9, 0.7000004, {"yes": 0.7000004, "no": 0.2999996}),)
CLASSIFICATION = FileResult("s.mp4", "s.mp4", Classification("yes", 0.7, {"yes": 0.7, "no": 0.3}, LABELS, 2.0), "key")


def test_a_row_has_rounded_numbers_in_a_fixed_order() -> None:
    row = TRANSCRIPT.row()
    assert list(row) == ["id", "path", "text", "confidence", "duration_s", "words", "key"]
    assert (row["confidence"], row["duration_s"]) == (0.987654, 1.235)
    assert row["words"][0] == {"word": "grüße", "start_s": 0.123, "end_s": 0.5, "confidence": 0.1235}
    row = CLASSIFICATION.row()
    assert list(row) == ["id", "path", "label", "confidence", "duration_s", "scores", "labels", "key"]
    assert row["labels"][0]["scores"] == {"yes": 0.7, "no": 0.3}


@pytest.mark.parametrize(
    ("result", "read"),
    [(TRANSCRIPT, transcript_from_row), (CLASSIFICATION, classification_from_row)],
    ids=["transcript", "classification"],
)
def test_a_row_is_read_back_as_it_was_written(result: FileResult, read: Callable[[dict], Any]) -> None:
    row = json.loads(json.dumps(result.row()))
    again = result_from_row(row, read(row))
    assert (again.id, again.path, again.key) == (result.id, result.path, "key")
    assert again.row() == result.row()


def test_rows_without_words_or_labels_are_those_of_an_empty_result() -> None:
    shared = {"confidence": 1, "duration_s": 0}
    assert transcript_from_row({"text": ""} | shared) == Transcript("", 1, (), 0)
    assert classification_from_row({"label": ""} | shared) == Classification("", 1, {}, (), 0)


@pytest.mark.parametrize("value", [None, "0.5", True, -0.1, math.nan, math.inf, 2 * MAX_TIME_S, [1]])
@pytest.mark.parametrize("field", ["confidence", "duration_s"])
def test_a_number_that_is_none_is_an_error(field: str, value: object) -> None:
    for result, read in ((TRANSCRIPT, transcript_from_row), (CLASSIFICATION, classification_from_row)):
        with pytest.raises(ValueError, match="expected a number from 0 to"):
            read(result.row() | {field: value})


@pytest.mark.parametrize("field", ["start_s", "end_s", "confidence"])
def test_a_damaged_word_or_label_is_an_error(field: str) -> None:
    for result, read, list_name in (
        (TRANSCRIPT, transcript_from_row, "words"),
        (CLASSIFICATION, classification_from_row, "labels"),
    ):
        row = result.row()
        row[list_name][0][field] = "soon"
        with pytest.raises(ValueError, match="found 'soon'"):
            read(row)
        del row[list_name][0][field]
        with pytest.raises(KeyError):
            read(row)


@pytest.mark.parametrize("value", [None, 3, ["text"]])
def test_text_that_is_none_is_an_error(value: object) -> None:
    with pytest.raises(TypeError, match="expected text; found"):
        transcript_from_row(TRANSCRIPT.row() | {"text": value})
    with pytest.raises(TypeError, match="expected text; found"):
        classification_from_row(CLASSIFICATION.row() | {"label": value})
    for field in ("id", "path", "key"):
        with pytest.raises(TypeError, match="expected text; found"):
            result_from_row(TRANSCRIPT.row() | {field: value}, TRANSCRIPT.prediction)


def test_a_row_of_the_other_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        transcript_from_row(CLASSIFICATION.row())
    with pytest.raises(KeyError):
        classification_from_row(TRANSCRIPT.row())
