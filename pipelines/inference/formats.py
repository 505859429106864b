"""Transcripts as files of several formats: each a function from a result to the file's text."""

import csv
import html
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

from data_prep.errors import InputError
from pipelines.inference.file_result import FileResult
from recognizers.prediction import Word

#: A caption has two lines of so many characters at most, lasts no longer, and ends where nothing is said for a while.
CAPTION_LINE, CAPTION_S, CAPTION_PAUSE_S = 42, 7.0, 1.0


def txt(result: FileResult) -> str:
    """The transcript as a line, or a line for each label."""
    if result.target == "text":
        return result.prediction.value + "\n"
    return "".join(label.text + "\n" for label in result.prediction.labels)


def srt(result: FileResult) -> str:
    """SubRip captions."""
    return "".join(
        f"{number}\n{_clock(words[0].start_s, ',')} --> {_clock(words[-1].end_s, ',')}\n{_in_lines(words)}\n\n"
        for number, words in enumerate(captions(result.prediction.words), start=1)
    )


def vtt(result: FileResult) -> str:
    """WebVTT captions (W3C)."""
    cues = (
        f"\n{_clock(words[0].start_s, '.')} --> {_clock(words[-1].end_s, '.')}\n"
        f"{html.escape(_in_lines(words), quote=False)}\n"
        for words in captions(result.prediction.words)
    )
    return "WEBVTT\n" + "".join(cues)


def tsv(result: FileResult) -> str:
    """A table of words; times in seconds."""
    return _table(
        ["start_s", "end_s", "confidence", "word"],
        [
            [f"{word.start_s:.3f}", f"{word.end_s:.3f}", f"{word.confidence:.4f}", word.text]
            for word in result.prediction.words
        ],
        delimiter="\t",
    )


def ctm(result: FileResult) -> str:
    """NIST's time-marked conversation: recording, channel, beginning, duration, word, confidence."""
    # Blanks part the columns, and two semicolons begin a comment.
    name = re.sub(r"\s|^;", "_", result.id)
    return "".join(
        f"{name} 1 {word.start_s:.3f} {word.end_s - word.start_s:.3f} {word.text} {word.confidence:.4f}\n"
        for word in result.prediction.words
    )


def json_document(result: FileResult) -> str:
    """All there is in the line of results.jsonl, for people to read."""
    return json.dumps(result.row(), indent=2, ensure_ascii=False) + "\n"


#: The formats of files beside ``results.jsonl``, one for each input; their names are the files' endings.
OF_EACH: dict[Literal["text", "label"], dict[str, Callable[[FileResult], str]]] = {
    "text": {"txt": txt, "srt": srt, "vtt": vtt, "tsv": tsv, "json": json_document, "ctm": ctm},
    "label": {"txt": txt},
}
#: The video with what was recognised drawn on it: of signs alone, and made of more than the result.
VIDEO, VIDEO_ENDING = "video", "signs.mp4"
#: Those of which there is one file, ``results.NAME``, of all inputs together.
OF_ALL: dict[Literal["text", "label"], tuple[str, ...]] = {"text": (), "label": ("csv",)}


def check_formats(formats: Sequence[str], target: Literal["text", "label"]) -> None:
    """Refuse what is not among the formats of a command.

    Raises:
        InputError: Something is not.
    """
    known = [*OF_EACH[target], *OF_ALL[target], VIDEO]
    for name in formats:
        if name not in known:
            raise InputError(
                f"formats can be {', '.join(known)}; found {name!r}; such as formats=[{','.join(known[:2])}]"
            )


def label_table(rows: Iterable[dict[str, Any]]) -> str:
    """Lines of results.jsonl as CSV: a line a sign (a whole clip is one), with the best labels and probabilities."""
    signs = [(row, sign) for row in rows for sign in row["labels"]]
    most = max((len(sign["scores"]) for _, sign in signs), default=0)
    header = ["id", "path", "start_s", "end_s"]
    for rank in range(1, most + 1):
        header += [f"label_{rank}", f"probability_{rank}"]
    table = []
    for row, sign in signs:
        ranked = [cell for label, score in sign["scores"].items() for cell in (label, f"{score:.6f}")]
        times = [f"{sign['start_s']:.3f}", f"{sign['end_s']:.3f}"]
        table.append([row["id"], row["path"], *times, *ranked, *[""] * (2 * most - len(ranked))])
    return _table(header, table, delimiter=",")


def captions(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Words in groups that are shown together."""
    group: list[Word] = []
    for word in words:
        if group and (
            word.start_s - group[-1].end_s >= CAPTION_PAUSE_S
            or word.end_s - group[0].start_s > CAPTION_S
            or _num_lines([*group, word]) > 2
        ):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _in_lines(words: Sequence[Word]) -> str:
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word.text) <= CAPTION_LINE:
            lines[-1] += " " + word.text
        else:
            lines.append(word.text)
    return "\n".join(lines)


def _num_lines(words: Sequence[Word]) -> int:
    return _in_lines(words).count("\n") + 1


def _clock(seconds: float, point: str) -> str:
    """Such as 01:02:03,456."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
