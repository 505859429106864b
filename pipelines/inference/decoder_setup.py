"""Which decoder a command uses, and what it still has to learn."""

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
from recognizers.inference.predictor import Predictor
from recognizers.instantiate import describe, instantiate
from recognizers.language_model.arpa import read_arpa
from recognizers.language_model.ngram import witten_bell
from recognizers.vocabulary import split_target

#: Validation clips that weights are tuned on; more would take long and change little.
TUNING_CLIPS = 200


def choose_decoder(settings: Mapping[str, Any], own: Decoder) -> Decoder:
    """Make the decoder that a config asks for.

    Args:
        settings: Of the config; a language model is a file.
        own: The one the recognizer came with. Where it is of the same kind and the config names no other language
            model, what the config leaves open (null) is taken from it.

    Raises:
        InputError: A setting is out of its range, or the file is not a language model.
    """
    chosen = dict(settings)
    if chosen.get("language_model") is not None:
        chosen["language_model"] = read_arpa(Path(chosen["language_model"]))
    else:
        inherited = describe(own)
        if inherited["_target_"] == chosen.get("_target_"):
            chosen = {name: inherited.get(name) if value is None else value for name, value in chosen.items()}
    decoder: Decoder = instantiate({name: value for name, value in chosen.items() if value is not None})
    return decoder


def with_chosen_decoder(predictor: Predictor, settings: Mapping[str, Any], can_tune: bool = False) -> Predictor:
    """A trained recognizer with the decoder that a config asks for.

    Args:
        predictor: The recognizer, with the decoder it was trained to use.
        settings: The config's `decoder` section.
        can_tune: Whether the caller tunes weights that are not set; otherwise they must be set.

    Raises:
        InputError: A setting is out of range or missing, or the decoder does not suit the recognizer.
    """
    decoder = choose_decoder(settings, predictor.interpreter.decoder)
    changed = predictor.with_decoder(decoder)
    if isinstance(decoder, Beam) and not (can_tune and decoder.language_model is not None):
        decoder.scorer(predictor.interpreter.vocabulary)  # raises if a setting is missing
    return changed


def complete_decoder(
    decoder: Decoder, predictor: Predictor, prepared: Prepared, clips: Sequence[Clip], batch_size: int
) -> Decoder:
    """Let a decoder learn what is not set: its language model from training clips, its weights from validation clips.

    Args:
        decoder: As chosen.
        predictor: The trained recognizer.
        prepared: The signals.
        clips: Those that may be learned from. Clips for testing are left alone; of further corpora, the texts.
        batch_size: Clips a batch.

    Raises:
        InputError: There is no text to make a language model of.
    """
    if not isinstance(decoder, Beam) or decoder.is_complete:
        return decoder
    failed = {failure.id for failure in prepared.failures}
    usable = [clip for clip in clips if clip.text and clip.text.strip() and clip.id not in failed]
    if decoder.language_model is None:
        training = [clip for clip in usable if clip.split == "train"]
        own = [clip for clip in training if not is_extra(clip.extra)] or training
        texts = [split_target(str(clip.text), "word") for clip in own]
        decoder = replace(decoder, language_model=witten_bell(texts, decoder.order))
    if decoder.lm_weight is not None and decoder.word_bonus is not None:
        return decoder
    held_out = [clip for clip in usable if clip.split == "validation"]
    held_out = random.Random(0).sample(held_out, min(TUNING_CLIPS, len(held_out)))
    frames = [predictor.extractor.frames(prepared.signal(clip)) for clip in held_out]
    vocabulary = predictor.interpreter.vocabulary
    references = [" ".join(split_target(str(clip.text), "word")) for clip in held_out]
    return tune(decoder, predictor.emissions(frames, batch_size), references, vocabulary)


def settings_of(decoder: Decoder) -> dict[str, Any]:
    """A decoder's settings for people, as JSON may hold them."""
    settings = describe(decoder)
    if (model := settings.get("language_model")) is not None:
        settings["language_model"] = {"order": model.order, "words": len(model.words)}
    return settings
