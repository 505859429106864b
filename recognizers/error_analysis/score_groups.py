"""Scores of groups of clips: by speaker or signer, by length, and by fields of the corpus such as the sex."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recognizers.error_rate import ErrorRate, error_rate_with_interval, wilson_interval

#: Clips are split by length into up to this many groups of about the same number of clips.
LENGTH_GROUPS = 5
#: Smaller groups of lengths would say little.
MIN_CLIPS_PER_LENGTH = 5


@dataclass(frozen=True)
class GroupScore:
    """The score of some of the clips.

    Attributes:
        name: What these clips have in common.
        clips: How many they are.
        score: The error rate or the accuracy.
        low: Lower edge of its 95 % interval: Wilson's for labels, and a bootstrap over clips for texts.
        high: Upper edge.
    """

    name: str
    clips: int
    score: float
    low: float
    high: float


def score_group(name: str, rows: Sequence[dict[str, Any]], rate: ErrorRate) -> GroupScore:
    """Score some clips, whose rows hold their numbers of errors; at least one."""
    counts = [(row[f"{rate.counted}_errors"], row[f"{rate.counted}s"]) for row in rows]
    if rate.counted == "label":
        wrong = sum(errors for errors, _ in counts)
        value, (low, high) = wrong / len(counts), wilson_interval(wrong, len(counts))
    else:
        value, (low, high) = error_rate_with_interval(counts)
    if rate.as_accuracy:
        value, low, high = 1 - value, 1 - high, 1 - low
    return GroupScore(name, len(rows), value, low, high)


def score_by_speaker(rows: Sequence[dict[str, Any]], rate: ErrorRate) -> list[GroupScore]:
    """Score the clips of each speaker or signer who is named, the worst first; nothing if there are fewer than two."""
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row.get("speaker") is not None:
            groups[row["speaker"]].append(row)
    if len(groups) < 2:
        return []
    scores = [score_group(name, found, rate) for name, found in groups.items()]
    return sorted(scores, key=lambda group: (group.score if rate.as_accuracy else -group.score, group.name))


def score_by_field(rows: Sequence[dict[str, Any]], name: str, rate: ErrorRate) -> list[GroupScore]:
    """Score the clips of each value of a field, in the order of the values; see `inference.clip_groups`."""
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if name in (values := row.get("groups", {})):
            groups[values[name]].append(row)
    return [score_group(value, groups[value], rate) for value in sorted(groups)]


def group_fields(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the names of the fields by whose values clips are scored apart."""
    return sorted({name for row in rows for name in row.get("groups", {})})


def score_by_length(rows: Sequence[dict[str, Any]], rate: ErrorRate) -> list[GroupScore]:
    """Score the clips in groups of similar duration, the shortest first; nothing if all are about equally long."""
    known = sorted((row for row in rows if row.get("duration_s") is not None), key=lambda row: row["duration_s"])
    groups = min(LENGTH_GROUPS, len(known) // MIN_CLIPS_PER_LENGTH)
    if groups < 2 or known[-1]["duration_s"] <= 1.1 * known[0]["duration_s"]:
        return []
    parts = [known[start[0] : start[-1] + 1] for start in np.array_split(np.arange(len(known)), groups)]
    return [score_group(f"{part[0]['duration_s']:.2f} to {part[-1]['duration_s']:.2f} s", part, rate) for part in parts]
