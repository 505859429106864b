"""Command-line arguments that Hydra would refuse are accepted as people type them."""

import re
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from data_prep.errors import InputError
from pipelines.cli.command import CONF_DIR
from pipelines.cli.overrides import current_name, rewrite_overrides
from pipelines.cli.schema import register_schemas


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
        ("inputs=null", "inputs='null'"),
        ("inputs=007", "inputs='007'"),
        ("inputs=1e3", "inputs='1e3'"),
        ("inputs=~notes.wav", "inputs='~notes.wav'"),
        ("inputs=cost ${5}.wav", r"inputs='cost \${5}.wav'"),
        (r"inputs=a\${5}", r"inputs='a\\\${5}'"),
        ("inputs='talks/*.mp3'", "inputs='talks/*.mp3'"),
        ("inputs=[a b.wav,null, 'c,d.wav']", "inputs=['a b.wav','null','c,d.wav']"),
        ("corpus.root=x{1}", "corpus.root='x{1}'"),
        ("corpus.columns.text=Video file", "++corpus.columns.text='Video file'"),
        ("corpus.columns.text=null", "++corpus.columns.text='null'"),
        ("output_dir=null", "output_dir=null"),
        ("output_dir=true", "output_dir='true'"),
        ("formats=srt", "formats=[srt]"),
        ("formats=txt,srt", "formats=[txt,srt]"),
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


NAMES = ["a (1), [b]=c #d.wav", "cost ${5}.wav", "~notes.wav", "null", "true", "7", "1e3", "it's", "a\\", "[b]", '"q"']
NAMES += ["${seed}", "\\${x}", "%41", "größe", "a:b", "{a}", "x=y=z", " blank "]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_files_reach_a_command_as_they_are(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).touch()
    register_schemas()
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
        cfg = compose("transcribe", overrides=rewrite_overrides([f"inputs={name}", f"model={name}"]))
    assert (cfg.inputs, cfg.model) == (name, name)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("beam", "'beam' is not a setting; settings are given as KEY=VALUE, such as seed=1"),
        ("conf", "such as inputs=conf or corpus.root=conf"),
        ("=3", "'=3' is not a setting"),
        ("--seed", "--seed: there is no such option; settings are given as seed=VALUE"),
    ],
)
def test_what_is_no_setting_is_refused_in_plain_words(
    typed: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    with pytest.raises(InputError, match=re.escape(message)):
        rewrite_overrides([typed, "seed=3"])


@pytest.mark.parametrize(
    ("typed", "rewritten"),
    [
        (["a", "runs/b"], ["models=[a,runs/b]"]),
        (["a", "draw=speakers", "b", "--help"], ["draw=speakers", "--help", "models=[a,b]"]),
        (["-cn", "other", "a", "b"], ["-cn", "other", "models=[a,b]"]),
        (["a, b", "it's", "null", "7"], [r"models=['a, b','it\'s','null','7']"]),
        (["models=[a,b]"], ["models=[a,b]"]),
        ([], []),
    ],
)
def test_arguments_without_a_key_are_the_list_of_a_positional_setting(typed: list[str], rewritten: list[str]) -> None:
    assert rewrite_overrides(typed, positional="models") == rewritten


@pytest.mark.parametrize("name", NAMES)
def test_names_without_a_key_reach_a_command_as_they_are(name: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).touch()
    register_schemas()
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
        cfg = compose("compare", overrides=rewrite_overrides([name, "other", "seed=1"], positional="models"))
    assert (list(cfg.models), cfg.seed) == ([name, "other"], 1)


def test_a_positional_setting_is_given_in_one_way() -> None:
    with pytest.raises(InputError, match=r"'c' and models=… were given; give all of models in one way"):
        rewrite_overrides(["models=[a,b]", "c"], positional="models")


def test_options_may_have_values_of_their_own() -> None:
    typed = ["--cfg", "job", "--config-dir", "mine", "-cn", "train", "--info=all"]
    assert rewrite_overrides(typed) == typed


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


def test_the_option_of_a_sweep_may_stand_between_settings() -> None:
    assert rewrite_overrides(["seed=0", "-m", "batch_size=1,2"]) == ["-m", "seed=0", "batch_size=1,2"]
