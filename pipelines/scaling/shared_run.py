"""The work of one shard, and the merging of what all shards wrote by the one that finishes last."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import Timeout

from pipelines.cli.command import CommandOutcome
from pipelines.scaling.records import WAIT_S, Record, ShardRecords, at_work, locked
from pipelines.scaling.shard import LOCK_NAME, Shard

log = logging.getLogger(__name__)


def run_shard(
    folder: Path,
    shard: Shard,
    key: str,
    work: Callable[[], CommandOutcome],
    merge: Callable[[list[dict[str, Any]]], CommandOutcome],
) -> CommandOutcome:
    """Do the work of a shard, and merge what all shards wrote if they are all done.

    A shard that finishes while another one merges leaves it at that: the other has seen that this one is done.

    Args:
        folder: The output folder, which all shards share.
        shard: The shard.
        key: Hash of the inputs and settings, the same for all shards of a command.
        work: Does this shard's work, or what is missing of it.
        merge: Makes of what all shards wrote the files that a single process would have written; takes the results of
            all shards.

    Returns:
        The outcome of the shard; if it is the last one, that of all shards together.

    Raises:
        InputError: Another process does the same work.
    """
    records = ShardRecords(folder, shard.count, key)
    with at_work(records, shard):
        outcome = work()
        records.add(shard, Record(key, outcome.result, outcome.failed))
    own = CommandOutcome({"shard": shard.index, "num_shards": shard.count} | outcome.result, outcome.failed)
    try:
        with locked(folder / LOCK_NAME, WAIT_S):
            if unfinished := records.unfinished():
                log.info("%s is done; not done yet: %s", shard, ", ".join(map(str, unfinished)))
                return own
            merged = records.merged()
            if merged is None:
                together = merge([record.result for record in records.done().values()])
                merged = Record(key, {"num_shards": shard.count} | together.result, together.failed)
                records.add_merged(merged)
    except Timeout:
        return own
    return CommandOutcome(merged.result, merged.failed)
