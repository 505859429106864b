"""Language models are built of text files and manifests."""

import json
import math
from pathlib import Path

import pytest

from recognizers.language_model.arpa import read_arpa
from recognizers.language_model.ngram import witten_bell


@pytest.mark.parametrize(
    ("name", "content", "arguments", "said"),
    [
        ("a.txt", b"", [], "needs sentences to learn from"),
        ("a.txt", b"fine\n\xff\xfe", [], "a.txt:2: not valid UTF-8"),
        ("a.txt", b"fine\n", ["split=train"], "only a manifest (.jsonl) has splits"),
        ("a.txt", b"fine\n", ["order=6"], "order must be a whole number from 1 to 5; found 6"),
        ("a.txt", b"fine\n", ["output=a.txt"], "output=a.txt exists; give another output"),
        ("a.jsonl", b'{"text": "a"}\n{"text": 3}\n', [], "a.jsonl:2: found no text"),
        ("a.jsonl", b'{"text": "a"}\n[\n', [], "a.jsonl:2: not valid JSON"),
        ("a.jsonl", b'{"text": "a", "split": "train"}\n', ["split=test"], "needs sentences"),
        ("a.jsonl", b'{"text": "a"}\n', ["split=dev"], "split must be one of train, validation, test; found 'dev'"),
        (None, b"", [], "transcripts=a.txt: no such file"),
    ],
)
def test_unusable_transcripts_and_settings_are_refused(
    run, tmp_path, monkeypatch, name, content, arguments, said
) -> None:
    monkeypatch.chdir(tmp_path)
    if name:
        (tmp_path / name).write_bytes(content)
    ran = run("language_model", f"transcripts={name or 'a.txt'}", "output=lm.arpa", *arguments)
    assert ran.exit_code == 2
    assert said in ran.stderr
    assert not (tmp_path / "lm.arpa").exists()


def test_every_tenth_sentence_is_held_out_for_the_perplexity(run, tmp_path: Path) -> None:
    sentences = [["one", "two"], ["two", "one"], ["one"]] * 7
    (tmp_path / "a.txt").write_text("".join(" ".join(words) + "\n" for words in sentences) + "\n")
    ran = run("language_model", f"transcripts={tmp_path / 'a.txt'}", f"output={tmp_path / 'lm.arpa'}", "order=2")
    assert ran.exit_code == 0, ran.stderr
    assert (ran.result["sentences"], ran.result["words"], ran.result["distinct_words"]) == (21, 35, 2)
    others = [words for number, words in enumerate(sentences, start=1) if number not in (10, 20)]
    expected = witten_bell(others, 2).perplexity([sentences[9], sentences[19]])
    assert math.isclose(ran.result["perplexity"], expected, abs_tol=1e-3)
    assert read_arpa(tmp_path / "lm.arpa").words == {"one", "two"}


@pytest.mark.parametrize("field", ["extra_corpus", "further_training"])
def test_clips_of_extra_corpora_are_left_out(field: str, run, tmp_path: Path) -> None:
    rows = [{"text": "kept"}, {"text": "left out", field: "other"}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = run("language_model", f"transcripts={tmp_path / 'a.jsonl'}", f"output={tmp_path / 'lm.arpa'}")
    assert (ran.result["sentences"], ran.result["perplexity"]) == (1, None)
