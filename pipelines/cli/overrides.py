"""Command-line arguments rewritten so that Hydra accepts what people type."""

import re
import sys

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

#: Settings that have been renamed, by their former names. Former names keep working on the command line and in the
#: run.json of earlier runs.
MOVED_SETTINGS = {"further_training": "extra_corpora"}  # version 0.2

_KEY = re.compile(r"(?P<prefix>[+~]{0,2})(?P<name>[\w./@]+)")


def rewrite_overrides(arguments: list[str]) -> list[str]:
    """Rewrite ``KEY=VALUE`` arguments for Hydra; other arguments stay as they are.

    A former name of a setting is replaced by the present one, with a note on stderr. ``trainer.NAME`` may be any
    argument of Lightning's Trainer. A value that Hydra's grammar would refuse, such as a file name with a bracket or
    an umlaut, is quoted; so is a value with a comma, unless the command is a sweep.
    """
    is_sweep = bool({"-m", "--multirun"} & set(arguments))
    return [_rewrite(argument, is_sweep) for argument in arguments]


def current_name(key: str) -> str:
    """Return the present name of a setting, such as "extra_corpora.x" for "further_training.x"."""
    group, dot, rest = key.partition(".")
    return MOVED_SETTINGS.get(group, group) + dot + rest


def _rewrite(argument: str, is_sweep: bool) -> str:
    key, equals, value = argument.partition("=")
    match = _KEY.fullmatch(key)
    if match is None:
        return argument
    prefix, name = match["prefix"], current_name(match["name"])
    if name != match["name"]:
        print(f"note: {match['name']} is now called {name}; the former name still works", file=sys.stderr)
    if not equals:
        return prefix + name
    if name.startswith("trainer.") and not prefix:
        prefix = "++"
    return f"{prefix}{name}={value if _parses(argument, is_sweep) else _quote(value)}"


def _parses(argument: str, is_sweep: bool) -> bool:
    """Tell whether Hydra parses an override, and takes its commas for a sweep only if this is one."""
    try:
        parsed = OverridesParser.create().parse_override(argument)
    except HydraException:
        return False
    return is_sweep or not parsed.is_sweep_override()


def _quote(value: str) -> str:
    escaped = re.sub(r"(\\*)'", r"\1\1\\'", value)
    return f"'{escaped}'"
