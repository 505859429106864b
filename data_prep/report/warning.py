"""Warnings about a corpus, with numbers, examples and a suggested fix."""

from collections.abc import Sequence
from dataclasses import dataclass

from data_prep.report.printable import printable

MAX_EXAMPLES = 3


@dataclass(frozen=True)
class CorpusWarning:
    """A probable problem of a corpus.

    Attributes:
        problem: What was found, with numbers.
        examples: All ids, speakers or symbols it concerns.
        fix: What to do about it.
    """

    problem: str
    examples: tuple[str, ...]
    fix: str

    def __str__(self) -> str:
        """One line with the first few examples."""
        examples = f": {list_few(self.examples)}" if self.examples else ""
        return f"{self.problem}{examples}; {self.fix}"


def list_few(names: Sequence[str]) -> str:
    """Join the first few names by commas."""
    few = ", ".join(map(printable, names[:MAX_EXAMPLES]))
    return f"{few}, …" if len(names) > MAX_EXAMPLES else few


def count_of(count: int, singular: str, plural: str | None = None) -> str:
    """Return a number and what it counts, such as "1 class" or "2 classes"."""
    return f"{count} {singular if count == 1 else plural or singular + 's'}"
