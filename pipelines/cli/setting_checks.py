"""Checks of single settings, with errors that name the setting, the expected values and the value found."""

from collections.abc import Sequence
from typing import Any

from data_prep.errors import InputError

SPLITS = ("train", "validation", "test")
ALL_SPLITS = (*SPLITS, "all")
RUNTIMES = ("torch", "onnx", "onnx_int8")
#: Most shards of a command.
MAX_SHARDS = 99_999


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


def check_shard(shard: int | None, num_shards: int | None) -> None:
    """Check the settings that make a command one of several, which are given together or not at all."""
    if num_shards is None and shard is None:
        return
    if num_shards is None:
        raise InputError(f"shard={shard}: num_shards is not set; give the number of shards too, such as num_shards=8")
    check_value("num_shards", 1 <= num_shards <= MAX_SHARDS, f"from 1 to {MAX_SHARDS}", num_shards)
    if shard is None:
        raise InputError(
            f"num_shards={num_shards}: shard is not set; give one of them, as in shard=0, or start all of them with "
            f"-m shard='range(0,{num_shards})'"
        )
    check_value("shard", 0 <= shard < num_shards, f"from 0 to {num_shards - 1} (num_shards={num_shards})", shard)
