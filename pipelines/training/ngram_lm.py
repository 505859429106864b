"""The steps of ``language_model``: read sentences, count n-grams, write an ARPA file."""

import json
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from data_prep.errors import InputError
from pipelines.cli.command import CommandOutcome
from pipelines.cli.schema import LanguageModelConfig
from pipelines.corpora.extra_corpora import is_extra
from recognizers.language_model.arpa import write_arpa
from recognizers.language_model.ngram import witten_bell
from recognizers.vocabulary import split_target

log = logging.getLogger(__name__)

#: One sentence in this many is held out to measure the perplexity.
HELD_OUT_EVERY = 10


def build_language_model(cfg: LanguageModelConfig) -> CommandOutcome:
    """Write the n-grams of all sentences, and report the perplexity of every tenth under n-grams of the others.

    Raises:
        InputError: The transcripts cannot be read, or the output exists.
    """
    output = Path(cfg.output)
    if output.exists() and not cfg.overwrite:
        raise InputError(f"output={output} exists; give another output, or overwrite=true to replace it")
    if os.path.realpath(output) == os.path.realpath(cfg.transcripts):
        raise InputError(f"output={output} is the file of the transcripts; give another output")
    sentences = list(_read_sentences(Path(cfg.transcripts), cfg.split, cfg.text.normalize))
    model = witten_bell(sentences, cfg.order)
    perplexity = _held_out_perplexity(sentences, cfg.order)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_arpa(output, model)
    log.info("%d different words; perplexity of held-out sentences: %s", len(model.words), perplexity)
    return CommandOutcome(
        {
            "output": str(output),
            "order": model.order,
            "sentences": len(sentences),
            "words": sum(map(len, sentences)),
            "distinct_words": len(model.words),
            "perplexity": perplexity,
        }
    )


def _held_out_perplexity(sentences: list[list[str]], order: int) -> float | None:
    """Return the perplexity of every tenth sentence under n-grams of the others; None for fewer than ten."""
    held_out = sentences[HELD_OUT_EVERY - 1 :: HELD_OUT_EVERY]
    if not held_out:
        return None
    others = [words for number, words in enumerate(sentences, start=1) if number % HELD_OUT_EVERY]
    return round(witten_bell(others, order).perplexity(held_out), 3)


def _read_sentences(path: Path, split: str | None, normalize: Sequence[str]) -> Iterator[list[str]]:
    """Yield the words of each line of a text file, or of each clip of a manifest (.jsonl); skip empty ones."""
    if not path.is_file():
        raise InputError(f"transcripts={path}: no such file; give a text file with one sentence a line, or a manifest")
    with open(path, "rb") as lines:
        for number, line in enumerate(lines, start=1):
            place = f"{path}:{number}"
            try:
                text = line.decode("utf-8-sig").strip()
            except UnicodeDecodeError:
                raise InputError(f"{place}: not valid UTF-8; save the file as UTF-8") from None
            if text and path.suffix == ".jsonl":
                text = _text_of_row(text, place, split)
            if words := split_target(text, "word", normalize):
                yield words


def _text_of_row(line: str, place: str, split: str | None) -> str:
    """Return the text of a manifest row, or "" for a clip of another split or of an extra corpus."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: not valid JSON ({error})") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise InputError(f'{place}: found no text; each line must be one object with "text"')
    return row["text"] if split in (None, row.get("split")) and not is_extra(row) else ""
