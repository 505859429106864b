"""References and hypotheses side by side: which symbols were substituted, deleted and inserted."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rapidfuzz.distance import Levenshtein

Kind = Literal["equal", "substitution", "deletion", "insertion"]


@dataclass(frozen=True)
class AlignedSymbol:
    """A place in an alignment.

    Attributes:
        kind: What happened there.
        reference: The word or character of the reference; empty for an insertion.
        hypothesis: The word or character that was recognised; empty for a deletion.
    """

    kind: Kind
    reference: str
    hypothesis: str


@dataclass(frozen=True)
class SymbolErrors:
    """How often one word or character was recognised wrongly.

    Attributes:
        symbol: The symbol; of the reference, or the inserted one.
        there: How often it occurs in the references.
        substituted: How often another symbol was recognised instead.
        deleted: How often nothing was recognised instead.
        inserted: How often it was recognised where nothing corresponds to it.
        instead: What was recognised instead, the most frequent first, with counts.
    """

    symbol: str
    there: int
    substituted: int
    deleted: int
    inserted: int
    instead: list[tuple[str, int]]

    @property
    def errors(self) -> int:
        """All errors with this symbol."""
        return self.substituted + self.deleted + self.inserted


def aligned_unit(references: Iterable[str]) -> Literal["word", "character"]:
    """Return what to align: words, unless no reference has more than one, as in fingerspelling."""
    return "word" if any(len(reference.split()) > 1 for reference in references) else "character"


def align_texts(reference: str, hypothesis: str, unit: Literal["word", "character"]) -> list[AlignedSymbol]:
    """Align two texts with the fewest errors (Levenshtein, 1966).

    Args:
        reference: What was said or signed.
        hypothesis: What was recognised.
        unit: What is aligned.
    """
    before: Sequence[str] = reference.split() if unit == "word" else list(reference)
    after: Sequence[str] = hypothesis.split() if unit == "word" else list(hypothesis)
    aligned: list[AlignedSymbol] = []
    for step in Levenshtein.opcodes(before, after):
        old, new = before[step.src_start : step.src_end], after[step.dest_start : step.dest_end]
        match step.tag:
            case "delete":
                aligned += [AlignedSymbol("deletion", symbol, "") for symbol in old]
            case "insert":
                aligned += [AlignedSymbol("insertion", "", symbol) for symbol in new]
            case _:
                kind: Kind = "equal" if step.tag == "equal" else "substitution"
                aligned += [AlignedSymbol(kind, *pair) for pair in zip(old, new, strict=True)]
    return aligned


def count_kinds(rows: Sequence[dict[str, Any]], unit: Literal["word", "character"]) -> Counter[Kind]:
    """Count how many symbols of all rows are equal, substituted, deleted and inserted."""
    counts: Counter[Kind] = Counter({"equal": 0, "substitution": 0, "deletion": 0, "insertion": 0})
    for row in rows:
        counts.update(place.kind for place in align_texts(row["reference"], row["prediction"], unit))
    return counts


def count_symbol_errors(rows: Sequence[dict[str, Any]], unit: Literal["word", "character"]) -> list[SymbolErrors]:
    """Count the errors with each symbol, those with the most errors first; symbols without errors are left out."""
    there: Counter[str] = Counter()
    kinds: dict[Kind, Counter[str]] = {"substitution": Counter(), "deletion": Counter(), "insertion": Counter()}
    instead: dict[str, Counter[str]] = {}
    for row in rows:
        for place in align_texts(row["reference"], row["prediction"], unit):
            there.update([place.reference] if place.kind != "insertion" else [])
            if place.kind == "equal":
                continue
            kinds[place.kind].update([place.reference or place.hypothesis])
            if place.kind == "substitution":
                instead.setdefault(place.reference, Counter()).update([place.hypothesis])
    symbols = set().union(*kinds.values())
    counted = [
        SymbolErrors(
            symbol,
            there[symbol],
            kinds["substitution"][symbol],
            kinds["deletion"][symbol],
            kinds["insertion"][symbol],
            instead.get(symbol, Counter()).most_common(),
        )
        for symbol in symbols
    ]
    return sorted(counted, key=lambda each: (-each.errors, each.symbol))
