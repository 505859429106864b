"""Results for Praat and ELAN are read back as they were."""

import re
from pathlib import Path

import pytest

from data_prep.corpora.foreign.elan import read_eaf
from data_prep.corpora.foreign.textgrid import read_textgrid
from data_prep.corpora.manifest import ManifestCorpus
from pipelines.inference.annotations import Interval, eaf, text_grid
from pipelines.inference.file_result import FileResult
from pipelines.inference.formats import TRANSCRIPT_FORMATS
from recognizers.prediction import Transcript, Word

WORDS = [Interval(0.5, 0.9, 'the "cat"'), Interval(0.9, 1.2, "<sat> & 猫"), Interval(2.0, 2.5, "down")]


@pytest.mark.parametrize("words", [WORDS, [], WORDS[:1]])
def test_a_text_grid_covers_the_recording(tmp_path: Path, words: list[Interval]) -> None:
    (tmp_path / "a.TextGrid").write_text(text_grid({"words": words}, 3.25), encoding="utf-8")
    (tier,) = read_textgrid(tmp_path / "a.TextGrid")
    assert tier.names[0] == "words"
    found = [(each.start_s, each.end_s, each.text) for each in tier.annotations]
    assert [each for each in found if each[2]] == [(each.start_s, each.end_s, each.text) for each in words]
    edges = [0.0, *(end_s for _, end_s, _ in found)]
    assert [start_s for start_s, _, _ in found] == edges[:-1]
    assert edges[-1] == 3.25


def test_words_at_equal_times_follow_each_other(tmp_path: Path) -> None:
    crowded = [Interval(1.0, 1.0, "a"), Interval(1.0, 1.0, "b"), Interval(0.9996, 1.5, "c"), Interval(1.2, 4.0, "d")]
    (tmp_path / "a.TextGrid").write_text(text_grid({"words": crowded}, 2.0), encoding="utf-8")
    (tier,) = read_textgrid(tmp_path / "a.TextGrid")
    times = [(each.start_s, each.end_s) for each in tier.annotations]
    assert all(start_s < end_s for start_s, end_s in times)
    assert [end_s for _, end_s in times[:-1]] == [start_s for start_s, _ in times[1:]]
    assert {each.text for each in tier.annotations} == {"", "a", "b", "c", "d"}


def test_an_eaf_holds_words_times_and_the_recording(tmp_path: Path) -> None:
    text = eaf({"words": [*WORDS, Interval(3.0, 3.1, "bell\x07")]}, str(tmp_path / "größe 1.wav"))
    (tmp_path / "a.eaf").write_text(text, encoding="utf-8")
    tiers, _ = read_eaf(tmp_path / "a.eaf")
    found = [(each.start_s, each.end_s, each.text) for each in tiers[0].annotations if each.text]
    assert found == [*((each.start_s, each.end_s, each.text) for each in WORDS), (3.0, 3.1, "bell\ufffd")]
    assert "gr%C3%B6%C3%9Fe%201.wav" in text
    assert 'MIME_TYPE="audio/x-wav"' in text


def test_tiers_share_the_time_of_the_recording(tmp_path: Path) -> None:
    tiers = {"text": [Interval(0.5, 2.5, "all")], "words": WORDS, "none": []}
    (tmp_path / "a.TextGrid").write_text(text_grid(tiers, 2.0), encoding="utf-8")
    read = read_textgrid(tmp_path / "a.TextGrid")
    assert [tier.names[0] for tier in read] == ["text", "words", "none"]
    assert {(tier.annotations[0].start_s, tier.annotations[-1].end_s) for tier in read} == {(0.0, 2.5)}
    written = eaf(tiers, str(tmp_path / "a.wav"), 12.5)
    (tmp_path / "a.eaf").write_text(written, encoding="utf-8")
    read, media = read_eaf(tmp_path / "a.eaf")
    assert [[each.text for each in tier.annotations] for tier in read] == [["all"], [each.text for each in WORDS], []]
    assert media == [("a.wav", 12.5)]
    times_ms = [int(time) for time in re.findall('TIME_VALUE="([0-9]+)"', written)]
    assert times_ms == sorted(times_ms)


@pytest.mark.parametrize("name", ["TextGrid", "eaf"])
def test_a_transcript_is_read_back_as_a_corpus(tmp_path: Path, name: str) -> None:
    """The tier of texts is taken, whose intervals are those of captions; times count from where the clip begins."""
    words = tuple(Word(each.text, each.start_s, each.end_s, 1.0) for each in WORDS)
    transcript = Transcript(" ".join(each.text for each in WORDS), 1.0, words, 3.0)
    (tmp_path / "a.wav").touch()
    result = FileResult("a", str(tmp_path / "a.wav"), transcript, "k", 0.25)
    (tmp_path / f"a.{name}").write_text(TRANSCRIPT_FORMATS.writers[name](result), encoding="utf-8")
    (clip,) = ManifestCorpus(str(tmp_path), validation_share=0, test_share=0).clips()
    start_s = 0.25 if name == "eaf" else 0.0
    assert (clip.text, clip.start_s, clip.end_s) == (transcript.text, 0.5 + start_s, 2.5 + start_s)


def test_capitals_in_the_names_of_formats_do_not_matter() -> None:
    assert TRANSCRIPT_FORMATS.check(["textgrid", "EAF", "txt"]) == ["TextGrid", "eaf", "txt"]
