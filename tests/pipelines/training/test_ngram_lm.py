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


def write_lines(path: Path, *lines: str) -> Path:
    path.write_text("".join(line + "\n" for line in lines))
    return path


def test_several_texts_are_mixed_with_weights_found_or_given(run, tmp_path: Path) -> None:
    calls = write_lines(tmp_path / "calls.txt", *["call anna now", "call ben now"] * 10)
    news = write_lines(tmp_path / "news.txt", *["now it rains", "it rains again"] * 30)
    output = tmp_path / "lm.arpa"
    arguments = (f"transcripts=[{calls},{news}]", f"output={output}", "overwrite=true")
    ran = run("language_model", *arguments)
    assert ran.exit_code == 0, ran.stderr
    assert ran.result["sentences"] == 80
    assert ran.result["weights"][str(calls)] > 0.9  # parts of the first text are held out
    tune = write_lines(tmp_path / "tune.txt", "it rains again", "now it rains")
    assert run("language_model", *arguments, f"tune={tune}").result["weights"][str(news)] > 0.9
    given = run("language_model", *arguments, "weights=[0.25,0.75]")
    assert given.result["weights"] == {str(calls): 0.25, str(news): 0.75}
    model = read_arpa(output)
    words = {"call", "anna", "ben", "now", "it", "rains", "again"}
    assert model.words == words
    separate = [
        witten_bell([line.split() for line in path.read_text().splitlines()], 3, words) for path in (calls, news)
    ]
    expected = math.log(sum(w * math.exp(m.log_prob((), "now")) for w, m in zip((0.25, 0.75), separate, strict=True)))
    assert model.log_prob((), "now") == pytest.approx(expected, rel=1e-6)


def test_weights_are_found_on_the_validation_clips_of_a_manifest(run, tmp_path: Path) -> None:
    rows = [{"text": "a b", "split": "train"}, {"text": "b a", "split": "validation"}, {"text": "a a", "split": "test"}]
    manifest = tmp_path / "m.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows * 5))
    other = write_lines(tmp_path / "other.txt", *["b a"] * 5)
    common = (f"transcripts=[{manifest},{other}]", f"output={tmp_path / 'lm.arpa'}", f"tune={manifest}")
    ran = run("language_model", *common, "split=train")
    assert ran.exit_code == 0, ran.stderr
    assert ran.result["weights"][str(other)] > 0.99
    for extra, said in [
        ([], "the n-grams are made of the same sentences"),
        (["split=validation"], "the n-grams are made of the same sentences"),
        (["split=train", "tune_split=test"], "must not be found on clips that will be scored; give validation"),
        (["split=train", "weights=[0.5,0.5]"], "tune finds the weights, but weights are given"),
    ]:
        ran = run("language_model", *common, "overwrite=true", *extra)
        assert (ran.exit_code, said in ran.stderr) == (2, True), ran.stderr


def test_classes_are_given_as_settings_or_in_a_file(run, tmp_path: Path) -> None:
    cities = ["rome", "oslo", "bonn", "bern", "wien", "riga", "nice", "cork", "bari", "lund"]
    text = write_lines(tmp_path / "a.txt", *[f"fly to {city} now" for city in cities])
    members = [*cities, "kyiv"]
    classes = write_lines(tmp_path / "classes.txt", f"CITY {' '.join(members)}", "", "WHEN now soon")
    listed = ",".join(members)
    ways = [
        [f"classes.CITY=[{listed}]", "classes.WHEN=[now,soon]"],
        [f"classes={{CITY:[{listed}],WHEN:[now,soon]}}"],
        [f"classes={classes}"],
    ]
    written = []
    for number, arguments in enumerate(ways):
        output = tmp_path / f"{number}.arpa"
        ran = run("language_model", f"transcripts={text}", f"output={output}", "class_order=2", *arguments)
        assert ran.exit_code == 0, ran.stderr
        assert ran.result["weights"][f"{text}, classes"] > 0.5  # each city held out is new to n-grams of words
        assert ran.result["distinct_words"] == len(members) + 4
        written.append(output.read_text())
    assert written[0] == written[1] == written[2]
    model = read_arpa(output)
    assert model.log_prob(("fly", "to"), "kyiv") > model.log_prob(("fly", "to"), "fly")


def test_names_are_learned_as_letters(run, tmp_path: Path) -> None:
    text = write_lines(tmp_path / "a.txt", "A N N", "ENTER B", "O T I S")
    names = write_lines(tmp_path / "names.txt", "OTTO", "O'NEIL ST", "")
    ran = run("language_model", f"transcripts={text}", f"spelled={names}", f"output={tmp_path / 'lm.arpa'}")
    assert ran.exit_code == 0, ran.stderr
    assert list(ran.result["weights"]) == [str(text), f"{names}, spelled"]
    assert ran.result["words"] == 9 + 4 + 7
    assert read_arpa(tmp_path / "lm.arpa").words == set("ANBOTISEL") | {"ENTER"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["weights=[1]", "transcripts=[a.txt,b.txt]"], "weights=[1]: give 2 numbers, in turn for: a.txt; b.txt"),
        (["weights=[0.5,0.4]", "transcripts=[a.txt,b.txt]"], "with a sum of 0.9"),
        (["weights=best"], "weights must be auto, or a list of numbers such as [0.7,0.3]; found 'best'"),
        (["weights=[a]"], "weights must be auto, or a list of numbers"),
        (["transcripts=[]"], "transcripts must be a file or a list of files; found []"),
        (["transcripts=[a.txt,empty.txt]"], "found none in empty.txt"),
        (["transcripts=[a.txt,a.txt]"], "the file a.txt is given twice"),
        (["class_order=6"], "class_order must be from 1 to 5; found 6"),
        (["classes={C:[one,two],D:[two]}"], "the word 'two' is in C and again in D"),
        (["classes={C:[1,2]}"], "classes.C: 1 is not a word"),
        (["classes=3"], "classes must be {NAME: [WORD,...]} or the name of a file; found 3"),
        (["classes=missing.txt"], "classes=missing.txt: no such file; give a text file"),
        (["classes=b.txt"], "b.txt:1: found 'two', expected the name of a further class and then its words"),
        (["spelled=b.txt"], "spelled=b.txt: none of its letters, such as 'o', 't', 'w', is a word of the transcripts"),
        (["tune=missing.txt"], "tune=missing.txt: no such file"),
        (["tune=a.txt"], "the n-grams are made of the same sentences"),
        (["tune=b.txt", "tune_split=train"], "only a manifest (.jsonl) has splits; leave tune_split out"),
        (["tune=none.jsonl"], "found no sentences among the clips of its split validation"),
    ],
)
def test_mixtures_that_do_not_fit_are_refused(run, tmp_path: Path, monkeypatch, arguments, said) -> None:
    monkeypatch.chdir(tmp_path)
    write_lines(tmp_path / "a.txt", "one two", "two")
    write_lines(tmp_path / "b.txt", "two")
    write_lines(tmp_path / "empty.txt")
    write_lines(tmp_path / "none.jsonl", '{"text": "a", "split": "train"}')
    given = [] if any(each.startswith("transcripts") for each in arguments) else ["transcripts=a.txt"]
    ran = run("language_model", "output=lm.arpa", *given, *arguments)
    assert ran.exit_code == 2
    assert said in ran.stderr
    assert not (tmp_path / "lm.arpa").exists()
