"""Every format contains the whole result, as reading it back shows."""

import csv
import io
import json
import re

import pysubs2
import pytest

from data_prep.errors import InputError
from pipelines.inference.captions import CAPTION_COLUMNS, CAPTION_S, captions
from pipelines.inference.file_result import FileResult, result_from_row, transcript_from_row
from pipelines.inference.formats import CLASSIFICATION_FORMATS, TRANSCRIPT_FORMATS, label_table
from recognizers.prediction import Classification, Label, Transcript, Word

SAID = "it is a truth universally acknowledged that a single man in possession of <b>a</b> good & fair fortune"


def make_result(text: str = SAID, pause_s: float = 0.0) -> FileResult[Transcript]:
    words = tuple(
        Word(word, 3599.0 + number * (0.4 + pause_s), 3599.35 + number * (0.4 + pause_s), 0.5)
        for number, word in enumerate(text.split())
    )
    return FileResult("talks/a 1.wav", "/in/talks/a 1.wav", Transcript(text, 0.9, words, 3700.0), "k")


def seconds(clock: str) -> float:
    hours, minutes, rest = clock.replace(",", ".").split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(rest)


def check_cues(cues: list[tuple[str, str, str]], result: FileResult[Transcript]) -> None:
    words = result.prediction.words
    assert " ".join(text.replace("\n", " ") for _, _, text in cues) == result.prediction.text
    assert seconds(cues[0][0]) == pytest.approx(words[0].start_s)
    assert seconds(cues[-1][1]) == pytest.approx(words[-1].end_s)
    for start, end, text in cues:
        assert 0 < seconds(end) - seconds(start) <= CAPTION_S
        assert text.count("\n") <= 1
        assert all(len(line) <= CAPTION_COLUMNS for line in text.splitlines())


def test_srt() -> None:
    written = TRANSCRIPT_FORMATS.writers["srt"](make_result())
    cues = re.findall(r"(\d+)\n(\d\d:\d\d:\d\d,\d{3}) --> (\d\d:\d\d:\d\d,\d{3})\n((?:.+\n)+)\n", written)
    assert [int(number) for number, *_ in cues] == list(range(1, len(cues) + 1))
    check_cues([(start, end, text.strip()) for _, start, end, text in cues], make_result())


def test_vtt() -> None:
    written = TRANSCRIPT_FORMATS.writers["vtt"](make_result())
    assert written.startswith("WEBVTT\n\n")
    assert "<b>" not in written
    cues = re.findall(r"\n(\d\d:\d\d:\d\d\.\d{3}) --> (\d\d:\d\d:\d\d\.\d{3})\n((?:.+\n)+)", written)
    shown = [(a, b, t.strip().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")) for a, b, t in cues]
    check_cues(shown, make_result())


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_pysubs2_reads_captions_with_the_same_times(name: str) -> None:
    subtitles = pysubs2.SSAFile.from_string(TRANSCRIPT_FORMATS.writers[name](make_result()), name)
    groups = list(captions(make_result().prediction))
    assert [(event.start, event.end) for event in subtitles] == [(group.start_ms, group.end_ms) for group in groups]
    assert [event.text.count(r"\N") for event in subtitles] == [1, 0]


def test_pysubs2_would_lose_text_that_we_keep() -> None:
    written = pysubs2.SSAFile()
    written.append(pysubs2.SSAEvent(start=0, end=1000, text="{a} <b & c"))
    assert "{a}" not in written.to_string("srt")
    assert "&amp;" not in written.to_string("vtt")
    assert "{a} <b & c" in TRANSCRIPT_FORMATS.writers["srt"](make_result("{a} <b & c"))
    assert "{a} &lt;b &amp; c" in TRANSCRIPT_FORMATS.writers["vtt"](make_result("{a} <b & c"))


def test_tsv() -> None:
    rows = list(csv.DictReader(io.StringIO(TRANSCRIPT_FORMATS.writers["tsv"](make_result())), delimiter="\t"))
    words = make_result().prediction.words
    assert [row["word"] for row in rows] == [word.text for word in words]
    assert [float(row["start_s"]) for row in rows] == pytest.approx([word.start_s for word in words])
    assert {float(row["confidence"]) for row in rows} == {0.5}


def test_ctm() -> None:
    rows = [line.split(" ") for line in TRANSCRIPT_FORMATS.writers["ctm"](make_result()).splitlines()]
    assert {(name, channel) for name, channel, *_ in rows} == {("talks/a_1.wav", "1")}
    assert [row[4] for row in rows] == SAID.split()
    assert {float(row[3]) for row in rows} == {0.35}


def test_json_equals_the_line_in_results_and_can_be_read_back() -> None:
    result = make_result()
    row = json.loads(TRANSCRIPT_FORMATS.writers["json"](result))
    assert row == result.row()
    assert result_from_row(row, transcript_from_row(row)).row() == row


@pytest.mark.parametrize("name", TRANSCRIPT_FORMATS.writers)
def test_an_empty_transcript_gives_a_valid_file(name: str) -> None:
    written = TRANSCRIPT_FORMATS.writers[name](make_result(""))
    expected = {"txt": "\n", "srt": "", "vtt": "WEBVTT\n", "tsv": "start_s\tend_s\tconfidence\tword\n", "ctm": ""}
    assert written == expected.get(name, written)


def test_the_table_has_a_line_for_each_label() -> None:
    scores = ({"a": 0.7, 'b,"c"': 0.3}, {"z": 1.0})
    labels = [Label(next(iter(s)), 0.5, 1.0, 0.7, s) for s in scores]
    rows = [
        FileResult("x", "p/x", Classification(each.text, 0.7, each.scores, (each,), 1.0), "k").row() for each in labels
    ]
    first, second = csv.DictReader(io.StringIO(label_table(rows)))
    assert (first["label_1"], first["label_2"], float(first["probability_2"])) == ("a", 'b,"c"', 0.3)
    assert (second["label_1"], second["label_2"]) == ("z", "")
    assert label_table([]) == "id,path,start_s,end_s\n"


def test_an_unknown_format_is_an_error() -> None:
    with pytest.raises(InputError, match="ctm, TextGrid, eaf, video, gif, png, webp; found 'doc'"):
        TRANSCRIPT_FORMATS.check(["txt", "doc"])
    with pytest.raises(InputError, match="formats can be txt, TextGrid, eaf, csv, video, gif, png, webp; found 'srt'"):
        CLASSIFICATION_FORMATS.check(["srt"])
