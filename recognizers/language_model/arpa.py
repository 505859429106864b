"""Language models in the ARPA text format, which SRILM, KenLM and others read and write."""

import gzip
import math
import re
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from data_prep.atomic import atomic_write
from data_prep.errors import InputError
from recognizers.language_model.ngram import LOG10_OF_ZERO, MAX_ORDER, History, LanguageModel

#: An n-gram takes about 300 bytes of memory; more would not fit into an ordinary machine.
MAX_NGRAMS = 20_000_000
MAX_BYTES = 2**31
#: Largest plausible magnitude of a log10 probability or back-off.
MAX_LOG10 = 1000.0
BLANKS = " \t\r\n\f\v"
#: Words with a meaning of their own, which some tools write in capitals.
SPECIAL_WORDS = {"<UNK>": "<unk>", "<Unk>": "<unk>", "<S>": "<s>", "</S>": "</s>"}


def write_arpa(path: Path, model: LanguageModel) -> None:
    """Write a model atomically; `read_arpa` gives back the same numbers."""
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
    """Read a model with n-grams of up to five words.

    Raises:
        InputError: The file is missing or too large, or does not have the format; the message then begins with
            ``file:line``.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such language model; name a file in ARPA format")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path}: {path.stat().st_size} bytes; a language model may have at most {MAX_BYTES}")
    lines = _LineReader(path)
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


class _LineReader:
    """Reads the lines of a text file that are not blank, and knows the number of the current one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = 0
        self._lines = self._read()
        self._pushed_back: list[str] = []

    @property
    def where(self) -> str:
        """``file:line`` of the current line."""
        return f"{self.path}:{self.number}"

    def next(self) -> str:
        """Return the next line without surrounding white space, or "" at the end of the file."""
        return self._pushed_back.pop() if self._pushed_back else next(self._lines, "")

    def push_back(self, line: str) -> None:
        """Make `next` return the current line again."""
        self._pushed_back.append(line)

    def expect(self, line: str) -> None:
        """Read the next line and raise InputError unless it is the given one."""
        found = self.next()
        if found != line:
            raise InputError(
                f"{self.where}: found {_quote(found)}, expected {line}; the counts under \\data\\ must be those of "
                "the n-grams below"
            )

    def _read(self) -> Iterator[str]:
        with _open_maybe_compressed(self.path) as lines:
            size = 0
            for self.number, line in enumerate(lines, start=1):
                size += len(line)
                if size > MAX_BYTES:
                    raise InputError(f"{self.where}: unpacked, it has more than {MAX_BYTES} bytes, the most allowed")
                try:
                    # Only blanks, tabs and line ends separate; a no-break space is part of a word.
                    text = line.decode("utf-8-sig" if self.number == 1 else "utf-8").strip(BLANKS)
                except UnicodeDecodeError:
                    raise InputError(
                        f"{self.where}: not valid UTF-8; an ARPA file is plain text, or compressed with gzip"
                    ) from None
                if text:
                    yield unicodedata.normalize("NFC", text)


@contextmanager
def _open_maybe_compressed(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to read; one that begins like a gzip file is decompressed, whatever it is called."""
    with open(path, "rb") as file:
        is_compressed = file.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path, "rb") if is_compressed else open(path, "rb") as lines:
            yield lines  # type: ignore[misc]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: damaged gzip file ({error}); copy it again") from None


def _read_counts(lines: _LineReader) -> list[int]:
    """Read the number of n-grams of each order, skipping everything before them."""
    while (line := lines.next()) != "\\data\\":
        if not line:
            raise InputError(f"{lines.where}: found no line \\data\\, expected a language model in ARPA format")
    counts: list[int] = []
    while found := re.fullmatch(r"ngram\s+(\d{1,3})\s*=\s*(\d{1,18})", line := lines.next(), re.ASCII):
        order, count = int(found[1]), int(found[2])
        if order != len(counts) + 1 or order > MAX_ORDER:
            raise InputError(f"{lines.where}: found {line!r}; expected the orders 1, 2, ... to {MAX_ORDER} in turn")
        counts.append(count)
        if not 1 <= sum(counts) <= MAX_NGRAMS:
            raise InputError(f"{lines.where}: {sum(counts)} n-grams; a model must have from 1 to {MAX_NGRAMS}")
    if not counts:
        raise InputError(f"{lines.where}: found {_quote(line)}, expected a count such as 'ngram 1=42'")
    lines.push_back(line)
    return counts


def _read_ngram(
    lines: _LineReader, order: int, followers: dict[History, dict[str, float]], backoffs: dict[History, float]
) -> None:
    line = lines.next()
    fields = re.split(r"[ \t]+", line)
    if len(fields) not in (order + 1, order + 2):
        raise InputError(
            f"{lines.where}: found {_quote(line)}, expected a log10 probability, {order} word(s) and an optional "
            "back-off; the counts under \\data\\ must be those of the n-grams below"
        )
    log10 = _number(fields[0], lines)
    if log10 > 0:
        raise InputError(f"{lines.where}: the log10 probability {fields[0]} is above 0, expected at most 0")
    ngram = tuple(SPECIAL_WORDS.get(word, word) for word in fields[1 : order + 1])
    followers.setdefault(ngram[:-1], {})[ngram[-1]] = log10
    if len(fields) == order + 2:
        backoffs[ngram] = _number(fields[-1], lines)


def _number(field: str, lines: _LineReader) -> float:
    if re.fullmatch(r"-inf(inity)?", field, re.IGNORECASE):
        return LOG10_OF_ZERO
    try:
        value = float(field)
    except ValueError:
        value = math.nan
    if not abs(value) <= MAX_LOG10:
        raise InputError(
            f"{lines.where}: found {_quote(field)}, expected a number from -{MAX_LOG10:g} to {MAX_LOG10:g}"
        )
    return value


def _quote(text: str) -> str:
    return repr(text[:60]) if text else "the end of the file"
