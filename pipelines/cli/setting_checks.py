"""Checks of single settings, with errors that name the setting, the expected values and the value found."""

from collections.abc import Sequence
from typing import Any

from data_prep.errors import InputError


def check_value(key: str, is_valid: bool, expected: str, found: Any) -> None:
    """Raise InputError unless the value of a setting is valid."""
    if not is_valid:
        raise InputError(f"{key} must be {expected}; found {found!r}")


def check_minimums(config: object, group: str = "", **minimums: float) -> None:
    """Check that each of these settings is at least its minimum; `group` is the prefix of their names in messages."""
    for name, lowest in minimums.items():
        value = getattr(config, name)
        check_value(group + name, value >= lowest, f"at least {lowest}", value)


def check_choice(key: str, value: str, choices: Sequence[str]) -> None:
    """Check that a setting has one of the values."""
    expected = f"one of {', '.join(choices)}" if len(choices) > 1 else choices[0]
    check_value(key, value in choices, expected, value)
