"""A part of a command's work, and the names of the files that it writes."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipelines.cli.own_files import check_writes_only_own_files

#: File that one process at a time may lock: a call that does all the work, or a shard that starts or merges.
LOCK_NAME = ".lock"
#: Folder, in the output folder, of the shards' locks and records.
RECORDS_NAME = ".shards"
_PART = re.compile(r"(?P<stem>.+)-(?P<index>\d{5,})-of-(?P<count>\d{5,})(?P<ending>\.\w+)")


class ShardSettings(Protocol):
    """The settings that make a command one of several."""

    shard: int | None
    num_shards: int | None


@dataclass(frozen=True)
class Shard:
    """One of several processes that share the work of a command.

    Attributes:
        index: Its number, from 0.
        count: How many there are.
    """

    index: int
    count: int

    def __str__(self) -> str:
        return f"shard {self.index} of {self.count}"

    @property
    def suffix(self) -> str:
        """Its part of file names, such as "00003-of-00008"."""
        return f"{self.index:05d}-of-{self.count:05d}"

    def part_name(self, name: str) -> str:
        """Return the name of its part of a file: "results-00003-of-00008.jsonl" of "results.jsonl"."""
        stem, ending = os.path.splitext(name)
        return f"{stem}-{self.suffix}{ending}"

    @property
    def lock_name(self) -> str:
        """File below the output folder that it locks while it works; it also shows that parts there are its own."""
        return f"{RECORDS_NAME}/{self.suffix}.lock"

    def check_owns_parts(self, folder: Path, *names: str) -> None:
        """Check that the shard would replace only what an earlier call of it wrote.

        Args:
            folder: The output folder.
            names: Names of the whole files of which it writes parts.

        Raises:
            InputError: Another program wrote a file of the same name as a part.
        """
        check_writes_only_own_files(folder, [*map(self.part_name, names), self.lock_name], "output_dir")


def shard_of(cfg: ShardSettings) -> Shard | None:
    """Return the shard that the settings name; None if the command does all the work."""
    if cfg.shard is None or cfg.num_shards is None:
        return None
    return Shard(cfg.shard, cfg.num_shards)


def find_parts(folder: Path, name: str) -> list[tuple[Shard, Path]]:
    """Find the parts that shards wrote of a file, in the order in which they were last changed.

    Args:
        folder: The output folder.
        name: Name of the whole file, such as "results.jsonl".
    """
    stem, ending = os.path.splitext(name)
    found = list(_parts(folder, stem, ending))
    return sorted(found, key=lambda part: (part[1].stat().st_mtime_ns, part[0].count, part[0].index))


def _parts(folder: Path, stem: str, ending: str) -> Iterator[tuple[Shard, Path]]:
    for path in folder.glob(f"{stem}-*-of-*{ending}"):
        match = _PART.fullmatch(path.name)
        if match and match["stem"] == stem and match["ending"] == ending and path.is_file():
            shard = Shard(int(match["index"]), int(match["count"]))
            if os.path.lexists(folder / shard.lock_name):
                yield shard, path


def remove_parts(folder: Path, *names: str) -> None:
    """Remove the parts of files, once the whole files hold what was in them."""
    for name in names:
        for _, path in find_parts(folder, name):
            path.unlink(missing_ok=True)
