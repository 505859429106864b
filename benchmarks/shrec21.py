"""How well does a recognizer find the gestures of SHREC'21 in time, by the measures of the track?

python -m benchmarks.shrec21 RUN [RUN …]     # the test clips of each run, such as the folds of a cross-validation

CTC emits a gesture in a few frames, often near its end. When it begins and ends is learned from the run's own training
sequences (gesture_times.py). Because lengths are hard to tell, two milder rules are printed as well: more than half of
the gesture overlaps, however long what was found is, as in the organizers' script (evaluateShrec21.m, of the revised
annotations); and any overlap.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.gesture_times import GestureTimes, Recording
from data_prep.corpora.shrec21.shrec21 import gestures_of
from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.prepare import prepare
from pipelines.inference.own_corpus import own_clips
from recognizers.error_analysis.detection import MIN_OVERLAP, Span, score_detection
from recognizers.inference.ctc_alignment import align
from recognizers.inference.predictor import Predictor


def main() -> None:
    """Print the scores of all runs' test clips together, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path, help="run directories")
    parser.add_argument("--store", type=Path, default=Path("store"), help="the store_dir of the trainings")
    given = parser.parse_args()
    found: list[list[Span]] = []
    truth: list[list[Span]] = []
    for model in given.models:
        more_found, more_truth = detect(model, given.store)
        found, truth = found + more_found, truth + more_truth
    strict = asdict(score_detection(found, truth))
    milder = {}
    for rule, min_overlap in (("any_length", MIN_OVERLAP), ("any_overlap", 0.0)):
        scores = score_detection(found, truth, min_overlap, max_length=float("inf"))
        milder[f"detection_rate_{rule}"] = scores.detection_rate
        milder[f"false_positive_rate_{rule}"] = scores.false_positive_rate
    rounded = {name: round(value, 4) for name, value in (strict | milder).items()}
    print(json.dumps(rounded | {"sequences": len(truth)}))


def detect(model: Path, store: Path) -> tuple[list[list[Span]], list[list[Span]]]:
    """Return the gestures that a run finds in each of its test sequences, and the true ones.

    Their times are learned from the sequences that the run was trained on, where emissions may be cleaner than in the
    test. Sequences with a wrong time in their annotation are left out.

    Raises:
        InputError: The run does not recognise one hand.
    """
    predictor = Predictor.load(model)
    if getattr(predictor.extractor, "num_hands", None) != 1:
        raise InputError(f"{model}: times are learned from frames of one hand; train with features.num_hands=1")
    clips = [clip for clip in own_clips(model) if all(gesture.is_timed for gesture in gestures_of(clip))]
    training = [clip for clip in clips if clip.split == "train"]
    test = [clip for clip in clips if clip.split == "test"]
    recordings = find_emissions(predictor, [*training, *test], store)
    times = GestureTimes([recordings[clip.id] for clip in training], [_true_spans(clip) for clip in training])
    return [times(recordings[clip.id]) for clip in test], [_true_spans(clip) for clip in test]


def find_emissions(predictor: Predictor, clips: Sequence[Clip], store: Path) -> dict[str, Recording]:
    """Return where the gestures of each clip are emitted, by the clip's id."""
    prepared = prepare(clips, predictor.extractor, store, 0)
    frames = [predictor.extractor.frames(prepared.signal(clip)) for clip in clips]
    rates_hz = predictor.emission_rate_hz, predictor.extractor.frame_rate_hz
    symbols = predictor.interpreter.vocabulary
    found = {}
    for clip, own_frames, log_probs in zip(clips, frames, predictor.emissions(frames, 8), strict=True):
        aligned = align(log_probs, predictor.decode(log_probs)[0], *rates_hz)
        emissions = [Span(symbols.decode([symbol.id]), symbol.start_s, symbol.end_s) for symbol in aligned]
        found[clip.id] = Recording(own_frames, emissions)
    return found


def _true_spans(clip: Clip) -> list[Span]:
    return [Span(gesture.name, gesture.start_s, gesture.end_s) for gesture in gestures_of(clip)]


if __name__ == "__main__":
    main()
