"""Predictions compared with references: error rates, their confidence intervals, and a row for each clip."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_prep.failures import Failure
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.workers.progress import progress_bar
from recognizers.error_analysis.score_groups import group_fields, score_by_field
from recognizers.error_rate import (
    ErrorRate,
    balanced_accuracy,
    bootstrap_is_informative,
    count_errors,
    count_labels,
    error_rate_with_interval,
    macro_f1,
    wilson_interval,
)
from recognizers.inference.clip_groups import groups_of_clip
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.training.targets import target_of

log = logging.getLogger(__name__)

#: A warning says that scores on fewer clips mean little.
FEW_CLIPS = 30
#: Clips whose features are held in memory at once.
CHUNK_CLIPS = 512
#: A warning names this many labels that were never recognised.
MAX_DEAD_LABELS = 8


@dataclass(frozen=True)
class Scores:
    """How well a recognizer does on some clips.

    Attributes:
        summary: Each metric and its 95 % interval, and the number of clips. The interval of an accuracy is Wilson's;
            that of an error rate is a bootstrap over clips, unless all clips have the same rate. Also the size of a
            closed vocabulary, the number of words or labels outside the vocabulary, and the scores of groups.
        rows: A row for each clip: id, reference, prediction, errors, how many words or labels of it are outside the
            vocabulary, and speaker and groups if known; confidence and duration in seconds too, or, for a clip that
            could not be read, the reason.
        failures: Clips that could not be read; every symbol of their references counts as an error.
    """

    summary: dict[str, Any]
    rows: list[dict[str, Any]]
    failures: list[Failure]


@dataclass(frozen=True)
class RowPrediction:
    """What the row of a clip says of its prediction: the text or label, and the rounded confidence."""

    text: str
    confidence: float


def score(
    predictor: ClipPredictor,
    prepared: Prepared,
    clips: Sequence[Clip],
    batch_size: int,
    known: Mapping[str, RowPrediction] | None = None,
    groups: Sequence[str] = (),
) -> Scores:
    """Recognise clips from their stored signals and count the errors.

    Every clip counts, also one whose target is outside the recognizer's vocabulary.

    Args:
        predictor: The recognizer.
        prepared: The signals, and the clips that could not be read.
        clips: The clips to score. Those that could not be read are scored as if nothing had been recognised.
        batch_size: Clips in a batch.
        known: Predictions that other processes have made with the same recognizer, by the id of the clip.
        groups: Fields by whose values clips are scored apart; see `clip_groups`.

    Raises:
        InputError: A clip has no text, or no label, to compare with; checked before any clip is recognised.
    """
    vocabulary = predictor.interpreter.vocabulary
    # Predictions are made of symbols that are spelled by the same rules.
    references = [target_of(clip, vocabulary.unit, vocabulary.normalize) for clip in clips]
    failures = {failure.id: failure for failure in prepared.failures}
    predictions = dict(known or {})
    missing = [clip for clip in clips if clip.id not in failures and clip.id not in predictions]
    predictions |= predict_clips(predictor, prepared, missing, batch_size)
    unknown = "unknown_labels" if vocabulary.unit == "label" else "unknown_words"
    rows = []
    for clip, reference in zip(clips, references, strict=True):
        row: dict[str, Any] = {"id": clip.id, "reference": reference, "prediction": "", "speaker": clip.speaker}
        row[unknown] = vocabulary.count_unknown(reference)
        if groups:
            row["groups"] = groups_of_clip(clip, groups)
        if clip.id in failures:
            row["failure"] = failures[clip.id].reason
        else:
            row |= {"prediction": predictions[clip.id].text, "confidence": predictions[clip.id].confidence}
            row["duration_s"] = round(prepared.duration_s(clip), 3)
        rows.append(row)
    summary = summarise(predictor.interpreter.error_rates, rows, vocabulary.closed_size)
    warn_of_little_evidence(predictor.interpreter.error_rates, rows)
    return Scores(summary, rows, [failures[clip.id] for clip in clips if clip.id in failures])


def predict_clips(
    predictor: ClipPredictor, prepared: Prepared, clips: Sequence[Clip], batch_size: int
) -> Iterator[tuple[str, RowPrediction]]:
    """Predict the text or label of each clip; yields it with the clip's id.

    The features of one chunk of clips are held in memory at a time.
    """
    with progress_bar() as progress:
        task = progress.add_task("testing", total=len(clips))
        for start in range(0, len(clips), CHUNK_CLIPS):
            chunk = clips[start : start + CHUNK_CLIPS]
            frames = [predictor.extractor.frames(prepared.signal(clip)) for clip in chunk]
            for clip, prediction in zip(chunk, predictor.predict(frames, batch_size), strict=True):
                yield clip.id, RowPrediction(prediction.text, round(prediction.confidence, 6))
            progress.advance(task, len(chunk))


def summarise(
    error_rates: Mapping[str, ErrorRate], rows: Sequence[dict[str, Any]], closed_size: int | None = None
) -> dict[str, Any]:
    """Compute the summary of rows, and add to each row how many errors it has.

    Args:
        error_rates: How predictions are scored, by the names of the metrics.
        rows: A row for each clip, with its reference and prediction; at least one.
        closed_size: Number of words of a closed vocabulary.

    Returns:
        The metrics, their intervals, the number of clips, and so on; see `Scores`.
    """
    summary: dict[str, Any] = {}
    intervals: dict[str, Any] = {}
    for name, rate in error_rates.items():
        counts = _count(rate, rows)
        for row, (errors, total) in zip(rows, counts, strict=True):
            row[f"{rate.counted}_errors"] = errors
            row[f"{rate.counted}s"] = total
        value, interval = error_rate_with_interval(counts)
        if rate.counted == "label":
            interval = wilson_interval(sum(errors for errors, _ in counts), len(counts))
        if rate.as_accuracy:
            value, interval = 1 - value, [1 - interval[1], 1 - interval[0]]
        summary[name] = round(value, 6)
        intervals[f"{name}_ci95"] = [round(edge, 6) for edge in interval]
        if rate.counted == "label":
            summary |= _scores_of_labels(rows)
    summary |= intervals | {"clips": len(rows)}
    if closed_size is not None:
        summary["closed_vocabulary"] = closed_size
    for name in ("unknown_words", "unknown_labels"):
        if any(name in row for row in rows):
            summary[name] = sum(row.get(name, 0) for row in rows)
    if fields := group_fields(rows):
        summary["groups"] = {field: _scores_of_groups(error_rates, rows, field) for field in fields}
    return summary


def _scores_of_groups(
    error_rates: Mapping[str, ErrorRate], rows: Sequence[dict[str, Any]], field: str
) -> dict[str, dict[str, Any]]:
    """Return the metrics, intervals and number of clips for each value of a field."""
    scores: dict[str, dict[str, Any]] = {}
    for name, rate in error_rates.items():
        for group in score_by_field(rows, field, rate):
            found = scores.setdefault(group.name, {"clips": group.clips})
            found[name] = round(group.score, 6)
            found[f"{name}_ci95"] = [round(group.low, 6), round(group.high, 6)]
    for value, found in scores.items():
        speakers = {row.get("speaker") for row in rows if row["groups"].get(field) == value} - {None}
        found |= {"speakers": len(speakers)} if speakers else {}
    return scores


def warn_of_little_evidence(error_rates: Mapping[str, ErrorRate], rows: Sequence[dict[str, Any]]) -> None:
    """Warn of scores that say little: of few clips, of intervals without a bootstrap, of labels never recognised."""
    if len(rows) < FEW_CLIPS:
        log.warning("only %d clips were scored: the scores may be far from those on other clips", len(rows))
    uninformative = [
        name
        for name, rate in error_rates.items()
        if rate.counted != "label" and not bootstrap_is_informative(_count(rate, rows))
    ]
    if uninformative:
        log.warning(
            "all clips have the same %s, so a bootstrap means nothing; the interval is Wilson's, over whole clips",
            " and the same ".join(uninformative),
        )
    if any(rate.counted == "label" for rate in error_rates.values()):
        _warn_of_dead_labels(rows)


def _warn_of_dead_labels(rows: Sequence[dict[str, Any]]) -> None:
    counts = count_labels([row["prediction"] for row in rows], [row["reference"] for row in rows])
    dead = [f"{label} (0 of {there})" for label, (right, there, _) in counts.items() if there and not right]
    if dead and len(dead) < len({row["reference"] for row in rows}):
        log.warning(
            "classes that were never recognised: %d, namely %s%s",
            len(dead),
            ", ".join(dead[:MAX_DEAD_LABELS]),
            ", …" if len(dead) > MAX_DEAD_LABELS else "",
        )


def _count(rate: ErrorRate, rows: Sequence[dict[str, Any]]) -> list[tuple[int, int]]:
    return [count_errors(row["prediction"], row["reference"], rate.counted) for row in rows]


def _scores_of_labels(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return the scores in which rare labels count as much as others, unless there is only one label."""
    references, predictions = [row["reference"] for row in rows], [row["prediction"] for row in rows]
    if len(set(references)) < 2:
        return {}
    return {
        "balanced_accuracy": round(balanced_accuracy(predictions, references), 6),
        "macro_f1": round(macro_f1(predictions, references), 6),
    }
