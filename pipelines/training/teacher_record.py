"""What a teacher is known to have learned, compared with what the student is tested on."""

import logging
from collections.abc import Sequence
from pathlib import Path

from data_prep.errors import InputError
from data_prep.manifest import Clip, read_manifest
from recognizers.bundle.layout import BUNDLE_NAME, folder_of, is_ensemble
from recognizers.ensemble.bundle import read_sources

log = logging.getLogger(__name__)

#: What a training run writes about its clips.
MANIFEST_NAME = "manifest.jsonl"


def warn_of_overlap(teachers: Sequence[Path], clips: Sequence[Clip]) -> None:
    """Warn if a teacher has learned clips that the student is validated or tested on.

    The student's scores on these clips are then too good: the teacher passes on what it knows of them, even though the
    student never learns them itself. Of a teacher without a run directory it is unknown.
    """
    held_out = [clip for clip in clips if clip.split in ("validation", "test")]
    manifests = [manifest for path in teachers for manifest in _manifests(path)]
    for manifest in manifests:
        if (learned := _learned(manifest)) is None:
            log.info(
                "teacher: what it was trained on is unknown (%s is missing); see that it is no test clip", manifest
            )
        elif known := [clip for clip in held_out if not learned.isdisjoint(_identities(clip))]:
            log.warning(
                "teacher: %d of the %d clips for validation and test, such as %s, are among the training clips of %s. "
                "The scores on them will be too good; give a teacher that was trained with the same held-out clips",
                len(known),
                len(held_out),
                known[0].id,
                manifest.parent,
            )


def _manifests(path: Path) -> list[Path]:
    """Return where the training clips of a recognizer, or of the members of an ensemble, should be listed."""
    folder = folder_of(path, "torch")
    sources = [Path(source) for source in read_sources(folder)] if is_ensemble(folder) else [path]
    runs = [source.absolute() for source in sources]
    return [(run.parent if run.name == BUNDLE_NAME else run) / MANIFEST_NAME for run in runs]


def _learned(manifest: Path) -> set[tuple[object, ...]] | None:
    """Return the identities of the training clips in a manifest; None if it cannot be read."""
    try:
        return {name for clip in read_manifest(manifest) if clip.split == "train" for name in _identities(clip)}
    except InputError:
        return None


def _identities(clip: Clip) -> list[tuple[object, ...]]:
    """Return what tells that two clips are the same: the recording, or id and target where the files have moved."""
    return [(str(clip.path), clip.start_s, clip.end_s), (clip.id, clip.text, clip.label)]
