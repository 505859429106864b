"""Checks of splits that need nothing but the list of clips: what their scores will not show."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from data_prep.manifest import SPLITS, Clip
from data_prep.report.warning import CorpusWarning, count_of
from data_prep.streaming.lazy_manifest import LazyManifest, MappedClips
from data_prep.text_rules import normalize_text

#: A test of fewer clips, or a class with fewer training clips, is warned of.
FEW_CLIPS, FEW_EXAMPLES = 30, 5


def spell_labels(clips: Sequence[Clip], normalize: Sequence[str]) -> Sequence[Clip]:
    """Return clips with their labels spelled by the rules of `data_prep.text_rules`, as a recognizer learns them."""

    def spell(clip: Clip) -> Clip:
        return clip if clip.label is None else replace(clip, label=normalize_text(clip.label, normalize))

    return MappedClips(clips, spell) if isinstance(clips, LazyManifest) else [spell(clip) for clip in clips]


def check_splits(clips: Sequence[Clip]) -> list[CorpusWarning]:
    """Return warnings about classes that a split lacks, classes with few examples, and a small test."""
    labels: dict[str, Counter[str | None]] = {split: Counter() for split in SPLITS}
    for clip in clips:
        if clip.split is not None:
            labels[clip.split][clip.label] += 1
    return [*_check_size(labels["test"].total()), *_check_missing(labels), *_check_examples(labels["train"])]


def check_unseen_classes(clips: Sequence[Clip]) -> list[CorpusWarning]:
    """Return a warning if classes of the other splits are missing from training; `check_corpus` has one of its own."""
    trained = {clip.label for clip in clips if clip.split == "train"}
    unseen = Counter(clip.label for clip in clips if clip.label is not None and clip.label not in trained)
    if not unseen or trained == {None}:
        return []
    missing = sorted(unseen)
    found = (
        f"{count_of(len(missing), 'class', 'classes')} missing from train but used in "
        f"{count_of(unseen.total(), 'clip')}"
    )
    fix = "these clips count as errors in the scores: add such clips to the training"
    return [CorpusWarning(f"{found} of other splits", tuple(missing), fix)]


def _check_size(size: int) -> list[CorpusWarning]:
    if not 0 < size < FEW_CLIPS:
        return []
    problem = f"the test has only {count_of(size, 'clip')}, so its score may be off by {100 / size**0.5:.0f} points"
    return [
        CorpusWarning(problem, (), "test on more clips: raise corpus.test_share, or cross-validate with corpus.folds")
    ]


def _check_missing(labels: dict[str, Counter[str | None]]) -> list[CorpusWarning]:
    trained = sorted(label for label in labels["train"] if label is not None)
    warnings = []
    for split in ("validation", "test"):
        missing = tuple(label for label in trained if label not in labels[split])
        if missing and labels[split].total() > labels[split][None]:
            warnings.append(
                CorpusWarning(
                    f"{count_of(len(missing), 'class', 'classes')} of {len(trained)} missing from {split}",
                    missing,
                    f"the score says nothing about them: record more clips of them, or raise corpus.{split}_share",
                )
            )
    return warnings


def _check_examples(trained: Counter[str | None]) -> list[CorpusWarning]:
    few = sorted(label for label, count in trained.items() if label is not None and count < FEW_EXAMPLES)
    if not few:
        return []
    problem = f"{count_of(len(few), 'class', 'classes')} with fewer than {FEW_EXAMPLES} training clips"
    return [CorpusWarning(problem, tuple(few), "they may never be recognised: record more clips of them")]
