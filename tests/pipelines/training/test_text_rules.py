"""Texts are spelled by the same rules in preparation, training, evaluation and language models."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from recognizers.inference.predictor import Predictor
from recognizers.language_model.arpa import read_arpa
from tests.pipelines.conftest import Ran, quick, write_tones


def respell(root: Path, spell: Callable[[int, str], str]) -> Path:
    """Write a manifest beside that of a corpus, with other texts."""
    rows = [json.loads(line) for line in (root / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    for number, row in enumerate(rows):
        row["text"] = spell(number, row["text"])
    path = root / "respelled.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Tones whose texts are in capitals for some clips, and hold soft hyphens for others."""
    root = write_tones(tmp_path / "tones", clips=30)
    return respell(root, lambda number, text: text.upper() if number % 3 == 0 else "\u00ad".join(text))


def test_training_and_evaluation_spell_alike(run: Callable[..., Ran], mixed: Path, tmp_path: Path) -> None:
    run_dir, rules = tmp_path / "run", "text.normalize=[nfc,invisible,lowercase]"
    ran = run("train", *quick(mixed, run_dir, rules, "head.unit=character"))
    assert ran.exit_code == 0, ran.stderr
    assert "texts with invisible characters" in ran.stderr
    assert "beside others in lower case" not in ran.stderr
    vocabulary = Predictor.load(run_dir).interpreter.vocabulary
    assert (vocabulary.symbols, vocabulary.normalize) == (("a", "b", "c"), ("nfc", "invisible", "lowercase"))

    common = ["split=all", f"store_dir={tmp_path / 'store'}", "num_workers=0"]
    scores = []
    for spell in (str.lower, str.upper):
        other = respell(mixed.parent, lambda _, text, spell=spell: spell(text))
        scored = run("evaluate", f"model={run_dir}", "corpus=manifest", f"corpus.root={other}", *common)
        rows = [json.loads(line) for line in Path(scored.result["results"]).read_text().splitlines()]
        assert {letter for row in rows for letter in row["reference"]} == set("abc")
        assert "cannot emit" not in scored.stderr
        scores.append(scored.result | {"results": ""})
    assert scores[0] == scores[1]


def test_texts_are_learned_as_they_are_unless_a_rule_says_otherwise(
    run: Callable[..., Ran], mixed: Path, tmp_path: Path
) -> None:
    ran = run("train", *quick(mixed, tmp_path / "run", "text.normalize=[nfc]"))
    assert ran.exit_code == 0, ran.stderr
    assert Predictor.load(tmp_path / "run").interpreter.vocabulary.symbols == tuple("ABCabc\u00ad")


def test_prepare_counts_texts_by_the_rules(run: Callable[..., Ran], mixed: Path, tmp_path: Path) -> None:
    arguments = ["corpus=manifest", f"corpus.root={mixed}", f"store_dir={tmp_path / 'store'}", "num_workers=0"]
    ran = run("prepare", *arguments, "pictures=0", f"output_dir={tmp_path / 'out'}")
    [said] = [line for line in ran.stderr.splitlines() if "with invisible characters" in line]
    assert "10 texts with invisible characters" in said
    assert "the rule invisible of text.normalize makes them alike here" in said
    refused = run("prepare", *arguments, f"output_dir={tmp_path / 'other'}", "text.normalize=[nfc,lower]")
    assert refused.exit_code == 2
    assert "found 'lower'; did you mean 'lowercase'?" in refused.stderr


def test_a_language_model_that_is_spelled_otherwise_is_warned_of(
    run: Callable[..., Ran], mixed: Path, tmp_path: Path
) -> None:
    run_dir, rules = tmp_path / "run", "text.normalize=[nfc,invisible,lowercase]"
    assert run("train", *quick(mixed, run_dir, rules)).exit_code == 0
    build = ["language_model", f"transcripts={run_dir / 'manifest.jsonl'}"]
    assert run(*build, f"output={tmp_path / 'raw.arpa'}").exit_code == 0
    assert run(*build, f"output={tmp_path / 'alike.arpa'}", rules).exit_code == 0
    assert {letter for word in read_arpa(tmp_path / "alike.arpa").words for letter in word} == set("abc")
    weights = ["decoder=beam", "decoder.lm_weight=1", "decoder.word_bonus=0", f"store_dir={tmp_path / 'store'}"]
    evaluate = ["evaluate", f"model={run_dir}", "num_workers=0", *weights]
    alike = run(*evaluate, f"decoder.language_model={tmp_path / 'alike.arpa'}")
    assert (alike.exit_code, "count as unknown" in alike.stderr) == (0, False)
    raw = run(*evaluate, f"decoder.language_model={tmp_path / 'raw.arpa'}")
    assert f"decoder.language_model={tmp_path / 'raw.arpa'}: " in raw.stderr
    assert f"count as unknown; build it with {rules}" in raw.stderr
