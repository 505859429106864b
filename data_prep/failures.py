"""Clips that could not be used: named, counted, written down."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


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
    partial = path.with_name(path.name + ".partial")
    rows = [json.dumps(asdict(failure), ensure_ascii=False) + "\n" for failure in failures]
    partial.write_text("".join(rows), encoding="utf-8", errors="surrogateescape")
    os.replace(partial, path)
