"""Pieces of recordings to answers, many at a time: the same for the commands and for `Recognizer`; without torch."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data_prep.features.extractor import Frames, Signal
from recognizers.inference.ctc_alignment import align
from recognizers.inference.predictor import Predictor
from recognizers.inference.segments import Piece
from recognizers.inference.sign_sequence import in_sequence
from recognizers.inference.stitching import Passage, put_together
from recognizers.prediction import Prediction

#: Pieces whose frames are held in memory at once, to be batched by length: so many, and so many seconds of them.
CHUNK_PIECES, CHUNK_S = 256, 1800.0


@dataclass(frozen=True)
class Answer:
    """What was recognised of a recording.

    Attributes:
        id: As its pieces have it.
        prediction: A transcript with its words and their times, or the labels of its signs with the scores of all.
        duration_s: How long the recording is.
        landmarks: Of a video of hands, as they were tracked; None of sound.
    """

    id: str
    prediction: Prediction
    duration_s: float
    landmarks: Signal | None = None


def answers(pieces: Iterator[Piece], predictor: Predictor, batch_size: int) -> Iterator[Answer]:
    """The answer for each recording, as soon as all its pieces are recognised.

    Args:
        pieces: Of any number of recordings, each one's in order and one after the other.
        predictor: The recognizer.
        batch_size: Pieces a batch.
    """
    is_text = predictor.interpreter.target == "text"
    found: defaultdict[str, list[Any]] = defaultdict(list)
    spans_s: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for chunk in _chunks(pieces):
        audible = [piece for piece in chunk if piece.frames is not None]
        if is_text:
            recognized: Sequence[Any] = _passages(audible, predictor, batch_size)
        else:
            recognized = predictor.predict([_frames(piece) for piece in audible], batch_size)
        of_piece = dict(zip(map(id, audible), recognized, strict=True))
        for piece in chunk:
            if piece.frames is not None:
                found[piece.id].append(of_piece[id(piece)])
                spans_s[piece.id].append(_span_s(piece))
            if len(found[piece.id]) < piece.of:
                continue
            parts, spans = found.pop(piece.id, []), spans_s.pop(piece.id, [])
            if is_text:
                prediction = put_together(parts, predictor.interpreter.vocabulary, piece.duration_s, piece.heard)
            else:
                prediction = in_sequence(parts, spans)
            yield Answer(piece.id, prediction, piece.duration_s, piece.landmarks)


def _chunks(pieces: Iterator[Piece]) -> Iterator[list[Piece]]:
    """Pieces that are recognised together; of two inputs or of one, whichever way they come."""
    chunk: list[Piece] = []
    seconds = 0.0
    for piece in pieces:
        chunk.append(piece)
        seconds += piece.stretch.end_s - piece.stretch.start_s if piece.stretch else 0.0
        if len(chunk) == CHUNK_PIECES or seconds > CHUNK_S:
            yield chunk
            chunk, seconds = [], 0.0
    if chunk:
        yield chunk


def _passages(pieces: Sequence[Piece], predictor: Predictor, batch_size: int) -> list[Passage]:
    """What is said in each piece, and when; a batch's emissions are let go before the next one's are made."""
    by_length = sorted(range(len(pieces)), key=lambda index: len(_frames(pieces[index]).values))
    passages: dict[int, Passage] = {}
    for start in range(0, len(pieces), batch_size):
        batch = by_length[start : start + batch_size]
        emissions = predictor.emissions([_frames(pieces[index]) for index in batch], batch_size)
        for index, emission in zip(batch, emissions, strict=True):
            passages[index] = _passage(pieces[index], emission, predictor)
    return [passages[index] for index in range(len(pieces))]


def _passage(piece: Piece, log_probs: np.ndarray, predictor: Predictor) -> Passage:
    assert piece.stretch is not None
    ids, confidence = predictor.decode(log_probs)
    symbols = align(log_probs, ids, predictor.emission_rate_hz, predictor.extractor.frame_rate_hz)
    start_s, end_s = piece.stretch.start_s, piece.stretch.end_s
    placed = [
        replace(symbol, start_s=start_s + symbol.start_s, end_s=min(start_s + symbol.end_s, end_s))
        for symbol in symbols
    ]
    return Passage(placed, confidence, start_s, end_s, piece.stretch.overlap_s)


def _span_s(piece: Piece) -> tuple[float, float]:
    assert piece.stretch is not None
    return piece.stretch.start_s, piece.stretch.end_s


def _frames(piece: Piece) -> Frames:
    assert piece.frames is not None  # pieces without are left out before
    return piece.frames
