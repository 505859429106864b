"""Errors that a user can correct are described; any other error stays a bug."""

import sys
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from omegaconf.errors import InterpolationKeyError, OmegaConfBaseException

from data_prep.errors import InputError
from pipelines.cli.command import CONF_DIR
from pipelines.cli.error_messages import A_GROUP, explain_error
from pipelines.cli.schema import register_schemas


def message_for(*overrides: str) -> str | None:
    """The explanation of the error that Hydra raises for these arguments."""
    register_schemas()
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"), pytest.raises(Exception) as raised:  # noqa: PT011
        compose("train", overrides=list(overrides))
    assert isinstance(raised.value, Exception)
    return explain_error(raised.value)


def test_an_unknown_choice_is_named_with_the_nearest_one_and_all_others() -> None:
    said = message_for("encoder=bilst")
    assert said is not None
    assert said.startswith("encoder has no choice 'bilst'; did you mean 'bilstm'? Choices: ")
    far = message_for("decoder=zzzzzz")
    assert far is not None
    assert far.startswith("decoder has no choice 'zzzzzz'. Choices: beam, greedy")


def test_an_unknown_setting_is_named_with_the_nearest_one_and_its_siblings() -> None:
    said = message_for("batchsize=3")
    assert said is not None
    assert said.startswith("there is no setting 'batchsize'; did you mean 'batch_size'? Settings at that place: ")
    assert "hydra" not in said.split("Settings at that place: ")[1].split(", ")
    far = message_for("encoder.zzzzzz=3")
    assert far is not None
    assert far.startswith("there is no setting 'encoder.zzzzzz'. Settings at that place: ")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("num_workers=abc", "num_workers must be a whole number; found 'abc'"),
        ("batch_size=1.5", "batch_size must be a whole number; found '1.5'"),
        ("optimizer.learning_rate=big", "optimizer.learning_rate must be a number; found 'big'"),
        ("ema_decay=x", "ema_decay must be a number or null; found 'x'"),
        ("extra_corpora=5", f"extra_corpora must be {A_GROUP}; found '5'"),
        ("optimizer=5", f"optimizer must be {A_GROUP}; found '5'"),
    ],
)
def test_a_value_of_another_type_is_named_with_what_is_expected(override: str, message: str) -> None:
    assert message_for("corpus=an4", override) == message


def test_a_missing_choice_asks_for_one() -> None:
    said = message_for("experiment=speech") or ""
    assert said.startswith("corpus is not chosen; give corpus=NAME. Choices: aligned_units, an4, ")
    assert message_for("corpus=null") == (
        "a group such as corpus, decoder or experiment was set to something else than the name of a choice"
    )


def test_an_error_within_a_lookup_is_described_alone() -> None:
    """As with resume=last where there is no run: the run directory is looked up while the settings are read."""

    def refuse() -> str:
        raise InputError("resume=last: there is no run")

    OmegaConf.register_new_resolver("refuse", refuse, replace=True)
    with pytest.raises(OmegaConfBaseException) as raised:
        _ = OmegaConf.create({"a": "${refuse:}"}).a
    assert explain_error(raised.value) == "resume=last: there is no run"


def test_a_setting_for_a_group_without_a_choice_asks_for_the_choice() -> None:
    error = AssertionError("Unexpected type for root: NoneType")
    assert "make the choice too, for example corpus=NAME" in (explain_error(error) or "")


def test_errors_of_files_name_the_file_and_the_reason(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="none") as raised:
        (tmp_path / "none").read_bytes()
    said = f"{tmp_path / 'none'}: No such file or directory; choose another place, or change its permissions"
    assert explain_error(raised.value) == said


def test_a_missing_package_of_a_group_is_named_with_its_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    said = explain_error(ModuleNotFoundError("No module named 'torch'", name="torch"))
    assert said is not None
    assert said.startswith("this command needs the package torch")
    assert "[train]" in said


def test_an_interpolation_without_a_value_is_described() -> None:
    cfg = OmegaConf.create({"a": "${b}"})
    with pytest.raises(InterpolationKeyError) as raised:
        _ = cfg.a
    assert "b" in (explain_error(raised.value) or "")


def test_an_input_error_is_its_own_description() -> None:
    assert explain_error(InputError("seed must be a number")) == "seed must be a number"


@pytest.mark.parametrize(
    "bug",
    [
        ValueError("seed"),
        AssertionError("shapes differ"),
        KeyError("seed"),
        OSError("no file is involved"),
        ModuleNotFoundError("No module named 'pipelines.nowhere'", name="pipelines.nowhere"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_bug_has_no_description(bug: Exception) -> None:
    assert explain_error(bug) is None
