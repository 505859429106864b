"""Two recognizers on the same clips: which clips only one of them gets right."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recognizers.error_analysis.paired_bootstrap import PairedDifference, paired_bootstrap
from recognizers.error_rate import Counted

Rows = Mapping[str, dict[str, Any]]


@dataclass(frozen=True)
class ClipDifference:
    """A clip that two recognizers get wrong to different degrees.

    Attributes:
        id: The clip.
        reference: What it holds.
        first: What the first recognizer made of it.
        second: What the second one did.
        gain: Errors of the first minus errors of the second; above 0 if the second is better.
    """

    id: str
    reference: str
    first: str
    second: str
    gain: int


def compare_errors(
    first: Rows, second: Rows, counted: Counted, by_speaker: bool = False, seed: int = 0
) -> PairedDifference:
    """Compare the error rates on the clips that both have; see `paired_bootstrap`.

    Args:
        first: The rows of scored clips by id.
        second: Those of the other recognizer.
        counted: What is counted.
        by_speaker: Draw speakers instead of clips; every row has one.
        seed: Seed of the draws.
    """
    common = [name for name in first if name in second]
    groups = [str(first[name]["speaker"]) for name in common] if by_speaker else None
    return paired_bootstrap(
        [_errors(first[name], counted) for name in common], [_errors(second[name], counted) for name in common],
        groups, seed,
    )  # fmt: skip


def differing_clips(first: Rows, second: Rows, counted: Counted) -> list[ClipDifference]:
    """List the clips in which the numbers of errors differ, the largest gains of the second first."""
    found = [
        ClipDifference(
            name,
            row["reference"],
            row["prediction"],
            second[name]["prediction"],
            _errors(row, counted)[0] - _errors(second[name], counted)[0],
        )
        for name, row in first.items()
        if name in second
    ]
    return sorted((each for each in found if each.gain), key=lambda each: (-each.gain, each.id))


def _errors(row: Mapping[str, Any], counted: Counted) -> tuple[int, int]:
    return row[f"{counted}_errors"], row[f"{counted}s"]
