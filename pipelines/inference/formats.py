"""The formats of result files; for each, a function that turns a result into the text of its file.

SRT and WebVTT are written here and not with pysubs2, because its output loses what we keep: it removes text in braces,
reads a backslash with N as a line break, and does not escape & and < in WebVTT. The tests read our files with it.
"""

import csv
import html
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal

from data_prep.errors import InputError
from pipelines.inference.annotations import Interval, Tiers, eaf, text_grid
from pipelines.inference.captions import Caption, captions
from pipelines.inference.file_result import FileResult, classification_from_row, transcript_from_row
from recognizers.inference.recognize import PredictionT
from recognizers.prediction import Classification, Transcript

#: The formats that show the hands of a clip, for recognizers of signs, and the endings of their files.
PICTURE_ENDINGS = {"video": "signs.mp4", "gif": "signs.gif", "png": "signs.png", "webp": "signs.webp"}


def transcript_txt(result: FileResult[Transcript]) -> str:
    """Write the transcript as one line."""
    return result.prediction.text + "\n"


def labels_txt(result: FileResult[Classification]) -> str:
    """Write each label on a line of its own."""
    return "".join(label.text + "\n" for label in result.prediction.labels)


def srt(result: FileResult[Transcript]) -> str:
    """Write SubRip captions."""
    return "".join(
        f"{number}\n{_clock(caption.start_ms, ',')} --> {_clock(caption.end_ms, ',')}\n{_text(caption)}\n\n"
        for number, caption in enumerate(captions(result.prediction), start=1)
    )


def vtt(result: FileResult[Transcript]) -> str:
    """Write WebVTT captions (W3C)."""
    cues = (
        f"\n{_clock(caption.start_ms, '.')} --> {_clock(caption.end_ms, '.')}\n"
        f"{html.escape(_text(caption), quote=False)}\n"
        for caption in captions(result.prediction)
    )
    return "WEBVTT\n" + "".join(cues)


def tsv(result: FileResult[Transcript]) -> str:
    """Write a table of words, with times in seconds."""
    return _table(
        ["start_s", "end_s", "confidence", "word"],
        [
            [f"{word.start_s:.3f}", f"{word.end_s:.3f}", f"{word.confidence:.4f}", word.text]
            for word in result.prediction.words
        ],
        delimiter="\t",
    )


def ctm(result: FileResult[Transcript]) -> str:
    """Write NIST's CTM format: recording, channel, start, duration, word and confidence."""
    # Spaces separate the columns, and two semicolons begin a comment.
    name = re.sub(r"\s|^;", "_", result.id)
    return "".join(
        f"{name} 1 {word.start_s:.3f} {word.end_s - word.start_s:.3f} {word.text} {word.confidence:.4f}\n"
        for word in result.prediction.words
    )


def json_document(result: FileResult[Transcript]) -> str:
    """Write the result as in results.jsonl, but indented for people to read."""
    return json.dumps(result.row(), indent=2, ensure_ascii=False) + "\n"


def transcript_text_grid(result: FileResult[Transcript]) -> str:
    """Write the text and the words as tiers for Praat."""
    return text_grid(_transcript_tiers(result.prediction), result.prediction.duration_s)


def transcript_eaf(result: FileResult[Transcript]) -> str:
    """Write the text and the words as tiers for ELAN."""
    return eaf(_transcript_tiers(result.prediction), result.path, result.start_s or 0.0)


def labels_text_grid(result: FileResult[Classification]) -> str:
    """Write the labels as a tier for Praat."""
    return text_grid(_label_tiers(result.prediction), result.prediction.duration_s)


def labels_eaf(result: FileResult[Classification]) -> str:
    """Write the labels as a tier for ELAN."""
    return eaf(_label_tiers(result.prediction), result.path, result.start_s or 0.0)


@dataclass(frozen=True)
class ResultFormats(Generic[PredictionT]):
    """How a command writes its results, and reads them back.

    Attributes:
        prediction_from_row: Reads the prediction in a row of results.jsonl.
        writers: The formats with a file for each input. Their names are the endings of the files.
        tables: The formats with one file, ``results.NAME``, for all inputs.
    """

    prediction_from_row: Callable[[dict[str, Any]], PredictionT]
    writers: Mapping[str, Callable[[FileResult[PredictionT]], str]]
    tables: tuple[Literal["csv"], ...] = ()

    def check(self, formats: Sequence[str]) -> list[str]:
        """Check the setting `formats`, and return its formats by their exact names; capitals do not matter.

        Raises:
            InputError: It contains a format that the command does not have.
        """
        known = [*self.writers, *self.tables, *PICTURE_ENDINGS]
        exact = {name.lower(): name for name in known}
        for name in formats:
            if name.lower() not in exact:
                raise InputError(
                    f"formats can be {', '.join(known)}; found {name!r}; give, for example, "
                    f"formats=[{','.join(known[:2])}]"
                )
        return [exact[name.lower()] for name in formats]


TRANSCRIPT_FORMATS = ResultFormats(
    transcript_from_row,
    {
        "txt": transcript_txt,
        "srt": srt,
        "vtt": vtt,
        "tsv": tsv,
        "json": json_document,
        "ctm": ctm,
        "TextGrid": transcript_text_grid,
        "eaf": transcript_eaf,
    },
)
CLASSIFICATION_FORMATS = ResultFormats(
    classification_from_row, {"txt": labels_txt, "TextGrid": labels_text_grid, "eaf": labels_eaf}, ("csv",)
)


def label_table(rows: Iterable[dict[str, Any]]) -> str:
    """Write rows of results.jsonl as CSV: a line for each sign or clip, with its best labels and probabilities."""
    signs = [(row, sign) for row in rows for sign in row["labels"]]
    num_ranks = max((len(sign["scores"]) for _, sign in signs), default=0)
    header = ["id", "path", "start_s", "end_s"]
    for rank in range(1, num_ranks + 1):
        header += [f"label_{rank}", f"probability_{rank}"]
    table = []
    for row, sign in signs:
        ranked = [cell for label, score in sign["scores"].items() for cell in (label, f"{score:.6f}")]
        times = [f"{sign['start_s']:.3f}", f"{sign['end_s']:.3f}"]
        table.append([row["id"], row["path"], *times, *ranked, *[""] * (2 * num_ranks - len(ranked))])
    return _table(header, table, delimiter=",")


def _transcript_tiers(transcript: Transcript) -> Tiers:
    cues = [Interval(cue.start_ms / 1000, cue.end_ms / 1000, cue.text) for cue in captions(transcript)]
    return {"text": cues, "words": [Interval(word.start_s, word.end_s, word.text) for word in transcript.words]}


def _label_tiers(classification: Classification) -> Tiers:
    return {"labels": [Interval(label.start_s, label.end_s, label.text) for label in classification.labels]}


def _text(caption: Caption) -> str:
    return "\n".join(caption.lines)


def _clock(milliseconds: int, point: str) -> str:
    """Format a time, such as 01:02:03,456."""
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
