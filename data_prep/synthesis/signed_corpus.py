"""Signers and videos of the demo corpora of rendered signing."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from data_prep.manifest import Clip
from data_prep.operating_system import expand_home
from data_prep.synthesis.recipe import make_missing
from data_prep.synthesis.sign_video import FRAME_RATE_HZ, Key, draw_signer, render_keys, write_sign_video
from data_prep.workers.progress import format_duration

log = logging.getLogger(__name__)

#: Seconds of one core to render a frame (14 to 17 ms were measured) and to find the hand in one (23 ms and decoding).
RENDER_S_PER_FRAME, TRACK_S_PER_FRAME = 0.016, 0.024
# Part of every recipe; increase it whenever the same settings give different pictures.
RENDERING = 1


@dataclass(frozen=True)
class CastMember:
    """One signer of a corpus.

    Attributes:
        id: Id that is unique within the corpus.
        split: The only split with clips of this signer.
        left_handed: Whether the signer signs with the left hand, as about one in three does in each split.
    """

    id: str
    split: str
    left_handed: bool


@dataclass(frozen=True)
class SignedClip:
    """A clip of a signed corpus before it is rendered.

    Attributes:
        id: Id of the clip, and the path of its video below the root without ``.mp4``.
        signer: Who signs.
        keys: Handshapes in the order in which they are signed.
        text: Fingerspelled text, for transcription.
        label: Name of the sign, for classification.
        backwards: Whether the frames are played from last to first.
    """

    id: str
    signer: CastMember
    keys: tuple[Key, ...]
    text: str | None = None
    label: str | None = None
    backwards: bool = False


def cast_signers(num_signers: Mapping[str, int]) -> list[CastMember]:
    """Return the signers of each split; no signer is in two splits."""
    return [
        CastMember(f"{split}{number:02d}", split, left_handed=number % 3 == 1)
        for split, count in num_signers.items()
        for number in range(count)
    ]


def random_stream(seed: int, name: str) -> np.random.Generator:
    """Return a random generator that depends only on the seed and a name, so clips can be made in any order."""
    return np.random.default_rng([seed, *name.encode()])


def make_signed_clips(
    name: str,
    root: str | Path,
    seed: int,
    settings: Mapping[str, Any],
    signed_clips: Sequence[SignedClip],
    num_workers: int,
) -> list[Clip]:
    """Render the videos that are missing and return all clips of a signed corpus.

    `settings` are those, other than the seed, that affect the videos; they become part of the recipe.

    Raises:
        InputError: The folder holds videos made with other settings.
    """
    root = expand_home(root).absolute()
    clips = [
        Clip(
            signed.id,
            root / f"{signed.id}.mp4",
            text=signed.text,
            label=signed.label,
            speaker=signed.signer.id,
            split=signed.signer.split,
        )
        for signed in signed_clips
    ]
    jobs = [(clip.path, (seed, signed)) for clip, signed in zip(clips, signed_clips, strict=True)]
    recipe = {"corpus": name, "seed": seed, **settings, "rendering": RENDERING}
    missing = [signed for clip, signed in zip(clips, signed_clips, strict=True) if not clip.path.exists()]
    _log_duration(missing, num_workers)
    make_missing(root, recipe, jobs, _make_video, num_workers, f"Rendering {name}")
    return clips


def _log_duration(missing: Sequence[SignedClip], num_workers: int) -> None:
    """Say how long it takes to render videos and to find the hands in them, which happens only once."""
    if not missing:
        return
    frames = FRAME_RATE_HZ * sum(key.hold_s + key.transition_s for signed in missing for key in signed.keys)
    log.info(
        "%d videos are rendered, which takes about %s, and then hands are found in them, which takes about %s; both "
        "are kept for later",
        len(missing),
        format_duration(frames * RENDER_S_PER_FRAME / max(num_workers, 1)),
        format_duration(frames * TRACK_S_PER_FRAME / max(num_workers, 1)),
    )


def render_clip(seed: int, signed: SignedClip) -> np.ndarray:
    """Return the frames of one clip: (T, 256, 256, 3) uint8 RGB."""
    signer = draw_signer(random_stream(seed, signed.signer.id), signed.signer.left_handed)
    frames = render_keys(signed.keys, signer, random_stream(seed, f"frames of {signed.id}"))
    return frames[::-1] if signed.backwards else frames


def _make_video(job: tuple[Path, tuple[int, SignedClip]]) -> None:
    cv2.setNumThreads(1)  # there is already one process per core
    path, (seed, signed) = job
    write_sign_video(path, render_clip(seed, signed))
