"""Clips that could not be used, each with the reason; written to a file, or remembered for the next run."""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from data_prep.atomic import write_text


@dataclass(frozen=True)
class Failure:
    """A clip or file that could not be used.

    Attributes:
        id: Id of the clip, or the path of a file that is not listed in a manifest.
        path: Path of the media file.
        reason: What is wrong and how to fix it.
    """

    id: str
    path: str
    reason: str


def write_failures(path: Path, failures: Sequence[Failure]) -> None:
    """Write failures as JSON lines, atomically; without failures, remove the file of an earlier run."""
    if not failures:
        path.unlink(missing_ok=True)
        return
    rows = [json.dumps(asdict(failure), ensure_ascii=False) + "\n" for failure in failures]
    write_text(path, "".join(rows), errors="surrogateescape")


def read_failures(path: Path) -> dict[str, Failure]:
    """Read failures, the last one of each id; lines that are incomplete or damaged are left out."""
    found: dict[str, Failure] = {}
    with contextlib.suppress(FileNotFoundError):
        for line in path.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
            with contextlib.suppress(ValueError, TypeError, RecursionError):  # cut short when a process was killed
                failure = Failure(**json.loads(line))
                found[failure.id] = failure
    return found


class KnownFailures:
    """Failures of earlier runs, by the key of the clip, remembered in a file so that slow attempts are not repeated.

    The file holds JSON lines and is only ever appended to. To have all clips tried again, remove it.

    Args:
        path: The file; created by the first `add`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failures = read_failures(path)

    def add(self, failure: Failure) -> None:
        """Append a failure whose id is the clip's key."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(failure)) + "\n")
