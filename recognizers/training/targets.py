"""Targets of clips, the texts or labels that a recognizer learns, encoded and checked."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol

from data_prep.errors import InputError
from data_prep.failures import Failure
from data_prep.features.extractor import num_frames
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.text_rules import DEFAULT_RULES, normalize_text
from recognizers.vocabulary import Unit, Vocabulary

log = logging.getLogger(__name__)


class Subsampled(Protocol):
    """What is known of an encoder here; a generator, which has none, gives every frame."""

    @property
    def subsampling(self) -> int:
        """Number of frames per encoded frame."""
        ...


class Learner(Protocol):
    """What learns the targets: a head, or a generator."""

    vocabulary: Vocabulary

    def required_frames(self, target: Sequence[int]) -> int:
        """Return the least number of encoded frames that suit a target."""
        ...


@dataclass(frozen=True)
class TargetClip:
    """A clip with its encoded target.

    Attributes:
        clip: The clip.
        target: Symbol ids; none if the clip is scored although its target cannot be learned, see `encode_targets`.
        num_frames: Number of frames without augmentation.
        min_frames: Least number of frames with which the target can be emitted.
        group: Name of its group, if those of all groups are to be drawn equally often in training; see `balance.py`.
        reference: The text or label that predictions are compared with, as `target_of` gives it.
    """

    clip: Clip
    target: tuple[int, ...]
    num_frames: int
    min_frames: int
    group: str | None = None
    reference: str = ""


def target_of(clip: Clip, unit: Unit, normalize: Sequence[str]) -> str:
    """Return the target of a clip, its label if the unit is "label", otherwise its text, spelled by the rules.

    Everything that is learned, and every reference that predictions are compared with, comes from here.

    Args:
        clip: The clip.
        unit: The unit of the recognizer's vocabulary.
        normalize: The vocabulary's rules; see `data_prep.text_rules`.

    Raises:
        InputError: The clip has no such target, or the rules leave nothing of it.
    """
    wanted, other = ("label", "text") if unit == "label" else ("text", "label")
    target = getattr(clip, wanted)
    if target is None or not target.strip():
        hint = ""
        if getattr(clip, other) is not None:
            hint = f"; it has a {other}: did you mean head={'ctc' if other == 'text' else 'classification'}?"
        raise InputError(f"clip {clip.id}: has no {wanted}, which this head learns{hint}")
    if not (normalized := normalize_text(target, normalize)):
        raise InputError(
            f"clip {clip.id}: nothing is left of its {wanted} {target!r} after text.normalize={list(normalize)}; "
            f"correct the {wanted}"
        )
    return normalized


def build_vocabulary(clips: Sequence[Clip], unit: Unit, normalize: Sequence[str] = DEFAULT_RULES) -> Vocabulary:
    """Make the vocabulary of the training clips, whose targets are spelled by the rules."""
    first = next((clip for clip in clips if clip.split == "train"), None)
    if first is None:
        raise InputError("the corpus has no clips for training: no row has the split 'train'")
    # `encode_targets` reports single clips without a target; here it is an error only if all lack one.
    given = ((clip.label if unit == "label" else clip.text) or "" for clip in clips if clip.split == "train")
    targets = (spelled for target in given if (spelled := normalize_text(target, normalize)))
    one = next(targets, None)
    if one is None:
        one = target_of(first, unit, normalize)  # raises
    vocabulary = Vocabulary.from_targets(chain([one], targets), unit, normalize)
    if unit == "label" and len(vocabulary.symbols) < 2:
        raise InputError(f"the training clips have a single label, {vocabulary.symbols[0]!r}; expected at least two")
    return vocabulary


def encode_targets(
    prepared: Prepared, frame_rate_hz: float, encoder: Subsampled, head: Learner, scored: Sequence[str] = ()
) -> tuple[list[TargetClip], list[Failure]]:
    """Encode the targets of prepared clips.

    Args:
        prepared: The clips.
        frame_rate_hz: Frames a second.
        encoder: Turns frames into encoded frames.
        head: Learns the targets.
        scored: Splits whose clips are recognised and scored even if their targets cannot be learned. Without them, the
            scores would be better than the recognizer is.

    Returns:
        The clips that can be learned or are scored, and a failure for each other one: its target contains a symbol
        outside the vocabulary, or is too long for the clip's encoded frames (CTC needs T' >= L + the number of adjacent
        repeats). A clip that is scored but cannot be learned has no target symbols.
    """
    good, failures, unlearned = [], [], []
    for clip in prepared.clips:
        frames = num_frames(prepared.duration_s(clip), frame_rate_hz)
        try:
            good.append(_encode(clip, frames, encoder, head))
        except InputError as error:
            if clip.split in scored and (reference := _reference(clip, head.vocabulary)):
                good.append(TargetClip(clip, (), frames, 1, reference=reference))
                unlearned.append(str(error))
            else:
                failures.append(Failure(clip.id, str(clip.path), str(error)))
    if failures:
        log.warning("%d clips are left out because of their targets; the first: %s", len(failures), failures[0].reason)
    if unlearned:
        text = "%d %s clips count in the scores, but not in the loss, because of their targets; the first: %s"
        log.warning(text, len(unlearned), " and ".join(scored), unlearned[0])
    return good, failures


def _reference(clip: Clip, vocabulary: Vocabulary) -> str | None:
    """Return what a clip is scored against; None if it has no such target."""
    try:
        return target_of(clip, vocabulary.unit, vocabulary.normalize)
    except InputError:
        return None


def _encode(clip: Clip, frames: int, encoder: Subsampled, head: Learner) -> TargetClip:
    try:
        reference = target_of(clip, head.vocabulary.unit, head.vocabulary.normalize)
        target = head.vocabulary.encode(reference)
    except InputError as error:
        raise InputError(f"clip {clip.id}: {error}") from None
    return replace(fit_target(clip, target, frames, encoder, head), reference=reference)


def fit_target(clip: Clip, target: Sequence[int], frames: int, encoder: Subsampled, head: Learner) -> TargetClip:
    """Return a clip with its target after checking that it has frames enough.

    Args:
        clip: The clip.
        target: Symbol ids.
        frames: Number of frames of the clip.
        encoder: Tells how many frames are one encoded frame.
        head: Tells how many encoded frames a target needs.

    Raises:
        InputError: The clip has too few frames.
    """
    required = head.required_frames(target)
    min_frames = (required - 1) * encoder.subsampling + 1  # the fewest T with ceil(T / subsampling) >= required
    if frames < min_frames:
        raise InputError(
            f"clip {clip.id}: its target of {len(target)} symbols needs {required} encoded frames, but its "
            f"{frames} frames give {-(-frames // encoder.subsampling)}; correct the transcript or the times, lower "
            f"encoder.subsampling (now {encoder.subsampling}) or raise the frame rate"
        )
    return TargetClip(clip, tuple(target), frames, min_frames)
