"""What every entry point does around its work: read the configuration, report errors, print the result, exit."""

import json
import logging
import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue

from data_prep.errors import InputError
from pipelines.cli.error_messages import explain_error
from pipelines.cli.help import is_help_request, print_help
from pipelines.cli.other_choices import drop_settings_of_other_choices
from pipelines.cli.overrides import SWEEP_OPTIONS, rewrite_overrides
from pipelines.cli.run_dir import choose_run_dir, name_corpus
from pipelines.cli.schema import register_schemas
from pipelines.cli.sweep_exit_code import record_failed_job, watched_sweep
from pipelines.cli.url_folders import on_disk, shown
from pipelines.cli.url_settings import apply_url_settings

if TYPE_CHECKING:
    from pipelines.scaling.sweep import ShardSweep

# Set before torch is imported: waiting threads sleep instead of spinning. On a busy machine, training with two spinning
# threads was up to ten times slower than with one.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Set before numpy is imported: our matrix products are too small to be worth a second thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

CONF_DIR = Path(__file__).resolve().parents[2] / "conf"
DONE, SOME_FAILED, NOT_STARTED, INTERRUPTED = 0, 1, 2, 130


@dataclass(frozen=True)
class CommandOutcome:
    """What a command returns.

    Attributes:
        result: Last line on stdout, as JSON; an empty result prints nothing.
        failed: Number of inputs that failed; any failure makes the exit code 1.
        objective: Value that a sweep minimises; None if the command has none.
    """

    result: dict[str, Any]
    failed: int = 0
    objective: float | None = None

    def print(self) -> None:
        """Print the result."""
        if self.result:
            result = {name: shown(value) if isinstance(value, str) else value for name, value in self.result.items()}
            print(json.dumps(result, ensure_ascii=False), flush=True)


def command(
    config_name: str, positional: str | None = None, shared_folder: Callable[[Any], Path] | None = None
) -> Callable[[Callable[[Any], CommandOutcome]], Callable[[], None]]:
    """Turn a function that takes a config and returns an outcome into an entry point.

    Results go to stdout, the last line as JSON; messages for people go to stderr. The exit code is 0 if everything
    succeeded, 1 if some inputs failed, 2 if the command could not start, and 130 after Ctrl-C.

    Args:
        config_name: Name of the file in ``conf/``, which is also the command's name.
        positional: The setting, a list, that arguments without ``KEY=`` belong to; None if the command takes none.
        shared_folder: Returns the output folder of a config, for a command whose work can be divided into shards.
    """

    def decorate(work: Callable[[Any], CommandOutcome]) -> Callable[[], None]:
        def main() -> None:
            sys.exit(_run(config_name, work, positional, shared_folder))

        return main

    return decorate


def _run(
    config_name: str,
    work: Callable[[Any], CommandOutcome],
    positional: str | None,
    shared_folder: Callable[[Any], Path] | None,
) -> int:
    jobs = _Jobs()
    sweep: ShardSweep | None = None
    try:
        _set_up_process()
        sys.argv[1:] = rewrite_overrides(sys.argv[1:], positional)
        if is_help_request(sys.argv[1:]):
            print_help(config_name, CONF_DIR, sys.argv[1:])
            return DONE
        sweep = _find_shard_sweep(config_name, shared_folder)
        if sweep is not None:
            sweep.begin()
        with watched_sweep() as failed_jobs:
            task = _task(work, jobs)
            hydra.main(version_base="1.3", config_path=str(CONF_DIR), config_name=config_name)(task)()
        jobs.exit_code = max([jobs.exit_code, *failed_jobs()])
    except BrokenPipeError:  # the reader of stdout has left, as in --help | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if sweep is not None:
            return max(sweep.report(error), jobs.exit_code)
        # The configuration is wrong, or Hydra could not create the run directory.
        if not jobs.have_started and explain_error(error) is None:
            error = InputError(f"the settings cannot be read ({type(error).__name__}: {error}); see --help for them")
        _print_error(error)
        return NOT_STARTED
    except KeyboardInterrupt:
        message = "interrupted; finished work is kept. Run the same command to continue (train: add resume=last)"
        print(f"error: {message}", file=sys.stderr, flush=True)
        return INTERRUPTED
    return jobs.exit_code if sweep is None else sweep.report()


@dataclass
class _Jobs:
    """What came of the jobs that ran in this process; a launcher may have others run elsewhere."""

    have_started: bool = False
    exit_code: int = DONE


def _task(work: Callable[[Any], CommandOutcome], jobs: _Jobs) -> Callable[[DictConfig], float | None]:
    """Return what Hydra calls once, or for each job of a sweep."""

    def run_job(cfg: DictConfig) -> float | None:
        jobs.have_started = True
        _set_up_process()
        try:
            _enter_folder_of_call()
            drop_settings_of_other_choices(cfg)
            with on_disk(to_schema(cfg)) as config:
                outcome = work(config)
        except Exception as error:
            _print_error(error)
            jobs.exit_code = NOT_STARTED
            record_failed_job(NOT_STARTED)
            return math.inf  # the worst objective: a search goes on with other settings
        if outcome.failed:
            jobs.exit_code = max(jobs.exit_code, SOME_FAILED)
            record_failed_job(SOME_FAILED)
        outcome.print()
        return outcome.objective

    return run_job


def _find_shard_sweep(config_name: str, shared_folder: Callable[[Any], Path] | None) -> "ShardSweep | None":
    """Return the sweep over shards that the command line asks for; None if it asks for something else."""
    if shared_folder is None or not SWEEP_OPTIONS & set(sys.argv[1:]):
        return None
    from pipelines.scaling.sweep import find_shard_sweep

    return find_shard_sweep(config_name, sys.argv[1:], CONF_DIR, shared_folder, to_schema)


def _print_error(error: Exception) -> None:
    """Print an error that a user can correct; raise any other again, with its traceback."""
    message = explain_error(error)
    if message is None:
        raise error
    print(f"error: {message}", file=sys.stderr, flush=True)


def register_config() -> None:
    """Tell Hydra the schemas and the functions that the configs in ``conf/`` name."""
    register_schemas()
    OmegaConf.register_new_resolver("run_dir", choose_run_dir, use_cache=True, replace=True)
    OmegaConf.register_new_resolver("corpus_name", name_corpus, replace=True)


def _set_up_process() -> None:
    """Prepare a process for Hydra: the one that was started, and those that a launcher makes of it."""
    register_config()
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # Hydra then raises its errors instead of printing them
    logging.captureWarnings(True)


def _enter_folder_of_call() -> None:
    """Change to the folder that the command was called in; a launcher's processes may have started in another."""
    called_in = HydraConfig.get().runtime.cwd
    if os.getcwd() != called_in:
        os.chdir(called_in)


def to_schema(cfg: DictConfig) -> Any:
    """Convert a composed config to the dataclass of its schema.

    Raises:
        InputError: A required value is missing, or a value is out of range.
    """
    try:
        config = OmegaConf.to_object(cfg)
    except MissingMandatoryValue as error:
        raise InputError(f"{error.full_key} is not set; give {error.full_key}=VALUE on the command line") from None
    apply_url_settings(config)
    return config
