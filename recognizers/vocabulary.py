"""Symbols to ids and back."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from data_prep.errors import InputError

Unit = Literal["character", "word", "label"]
#: The id of CTC's blank; symbols of a sequence start after it.
BLANK = 0


@dataclass(frozen=True)
class Vocabulary:
    """The symbols a recognizer can emit.

    Attributes:
        unit: What one symbol is: a "character" or a "word" (a gloss) of a text, or a "label" of a whole clip.
            Sequences have the blank as id 0 and their symbols from 1; labels count from 0.
        symbols: In the order of their ids.
    """

    unit: Unit
    symbols: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.unit not in ("character", "word", "label"):
            raise InputError(f"unit must be character, word or label; found {self.unit!r}")
        if not self.symbols or len(set(self.symbols)) != len(self.symbols):
            raise InputError(f"a vocabulary needs symbols, each once; found {self.symbols!r}")
        if not all(isinstance(symbol, str) for symbol in self.symbols):
            raise InputError(f"the symbols of a vocabulary must be strings; found {self.symbols!r}")

    @classmethod
    def of_targets(cls, targets: Iterable[str], unit: Unit) -> "Vocabulary":
        """The symbols that occur in targets, sorted."""
        return cls(unit, tuple(sorted({symbol for target in targets for symbol in split_target(target, unit)})))

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {symbol: index + self.first_id for index, symbol in enumerate(self.symbols)}

    @property
    def first_id(self) -> int:
        """The id of the first symbol."""
        return 0 if self.unit == "label" else BLANK + 1

    @property
    def num_ids(self) -> int:
        """How many ids there are, the blank included."""
        return len(self.symbols) + self.first_id

    def encode(self, target: str) -> list[int]:
        """The ids of a target.

        Raises:
            InputError: It holds a symbol that is not in the vocabulary.
        """
        symbols = split_target(target, self.unit)
        unknown = sorted({symbol for symbol in symbols if symbol not in self._ids})
        if unknown:
            raise InputError(
                f"{', '.join(map(repr, unknown))} in {target!r} is not among the {len(self.symbols)} {self.unit}s of "
                "the training split; mend the target, or put a clip with it into the training split"
            )
        return [self._ids[symbol] for symbol in symbols]

    def decode(self, ids: Sequence[int]) -> str:
        """The target that ids (without blanks) stand for."""
        symbols = [self.symbols[index - self.first_id] for index in ids]
        return (" " if self.unit == "word" else "").join(symbols)


def split_target(target: str, unit: Unit) -> list[str]:
    """A target's symbols; white space is folded and equivalent Unicode spellings are made one (NFC)."""
    text = " ".join(unicodedata.normalize("NFC", target).split())
    if unit == "label":
        return [text]
    return text.split(" ") if unit == "word" else list(text)
