"""The steps of making a language model."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

from data_prep.errors import InputError
from data_prep.manifest import SPLITS
from pipelines.cli.command import CommandOutcome
from pipelines.cli.schema import LanguageModelConfig
from pipelines.corpora.extra_corpora import FIELD
from recognizers.language_model.arpa import write_arpa
from recognizers.language_model.ngram import witten_bell
from recognizers.vocabulary import split_target

log = logging.getLogger(__name__)

#: Every so many-th sentence is held out to measure the perplexity.
HELD_OUT = 10


def make_language_model(cfg: LanguageModelConfig) -> CommandOutcome:
    """Build n-grams of all sentences; tell the perplexity of every tenth under n-grams of the others.

    Args:
        cfg: The keys of conf/language_model.yaml, as plain values.

    Raises:
        InputError: A setting is out of its range, the transcripts cannot be read, or the output is there already.
    """
    output = Path(cfg.output)
    if output.exists() and not cfg.overwrite:
        raise InputError(f"output={output} is there already; give another one, or overwrite=true to replace it")
    if cfg.split not in (None, *SPLITS):
        raise InputError(f"split={cfg.split}: expected {', '.join(SPLITS)}, or null for all")
    sentences = list(_sentences(Path(cfg.transcripts), cfg.split))
    model = witten_bell(sentences, cfg.order)
    perplexity = None
    if held_out := sentences[HELD_OUT - 1 :: HELD_OUT]:
        others = [words for index, words in enumerate(sentences, start=1) if index % HELD_OUT]
        perplexity = round(witten_bell(others, cfg.order).perplexity(held_out), 3)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_arpa(output, model)
    log.info("%d different words; perplexity of every tenth sentence: %s", len(model.words), perplexity)
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


def _sentences(path: Path, split: str | None) -> Iterator[list[str]]:
    """The words of each sentence of a text file, or of each clip of a manifest (.jsonl); blank lines are left out."""
    if not path.is_file():
        raise InputError(f"transcripts={path}: no such file; give a text file with a sentence a line, or a manifest")
    is_manifest = path.suffix == ".jsonl"
    if split is not None and not is_manifest:
        raise InputError(f"transcripts={path}: only a manifest (.jsonl) has splits; leave split={split} out")
    with open(path, "rb") as lines:
        for number, line in enumerate(lines, start=1):
            where = f"{path}:{number}"
            try:
                text = line.decode("utf-8-sig").strip()
            except UnicodeDecodeError:
                raise InputError(f"{where}: not valid UTF-8; save the file as UTF-8") from None
            if text and is_manifest:
                text = _text_of(text, where, split)
            if text.strip():
                yield split_target(text, "word")


def _text_of(line: str, where: str, split: str | None) -> str:
    """The text of a manifest's row; "" if it is of another split, or of a corpus that was only trained on as well."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not valid JSON ({error})") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise InputError(f'{where}: found no text; each line must be one object with "text"')
    return row["text"] if split in (None, row.get("split")) and FIELD not in row else ""
