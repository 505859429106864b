"""The steps of ``language_model``: read sentences, count n-grams, find weights, write an ARPA file."""

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from data_prep.errors import InputError
from pipelines.cli.command import CommandOutcome
from pipelines.cli.language_model_schema import AUTO, LanguageModelConfig, paths_of
from pipelines.training.transcripts import read_classes, read_sentences, read_spelled
from recognizers.language_model.arpa import write_arpa
from recognizers.language_model.interpolation import check_weights
from recognizers.language_model.mixture import (
    Component,
    Sentences,
    components_of,
    cross_validated_weights,
    mix,
    vocabulary_of,
    weights_for,
)
from recognizers.language_model.ngram import check_order

log = logging.getLogger(__name__)

#: One sentence in this many is held out to measure the perplexity.
HELD_OUT_EVERY = 10


def build_language_model(cfg: LanguageModelConfig) -> CommandOutcome:
    """Write the n-grams of all sentences, and report the perplexity of every tenth under n-grams of the others.

    Raises:
        InputError: The texts cannot be read, settings do not suit them, or the output exists.
    """
    output = Path(cfg.output)
    _check_files(cfg, output)
    components = _read_components(cfg)
    text = components[0].sentences
    weights = _weights(cfg, components)
    model = mix(components, weights)
    perplexity = _held_out_perplexity(components, weights)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_arpa(output, model)
    named = {each.name: round(weight, 4) for each, weight in zip(components, weights, strict=True)}
    for name, weight in named.items():
        log.info("weight %.4f: %s", weight, name)
    log.info("%d different words; perplexity of held-out sentences: %s", len(model.words), perplexity)
    texts = [each.sentences for each in components if each.classes is None]
    return CommandOutcome(
        {
            "output": str(output),
            "order": model.order,
            "sentences": sum(map(len, texts)),
            "words": sum(len(words) for text in texts for words in text),
            "distinct_words": len(model.words),
            "weights": named,
            "held_out_sentences": len(text[HELD_OUT_EVERY - 1 :: HELD_OUT_EVERY]),
            "perplexity": perplexity,
        }
    )


def _check_files(cfg: LanguageModelConfig, output: Path) -> None:
    """Check that no file is read twice, and that the output is none of those that are read."""
    if output.exists() and not cfg.overwrite:
        raise InputError(f"output={output} exists; give another output, or overwrite=true to replace it")
    texts = paths_of(cfg.transcripts) + paths_of(cfg.spelled)
    read = texts + [path for path in (cfg.tune, cfg.classes) if isinstance(path, str)]
    if os.path.realpath(output) in map(os.path.realpath, read):
        raise InputError(f"output={output} is a file of the transcripts, or another that is read; give another output")
    for path in texts:
        if [os.path.realpath(each) for each in texts].count(os.path.realpath(path)) > 1:
            raise InputError(f"the file {path} is given twice; leave it out once")
    if cfg.tune is None or os.path.realpath(cfg.tune) not in map(os.path.realpath, texts):
        return
    if not cfg.tune.endswith(".jsonl") or cfg.split in (None, cfg.tune_split or "validation"):
        raise InputError(
            f"tune={cfg.tune}: the n-grams are made of the same sentences, so that they would fit them too well; leave "
            "tune out, or give a manifest with split=train and tune_split=validation"
        )


def _read_components(cfg: LanguageModelConfig) -> list[Component]:
    rules = cfg.text.normalize
    check_order(cfg.order)
    classes = read_classes(cfg.classes, rules)
    texts: dict[str, Sentences] = {
        path: read_sentences(Path(path), cfg.split if path.endswith(".jsonl") else None, rules)
        for path in paths_of(cfg.transcripts)
    }
    for path, text in texts.items():
        if not text:
            raise InputError(f"a language model needs sentences to learn from; found none in {path}")
    components = components_of(texts, cfg.order, classes, cfg.class_order)
    known = set(vocabulary_of(components))
    for path in paths_of(cfg.spelled):
        components.append(Component(f"{path}, spelled", read_spelled(Path(path), rules, known), cfg.order))
    return components


def _weights(cfg: LanguageModelConfig, components: Sequence[Component]) -> list[float]:
    """Return the weights that are given, or else those that suit sentences held out best."""
    if cfg.weights != AUTO:
        if len(cfg.weights) != len(components):
            names = "; ".join(each.name for each in components)
            raise InputError(f"weights={list(cfg.weights)}: give {len(components)} numbers, in turn for: {names}")
        check_weights(cfg.weights, len(components))
        return [float(weight) for weight in cfg.weights]
    if cfg.tune is None:
        return [1.0] if len(components) == 1 else cross_validated_weights(components, components[0].sentences)
    split = cfg.tune_split or "validation" if cfg.tune.endswith(".jsonl") else None
    held_out = read_sentences(Path(cfg.tune), split, cfg.text.normalize, "tune")
    if not held_out:
        where = f" among the clips of its split {split}; give tune_split" if split else "; give a text"
        raise InputError(f"tune={cfg.tune}: found no sentences{where}, or leave tune out to hold out parts of the text")
    return weights_for(components, held_out)


def _held_out_perplexity(components: Sequence[Component], weights: Sequence[float]) -> float | None:
    """Return the perplexity of every tenth sentence of the first text under n-grams of the others; None without any."""
    text = components[0].sentences
    held_out = text[HELD_OUT_EVERY - 1 :: HELD_OUT_EVERY]
    if not held_out:
        return None
    others = [words for number, words in enumerate(text, start=1) if number % HELD_OUT_EVERY]
    seen = [replace(each, sentences=others) if each.sentences is text else each for each in components]
    return round(mix(seen, weights).perplexity(held_out), 3)
