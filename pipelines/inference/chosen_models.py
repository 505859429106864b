"""Which recognizers a command works with: a single one, or several that answer as one."""

from pathlib import Path
from typing import Any, Protocol

from data_prep.errors import InputError


class ModelSettings(Protocol):
    """The settings that name recognizers, of which one must be set."""

    model: Any
    models: Any


def chosen_models(cfg: ModelSettings) -> list[Path]:
    """Return the recognizer that the settings name, or the members of an ensemble.

    Raises:
        InputError: Neither or both are set, or ``models`` is not a list of at least two.
    """
    if cfg.model is None and cfg.models is None:
        raise InputError("model is not set; give model=VALUE on the command line, or models=[RUN,RUN] for an ensemble")
    if cfg.model is not None and cfg.models is not None:
        raise InputError("model and models are both set; give model for one recognizer, or models for an ensemble")
    if cfg.models is None:
        return [Path(str(cfg.model))]
    if not isinstance(cfg.models, list) or len(cfg.models) < 2:
        raise InputError(
            f"models={cfg.models}: expected a list of at least two recognizers, such as models=[RUN,RUN,RUN]; for a "
            "single one, give model=RUN"
        )
    return [Path(str(model)) for model in cfg.models]


def name_setting(cfg: ModelSettings) -> str:
    """Return the setting as it is given on the command line, for messages."""
    if cfg.models is None:
        return f"model={cfg.model}"
    return f"models=[{','.join(map(str, cfg.models))}]"
