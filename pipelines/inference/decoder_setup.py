"""The decoder of a command: chosen by its settings, and completed with a language model and weights."""

import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from pipelines.corpora.extra_corpora import is_extra
from recognizers.decoder.beam import Beam
from recognizers.decoder.decoder import Decoder
from recognizers.decoder.tuning import tune
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.instantiate import describe, instantiate
from recognizers.language_model.arpa import read_arpa
from recognizers.language_model.mixture import language_model_of
from recognizers.language_model.ngram import LanguageModel
from recognizers.vocabulary import Vocabulary, split_target

log = logging.getLogger(__name__)

#: Number of validation clips on which weights are tuned; more would take longer and hardly change the result.
TUNING_CLIPS = 200


def choose_decoder(settings: Mapping[str, Any], inherited: Decoder, vocabulary: Vocabulary) -> Decoder:
    """Make the decoder that a config asks for.

    Args:
        settings: The config's `decoder` section; its language model is the path of a file.
        inherited: The recognizer's own decoder. If it is of the same class and the config names no other language
            model, settings that are null in the config are taken from it.
        vocabulary: The recognizer's vocabulary; words of a language model that it spells differently are warned of.

    Raises:
        InputError: A setting is out of range, or the file is not a language model.
    """
    chosen = dict(settings)
    if chosen.get("language_model") is not None:
        path = str(chosen["language_model"])
        chosen["language_model"] = read_arpa(Path(path))
        _warn_of_spelling(path, chosen["language_model"], vocabulary)
    else:
        defaults = describe(inherited)
        if defaults["_target_"] == chosen.get("_target_"):
            chosen = {name: defaults.get(name) if value is None else value for name, value in chosen.items()}
    decoder: Decoder = instantiate({name: value for name, value in chosen.items() if value is not None})
    return decoder


def with_chosen_decoder(predictor: ClipPredictor, settings: Mapping[str, Any], can_tune: bool = False) -> ClipPredictor:
    """Give a trained recognizer the decoder that a config asks for.

    Args:
        predictor: The recognizer, with its own decoder.
        settings: The config's `decoder` section.
        can_tune: Whether the caller tunes weights that are not set; otherwise they must be set.

    Raises:
        InputError: A setting is out of range or missing, or the decoder does not suit the recognizer.
    """
    decoder = choose_decoder(settings, predictor.interpreter.decoder, predictor.interpreter.vocabulary)
    changed = predictor.with_decoder(decoder)
    if isinstance(decoder, Beam) and not (can_tune and decoder.language_model is not None):
        decoder.scorer(predictor.interpreter.vocabulary)  # raises if a setting is missing
    return changed


def complete_decoder(
    decoder: Decoder, predictor: ClipPredictor, prepared: Prepared, clips: Sequence[Clip], batch_size: int
) -> Decoder:
    """Complete a decoder: estimate its language model on training clips, and tune its weights on validation clips.

    Test clips are not used.

    Raises:
        InputError: There are no texts from which to make a language model.
    """
    if not isinstance(decoder, Beam) or decoder.is_complete:
        return decoder
    vocabulary = predictor.interpreter.vocabulary
    failed = {failure.id for failure in prepared.failures}
    usable = [clip for clip in clips if clip.id not in failed and _words(clip, vocabulary)]
    if decoder.language_model is None:
        texts = _training_texts(usable, vocabulary)
        made = language_model_of(texts, decoder.order, decoder.classes, decoder.class_order)
        decoder = replace(decoder, language_model=made)
    if decoder.is_complete:
        return decoder
    held_out = [clip for clip in usable if clip.split == "validation"]
    held_out = random.Random(0).sample(held_out, min(TUNING_CLIPS, len(held_out)))
    frames = [predictor.extractor.frames(prepared.signal(clip)) for clip in held_out]
    references = [" ".join(_words(clip, vocabulary)) for clip in held_out]
    return tune(decoder, predictor.emissions(frames, batch_size), references, vocabulary)


def _training_texts(clips: Sequence[Clip], vocabulary: Vocabulary) -> list[list[str]]:
    """Return the texts of the corpus's own training clips; if there are none, those of extra corpora."""
    training = [clip for clip in clips if clip.split == "train"]
    own = [clip for clip in training if not is_extra(clip.extra)]
    return [_words(clip, vocabulary) for clip in own or training]


def _words(clip: Clip, vocabulary: Vocabulary) -> list[str]:
    return split_target(clip.text or "", "word", vocabulary.normalize)


def _warn_of_spelling(path: str, model: LanguageModel, vocabulary: Vocabulary) -> None:
    """Warn of words that the recognizer's texts spell in another way, so that they are never recognised."""
    respelled = {word: " ".join(split_target(word, "word", vocabulary.normalize)) for word in model.words}
    changed = sorted(word for word, spelled in respelled.items() if spelled != word)
    if changed:
        log.warning(
            "decoder.language_model=%s: %d of %d words, such as %a, are not spelled like the recognizer's texts (%a); "
            "they count as unknown; build it with text.normalize=[%s]",
            path,
            len(changed),
            len(respelled),
            changed[0],
            respelled[changed[0]],
            ",".join(vocabulary.normalize),
        )


def readable_settings(decoder: Decoder) -> dict[str, Any]:
    """Return a decoder's settings for JSON, with the size of the language model instead of its n-grams."""
    settings = describe(decoder)
    if (model := settings.get("language_model")) is not None:
        settings["language_model"] = {"order": model.order, "words": len(model.words)}
    return settings
