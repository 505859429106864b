"""The symbols a recognizer can emit, and their numeric ids."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from data_prep.errors import InputError
from data_prep.text_rules import DEFAULT_RULES, check_rules, normalize_text

Unit = Literal["character", "word", "label"]
#: Id of the CTC blank; the symbols of a sequence start after it.
BLANK = 0


@dataclass(frozen=True)
class Vocabulary:
    """The symbols a recognizer can emit.

    Attributes:
        unit: What one symbol is: a "character" or a "word" (or gloss) of a text, or the "label" of a whole clip.
            Sequences reserve id 0 for the blank and number their symbols from 1; labels are numbered from 0.
        symbols: The symbols in the order of their ids.
        normalize: The rules by which targets are spelled before they are split; see `data_prep.text_rules`.
    """

    unit: Unit
    symbols: tuple[str, ...]
    normalize: tuple[str, ...] = DEFAULT_RULES

    def __post_init__(self) -> None:
        if self.unit not in ("character", "word", "label"):
            raise InputError(f"unit must be character, word or label; found {self.unit!r}")
        if not self.symbols or len(set(self.symbols)) != len(self.symbols):
            raise InputError(f"a vocabulary needs at least one symbol, and no symbol twice; found {self.symbols!r}")
        if not all(isinstance(symbol, str) for symbol in self.symbols):
            raise InputError(f"the symbols of a vocabulary must be strings; found {self.symbols!r}")
        check_rules(self.normalize)

    @classmethod
    def from_targets(cls, targets: Iterable[str], unit: Unit, normalize: Sequence[str] = DEFAULT_RULES) -> "Vocabulary":
        """Collect the symbols that occur in targets, sorted."""
        symbols = {symbol for target in targets for symbol in split_target(target, unit, normalize)}
        return cls(unit, tuple(sorted(symbols)), tuple(normalize))

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {symbol: index + self.first_id for index, symbol in enumerate(self.symbols)}

    @property
    def closed_size(self) -> int | None:
        """Number of words that it can write at all; None if it spells words, or labels whole clips."""
        return len(self.symbols) if self.unit == "word" else None

    def count_unknown(self, target: str) -> int:
        """Count the words of a text that these symbols cannot write; for a label, 1 if it is not among them."""
        symbols = set(self.symbols)
        words = split_target(target, "label" if self.unit == "label" else "word", self.normalize)
        if self.unit == "character":
            return sum(not symbols.issuperset(word) for word in words)
        return sum(word not in symbols for word in words)

    @property
    def first_id(self) -> int:
        """Id of the first symbol."""
        return 0 if self.unit == "label" else BLANK + 1

    @property
    def num_ids(self) -> int:
        """Number of ids, including the blank."""
        return len(self.symbols) + self.first_id

    def encode(self, target: str) -> list[int]:
        """Turn a target into ids.

        Raises:
            InputError: The target contains a symbol that is not in the vocabulary.
        """
        symbols = split_target(target, self.unit, self.normalize)
        unknown = sorted({symbol for symbol in symbols if symbol not in self._ids})
        if unknown:
            raise InputError(
                f"the target {target!r} contains {self.unit}s that the training split does not: "
                f"{', '.join(map(repr, unknown))}; correct the target, or add a clip with them to the training split"
            )
        return [self._ids[symbol] for symbol in symbols]

    def decode(self, ids: Sequence[int]) -> str:
        """Turn ids, without blanks, back into a target."""
        symbols = [self.symbols[index - self.first_id] for index in ids]
        return (" " if self.unit == "word" else "").join(symbols)

    def spell(self, ids: Sequence[int]) -> str:
        """Turn ids, without blanks, into text as targets are written: no spaces at its ends, and single ones inside."""
        return " ".join(self.decode(ids).split())


def split_target(target: str, unit: Unit, normalize: Sequence[str] = DEFAULT_RULES) -> list[str]:
    """Split a target into symbols, after spelling it by the rules; a target of which they leave nothing has none."""
    text = normalize_text(target, normalize)
    if unit == "label":
        return [text] if text else []
    return text.split() if unit == "word" else list(text)
