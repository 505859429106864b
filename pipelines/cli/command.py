"""What every entry point does around its work: configuration, messages, the last line, the exit code."""

import json
import logging
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from data_prep.dependency_groups import explain_import_error
from data_prep.errors import InputError, did_you_mean
from pipelines.cli.schema import register_schemas
from pipelines.training.resume import run_directory

log = logging.getLogger(__name__)

# Before torch is imported: threads that wait for each other must not keep the cores busy meanwhile. On a machine that
# has something else to do, training with two threads has been seen ten times slower than with one otherwise.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Before numpy is imported: what it multiplies here is too small to be worth a second thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

CONF_DIR = Path(__file__).resolve().parents[2] / "conf"
DONE, SOME_FAILED, NOT_STARTED = 0, 1, 2


@dataclass(frozen=True)
class CommandOutcome:
    """What a command has to say when it is through.

    Attributes:
        result: The last line on stdout, as JSON.
        failed: How many inputs failed; any makes the exit code 1.
        objective: What a sweep makes smaller.
    """

    result: dict[str, Any]
    failed: int = 0
    objective: float | None = None


def command(config_name: str) -> Callable[[Callable[[Any], CommandOutcome]], Callable[[], None]]:
    """Make an entry point of a function from a config to an outcome.

    Results go to stdout, the last line as JSON; everything meant for people goes to stderr. The exit code is 0 when
    all is done, 1 when some inputs failed, 2 when nothing could start; Ctrl-C gives 130.
    """

    def decorate(work: Callable[[Any], CommandOutcome]) -> Callable[[], None]:
        def main() -> None:
            sys.exit(_run(config_name, work))

        return main

    return decorate


def _run(config_name: str, work: Callable[[Any], CommandOutcome]) -> int:
    exit_code = DONE

    def task(cfg: DictConfig) -> float | None:
        nonlocal exit_code
        try:
            outcome = work(typed(cfg))
        except InputError as error:
            exit_code = max(exit_code, NOT_STARTED)
            _say(str(error))
        except ModuleNotFoundError as error:
            explained = explain_import_error("this command", error)
            if explained is None:
                raise
            exit_code = max(exit_code, NOT_STARTED)
            _say(str(explained))
        except OSError as error:
            if error.filename is None:
                raise
            exit_code = max(exit_code, NOT_STARTED)
            _say(f"{error.filename}: {error.strerror}; choose another place, or mend its permissions")
        else:
            exit_code = max(exit_code, SOME_FAILED if outcome.failed else DONE)
            if outcome.result:
                print(json.dumps(outcome.result, ensure_ascii=False), flush=True)
            return outcome.objective
        return None

    register_schemas()
    OmegaConf.register_new_resolver("run_dir", run_directory, use_cache=True, replace=True)
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # errors come to us rather than to Hydra's own printer
    logging.captureWarnings(True)
    sys.argv[1:] = as_typed(sys.argv[1:])
    try:
        hydra.main(version_base="1.3", config_path=str(CONF_DIR), config_name=config_name)(task)()
    except (HydraException, OmegaConfBaseException) as error:
        _say(explain(error))
        return NOT_STARTED
    except AssertionError as error:
        if "Unexpected type for root" not in str(error):  # Hydra's word for settings of a group without a choice
            raise
        _say(
            "settings were given below a group that has no choice: give, for example, corpus=NAME with "
            "corpus.root=DIR, or decoder=beam with decoder.beam_size=64"
        )
        return NOT_STARTED
    except OSError as error:
        _say(f"{error.filename}: {error.strerror}; choose another place")
        return NOT_STARTED
    except KeyboardInterrupt:
        _say("interrupted; what was finished is kept, and the same command goes on (a training with resume=last)")
        return 130
    return exit_code


def typed(cfg: DictConfig) -> Any:
    """The schema's dataclass that a composed config stands for.

    Raises:
        InputError: A value that must be given is missing, or one is out of its range.
    """
    try:
        return OmegaConf.to_object(cfg)
    except MissingMandatoryValue as error:
        raise InputError(f"{error.full_key} is not set; give {error.full_key}=VALUE on the command line") from None


def as_typed(arguments: list[str]) -> list[str]:
    """Let people type what Hydra's grammar would refuse.

    A value that does not parse, such as a file name with a bracket or an umlaut, is quoted; so is one with a comma,
    unless it is meant as a sweep. ``trainer.NAME`` may be any argument of Lightning's Trainer.
    """
    sweep = bool({"-m", "--multirun"} & set(arguments))
    return [_as_typed(argument, sweep) if "=" in argument[1:] else argument for argument in arguments]


def _as_typed(argument: str, sweep: bool) -> str:
    key, _, value = argument.partition("=")
    if not re.fullmatch(r"[+~]{0,2}[\w./@]+", key):
        return argument
    if key.startswith("trainer."):
        key = f"++{key}"
    try:
        parsed = OverridesParser.create().parse_override(argument)
        meant = sweep or not parsed.is_sweep_override()
    except HydraException:
        meant = False
    if meant:
        return f"{key}={value}"
    escaped = re.sub(r"(\\*)'", r"\1\1\\'", value)
    return f"{key}='{escaped}'"


def explain(error: Exception) -> str:
    """A configuration error in the user's words, with the nearest right name."""
    cause = error.__cause__ if isinstance(error.__cause__, OmegaConfBaseException) else error
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options:
        group, _, name = str(error.missing_cfg_file).rpartition("/")
        hint = did_you_mean(name, error.options)
        return f"{group} has no choice {name!r}{hint or '.'} It has: {', '.join(error.options)}"
    if isinstance(error, ConfigCompositionException) and isinstance(cause, OmegaConfBaseException) and cause.full_key:
        siblings = (
            [str(key) for key in cause.parent_node if key != "hydra"]
            if isinstance(cause.parent_node, DictConfig)
            else []
        )
        if siblings and cause.key not in siblings:
            hint = did_you_mean(str(cause.key), siblings)
            return f"there is no setting {cause.full_key!r}{hint or '.'} At that place there are: {', '.join(siblings)}"
    return f"{error}" + (f" ({cause})" if cause is not error else "")


def _say(message: str) -> None:
    print(f"error: {message}", file=sys.stderr, flush=True)
