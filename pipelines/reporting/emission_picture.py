"""The picture of a clip above what a CTC network emits of it, for a page."""

import math

import numpy as np
from PIL import Image

from data_prep.features.extractor import Signal
from data_prep.report.hand_marks import longest_filled_gap_s
from data_prep.report.thumbnails import Picture, encode
from pipelines.reporting.clip_picture import Emissions, draw_clip, draw_output
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.inference.ctc_alignment import align


def draw_emissions(signal: Signal, log_probs: np.ndarray, predictor: ClipPredictor, reference: str) -> Picture:
    """Draw a spectrogram or a keypoint strip above the emissions (T', C) and the alignment of the reference.

    The reference is left out if it cannot be aligned, because it has unknown symbols or more than fit.

    Args:
        signal: The clip, or only its beginning.
        log_probs: The emissions of the whole clip; those after the end of the signal are not drawn.
        predictor: The recognizer.
        reference: The text of the whole clip.
    """
    names = ("", *predictor.interpreter.vocabulary.symbols)
    aligned = _align(log_probs, predictor, reference)
    if aligned is not None:
        aligned = [each for each in aligned if each[1] < signal.duration_s]
    shown = log_probs[: math.ceil(signal.duration_s * predictor.emission_rate_hz) + 1]
    emissions = Emissions(shown, names, predictor.emission_rate_hz, aligned)
    above = draw_clip(signal, longest_filled_gap_s(predictor.extractor))
    below = draw_output(emissions, signal.duration_s, reference)
    joined = np.concatenate([np.asarray(above), np.asarray(below)])
    return encode(Image.fromarray(joined), quality=80)


def _align(log_probs: np.ndarray, predictor: ClipPredictor, reference: str) -> list[tuple[str, float, float]] | None:
    """Return when each symbol of the reference is most probably emitted; None if that is impossible."""
    vocabulary = predictor.interpreter.vocabulary
    try:
        aligned = align(
            log_probs, vocabulary.encode(reference), predictor.emission_rate_hz, predictor.extractor.frame_rate_hz
        )
    except ValueError:  # InputError is one
        return None
    return [(vocabulary.decode([symbol.id]), symbol.start_s, symbol.end_s) for symbol in aligned]
