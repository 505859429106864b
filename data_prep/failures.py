"""Clips that could not be used: named, counted, written down."""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from data_prep.atomic import write_text


@dataclass(frozen=True)
class Failure:
    """A clip or file that was left out.

    Attributes:
        id: Of the clip; for files without a manifest, the path.
        path: The media file.
        reason: What was wrong and how to mend it.
    """

    id: str
    path: str
    reason: str


def write_failures(path: Path, failures: Sequence[Failure]) -> None:
    """Write failures as JSON lines, under a temporary name first; no failures, no file."""
    if not failures:
        path.unlink(missing_ok=True)
        return
    rows = [json.dumps(asdict(failure), ensure_ascii=False) + "\n" for failure in failures]
    write_text(path, "".join(rows), errors="surrogateescape")


class KnownFailures:
    """Failures that took long to find out, by key; kept beside a store, so that they are not found out again.

    What fails at once is not kept: trying it again costs nothing, and helps when a decoder was missing. The file is
    of JSON lines that are only ever added; removing it makes all be tried again.

    Args:
        path: The file; need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failures: dict[str, Failure] = {}
        with contextlib.suppress(FileNotFoundError):
            for line in path.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
                with contextlib.suppress(ValueError, TypeError):  # a line cut off when a run was killed
                    failure = Failure(**json.loads(line))
                    self.failures[failure.id] = failure

    def add(self, failure: Failure) -> None:
        """Keep a failure, whose id is the clip's key, for the next time."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(failure)) + "\n")
