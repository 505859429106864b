"""Clips with targets that a recognizer can learn: checked, encoded, the others listed."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from data_prep.errors import InputError
from data_prep.failures import Failure
from data_prep.features.extractor import num_frames
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from recognizers.encoder.encoder import Encoder
from recognizers.head.head import Head
from recognizers.vocabulary import Unit, Vocabulary

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TargetClip:
    """A clip with its encoded target.

    Attributes:
        clip: The clip.
        target: Ids of its symbols.
        num_frames: How many frames it has without augmentation.
        min_frames: With how many its target can just be emitted.
    """

    clip: Clip
    target: tuple[int, ...]
    num_frames: int
    min_frames: int


def target_of(clip: Clip, unit: Unit) -> str:
    """What a clip teaches: its label, or its text.

    Raises:
        InputError: It has none.
    """
    target = clip.label if unit == "label" else clip.text
    if target is None or not target.strip():
        wanted, other = ("label", "text") if unit == "label" else ("text", "label")
        hint = ""
        if getattr(clip, other) is not None:
            hint = f"; it has a {other}: did you mean head={'ctc' if other == 'text' else 'classification'}?"
        raise InputError(f"clip {clip.id}: has no {wanted}, which this head learns{hint}")
    return target


def build_vocabulary(clips: Sequence[Clip], unit: Unit) -> Vocabulary:
    """The vocabulary of the training clips."""
    train = [clip for clip in clips if clip.split == "train"]
    if not train:
        raise InputError("the corpus has no clips for training: no row has the split 'train'")
    # A clip without a target is reported with those that cannot be used; it is an error if all are.
    taught = [clip for clip in train if (clip.label if unit == "label" else clip.text)] or train
    vocabulary = Vocabulary.from_targets((target_of(clip, unit) for clip in taught), unit)
    if unit == "label" and len(vocabulary.symbols) < 2:
        raise InputError(
            f"the training clips have a single label, {vocabulary.symbols[0]!r}; there is nothing to tell apart"
        )
    return vocabulary


def encode_targets(
    prepared: Prepared, frame_rate_hz: float, encoder: Encoder, head: Head
) -> tuple[list[TargetClip], list[Failure]]:
    """Encode the targets of prepared clips.

    Returns:
        The clips whose targets can be emitted, and the others: with a symbol outside the vocabulary, or longer than
        the clip's encoded frames (CTC needs T' >= L + the number of adjacent repeats).
    """
    good, failures = [], []
    for clip in prepared.clips:
        try:
            good.append(_encode(clip, num_frames(prepared.duration_s(clip), frame_rate_hz), encoder, head))
        except InputError as error:
            failures.append(Failure(clip.id, str(clip.path), str(error)))
    if failures:
        log.warning("%d clips have targets that cannot be used; the first: %s", len(failures), failures[0].reason)
    return good, failures


def _encode(clip: Clip, frames: int, encoder: Encoder, head: Head) -> TargetClip:
    try:
        target = head.vocabulary.encode(target_of(clip, head.vocabulary.unit))
    except InputError as error:
        raise InputError(f"clip {clip.id}: {error}") from None
    required = head.required_frames(target)
    min_frames = (required - 1) * encoder.subsampling + 1  # the fewest T with ceil(T / subsampling) >= required
    if frames < min_frames:
        raise InputError(
            f"clip {clip.id}: its target of {len(target)} symbols needs {required} encoded frames, but its "
            f"{frames} frames give {-(-frames // encoder.subsampling)}; mend the transcript or the times, lower "
            f"encoder.subsampling (now {encoder.subsampling}) or raise the frame rate"
        )
    return TargetClip(clip, tuple(target), frames, min_frames)
