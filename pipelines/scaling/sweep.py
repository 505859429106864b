"""The shards of a command as the process sees them that starts them with ``-m``: checked before, reported after."""

import json
import logging
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override

from data_prep.errors import InputError
from pipelines.cli.error_messages import explain_error
from pipelines.cli.overrides import SWEEP_OPTIONS
from pipelines.scaling.records import ShardRecords
from pipelines.scaling.shard import Shard

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ShardSweep:
    """A sweep over the shards of a command.

    Attributes:
        command: Name of the command.
        overrides: Its settings without ``shard``.
        folder: The output folder.
        count: Number of shards.
        started: The shards that the sweep starts.
    """

    command: str
    overrides: list[str]
    folder: Path
    count: int
    started: list[int]

    def begin(self) -> None:
        """Forget what earlier calls recorded of the shards that the sweep starts, which may fail before they say so."""
        records = ShardRecords(self.folder, self.count, None)
        for index in self.started:
            records.forget(Shard(index, self.count))

    def report(self, error: Exception | None = None) -> int:
        """Print what came of all shards as the last line on stdout, or name the shards that are not done.

        Args:
            error: What ended the launcher; None if it came to its end.

        Returns:
            The exit code: 0 if everything was done, 1 if inputs or shards failed, 2 if no shard is done.
        """
        if error is not None:
            message = explain_error(error)
            log.error("the sweep was ended: %s", message or type(error).__name__, exc_info=None if message else error)
        if (ray := sys.modules.get("ray")) is not None:
            ray.shutdown()  # or messages of its workers would follow our last line
        records = ShardRecords(self.folder, self.count, None)
        merged, running = records.merged(), records.running()
        unfinished = [index for index in records.unfinished() if index not in running]
        if merged is not None and not running and not unfinished:
            print(json.dumps(merged.result, ensure_ascii=False), flush=True)
            return 1 if merged.failed else 0
        done = records.done()
        result = {"num_shards": self.count, "done_shards": len(done), "unfinished_shards": unfinished}
        if running:
            log.info("still at work: shards %s of %d", _list(running), self.count)
        if unfinished:
            print(f"error: {self._advice(unfinished)}", file=sys.stderr, flush=True)
        elif not running:
            log.warning(
                "all %d shards are done but not merged; give the same command again for one of them: %s",
                self.count,
                self._restart([0]),
            )
        print(json.dumps(result | {"output_dir": str(self.folder)}), flush=True)
        return 1 if done or running else 2

    def _advice(self, unfinished: list[int]) -> str:
        missing = [index for index in unfinished if index not in self.started]
        several = len(unfinished) > 1
        what = f"{'shards' if several else 'shard'} {_list(unfinished)} of {self.count} {'are' if several else 'is'}"
        if missing == unfinished:
            return f"{what} not done, and not among those started; start what is missing: {self._restart(unfinished)}"
        return (
            f"{what} not done; what was finished is kept. Give the same command again, which does only what is "
            f"missing, or start what is missing alone: {self._restart(unfinished)}"
        )

    def _restart(self, indices: list[int]) -> str:
        several = len(indices) > 1
        shard = f"shard={','.join(map(str, indices))}"
        words = ["python", "-m", f"pipelines.{self.command}", *(["-m"] if several else []), *self.overrides, shard]
        kept = [word for word in words if several or not word.lstrip("+~").startswith("hydra")]
        return shlex.join(kept)


def find_shard_sweep(
    command: str, arguments: Sequence[str], conf_dir: Path, folder_of: Callable[[Any], Path], convert: Callable
) -> ShardSweep | None:
    """Return the sweep over shards that the arguments of a command ask for; None if they ask for something else.

    Args:
        command: Name of the command.
        arguments: The command line.
        conf_dir: The configuration.
        folder_of: Returns the output folder of a config.
        convert: Turns a composed config into the dataclass of its schema, and checks it.

    Raises:
        InputError: Other settings than the shard have several values, or a shard is named that there is not.
    """
    overrides = [each for each in arguments if each not in SWEEP_OPTIONS]
    settings = [each for each in overrides if not each.startswith("-")]
    names = {each.partition("=")[0].lstrip("+") for each in settings}
    if not SWEEP_OPTIONS & set(arguments) or not names & {"shard", "num_shards"}:
        return None
    parsed = OverridesParser.create().parse_overrides(settings)
    started = [index for each in parsed if each.key_or_group == "shard" for index in _shards(each)]
    if not started:
        raise InputError("num_shards is given with -m, but no shard; give the shards too, such as shard='range(0,8)'")
    _check_only_shards_vary(parsed)
    others = [each.input_line for each in parsed if each.key_or_group != "shard" and each.input_line is not None]
    with _composed(command, conf_dir, others) as compose_with:
        # Checks the settings of all shards, before any process is started.
        configs = [convert(compose_with(f"shard={index}")) for index in (min(started), max(started))]
    return ShardSweep(command, others, folder_of(configs[0]), configs[0].num_shards, started)


def _shards(override: Override) -> list[int]:
    values = override.sweep_string_iterator() if override.is_sweep_override() else [str(override.value())]
    found = list(values)
    if not all(value.isdecimal() for value in found):
        raise InputError(f"{override.input_line}: expected numbers of shards, such as shard='range(0,8)' or shard=3,5")
    return [int(value) for value in found]


def _check_only_shards_vary(overrides: Sequence[Override]) -> None:
    for each in overrides:
        if each.is_sweep_override() and each.key_or_group != "shard":
            raise InputError(
                f"{each.input_line}: a sweep over shards has one value for every other setting, because all shards "
                "write to one output folder; give one sweep for each value"
            )


@contextmanager
def _composed(command: str, conf_dir: Path, overrides: Sequence[str]) -> Iterator[Callable[[str], Any]]:
    """Let the caller compose the config that a single shard gets."""
    before = HydraConfig.instance().cfg

    def compose_with(override: str) -> Any:
        cfg = compose(command, [*overrides, override], return_hydra_config=True)
        HydraConfig.instance().set_config(cfg)
        cfg = cfg.copy()
        cfg._set_flag("struct", False)
        cfg.pop("hydra")
        return cfg

    try:
        with initialize_config_dir(str(conf_dir), version_base="1.3"):
            yield compose_with
    finally:
        HydraConfig.instance().cfg = before


def _list(indices: Sequence[int]) -> str:
    return ", ".join(map(str, indices))
