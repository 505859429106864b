"""Clips that the run was not trained on, which a page offers to try, in files that a browser reads."""

import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor, Signal
from data_prep.features.hand_tracker import HANDS, IMAGE, WORLD
from data_prep.manifest import Clip, read_manifest
from data_prep.media import PHOTO_SUFFIXES, VIDEO_SUFFIXES
from data_prep.workers.guarded_map import guarded_call

log = logging.getLogger(__name__)

#: Where examples are from: the test clips or, without any, those of the validation. Clips of the training would show
#: nothing.
SPLITS = ("test", "validation")
#: Longer clips, and larger videos, would make the page slow to load.
LONGEST_S, MAX_BYTES = 15.0, 3_000_000
#: Videos and photos that all browsers show.
BROWSER_PICTURES = (".mp4", ".webm", ".jpg", ".jpeg", ".png", ".webp")
#: Clips that are tried for each one that is wanted, since some may be too long or unreadable.
TRIES = 5
SIGNIFICANT_DIGITS = 7  # those of single precision


@dataclass(frozen=True)
class Example:
    """A clip to try.

    Attributes:
        file: Its name in the folder of examples.
        kind: "sound", "pictures" or "landmarks".
        target: What is said or signed in it.
    """

    file: str
    kind: str
    target: str


def write_examples(folder: Path, run: Path, extractor: FeatureExtractor, count: int) -> list[Example]:
    """Write a few clips of the run's test split or, without one, of its validation split.

    Args:
        folder: Where to write them; it is created if there are any.
        run: The run directory; its manifest lists the clips.
        extractor: The recognizer's.
        count: How many, at most.

    Returns:
        What was written; nothing if the run has no manifest, no such clips, or clips that can't be read.
    """
    examples: list[Example] = []
    for clip in _candidates(run / "manifest.jsonl", extractor, count):
        if len(examples) == count:
            break
        folder.mkdir(parents=True, exist_ok=True)
        example = _write(folder, f"example_{len(examples) + 1}", clip, extractor)
        if example is not None:
            examples.append(example)
    if count and not examples:
        log.warning("the page offers no examples: the run has no test clips, or none that can be read and is short")
    return examples


def _candidates(manifest: Path, extractor: FeatureExtractor, count: int) -> list[Clip]:
    """Choose clips, evenly spaced over those with different targets."""
    if not manifest.is_file() or not count:
        return []
    try:
        every = read_manifest(manifest)
        clips = next(filter(None, ([clip for clip in every if clip.split == split] for split in SPLITS)), [])
        by_target = {clip.text or clip.label: clip for clip in clips}
        distinct = list(by_target.values())
        places = np.linspace(0, len(distinct) - 1, min(len(distinct), count * TRIES)).round().astype(int)
        chosen = [distinct[place] for place in _spread(places.tolist(), count)]
        extractor.get_ready([clip.media for clip in chosen])
    except InputError as error:
        log.warning("the page offers no examples: %s", error)
        return []
    return chosen


def _spread(places: Sequence[int], count: int) -> Iterator[int]:
    """Order places so that the first `count` of them are spread over all, and the next ones likewise."""
    step = max(1, len(places) // count)
    for first in range(step):
        yield from places[first::step]


def _write(folder: Path, name: str, clip: Clip, extractor: FeatureExtractor) -> Example | None:
    """Write one clip; None if it is unsuitable."""
    target = clip.text or clip.label or ""
    suffix = clip.path.suffix.lower()
    if extractor.modality == "hands" and suffix in VIDEO_SUFFIXES | PHOTO_SUFFIXES:
        is_whole = clip.start_s is None and clip.end_s is None
        if not (is_whole and suffix in BROWSER_PICTURES and clip.path.is_file()):
            return None
        if clip.path.stat().st_size > MAX_BYTES:
            return None
        shutil.copyfile(clip.path, folder / f"{name}{suffix}")
        return Example(f"{name}{suffix}", "pictures", target)
    _, signal = guarded_call(extractor.signal, (clip.id, clip.media))
    if not isinstance(signal, Signal) or signal.duration_s > LONGEST_S:
        return None
    if signal.is_waveform:
        soundfile.write(folder / f"{name}.wav", signal.values, round(signal.rate_hz), subtype="PCM_16")
        return Example(f"{name}.wav", "sound", target)
    document = json.dumps(landmark_document(signal), separators=(",", ":"))
    (folder / f"{name}.json").write_text(document + "\n", encoding="utf-8")
    return Example(f"{name}.json", "landmarks", target)


def landmark_document(signal: Signal) -> dict[str, Any]:
    """Describe hand landmarks (T, 2 or more, 2, 21, 3) as the page and `data_prep.features.landmarks` read them.

    Coordinates have one unit, hence the aspect ratio of 1. A hand is a list of points (x, y, z).
    """
    hands = signal.values[:, :HANDS]
    present = np.isfinite(hands[:, :, IMAGE, 0, 0])
    frames = [
        {
            name: [_points(values[hand, coordinates]) for hand in range(HANDS) if seen[hand]]
            for name, coordinates in (("landmarks", IMAGE), ("world_landmarks", WORLD))
        }
        for values, seen in zip(hands, present, strict=True)
    ]
    return {"fps": signal.rate_hz, "aspect_ratio": 1, "frames": frames}


def _points(values: np.ndarray) -> list[list[float]]:
    return [[float(f"{number:.{SIGNIFICANT_DIGITS}g}") for number in point] for point in values.tolist()]
