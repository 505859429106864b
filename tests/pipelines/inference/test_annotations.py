"""Results for Praat and ELAN are read back as they were."""

from pathlib import Path

import pytest

from data_prep.corpora.foreign.elan import read_eaf
from data_prep.corpora.foreign.textgrid import read_textgrid
from pipelines.inference.annotations import Interval, eaf, text_grid

WORDS = [Interval(0.5, 0.9, 'the "cat"'), Interval(0.9, 1.2, "<sat> & 猫"), Interval(2.0, 2.5, "down")]


@pytest.mark.parametrize("words", [WORDS, [], WORDS[:1]])
def test_a_text_grid_covers_the_recording(tmp_path: Path, words: list[Interval]) -> None:
    (tmp_path / "a.TextGrid").write_text(text_grid("words", words, 3.25), encoding="utf-8")
    (tier,) = read_textgrid(tmp_path / "a.TextGrid")
    assert tier.names[0] == "words"
    found = [(each.start_s, each.end_s, each.text) for each in tier.annotations]
    assert [each for each in found if each[2]] == [(each.start_s, each.end_s, each.text) for each in words]
    edges = [0.0, *(end_s for _, end_s, _ in found)]
    assert [start_s for start_s, _, _ in found] == edges[:-1]
    assert edges[-1] == 3.25


def test_words_at_equal_times_follow_each_other(tmp_path: Path) -> None:
    crowded = [Interval(1.0, 1.0, "a"), Interval(1.0, 1.0, "b"), Interval(0.9996, 1.5, "c"), Interval(1.2, 4.0, "d")]
    (tmp_path / "a.TextGrid").write_text(text_grid("words", crowded, 2.0), encoding="utf-8")
    (tier,) = read_textgrid(tmp_path / "a.TextGrid")
    times = [(each.start_s, each.end_s) for each in tier.annotations]
    assert all(start_s < end_s for start_s, end_s in times)
    assert [end_s for _, end_s in times[:-1]] == [start_s for start_s, _ in times[1:]]
    assert {each.text for each in tier.annotations} == {"", "a", "b", "c", "d"}


def test_an_eaf_holds_words_times_and_the_recording(tmp_path: Path) -> None:
    text = eaf("words", [*WORDS, Interval(3.0, 3.1, "bell\x07")], str(tmp_path / "größe 1.wav"))
    (tmp_path / "a.eaf").write_text(text, encoding="utf-8")
    tiers, _ = read_eaf(tmp_path / "a.eaf")
    found = [(each.start_s, each.end_s, each.text) for each in tiers[0].annotations if each.text]
    assert found == [*((each.start_s, each.end_s, each.text) for each in WORDS), (3.0, 3.1, "bell\ufffd")]
    assert "gr%C3%B6%C3%9Fe%201.wav" in text
    assert 'MIME_TYPE="audio/x-wav"' in text
