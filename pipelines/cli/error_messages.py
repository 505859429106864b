"""Errors of Hydra, the operating system and Python in words that tell users what to change."""

import dataclasses
import re
from collections.abc import Iterator
from typing import get_args, get_origin, get_type_hints

from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException, ValidationError

from data_prep.dependency_groups import explain_import_error
from data_prep.errors import InputError, did_you_mean
from pipelines.cli.overrides import current_name

A_GROUP = "a group of settings, given one by one as GROUP.KEY=VALUE"


def explain_error(error: Exception) -> str | None:
    """Describe an error that a user can correct; None for any other error, which is a bug."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}; choose another place, or change its permissions"
    if isinstance(error, ImportError):
        missing = explain_import_error("this command", error)
        return None if missing is None else str(missing)
    if isinstance(error, HydraException | OmegaConfBaseException):
        return _explain_config_error(error)
    if isinstance(error, AssertionError) and "Unexpected type for root" in str(error):
        # Hydra raises this for corpus.root=DIR without corpus=NAME.
        return (
            "settings were given for a group without a choice; make the choice too, for example corpus=NAME with "
            "corpus.root=DIR, or decoder=beam with decoder.beam_size=64"
        )
    if isinstance(error, ValueError) and str(error).startswith("Config group override must be"):
        return "a group such as corpus, decoder or experiment was set to something else than the name of a choice"
    return None


def _explain_config_error(error: Exception) -> str:
    """Describe a configuration error in our own words, without what Hydra and OmegaConf say about their objects."""
    for each in _chain(error):
        if isinstance(each, InputError):  # raised while a value was looked up, such as the run to resume
            return str(each)
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options:
        group, _, name = str(error.missing_cfg_file).rpartition("/")
        choices = ", ".join(error.options)
        return f"{group} has no choice {name!r}{did_you_mean(name, error.options) or '.'} Choices: {choices}"
    if match := re.match(r"You must specify '(\w+)'.*?options:\s*(.*)", str(error), re.DOTALL):
        return f"{match[1]} is not chosen; give {match[1]}=NAME. Choices: {', '.join(match[2].split())}"
    inner = error.__cause__ or error.__context__
    cause = inner if isinstance(inner, OmegaConfBaseException) else error
    if isinstance(cause, OmegaConfBaseException) and cause.full_key:
        key, known = str(cause.full_key), _sibling_keys(cause)
        if isinstance(error, ConfigCompositionException):
            if current_name(key) != key:
                return f"there is no setting {key!r}; it is now called {current_name(key)!r}"
            if known and cause.key not in known:
                hint = did_you_mean(str(cause.key), known) or "."
                return f"there is no setting {key!r}{hint} Settings at that place: {', '.join(known)}"
        if isinstance(cause, ValidationError) and (expected := _expected_values(cause)):
            match = re.search(r"[Oo]verride \S+?=(.*?) \(|[Oo]verride \S+?=(.*)", str(error))
            found = (match[1] or match[2] or "").strip("'") if match else cause.value
            return f"{key} must be {expected}; found {found!r}"
    if "is not a subclass of" in str(cause) and (match := re.search(r"override (\S+?)=(\S*)", str(error))):
        return f"{match[1]} must be {A_GROUP}; found {match[2]!r}"
    return _first_line(cause)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _expected_values(error: OmegaConfBaseException) -> str:
    """Describe the values that a setting may have, from the field of its schema; empty if it is unknown."""
    hints = get_type_hints(error.object_type) if dataclasses.is_dataclass(error.object_type) else {}
    hint = hints.get(str(error.key))
    if get_origin(hint) is list:
        return "a list such as [a,b]"
    if get_origin(hint) is dict or dataclasses.is_dataclass(hint):
        return A_GROUP
    kinds = get_args(hint) or (hint,)
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    described = [names[kind] for kind in kinds if kind in names]
    return " or ".join([*described, *(["null"] if type(None) in kinds else [])]) if described else ""


def _first_line(error: Exception) -> str:
    """Return the first line of an error, which says what is wrong; the others name objects inside OmegaConf."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if match := re.match(r"Interpolation key '(.*)' not found", text):
        return f"${{{match[1]}}}: there is no setting of this name to take a value from; correct it, or write \\${{"
    if match := re.match(r"Error parsing override '(.*)'", text):
        return f"{match[1]!r} is not understood; settings are given as KEY=VALUE"
    return text


def _sibling_keys(error: OmegaConfBaseException) -> list[str]:
    parent = error.parent_node
    return [str(key) for key in parent if key != "hydra"] if isinstance(parent, DictConfig) else []
