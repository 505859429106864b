"""Language models as text, in the ARPA format that SRILM, KenLM and others read and write."""

import math
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from data_prep.atomic import atomic_write
from data_prep.errors import InputError
from recognizers.language_model.ngram import MAX_ORDER, History, LanguageModel

#: More would not fit into the memory of a usual machine: some 300 bytes each.
MAX_NGRAMS = 20_000_000
MAX_BYTES = 2**31
#: Beyond this, log10 of a probability or a back-off is no sensible number.
MAX_LOG10 = 1000.0


def write_arpa(path: Path, model: LanguageModel) -> None:
    """Write a model, atomically; reading gives the same numbers."""
    lines: list[list[str]] = [[] for _ in range(model.order)]
    for history, followers in sorted(model.followers.items()):
        for word, log10 in sorted(followers.items()):
            ngram = (*history, word)
            backoff = f"\t{model.backoffs[ngram]!r}" if ngram in model.backoffs else ""
            lines[len(history)].append(f"{log10!r}\t{' '.join(ngram)}{backoff}\n")
    with atomic_write(path) as partial, open(partial, "w", encoding="utf-8", newline="\n") as out:
        out.write("\\data\\\n")
        out.writelines(f"ngram {order}={len(part)}\n" for order, part in enumerate(lines, start=1))
        for order, part in enumerate(lines, start=1):
            out.write(f"\n\\{order}-grams:\n")
            out.writelines(part)
        out.write("\n\\end\\\n")


def read_arpa(path: Path) -> LanguageModel:
    """Read a model of up to 5-grams.

    Raises:
        InputError: There is no such file, or a line is not what the format has there; the message begins with
            ``file:line``.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such language model; give a file in ARPA format")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path}: {path.stat().st_size} bytes; a language model may have {MAX_BYTES} at most")
    lines = _Lines(path)
    counts = _read_counts(lines)
    followers: dict[History, dict[str, float]] = {}
    backoffs: dict[History, float] = {}
    for order, count in enumerate(counts, start=1):
        lines.expect(f"\\{order}-grams:")
        for _ in range(count):
            _read_ngram(lines, order, followers, backoffs)
    lines.expect("\\end\\")
    try:
        return LanguageModel(len(counts), followers, backoffs)
    except InputError as error:
        raise InputError(f"{lines.where}: {error}") from None


class _Lines:
    """The lines of a file that are not blank, one after the other, and where one is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = 0
        self._lines = self._read()
        self._again: list[str] = []

    @property
    def where(self) -> str:
        """``file:line`` of the line that came last."""
        return f"{self.path}:{self.number}"

    def next(self) -> str:
        """The next line that is not blank, without white space around it; "" when the file is through."""
        return self._again.pop() if self._again else next(self._lines, "")

    def give_back(self, line: str) -> None:
        """Let the next line be this one, which came last."""
        self._again.append(line)

    def expect(self, line: str) -> None:
        """Take the next line, which must be this one."""
        found = self.next()
        if found != line:
            raise InputError(
                f"{self.where}: found {_shown(found)}, expected {line}; do the counts under \\data\\ fit what follows?"
            )

    def _read(self) -> Iterator[str]:
        with open(self.path, "rb") as lines:
            for self.number, line in enumerate(lines, start=1):
                try:
                    text = line.decode("utf-8").strip()
                except UnicodeDecodeError:
                    raise InputError(
                        f"{self.where}: not valid UTF-8; an ARPA file is plain text: unpack it if it is packed"
                    ) from None
                if text:
                    yield unicodedata.normalize("NFC", text)


def _read_counts(lines: _Lines) -> list[int]:
    """The announced number of n-grams of each order, and what stands before them left out."""
    while (line := lines.next()) != "\\data\\":
        if not line:
            raise InputError(f"{lines.where}: found no line \\data\\; this is not a language model in ARPA format")
    counts: list[int] = []
    while found := re.fullmatch(r"ngram\s+(\d{1,3})\s*=\s*(\d{1,18})", line := lines.next(), re.ASCII):
        order, count = int(found[1]), int(found[2])
        if order != len(counts) + 1 or order > MAX_ORDER:
            raise InputError(f"{lines.where}: found {line!r}; orders must be 1, 2, … up to {MAX_ORDER}, in this order")
        counts.append(count)
        if not 1 <= sum(counts) <= MAX_NGRAMS:
            raise InputError(f"{lines.where}: {sum(counts)} n-grams; a model may have from 1 to {MAX_NGRAMS}")
    if not counts:
        raise InputError(f"{lines.where}: found {_shown(line)}, expected a count such as 'ngram 1=42'")
    lines.give_back(line)
    return counts


def _read_ngram(
    lines: _Lines, order: int, followers: dict[History, dict[str, float]], backoffs: dict[History, float]
) -> None:
    line = lines.next()
    fields = line.split()
    if len(fields) not in (order + 1, order + 2):
        raise InputError(
            f"{lines.where}: found {_shown(line)}, expected a log10 probability, {order} word(s) and, it may be, a "
            "back-off; do the counts under \\data\\ fit what follows?"
        )
    log10 = _number(fields[0], lines)
    if log10 > 0:
        raise InputError(f"{lines.where}: the log10 probability {fields[0]} is above 0")
    ngram = tuple(fields[1 : order + 1])
    followers.setdefault(ngram[:-1], {})[ngram[-1]] = log10
    if len(fields) == order + 2:
        backoffs[ngram] = _number(fields[-1], lines)


def _number(field: str, lines: _Lines) -> float:
    try:
        value = float(field)
    except ValueError:
        value = math.nan
    if not abs(value) <= MAX_LOG10:
        raise InputError(
            f"{lines.where}: found {_shown(field)}, expected a number from -{MAX_LOG10:g} to {MAX_LOG10:g}"
        )
    return value


def _shown(text: str) -> str:
    return repr(text[:60]) if text else "the end of the file"
