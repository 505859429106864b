"""Command-line arguments that Hydra would refuse are accepted as people type them."""

import pytest

from pipelines.cli.overrides import current_name, rewrite_overrides


@pytest.mark.parametrize(
    ("typed", "rewritten"),
    [
        ("seed=3", "seed=3"),
        ("corpus=an4", "corpus=an4"),
        ("inputs=a [1].wav", "inputs='a [1].wav'"),
        ("inputs=grüße.wav", "inputs='grüße.wav'"),
        ("inputs=a,b.wav", "inputs='a,b.wav'"),
        ("inputs=it's.wav", r"inputs='it\'s.wav'"),
        ("inputs=-", "inputs=-"),
        ("formats=[txt,srt]", "formats=[txt,srt]"),
        ("trainer.limit_val_batches=3", "++trainer.limit_val_batches=3"),
        ("+trainer.limit_val_batches=3", "+trainer.limit_val_batches=3"),
        ("~decoder", "~decoder"),
        ("--multirun", "--multirun"),
        ("--config-dir=x,y", "--config-dir=x,y"),
    ],
)
def test_values_are_quoted_where_hydra_would_refuse_them(typed: str, rewritten: str) -> None:
    assert rewrite_overrides([typed]) == [rewritten]


def test_commas_separate_the_values_of_a_sweep() -> None:
    assert rewrite_overrides(["-m", "seed=0,1"]) == ["-m", "seed=0,1"]


@pytest.mark.parametrize(
    ("typed", "rewritten"),
    [
        ("further_training.an4_digits.root=DIR", "extra_corpora.an4_digits.root=DIR"),
        ("+further_training.mine={root: DIR}", "+extra_corpora.mine={root: DIR}"),
        ("~further_training.an4_digits", "~extra_corpora.an4_digits"),
        ("further_training={}", "extra_corpora={}"),
    ],
)
def test_a_setting_keeps_its_former_name_with_a_note(typed: str, rewritten: str, capsys) -> None:
    assert rewrite_overrides([typed]) == [rewritten]
    assert "is now called extra_corpora" in capsys.readouterr().err


def test_a_name_that_begins_like_a_former_one_is_another() -> None:
    assert current_name("further_training_x") == "further_training_x"
    assert current_name("corpus.further_training") == "corpus.further_training"
