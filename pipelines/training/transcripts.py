"""Texts that language models are made of: sentences, names to spell, and classes of words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from pipelines.corpora.extra_corpora import is_extra
from recognizers.language_model.class_ngram import WordClasses
from recognizers.vocabulary import split_target


def read_sentences(
    path: Path, split: str | None, normalize: Sequence[str], key: str = "transcripts"
) -> list[list[str]]:
    """Return the words of each line of a text file, or of each clip of a manifest (.jsonl), without empty ones.

    Args:
        path: The file.
        split: The split of a manifest; None for all clips. Clips of extra corpora are left out.
        normalize: Rules of spelling.
        key: The setting that names the file, for messages.

    Raises:
        InputError: The file is missing, is not UTF-8 or is not a manifest.
    """
    sentences = []
    for place, line in _lines(path, key):
        text = _text_of_row(line, place, split) if line and path.suffix == ".jsonl" else line
        if words := split_target(text, "word", normalize):
            sentences.append(words)
    return sentences


def read_spelled(path: Path, normalize: Sequence[str], known: set[str]) -> list[list[str]]:
    """Return the letters of each line of a text file: "MAIN STREET" is one sentence of ten words.

    Characters that are neither letters nor digits are left out.

    Args:
        path: The file.
        normalize: Rules of spelling.
        known: The words of the other texts and of the classes.

    Raises:
        InputError: The file is missing or not UTF-8, or none of its letters is among the words known.
    """
    spelled = []
    for _, line in _lines(path, "spelled"):
        letters = [letter for letter in "".join(split_target(line, "word", normalize)) if letter.isalnum()]
        if letters:
            spelled.append(letters)
    found = {letter for letters in spelled for letter in letters}
    if known.isdisjoint(found):
        raise InputError(
            f"spelled={path}: none of its letters, such as {', '.join(map(repr, sorted(found)[:4])) or 'none'}, is a "
            f"word of the transcripts or classes, such as {', '.join(map(repr, sorted(known)[:4])) or 'none'}; "
            "spell them alike (upper and lower case), or name the letters in classes"
        )
    return spelled


def read_classes(setting: Any, normalize: Sequence[str]) -> WordClasses | None:
    """Make classes of a mapping, or of a text file with a class a line: its name and then its words.

    Raises:
        InputError: The file is missing or has a class twice, or a class or a word is not valid.
    """
    if not setting:
        return None
    members = _read_class_file(Path(setting)) if isinstance(setting, str) else dict(setting)
    spelled = {}
    for name, words in members.items():
        # WordClasses checks what is not a list of words.
        are_words = isinstance(words, list | tuple) and all(isinstance(word, str) for word in words)
        spelled[str(name)] = [" ".join(split_target(word, "word", normalize)) for word in words] if are_words else words
    return WordClasses(spelled)


def _read_class_file(path: Path) -> Mapping[str, list[str]]:
    members: dict[str, list[str]] = {}
    for place, line in _lines(path, "classes"):
        if not line:
            continue
        name, *words = line.split()
        if name in members or not words:
            raise InputError(
                f"{place}: found {line[:60]!r}, expected the name of a further class and then its words, such as "
                "'LETTER A B C'"
            )
        members[name] = words
    return members


def _lines(path: Path, key: str) -> Iterator[tuple[str, str]]:
    """Yield ``file:line`` and each line without white space around it."""
    if not path.is_file():
        what = {"transcripts": "a text file with one sentence a line, or a manifest"}.get(key, "a text file")
        raise InputError(f"{key}={path}: no such file; give {what}")
    with open(path, "rb") as lines:
        for number, line in enumerate(lines, start=1):
            place = f"{path}:{number}"
            try:
                yield place, line.decode("utf-8-sig").strip()
            except UnicodeDecodeError:
                raise InputError(f"{place}: not valid UTF-8; save the file as UTF-8") from None


def _text_of_row(line: str, place: str, split: str | None) -> str:
    """Return the text of a manifest row, or "" for a clip of another split or of an extra corpus."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: not valid JSON ({error})") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise InputError(f'{place}: found no text; each line must be one object with "text"')
    return row["text"] if split in (None, row.get("split")) and not is_extra(row) else ""
