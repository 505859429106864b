"""How many clips of each label are held out, so that the labels of a split are in proportion and all of them occur."""

from collections.abc import Mapping

#: A label; None for all clips that have a text instead.
Label = str | None


def held_out_counts(sizes: Mapping[Label, int], shares: Mapping[str, float]) -> dict[Label, dict[str, int]]:
    """Divide what is held out among the labels in proportion to their numbers of clips.

    A label whose share is less than a clip would be in training alone, and no score would show whether it is ever
    recognised. If the split has room, such a label gets one clip, in place of one of the label that has most, so that
    the size of the split stays what was asked for. At least half of the label's clips stay in training.

    Args:
        sizes: Number of clips of each label, in a fixed order.
        shares: Share of the clips for each split.

    Returns:
        For each label, the number of its clips in each split; at least one clip of each label is left for training.
    """
    counts: dict[Label, dict[str, int]] = {}
    owed = dict.fromkeys(shares, 0.0)  # carries the remainder of rounding down over to the next label
    for label, size in sizes.items():
        counts[label], left = {}, size - 1
        for split, share in shares.items():
            owed[split] += share * size
            counts[label][split] = min(int(owed[split] + 1e-9), left)
            owed[split] -= counts[label][split]
            left -= counts[label][split]
    for split in shares:
        _spread(counts, sizes, split)
    return counts


def _spread(counts: dict[Label, dict[str, int]], sizes: Mapping[Label, int], split: str) -> None:
    """Give labels without a clip in the split one of the label that has most there."""
    lacking = [
        label
        for label, held_out in counts.items()
        if not held_out[split] and 2 * sum(held_out.values()) + 2 <= sizes[label]
    ]
    for label in sorted(lacking, key=lambda label: -sizes[label]):
        richest = max(counts, key=lambda other: counts[other][split])
        if counts[richest][split] < 2:
            return
        counts[richest][split] -= 1
        counts[label][split] += 1
