"""The lists of results and failures in an output folder: lines of JSON, read as one whichever shards wrote them."""

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path

from data_prep.atomic import write_text
from pipelines.scaling.shard import find_parts

RESULTS_NAME, FAILURES_NAME = "results.jsonl", "failures.jsonl"


def read_results(folder: Path) -> dict[str, str]:
    """Read the lines of the results in an output folder by the id of the input, whichever shards wrote them.

    A result that a shard replaced by a failure is left out.
    """
    return _read_as_one(folder)[0]


def read_failure_lines(folder: Path) -> dict[str, str]:
    """Read the lines of the failures that shards wrote into an output folder, by the id of the input.

    The whole list is left out: it is that of an earlier call.
    """
    return _read_as_one(folder)[1]


def _read_as_one(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Read all results, and the failures of shards; what a later part says of an input replaces what came before."""
    results, failures = read_lines(folder / RESULTS_NAME), dict[str, str]()
    for shard, part in find_parts(folder, RESULTS_NAME):
        for name, line in read_lines(part).items():
            results[name] = line
            failures.pop(name, None)
        for name, line in read_lines(folder / shard.part_name(FAILURES_NAME)).items():
            failures[name] = line
            results.pop(name, None)
    return results, failures


def read_lines(path: Path) -> dict[str, str]:
    """Read the last line of each input in a list of results or failures, by the input's id."""
    if not path.is_file():
        return {}
    lines = {}
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):  # incomplete or damaged
            lines[str(json.loads(line)["id"])] = line
    return lines


def holds_results(path: Path) -> bool:
    """Return whether this command wrote a file: it is empty, or its first line is a result, which may be cut off."""
    with open(path, encoding="utf-8", errors="replace") as lines:
        first = lines.readline()
    return not first or (first.startswith('{"id": ') and ('"key": ' in first or not first.endswith("}\n")))


def append_line(path: Path, line: str) -> None:
    """Append a line with a single write, so that a process that is killed leaves the whole line or none."""
    with open(path, "ab", buffering=0) as file:
        file.write((line + "\n").encode("utf-8", errors="backslashreplace"))


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Replace a list, atomically."""
    write_text(path, "".join(line + "\n" for line in lines), errors="backslashreplace")
