"""Errors of Hydra, the operating system and Python in words that tell users what to change."""

from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from data_prep.dependency_groups import explain_import_error
from data_prep.errors import InputError, did_you_mean
from pipelines.cli.overrides import current_name


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
    return None


def _explain_config_error(error: Exception) -> str:
    """Describe a configuration error: the unknown name, the nearest known name, and all choices."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options:
        group, _, name = str(error.missing_cfg_file).rpartition("/")
        choices = ", ".join(error.options)
        return f"{group} has no choice {name!r}{did_you_mean(name, error.options) or '.'} Choices: {choices}"
    inner = error.__cause__ or error.__context__
    cause = inner if isinstance(inner, OmegaConfBaseException) else error
    if isinstance(error, ConfigCompositionException) and isinstance(cause, OmegaConfBaseException) and cause.full_key:
        key, known = str(cause.full_key), _sibling_keys(cause)
        if current_name(key) != key:
            return f"there is no setting {key!r}; it is now called {current_name(key)!r}"
        if known and cause.key not in known:
            hint = did_you_mean(str(cause.key), known) or "."
            return f"there is no setting {key!r}{hint} Settings at that place: {', '.join(known)}"
    return f"{error}" + (f" ({cause})" if cause is not error else "")


def _sibling_keys(error: OmegaConfBaseException) -> list[str]:
    parent = error.parent_node
    return [str(key) for key in parent if key != "hydra"] if isinstance(parent, DictConfig) else []
