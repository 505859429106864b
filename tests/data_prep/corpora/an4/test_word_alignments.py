from pathlib import Path

from data_prep.corpora.an4.word_alignments import ALIGNMENTS, read_spoken_words
from tests.data_prep.corpora.conftest import touch


def test_words_follow_each_other_in_every_utterance(tmp_path: Path) -> None:
    utterances = [line.split("\t")[0] for line in ALIGNMENTS.read_text(encoding="utf-8").splitlines()]
    touch(tmp_path, *(f"wav/{utterance}.raw" for utterance in utterances))
    words = read_spoken_words(tmp_path)
    assert list(dict.fromkeys(word.utterance for word in words)) == utterances
    for before, word in zip([None, *words], words, strict=False):
        assert 0 <= word.start_s < word.end_s
        if before is not None and before.utterance == word.utterance:
            assert before.end_s <= word.start_s


def test_words_of_missing_recordings_are_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "wav/an4_clstk/fash/cen7-fash-b.sph")
    words = read_spoken_words(tmp_path)
    assert {word.utterance for word in words} == {"an4_clstk/fash/cen7-fash-b"}
    assert {word.speaker for word in words} == {"fash"}
