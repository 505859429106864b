"""Command-line arguments rewritten so that Hydra accepts what people type."""

import os
import re
import sys

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from data_prep.errors import InputError

#: Settings that have been renamed, by their former names. Former names keep working on the command line and in the
#: run.json of earlier runs.
MOVED_SETTINGS = {"further_training": "extra_corpora"}  # version 0.2
#: Hydra's option for several jobs with different settings.
SWEEP_OPTIONS = {"-m", "--multirun"}
#: Settings that are names of files and folders, which may be anything: "null", "7", "~x" or "${5}".
NAMES = ("inputs", "model", "models", "corpus.root", "transcripts", "spelled", "output")
#: Beginnings of settings that are names, such as those of columns.
NAMES_BELOW = ("corpus.columns.",)
#: Beginnings of settings that need not be in a config.
OPEN_GROUPS = ("trainer.", "corpus.columns", "classes.", "decoder.classes.")
#: Settings that may be names of files and folders, or null.
OPTIONAL_NAMES = (
    *("output_dir", "store_dir", "resume", "upload_to", "init", "decoder.language_model", "tune"),
    *("teacher", "distillation.unlabelled", "web_dir", "web_assets"),
    *("augment.noise_files", "augment.room_files", "augment.recombine.alignments"),
)
#: Settings that are lists; a single word is a list of one.
LISTS = ("formats",)
#: Hydra's options, and those of them that take a value.
OPTIONS = ("help", "hydra-help", "version", "cfg", "resolve", "package", "run", "multirun", "shell-completion")
OPTIONS_WITH_VALUE = ("cfg", "package", "config-path", "config-name", "config-dir", "info", "experimental-rerun")

_KEY = re.compile(r"(?P<prefix>[+~]{0,2})(?P<name>[\w./@]+)")


def rewrite_overrides(arguments: list[str], positional: str | None = None) -> list[str]:
    """Rewrite ``KEY=VALUE`` arguments for Hydra; other arguments stay as they are.

    A former name of a setting is replaced by the present one, with a note on stderr. ``trainer.NAME`` may be any
    argument of Lightning's Trainer, ``corpus.columns.NAME`` any field of a manifest, and ``classes.NAME`` any class of
    words. The names of files are taken as they are, whatever Hydra's grammar makes of them. A value that this grammar
    would refuse, such as an umlaut, is quoted; so is a value with a comma, unless the command is a sweep.

    Args:
        arguments: The command line.
        positional: The setting, a list, that arguments without ``KEY=`` belong to; None if the command takes none.

    Raises:
        InputError: An argument is neither a setting nor an option, or `positional` is given in two ways.
    """
    is_sweep = bool(SWEEP_OPTIONS & set(arguments))
    if is_sweep:  # Hydra refuses settings before the option if there are others after it
        arguments = sorted(arguments, key=lambda argument: argument not in SWEEP_OPTIONS)
    without_key = _without_key(arguments, positional)
    settings = [_rewrite(argument, is_sweep) for argument in arguments if argument not in without_key]
    if not without_key:
        return settings
    if any(setting.startswith(f"{positional}=") for setting in settings):
        raise InputError(f"{without_key[0]!r} and {positional}=… were given; give all of {positional} in one way")
    return [*settings, f"{positional}=[{','.join(map(_as_name, without_key))}]"]


def current_name(key: str) -> str:
    """Return the present name of a setting, such as "extra_corpora.x" for "further_training.x"."""
    group, dot, rest = key.partition(".")
    return MOVED_SETTINGS.get(group, group) + dot + rest


def _without_key(arguments: list[str], positional: str | None) -> list[str]:
    """Return the arguments that are neither settings nor options, which only commands with a positional setting take.

    A path that exists is one of them there, even with an equals sign in it.
    """
    found, takes_value = [], False
    for argument in arguments:
        is_value, takes_value = takes_value, False
        is_path = positional is not None and os.path.exists(argument)
        if is_value or (argument.startswith("~") and not is_path):
            continue
        if argument.startswith("-"):
            name = argument.lstrip("-").partition("=")[0]
            if argument.startswith("--") and name not in {*OPTIONS, *OPTIONS_WITH_VALUE}:
                raise InputError(f"{argument}: there is no such option; settings are given as {name or 'KEY'}=VALUE")
            takes_value = "=" not in argument and name in {*OPTIONS_WITH_VALUE, "c", "p", "cp", "cn", "cd", "i"}
        elif positional and ("=" not in argument or is_path):
            found.append(argument)
        elif not argument.partition("=")[0] or "=" not in argument:
            hint = f"inputs={argument} or corpus.root={argument}" if os.path.exists(argument) else "seed=1"
            raise InputError(f"{argument!r} is not a setting; settings are given as KEY=VALUE, such as {hint}")
    return found


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
    if name.startswith(OPEN_GROUPS) and not prefix:
        prefix = "++"
    return f"{prefix}{name}={_rewrite_value(name, value, argument, is_sweep)}"


def _rewrite_value(name: str, value: str, argument: str, is_sweep: bool) -> str:
    if name in LISTS and not value.startswith("["):
        return f"[{value}]"
    is_name = name in NAMES or name.startswith(NAMES_BELOW)
    if (is_name or (name in OPTIONAL_NAMES and value != "null")) and not is_sweep:
        return _as_name(value)
    return value if _parses(argument, is_sweep) else _quote(value)


def _as_name(value: str) -> str:
    """Write a name, or a list of names in brackets, such that Hydra reads exactly these characters."""
    if value.startswith("[") and value.endswith("]") and not os.path.exists(value):
        return f"[{','.join(map(_as_name, _split_list(value[1:-1])))}]"
    if value == "-":
        return value
    if re.fullmatch(r"[\w./-]*[A-Za-z/_][\w./-]*", value, re.ASCII) and _parses(f"x={value}", is_sweep=False):
        is_word = value.lower() not in ("null", "true", "false", "yes", "no", "on", "off", "nan", "inf")
        if is_word and not re.fullmatch(r"[-+]?[\d_.]+(e[-+]?\d+)?", value, re.IGNORECASE):
            return value
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" and not os.path.exists(value):
        value = value[1:-1]  # quoted by the user, for Hydra
    return _quote(re.sub(r"(\\*)\$\{", r"\1\1\\${", value))  # a backslash keeps ${ from being looked up


def _split_list(items: str) -> list[str]:
    """Split the items of a list at the commas that are not between quotation marks."""
    found = re.findall(r"""\s*('[^']*'|"[^"]*"|[^,]+)\s*(?:,|$)""", items)
    return [item.strip() for item in found]


def _parses(argument: str, is_sweep: bool) -> bool:
    """Tell whether Hydra parses an override, and takes its commas for a sweep only if this is one."""
    try:
        parsed = OverridesParser.create().parse_override(argument)
    except HydraException:
        return False
    return is_sweep or not parsed.is_sweep_override()


def _quote(value: str) -> str:
    escaped = re.sub(r"(\\*)'", r"\1\1\\'", value)
    escaped = re.sub(r"(\\+)$", r"\1\1", escaped)  # backslashes before the closing quotation mark
    return f"'{escaped}'"
