"""When the words, letters or glosses of clips are said or signed, whose texts are known."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from data_prep.features.extractor import Signal
from data_prep.manifest import Clip
from recognizers.inference.aligned_clip import AlignedClip
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.inference.ctc_alignment import align
from recognizers.inference.word_times import words_from_symbols
from recognizers.prediction import Word
from recognizers.segmentation.detectors import find_voice_activity
from recognizers.vocabulary import Vocabulary

#: Clips whose signals and emissions are held at once.
CHUNK = 128


def align_clips(
    predictor: ClipPredictor,
    clips: Sequence[tuple[Clip, Sequence[int]]],
    read: Callable[[Clip], Signal],
    batch_size: int,
) -> Iterator[AlignedClip | ValueError]:
    """Align clips, in their order; what cannot be aligned gives the error that says why.

    Args:
        predictor: A recognizer of text.
        clips: Each clip and the symbols of its text.
        read: Reads the signal of a clip.
        batch_size: Clips in a batch.
    """
    vocabulary = predictor.interpreter.vocabulary
    rates_hz = (predictor.emission_rate_hz, predictor.extractor.frame_rate_hz)
    for start in range(0, len(clips), CHUNK):
        chunk = clips[start : start + CHUNK]
        signals = [read(clip) for clip, _ in chunk]
        emissions = predictor.emissions([predictor.extractor.frames(signal) for signal in signals], batch_size)
        for (clip, ids), signal, log_probs in zip(chunk, signals, emissions, strict=True):
            try:
                words = align_units(log_probs, ids, vocabulary, *rates_hz, signal)
            except ValueError as error:
                yield error
            else:
                text = vocabulary.spell(ids)
                yield AlignedClip(clip.id, str(clip.path), text, signal.duration_s, tuple(words))


def align_units(
    log_probs: np.ndarray,
    ids: Sequence[int],
    vocabulary: Vocabulary,
    emission_rate_hz: float,
    frame_rate_hz: float,
    signal: Signal,
) -> list[Word]:
    """Find when each unit of a text is said or signed: its words, or its letters if the vocabulary has no space.

    CTC emits a symbol somewhere within its sound; the unit is extended to the sound around it, see
    `words_from_symbols`.

    Args:
        log_probs: (T', C), natural logarithms of what CTC emits; the blank comes first.
        ids: The symbols of the text.
        vocabulary: The recognizer's vocabulary of words or characters.
        emission_rate_hz: Emissions a second.
        frame_rate_hz: Frames a second at the encoder's input.
        signal: The clip's waveform or landmarks.

    Raises:
        ValueError: The symbols need more than T' frames.
    """
    symbols = align(log_probs, ids, emission_rate_hz, frame_rate_hz)
    activity = find_voice_activity(signal) if signal.is_waveform else None
    return words_from_symbols(symbols, unit_vocabulary(vocabulary), signal.duration_s, activity)


def unit_vocabulary(vocabulary: Vocabulary) -> Vocabulary:
    """Return a vocabulary by which symbols are grouped to units: letters without spaces are units themselves."""
    if vocabulary.unit == "character" and " " not in vocabulary.symbols:
        return replace(vocabulary, unit="word")
    return vocabulary
